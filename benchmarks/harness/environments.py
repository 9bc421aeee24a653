"""The virtual environments of systems: made on first use, kept until their requirements change.

An environment is a folder named after the system and the hash of what it was made from. uv makes it where it is found,
``venv`` and pip elsewhere. This checkout's engine is installed into a folder of its own inside its environment, named
by the hash of its sources: a batch goes on with the code it began with, whatever is edited meanwhile, and its version
in the records tells which code that was.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness.errors import EnvironmentFailure
from harness.systems import CURRENT, System

HERE = Path(__file__).resolve().parents[1]
CHECKOUT = HERE.parent
SOURCES = ("automl", "search_spaces")
READY = "ready.json"
LONGEST = 3600.0


@dataclass(frozen=True)
class Environment:
    """Where a system runs.

    Attributes
    ----------
    python
        The interpreter.
    pythonpath
        Folders that it gets besides.
    version
        The version of the system.
    """

    python: Path
    pythonpath: tuple[Path, ...]
    version: str


def environments_folder() -> Path:
    """Return the folder that holds the environments."""
    return Path(os.environ.get("AUTOML_BENCH_ENVIRONMENTS") or HERE / ".environments").resolve()


def expected_version(system: System) -> str:
    """Return the version that a system has or would have, without making its environment."""
    if system.checkout is None:
        return system.pinned or "unknown"
    return f"{_own_version()}+{source_hash()}"


def _own_version() -> str:
    code = (CHECKOUT / "automl" / "_version.py").read_text(encoding="utf-8")
    return code.partition("__version__ = ")[2].split()[0].strip('"')


def is_made(system: System) -> bool:
    """Return whether a system's environment is there."""
    return system.python == CURRENT or (_place(system) / READY).is_file()


def ensure(system: System, say: Callable[[str], None] = print) -> Environment:
    """Return a system's environment, which is made if it isn't there.

    Raises
    ------
    EnvironmentFailure
        If it can't be made.
    """
    if system.python == CURRENT:
        return Environment(Path(sys.executable), (), expected_version(system))
    place = _place(system)
    place.parent.mkdir(parents=True, exist_ok=True)
    with _alone(place):
        if not (place / READY).is_file():
            say(f"Making the environment of {system.name} (Python {system.python}) …")
            _make(system, place)
        if system.checkout is None:
            return Environment(place / "bin" / "python", (), expected_version(system))
        checkout = _checkout(place, say)
    return Environment(place / "bin" / "python", (checkout,), f"{_own_version()}+{checkout.name}")


def source_hash(root: Path = CHECKOUT) -> str:
    """Return eight hexadecimal digits of a checkout's sources."""
    digest = hashlib.sha256((root / "pyproject.toml").read_bytes())
    for folder in SOURCES:
        for path in sorted((root / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                digest.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:8]


def _dependencies(system: System) -> list[str]:
    """Return what this checkout needs besides what the requirements pin; nothing for other systems."""
    if system.checkout is None:
        return []
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project.get("optional-dependencies", {})
    return [*project["dependencies"], *(each for extra in system.checkout for each in extras[extra])]


def _place(system: System) -> Path:
    made_of = json.dumps([system.python, system.requirements, _dependencies(system)])
    return environments_folder() / f"{system.folder.name}-{hashlib.sha256(made_of.encode()).hexdigest()[:8]}"


@contextmanager
def _alone(place: Path) -> Iterator[None]:
    """Keep other processes from making the same environment meanwhile."""
    with place.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _make(system: System, place: Path) -> None:
    shutil.rmtree(place, ignore_errors=True)
    interpreter = find_python(system.python)
    uv = _uv()
    try:
        if uv:
            _call([uv, "venv", "--quiet", "--python", interpreter or system.python, str(place)])
        elif interpreter:
            _call([interpreter, "-m", "venv", str(place)])
        else:
            raise EnvironmentFailure(f"Python {system.python} is not installed here, and uv isn't either")
        _install(system, place, uv)
    except EnvironmentFailure:
        shutil.rmtree(place, ignore_errors=True)
        raise
    (place / READY).write_text(json.dumps({"system": system.name, "python": system.python}), encoding="utf-8")


def _install(system: System, place: Path, uv: str | None) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        pins, loose = Path(scratch) / "pins.txt", Path(scratch) / "loose.txt"
        pins.write_text(system.requirements, encoding="utf-8")
        loose.write_text("\n".join(_dependencies(system)), encoding="utf-8")
        wanted = ["-r", str(pins)] if system.checkout is None else ["-r", str(loose), "-c", str(pins)]
        if uv and "\ntorch==" in system.requirements:
            try:  # the build for processors is much smaller, where it can be had
                _call([*_installer(place, uv), "--torch-backend", "cpu", *wanted])
                return
            except EnvironmentFailure:
                pass
        _call([*_installer(place, uv), *wanted])


def _installer(place: Path, uv: str | None) -> list[str]:
    python = str(place / "bin" / "python")
    if uv:
        return [uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", python]
    return [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]


def _checkout(place: Path, say: Callable[[str], None]) -> Path:
    """Return the folder with this checkout as it stands, installed if it isn't there."""
    checkouts = place / "checkouts"
    checkouts.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=checkouts) as scratch:
        copied = Path(scratch) / "sources"  # somebody may be editing
        for folder in SOURCES:
            shutil.copytree(CHECKOUT / folder, copied / folder, ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("pyproject.toml", "README.md", "LICENSE"):
            shutil.copy(CHECKOUT / name, copied / name)
        target = checkouts / source_hash(copied)
        if not target.is_dir():
            say(f"Installing this checkout ({target.name}) …")
            installed = Path(scratch) / "installed"
            _call([*_installer(place, _uv()), "--no-deps", "--target", str(installed), str(copied)])
            installed.rename(target)
    return target


def _uv() -> str | None:
    beside = Path(sys.executable).parent / "uv"
    return str(beside) if beside.is_file() else shutil.which("uv")


def find_python(version: str) -> str | None:
    """Return an interpreter of a version, such as ``"3.11"``; ``None`` if none is installed."""
    if version == f"{sys.version_info.major}.{sys.version_info.minor}":
        return sys.executable
    on_path = shutil.which(f"python{version}")
    candidates: list[str | Path] = [on_path] if on_path else []
    candidates += sorted((Path.home() / ".pyenv" / "versions").glob(f"{version}.*/bin/python"))
    for candidate in candidates:
        probe = [str(candidate), "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
        if subprocess.run(probe, capture_output=True, text=True, check=False).stdout.strip() == version:
            return str(candidate)
    return None


def _call(command: Sequence[str]) -> None:
    """Run a command; its complaint becomes the reason."""
    environment = {key: value for key, value in os.environ.items() if key not in ("VIRTUAL_ENV", "PYTHONPATH")}
    if "PIP_FIND_LINKS" in environment:  # where pip finds wheels, uv finds them too
        environment.setdefault("UV_FIND_LINKS", environment["PIP_FIND_LINKS"])
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            env=environment,
            timeout=LONGEST,
            cwd=tempfile.gettempdir(),
        )
    except subprocess.TimeoutExpired:
        raise EnvironmentFailure(f"'{Path(command[0]).name}' took longer than {LONGEST:.0f} s") from None
    except OSError as error:
        raise EnvironmentFailure(f"'{command[0]}' can't be run: {error.strerror}") from None
    if done.returncode:
        raise EnvironmentFailure(
            _complaint(done.stderr or done.stdout) or f"'{command[0]}' ended with {done.returncode}"
        )


def _complaint(text: str) -> str:
    """Return what matters of an installer's complaint, in a line."""
    lines = [" ".join(line.strip(" │╰─▶×").split()) for line in text.splitlines()]
    told = [line for line in lines if line]
    marked = [number for number, line in enumerate(told) if line.lower().startswith("error")]
    return " ".join(told[marked[-1] :] if marked else told)[:400]
