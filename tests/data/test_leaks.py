"""Leaks: columns that give the target away are found and named; strong honest ones stay."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from automl.data.leaks import find_leaks
from automl.data.reading import read
from automl.data.roles import describe
from automl.data.target import encode_target, infer_task

N = 400
RNG = np.random.default_rng(0)
NOISE = RNG.normal(size=N)
LABELS = np.where(NOISE + RNG.normal(size=N) > 0, "yes", "no")
AMOUNTS = np.exp(NOISE + RNG.normal(size=N))
THREE = np.resize(["a", "b", "c"], N)


def _leaks(y: Any, keep: tuple[str, ...] = (), task: str = "auto", **columns: Any) -> dict[str, str]:
    X = pd.DataFrame({"honest": NOISE, "noise": RNG.normal(size=N), **columns})
    stated = infer_task(pd.Series(y), task, name="y")
    schema, found = find_leaks(X, describe(X), encode_target(pd.Series(y), stated), stated, keep=keep)
    leaks = {column.name: column.reason for column in schema if column.role == "leak"}
    assert [(each.code, each.columns) for each in found] == [("target-leak", (name,)) for name in leaks]
    assert all(f"Column {name!r} is set aside" in each.sentence for name, each in zip(leaks, found, strict=True))
    return leaks


def test_a_column_that_is_there_for_one_label_is_a_leak() -> None:
    """Present, missing, or other than 0 exactly for one label gives it away."""
    reasons = RNG.choice(["late", "lost"], N)
    amounts = RNG.exponential(size=N)
    assert _leaks(
        THREE,
        why=np.where(THREE == "a", reasons, None),
        whynot=np.where(THREE != "b", reasons, None),
        amount=np.where(THREE == "c", amounts, 0.0),
    ) == {
        "why": "present exactly when y is 'a'",
        "whynot": "missing exactly when y is 'b'",
        "amount": "present and not 0 exactly when y is 'c'",
    }


def test_a_column_that_is_there_for_one_amount_is_a_leak() -> None:
    """A claim's date beside a count of claims gives away the zeros."""
    counts = np.where(NOISE > 0, RNG.integers(1, 40, N), 0)
    assert _leaks(counts, "regression", filed=np.where(counts > 0, RNG.choice(["x", "y"], N), None)) == {
        "filed": "missing exactly when y is 0"
    }


def test_a_copy_in_disguise_is_a_leak() -> None:
    """Recoded labels, rescaled and slightly disturbed amounts explain nearly everything alone."""
    codes = np.where(LABELS == "yes", RNG.choice(["A", "B"], N), RNG.choice(["C", "D"], N))
    assert set(_leaks(LABELS, code=codes, score=np.where(LABELS == "yes", 1.0, -1.0) + 0.1 * NOISE)) == {
        "code",
        "score",
    }
    leaks = _leaks(AMOUNTS, log=np.log(AMOUNTS) * 3, near=AMOUNTS + 1e-4 * NOISE, text=[f"{a:.9f}" for a in AMOUNTS])
    assert set(leaks) == {"log", "near", "text"}


def test_a_rare_copy_is_a_leak() -> None:
    """A column that is mostly missing, and else the target itself, is found in a dozen rows."""
    assert _leaks(LABELS, gold=np.where(np.arange(N) % 30 == 0, LABELS, None)) == {
        "gold": "where it is present, it is y"
    }


def test_honest_columns_stay() -> None:
    """A strong predictor, names and a mostly missing column are no leaks."""
    strong = np.where(RNG.random(N) < 0.95, LABELS, "yes")
    assert (
        _leaks(LABELS, strong=strong, rare=np.where(NOISE > 2.2, "x", None), words=[f"n{i % 390}" for i in range(N)])
        == {}
    )
    assert _leaks(AMOUNTS, strong=np.log(AMOUNTS) + 0.2 * RNG.normal(size=N)) == {}


def test_keep_retains_a_leak() -> None:
    """A column that the caller wants stays."""
    codes = np.where(LABELS == "yes", "A", "B")
    assert _leaks(LABELS, ("code",), code=codes) == {}


def test_something_is_left_to_predict_from() -> None:
    """Where every column gives the target away, all stay, and that is told."""
    X = pd.DataFrame({"x": np.arange(100) / 7.0})
    stated = infer_task(X["x"] * 2, name="y")
    schema, found = find_leaks(X, describe(X), encode_target(X["x"] * 2, stated), stated)
    assert schema["x"].role == "numeric"
    assert [each.sentence for each in found] == [
        "Column 'x' gives the target away: alone it explains 99.9 % of y. It is kept, as no other is left."
    ]


def test_many_and_repeated_rows_don_t_change_the_verdict() -> None:
    """Rows are sampled, and a number is not explained by copies of its own row."""
    y = np.tile(LABELS, 60)
    X = pd.DataFrame({"honest": np.tile(NOISE, 60), "why": np.where(y == "yes", "x", None)})
    stated = infer_task(pd.Series(y), name="y")
    schema, _ = find_leaks(X, describe(X), encode_target(pd.Series(y), stated), stated)
    assert [column.role for column in schema] == ["numeric", "leak"]


def test_public_tables_have_no_leaks(data_dir: Path) -> None:
    """No column of the public tables is set aside: none of them records a leak."""
    found = {}
    for each in json.loads((data_dir / "index.json").read_text())["datasets"]:
        if each["task"] in ("clustering", "anomaly"):
            continue
        frame = pd.read_parquet(data_dir / each["file"])
        X, y = frame.drop(columns=each["target"]), frame[each["target"]]
        task = infer_task(y, each["task"], name=each["target"])
        _, leaks = find_leaks(X, describe(X), encode_target(y, task), task)
        if leaks:
            found[each["name"]] = [leak.sentence for leak in leaks]
    assert found == {}


@pytest.mark.parametrize("share", [1.0, 0.75])
def test_the_recorded_leaks_are_found(data_dir: Path, share: float) -> None:
    """In the raw airline file the reason, its confidence and the gold labels are set aside, and nothing else."""
    frame = read(data_dir / "raw" / "airline_sentiment_latin1.csv").sample(frac=share, random_state=0)
    X, y = frame.drop(columns="airline_sentiment"), frame["airline_sentiment"]
    task = infer_task(y, name="airline_sentiment")
    schema, _ = find_leaks(X, describe(X), encode_target(y, task), task)
    wanted = ["negativereason", "negativereason:confidence", "airline_sentiment_gold"]
    assert [column.name for column in schema if column.role == "leak"] == wanted
