"""What the benchmarks' README shows is what the scripts print of the committed records."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.mark.parametrize("name", ["aims", "large", "families"])
def test_the_tables_come_from_the_records(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No number stands in the README that no committed record gives."""
    monkeypatch.syspath_prepend(str(HERE))
    spec = importlib.util.spec_from_file_location(f"benchmark_{name}", HERE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    assert script.summary(HERE / "records" / f"{name}.jsonl") in (HERE / "README.md").read_text(encoding="utf-8")
