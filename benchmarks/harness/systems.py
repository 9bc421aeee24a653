"""The systems: a folder each, with a ``system.toml``, pinned requirements and an adapter.

``system.toml`` says which ``package`` gives the system its version and which ``python`` it runs on. ``like`` borrows
another system's requirements and adapter, and ``[options]`` go to the adapter. ``python = "current"`` uses the
interpreter that runs the benchmark and needs no requirements. ``checkout`` marks the engine of this checkout and lists
the extras that are installed with it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harness.errors import BadInput, closest

FOLDER = Path(__file__).resolve().parents[1] / "systems"
CURRENT = "current"


@dataclass(frozen=True)
class System:
    """One system as its folder describes it.

    Attributes
    ----------
    folder
        Where its adapter and requirements are; another system's if it is like that one.
    python
        The version its environment has, such as ``"3.11"``, or ``"current"``.
    package
        The distribution whose version is the system's.
    checkout
        The extras with which this checkout is installed; ``None`` if the system is none of ours.
    options
        What its adapter gets besides.
    """

    name: str
    folder: Path
    python: str
    package: str
    checkout: tuple[str, ...] | None = None
    options: Mapping[str, object] = field(default_factory=dict)

    @property
    def adapter(self) -> Path:
        """The script that runs inside the environment."""
        return self.folder / "adapter.py"

    @property
    def requirements(self) -> str:
        """The pinned requirements; empty if there are none."""
        path = self.folder / "requirements.txt"
        return path.read_text(encoding="utf-8") if path.is_file() else ""

    @property
    def pinned(self) -> str:
        """The version that the requirements pin; empty if they pin none."""
        name = re.escape(self.package).replace(r"\.", "[.-]")
        found = re.search(rf"^{name}==([^\s;]+)", self.requirements, re.MULTILINE | re.IGNORECASE)
        return found[1] if found else ""


def find_systems(wanted: Sequence[str] | None = None, folder: Path = FOLDER) -> list[System]:
    """Return the systems of a folder, or those asked for.

    Raises
    ------
    BadInput
        If there is no such folder or system.
    """
    folder = folder.resolve()  # adapters run in a folder of their own
    if not folder.is_dir():
        raise BadInput(f"There is no folder '{folder}' to take systems from.")
    known = sorted(path.parent.name for path in folder.glob("*/system.toml"))
    for name in wanted or ():
        if name not in known:
            raise BadInput(f"There is no system '{name}'.{closest(name, known)} Known are: {', '.join(known)}.")
    return [_read(folder, name) for name in dict.fromkeys(known if wanted is None else wanted)]


def _read(folder: Path, name: str) -> System:
    described = tomllib.loads((folder / name / "system.toml").read_text(encoding="utf-8"))
    where = described.get("like", name)
    if where != name:
        described = tomllib.loads((folder / where / "system.toml").read_text(encoding="utf-8")) | described
    extras = described.get("checkout")
    return System(
        name=name,
        folder=folder / where,
        python=described["python"],
        package=described["package"],
        checkout=None if extras is None else tuple(extras),
        options=described.get("options", {}),
    )
