"""Files as people have them, tried as a new user would: from the command line, without an option beyond the target."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import automl

pytestmark = [pytest.mark.end_to_end, pytest.mark.alone]


def typed(folder: Path, *arguments: str | Path) -> str:
    """Run the command line in ``folder`` and return what it printed."""
    command = [sys.executable, "-m", "automl", *map(str, arguments)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("file", "target", "task"),
    [
        ("adult_train_noheader.csv", "14", "binary"),
        ("telco_churn.csv", "Churn", "binary"),
        ("airline_sentiment_latin1.csv", "airline_sentiment", "multiclass"),
        ("house_prices.csv", "SalePrice", "regression"),
    ],
)
def test_a_raw_file_gives_a_sensible_model(data_dir: Path, tmp_path: Path, file: str, target: str, task: str) -> None:
    """No header, blanks, another encoding: the task is found, the best row beats the dummy, the model predicts."""
    raw = data_dir / "raw" / file
    said = json.loads(typed(tmp_path, "fit", raw, "-t", target, "--time-budget", "15s", "--out", "run", "--json"))
    assert said["task"] == task
    floor = next(row for row in said["leaderboard"] if row["algorithm"] == "dummy")
    gain = said["best"]["score"] - floor["score"]
    assert (gain if said["greater_is_better"] else -gain) > 0.02 * abs(floor["score"])
    typed(tmp_path, "predict", "run", raw, "-o", "out.csv")
    assert len(pd.read_csv(tmp_path / "out.csv")) == len(automl.read(raw))


@pytest.mark.slow
def test_a_large_table_ends_in_time(table: Callable[[str], Any], tmp_path: Path) -> None:
    """Half a million rows of 23 labels, some of them in two rows only, have a model within a minute."""
    large = table("kddcup99")
    run = automl.fit(large.frame, large.target, time_budget="60s", out=tmp_path / "run", verbose=0)
    assert run.seconds < 62
    assert run.leaderboard.iloc[0]["algorithm"] != "dummy"
    assert len(run.predict(large.frame.head(100))) == 100
