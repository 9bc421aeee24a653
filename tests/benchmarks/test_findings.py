"""What a careful look at the public tables notices is found: every entry of their list of traps."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path

import findings
import pytest

from automl.checks.looking import look_at
from automl.checks.subject import Subject
from automl.data.dataset import make_dataset
from automl.data.splitting import make_folds

LARGE = ("kddcup99", "diabetes130")


def _missed(folder: Path, names: Collection[str]) -> dict[str, list[object]]:
    """Return the traps of each table that no finding tells of."""
    traps = json.loads((folder / "traps.json").read_text())
    missed = {}
    for name, path, target, task in findings.tables(folder):
        if name not in names:
            continue
        dataset = make_dataset(path, target, task=task)
        folds = make_folds(5, task=dataset.task, y=dataset.y)
        found = (*dataset.findings, *look_at(Subject(dataset, folds, metric="roc_auc", from_file=True)))
        missed[name] = [trap for trap in traps[name] if not any(findings.tells(each, trap, target) for each in found)]
    return {name: each for name, each in missed.items() if each}


def test_every_trap_is_found(data_dir: Path) -> None:
    """On the small and middling tables, all that their list of traps names."""
    traps = json.loads((data_dir / "traps.json").read_text())
    names = [name for name, listed in traps.items() if listed and name not in (*LARGE, *findings.RAW)]
    assert len(names) > 10
    assert _missed(data_dir, names) == {}


@pytest.mark.filterwarnings("ignore:Column .* is set aside because it gives the target away")
def test_every_trap_of_raw_files_is_found(data_dir: Path) -> None:
    """In files as a user would have them: no header, tokens for missing, columns that leak."""
    assert _missed(data_dir, findings.RAW) == {}


@pytest.mark.slow
def test_every_trap_of_large_tables_is_found(data_dir: Path) -> None:
    """Half a million rows, and fifty columns of a hundred thousand."""
    assert _missed(data_dir, LARGE) == {}
