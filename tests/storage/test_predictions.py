"""What folds predicted is kept beside what was true."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

import automl
from automl import StorageError


def test_the_losses_come_out_again(demo_run: automl.Run) -> None:
    """From the kept predictions and truth every fold's loss is what the search had measured."""
    best = demo_run.leaderboard.iloc[0]
    evaluation = next(each for each in demo_run.evaluations if each.number == int(best["id"].rsplit("-", 1)[1]))
    found = demo_run.out_of_fold()
    assert found.rows.tolist() == list(range(150))
    for fold in evaluation.folds:
        mine = found.fold == fold.fold
        loss = demo_run.metric.loss(found.y[mine], found.prediction[mine], None)
        assert loss == pytest.approx(fold.loss, abs=1e-5)


def test_a_reopened_run_has_them(demo_run: automl.Run) -> None:
    """They lie in the folder."""
    again = automl.load(demo_run.folder).out_of_fold(2)
    assert (again.prediction == demo_run.out_of_fold(2).prediction).all()
    assert np.allclose(again.prediction.sum(axis=1), 1, atol=1e-5)


def test_an_older_run_says_that_it_has_none(demo_run: automl.Run, tmp_path: Path) -> None:
    """Without the truth there is one sentence."""
    shutil.copytree(demo_run.folder, tmp_path / "run")
    (tmp_path / "run" / "oof" / "truth.npz").unlink()
    with pytest.raises(StorageError, match=r"keeps no out-of-fold truth; an earlier version made it\. Give a test"):
        automl.load(tmp_path / "run").out_of_fold()
