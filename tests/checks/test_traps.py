"""What a careful look at the public tables notices is found: every entry of their list of traps."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from automl.checks.looking import look_at
from automl.checks.subject import Subject
from automl.data.dataset import make_dataset
from automl.data.splitting import make_folds
from automl.values.finding import Finding

CODE = {
    "identifier": "identifier",
    "constant": "constant",
    "all_missing": "all-missing",
    "mostly_missing": "mostly-missing",
    "hidden_missing": "hidden-missing",
    "na_means_none": "none-or-missing",
    "duplicate_rows": "duplicate-rows",
    "group": "groups-split",
    "time_ordered": "time-order",
    "rare_class": "rare-class",
    "imbalance": "imbalance",
    "leak": "target-leak",
    "no_header": "no-header",
}
"""The code of a finding for each kind of trap."""
RAW = {
    "raw/telco_churn.csv": "Churn",
    "raw/house_prices.csv": "SalePrice",
    "raw/airline_sentiment_latin1.csv": "airline_sentiment",
    "raw/adult_train_noheader.csv": "14",
}
LARGE = ("kddcup99", "diabetes130")


def missed(traps: list[dict[str, Any]], findings: tuple[Finding, ...], target: str) -> Iterator[str]:
    """Tell which traps no finding tells of: the same kind, the same column, the same number."""
    for trap in traps:
        of_kind = [each for each in findings if each.code == CODE[trap["kind"]]]
        column = None if trap["column"] == target else trap["column"]
        found = [each for each in of_kind if column is None or column in each.columns]
        if "count" in trap:
            found = [each for each in found if each.evidence["count"] == trap["count"]]
        if "smallest" in trap:
            found = [each for each in found if min(each.evidence["rows"].values()) == trap["smallest"]]
        if "share" in trap:
            found = [each for each in found if abs(each.evidence["smallest"] - trap["share"]) < 1e-3]
        if not found:
            yield f"{trap}"


def _findings(data: Any, target: str, task: str, *, from_file: bool) -> tuple[Finding, ...]:
    dataset = make_dataset(data, target, task=task)
    folds = make_folds(5, task=dataset.task, y=dataset.y)
    subject = Subject(dataset, folds, metric="roc_auc", from_file=from_file)
    return (*dataset.findings, *look_at(subject))


def _check(data_dir: Path, names: tuple[str, ...]) -> None:
    traps = json.loads((data_dir / "traps.json").read_text())
    index = {each["name"]: each for each in json.loads((data_dir / "index.json").read_text())["datasets"]}
    for name in names:
        if name in RAW:
            found = _findings(data_dir / name, RAW[name], "auto", from_file=True)
            assert list(missed(traps[name], found, RAW[name])) == [], name
            continue
        each = index[name]
        task = each["task"] if each["task"] in ("binary", "multiclass", "regression") else "auto"
        found = _findings(pd.read_parquet(data_dir / each["file"]), each["target"], task, from_file=False)
        assert list(missed(traps[name], found, each["target"])) == [], name


def test_every_trap_is_found(data_dir: Path) -> None:
    """On the small and middling tables, all that their list of traps names."""
    traps = json.loads((data_dir / "traps.json").read_text())
    assert set(RAW) <= set(traps)
    _check(data_dir, tuple(name for name, listed in traps.items() if listed and name not in (*LARGE, *RAW)))


@pytest.mark.filterwarnings("ignore:Column .* is set aside because it gives the target away")
def test_every_trap_of_raw_files_is_found(data_dir: Path) -> None:
    """In files as a user would have them: no header, tokens for missing, labels that leak."""
    _check(data_dir, tuple(RAW))


@pytest.mark.slow
def test_every_trap_of_large_tables_is_found(data_dir: Path) -> None:
    """Half a million rows and fifty columns of a hundred thousand."""
    _check(data_dir, LARGE)
