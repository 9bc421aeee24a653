"""A study of 1,000 trials can be looked at: what the server says of it stays small."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest
from asking import detail
from optuna.storages import InMemoryStorage

from automl.storage.folder import RunFolder

BENCHMARK = Path(__file__).resolve().parents[2] / "benchmarks" / "dashboard_open.py"


@pytest.fixture
def dashboard_open() -> Any:
    """Return the benchmark that opens a large study, and writes one."""
    spec = importlib.util.spec_from_file_location("dashboard_open", BENCHMARK)
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    return script


def test_what_a_page_is_drawn_from_stays_under_five_megabytes(dashboard_open: Any, tmp_path: Path) -> None:
    """All families, ten hyperparameters, five folds, notes and figures of 1,000 trials are sent at every opening."""
    storage = InMemoryStorage()
    with RunFolder.create(tmp_path / "run") as folder:
        dashboard_open.write_study(storage, folder, 1000)
    said = detail(storage)
    assert len(said["trials"]) == 1000
    assert len(json.dumps(said)) < 5_000_000
    assert said["note"]["body"]
    assert len(said["plotly_graph_objects"]) == 6
