"""What is kept on disk has a format; what is written in another one is refused in a sentence.

``kept.json`` lists the parts of all that is kept. Run this file as a program to write it again.
"""

from __future__ import annotations

import ast
import dataclasses
import importlib
import inspect
import json
import textwrap
from pathlib import Path
from typing import Any

import pytest

import automl
from automl.errors import StorageError
from automl.pipeline.allowlist import ALLOWED
from automl.storage.folder import RunFolder
from automl.storage.formats import FORMAT
from automl.values.candidate import Candidate
from automl.values.evaluation import Evaluation, FoldResult
from automl.values.plan import Plan

KEPT = Path(__file__).parent / "kept.json"


def attributes_of(kind: type[Any]) -> list[str]:
    """Return the names that a class of ours, or one that it comes from, gives its objects."""
    found: set[str] = set()
    for each in kind.__mro__:
        if each.__module__.startswith("automl."):
            for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(each)))):
                if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                    found.update([node.attr] if isinstance(node.value, ast.Name) and node.value.id == "self" else [])
                if isinstance(node, ast.ClassDef):
                    found.update(part.target.id for part in node.body if is_field(part))  # type: ignore[attr-defined]
    return sorted(found)


def is_field(part: ast.stmt) -> bool:
    """Tell whether a line of a class declares a field."""
    return isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name)


def what_is_kept() -> dict[str, Any]:
    """Return the parts of what models and runs are made of."""
    models = {}
    for name in sorted(each for each in ALLOWED if each.startswith("automl.")):
        module, kind = name.rsplit(".", 1)
        models[name] = attributes_of(getattr(importlib.import_module(module), kind))
    values = {
        each.__name__: [field.name for field in dataclasses.fields(each)]
        for each in (Candidate, Evaluation, FoldResult, Plan)
    }
    return {"format": FORMAT, "models": models, "values": values}


def test_a_change_of_what_is_kept_raises_the_format() -> None:
    """Whoever gives a kept class a part, or takes one, raises FORMAT and runs this file to write the list again."""
    told = json.loads(KEPT.read_text(encoding="utf-8"))
    assert what_is_kept() == told, f"raise FORMAT in automl/storage/formats.py, then run {Path(__file__).name}"


def test_a_run_in_another_format_is_refused(demo_run: automl.Run, tmp_path: Path) -> None:
    """One sentence names the folder, both formats and the version that wrote it; without a number it is the first."""
    plan = RunFolder.open(demo_run.folder).read_plan()
    for told, writer, expected in (
        ({"format": FORMAT + 1, "automl": "9.0"}, "9.0", FORMAT + 1),
        ({}, automl.__version__, 1),
    ):
        (tmp_path / "plan.json").write_text(json.dumps({**told, **plan}), encoding="utf-8")
        with pytest.raises(StorageError) as caught:
            automl.load(tmp_path)
        assert str(caught.value) == (
            f"The run in {tmp_path} was kept in format {expected} by automl {writer}; this version "
            f"({automl.__version__}) reads format {FORMAT}. Open it with that version, or search again in another "
            "folder."
        )


if __name__ == "__main__":
    KEPT.write_text(json.dumps(what_is_kept(), indent=1) + "\n", encoding="utf-8")
