"""A plan's file read back: the parameters of :func:`automl.fit`, each checked where it stands.

Whatever is wrong is told with the line and the key. YAML 1.2 is read (``no`` is a text there, as labels want it), and
nothing but plain values: a file can't run code.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any

from automl.errors import DataError, PlanError, suggest, telling
from automl.request import Request
from automl.values.plan import YAML_ENDINGS, Plan
from automl.values.plan_yaml import NEEDS

PARAMETERS = tuple(each.name for each in fields(Request))
_BUDGET = {"n_trials": 1}  # so that a key can be checked alone


def is_plan_file(data: Any) -> bool:
    """Tell whether this is the path of a plan rather than a table.

    Examples
    --------
    >>> is_plan_file("plan.yaml"), is_plan_file("train.csv")
    (True, False)
    """
    return isinstance(data, str | Path) and Path(str(data)).suffix.lower() in YAML_ENDINGS


def read_plan(plan: str | Path | Plan, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters that a plan asks for, with those ``given`` in their place.

    Raises
    ------
    PlanError
        If the file is malformed, has a key or a value that can't be, or lacks what is needed; line and key are named.
    StorageError
        If it can't be read.
    """
    for name in given:
        if name not in PARAMETERS:
            raise PlanError(f"There is no parameter {name!r}. {suggest(name, PARAMETERS)}")
    if isinstance(plan, Plan):
        _refuse_lacking(plan.unwritten, given, "The plan")
        return {**plan.request, **given}
    path = Path(plan).expanduser()
    with telling(path, "read"):
        raw = path.read_bytes()
    lines, nested = _parsed(raw, path)
    needs = lines.pop(NEEDS, (0, []))
    line, seconds = lines.get("time_budget", (0, None))
    if isinstance(seconds, str) and seconds.lower() == "none":  # as on the command line; YAML's own word is null
        lines["time_budget"] = line, None
    words = {name: value for name, (_, value) in lines.items() if value is not None or name == "time_budget"}
    for name, (line, value) in lines.items():
        if name not in PARAMETERS:
            raise PlanError(f"{path}, line {line}: there is no key {name!r}. {suggest(name, [*PARAMETERS, NEEDS])}")
        if name in words:
            _check(name, value, path, line, nested)
    _refuse_lacking(needs[1] if isinstance(needs[1], list) else [needs[1]], given, f"{path}, line {needs[0]}")
    merged = {**words, **given}
    if merged.get("data") is None:
        raise PlanError(f"{path} names no table: the key 'data' is missing. Add one, such as data: train.csv.")
    return merged


def _refuse_lacking(needs: Any, given: Mapping[str, Any], where: str) -> None:
    lacking = [str(name) for name in needs if name not in given]
    if lacking:
        words = ", ".join(f"{name}=…" for name in lacking)
        raise PlanError(
            f"{where}: {', '.join(lacking)} {'were objects' if len(lacking) > 1 else 'was an object'}, which a file "
            f"can't hold. Give {'them' if len(lacking) > 1 else 'it'} again: automl.fit_plan(…, {words})."
        )


@contextmanager
def located(plan: str | Path | Plan) -> Iterator[None]:
    """Name the line and the key of a plan's file in errors about a parameter that only the table shows to be wrong."""
    try:
        yield
    except (PlanError, DataError) as error:
        said = str(error)
        if isinstance(plan, Plan) or said.startswith(str(plan)) or not Path(plan).expanduser().is_file():
            raise
        lines, nested = _parsed(Path(plan).expanduser().read_bytes(), Path(plan).expanduser())
        begins = re.match(r"(?:By |Both )?([a-z_]+)", said)
        name = begins[1] if begins is not None and begins[1] in PARAMETERS else _quoted(lines, said)
        if name is None or name not in lines:
            raise
        line = _line(name, lines[name][0], said, nested)
        raise type(error)(f"{plan}, line {line}, {name}: {said}") from error


def _quoted(lines: Mapping[str, tuple[int, Any]], said: str) -> str | None:
    """Return the key of a table whose place or columns an error quotes."""
    for name in ("unlabeled", "test", "join", "data"):
        if name in lines and any(repr(text) in said for text in _texts(lines[name][1])):
            return name
    return None


def _texts(value: Any) -> list[str]:
    """Return the texts that a value holds, however deep."""
    if isinstance(value, Mapping):
        return [text for pair in value.items() for part in pair for text in _texts(part)]
    if isinstance(value, list):
        return [text for part in value for text in _texts(part)]
    return [value] if isinstance(value, str) else []


def _line(name: str, line: int, said: str, nested: Mapping[str, Mapping[str, int]]) -> int:
    """Return the line that an error is about: of the part that it quotes, or of the key."""
    return next((at for part, at in nested.get(name, {}).items() if repr(part) in said), line)


def _check(name: str, value: Any, path: Path, line: int, nested: Mapping[str, Mapping[str, int]]) -> None:
    """Refuse a value that can't be the parameter's, whatever the table and the other parameters are."""
    words = {**({} if name in ("time_budget", "n_trials") else _BUDGET), name: value}
    words = {**words, **({"n_trials": 1} if name == "time_budget" else {})}
    try:
        Request(**{"data": "", "target": None, **words})
    except (PlanError, DataError) as error:
        at = _line(name, line, str(error), nested)
        raise PlanError(f"{path}, line {at}, {name}: {error}") from error


def _parsed(raw: bytes, path: Path) -> tuple[dict[str, tuple[int, Any]], dict[str, dict[str, int]]]:
    """Return the keys of a file, each with its line and its value; and the lines of the parts of each."""
    from ruamel.yaml import YAML
    from ruamel.yaml.comments import CommentedMap
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise PlanError(f"{path} is no text in UTF-8 (byte {error.start}). Save it as UTF-8.") from error
    try:
        found = YAML(typ="rt").load(io.StringIO(text))
        plain = YAML(typ="safe", pure=True).load(io.StringIO(text))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{path}, line {mark.line + 1}" if mark is not None else str(path)
        key = _key_at(text, mark.line if mark is not None else 0)
        said = (error.problem or error.context or "it is no YAML").splitlines()[0].replace(", but got '<scalar>'", "")
        begun = error.context_mark
        if begun is not None and mark is not None and begun.line < mark.line and "flow" in (error.context or ""):
            said += f", to end what begins in line {begun.line + 1}"
        raise PlanError(f"{where}{key}: {said}. Write key: value, one a line.") from error
    except (YAMLError, ValueError) as error:
        raise PlanError(f"{path} is no YAML that can be read: {str(error).splitlines()[0]}.") from error
    if not isinstance(plain, dict):
        what = "is empty" if plain is None else f"holds {type(plain).__name__} instead of keys"
        raise PlanError(f"{path} {what}. Write key: value, one a line, or let automl plan -o make one.")
    nested: dict[str, dict[str, int]] = {
        str(name): {str(part): value.lc.key(part)[0] + 1 for part in value}
        for name, value in found.items()
        if isinstance(value, CommentedMap)
    }
    return {str(name): (found.lc.key(name)[0] + 1, value) for name, value in plain.items()}, nested


def _key_at(text: str, line: int) -> str:
    """Return the key that a line belongs to, as a clause; empty where there is none."""
    for each in reversed(text.splitlines()[: line + 1]):
        name, colon, _ = each.partition(":")
        if colon and name and not name.startswith((" ", "#", "-", "\t")):
            return f", {name.strip()}"
    return ""
