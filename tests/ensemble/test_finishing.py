"""The last step of a search: temperature and threshold, kept where they win on rows that did not teach them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import f1_score

import automl
from automl.ensemble.finishing import finish_row, finish_rows
from automl.ensemble.judging import selection_loss, selection_metric
from automl.evaluation.metrics import METRICS
from automl.evaluation.problem import Problem
from automl.pipeline.deciding import CostClassifier
from automl.values.candidate import Candidate
from automl.values.evaluation import Evaluation, FoldResult
from automl.values.task import Task

N, N_FOLDS = 1_500, 5
TASK = Task("binary", "kind", ("no", "yes"))


def problem(folder: Path, metric: str, y: np.ndarray, p: np.ndarray, n_folds: int = N_FOLDS) -> Problem:
    """Return a problem whose only candidate predicted ``p`` out of fold."""
    rows = np.arange(len(y))
    splits = tuple((rows[rows % n_folds != fold], rows[rows % n_folds == fold]) for fold in range(n_folds))
    if n_folds == 1:
        splits = ((rows[:1], rows),)
    made = Problem(
        Z=np.zeros((len(y), 1)),
        y=y,
        weight=None,
        n_levels=(0,),
        splits=splits,
        task=TASK,
        metric=METRICS[metric],
        further=(METRICS["log_loss"], METRICS["accuracy"]),
        algorithms={},
        folder=folder,
        cache=folder,
        seed=0,
    )
    (folder / "oof").mkdir()
    for fold, (_, valid) in enumerate(splits):
        np.save(made.prediction_path(0, fold), np.column_stack([1 - p, p])[valid].astype(np.float32))
    return made


def candidate(further: tuple[tuple[str, float], ...] = (), n_folds: int = N_FOLDS) -> Evaluation:
    """Return the only candidate."""
    folds = tuple(FoldResult(fold, 0.5, further=further) for fold in range(n_folds))
    return Evaluation(0, Candidate.of("linear", {}), folds, "complete")


def labels(p: np.ndarray, seed: int = 1) -> np.ndarray:
    """Return labels of these probabilities."""
    return (np.random.default_rng(seed).uniform(size=len(p)) < p).astype(int)


def test_what_is_too_sure_is_cooled(tmp_path: Path) -> None:
    """Log-odds twice too large get a temperature near 2, and the leaderboard the loss that other folds' gave."""
    p = np.random.default_rng(0).uniform(0.05, 0.95, N)
    sure = p**2 / (p**2 + (1 - p) ** 2)
    given = problem(tmp_path, "log_loss", labels(p), sure)
    found = finish_row(given, (candidate(),), (1.0,))
    assert found is not None
    assert found.finish.temperature == pytest.approx(2, abs=0.3)
    assert found.finish.label_weights is None
    before = METRICS["log_loss"].loss(given.y, np.column_stack([1 - sure, sure]))
    assert found.loss < before
    assert found.further["log_loss"] == pytest.approx(found.loss)


def test_what_is_right_already_stays_as_it_is(tmp_path: Path) -> None:
    """True probabilities need no temperature, and accuracy no other threshold than a half."""
    p = np.random.default_rng(0).uniform(0.02, 0.98, N)
    for place, metric in enumerate(("log_loss", "accuracy")):
        folder = tmp_path / str(place)
        folder.mkdir()
        assert finish_row(problem(folder, metric, labels(p), p), (candidate(),), (1.0,)) is None


@pytest.mark.parametrize("n_folds", [1, 5])
def test_a_rare_label_gets_a_threshold(tmp_path: Path, n_folds: int) -> None:
    """F1 of a rare label is best far below a half; one fold alone is dealt into parts that teach each other."""
    p = np.random.default_rng(0).beta(1, 6, N)
    given = problem(tmp_path, "f1", labels(p), p, n_folds)
    found = finish_row(given, (candidate(n_folds=n_folds),), (1.0,))
    assert found is not None
    assert 0.1 < found.finish.threshold < 0.35
    assert -found.loss > f1_score(given.y, p > 0.5) + 0.1
    crossed = -found.loss
    assert crossed <= f1_score(given.y, p > found.finish.threshold) + 0.02
    assert found.further["accuracy"] < METRICS["accuracy"].score(given.y, np.column_stack([1 - p, p]))


def test_few_rows_and_other_metrics_are_left_alone(tmp_path: Path) -> None:
    """Thirty rows teach nothing, and areas under curves know neither temperature nor threshold."""
    p = np.random.default_rng(0).beta(1, 3, N)
    few, area = tmp_path / "few", tmp_path / "area"
    few.mkdir()
    area.mkdir()
    assert finish_row(problem(few, "f1", labels(p)[:30], p[:30]), (candidate(),), (1.0,)) is None
    assert finish_rows(problem(area, "roc_auc", labels(p), p), [candidate()]) == {}


def test_members_are_chosen_by_log_loss_where_a_threshold_decides_later() -> None:
    """A candidate that never gives the rare label is not worthless if its probabilities are right."""
    knows = candidate((("log_loss", 0.2),))
    assert selection_metric(METRICS["f1"]) is METRICS["log_loss"]
    assert selection_loss(METRICS["f1"], knows) == pytest.approx(0.2)
    assert selection_metric(METRICS["roc_auc"]) is METRICS["roc_auc"]
    assert selection_loss(METRICS["roc_auc"], knows) == pytest.approx(0.5)
    assert selection_loss(METRICS["f1"], candidate()) == pytest.approx(0.5)


def clients(n: int, seed: int = 0) -> pd.DataFrame:
    """Return clients of whom one in eight leaves."""
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(rng.normal(size=(n, 3)).round(3), columns=["age", "use", "calls"])
    odds = 1.2 * table["age"] - table["use"] - 2.6
    return table.assign(leaves=np.where(rng.uniform(size=n) < 1 / (1 + np.exp(-odds)), "yes", "no"))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> automl.Run:
    """Return a search for the best F1."""
    options: dict[str, Any] = {"engine": "inprocess", "n_trials": 4, "time_budget": None, "cv": 4, "verbose": 0}
    place = tmp_path_factory.mktemp("finished") / "run"
    return automl.fit(clients(600), "leaves", metric="f1", algorithms=["linear", "naive_bayes"], out=place, **options)


def test_the_best_pipeline_decides_by_its_threshold(run: automl.Run) -> None:
    """The leaderboard tells it, ``predict`` does it, and probabilities stay what they are."""
    cut = run.finish().threshold
    assert cut is not None
    assert run.leaderboard["finish"].iloc[0] == f"'yes' from {cut:.3g} on"
    new = clients(300, seed=1)
    p = run.predict_proba(new)["yes"].to_numpy()
    assert ((run.predict(new) == "yes").to_numpy() == (p > cut)).all()
    assert run.score(new) == pytest.approx(f1_score(new["leaves"], run.predict(new), pos_label="yes"))
    assert isinstance(run.best_pipeline[-1], CostClassifier)


def test_everything_that_judges_labels_knows_the_threshold(run: automl.Run) -> None:
    """The evaluation, the confusion table and fairness look at the labels that are given."""
    judged = run.evaluate()
    found = run.out_of_fold()
    given = found.prediction[:, 1] > run.finish().threshold
    assert judged.values["f1"] == pytest.approx(f1_score(found.y, given))
    assert judged.curve("confusion").frame()["yes"].sum() == given.sum()
    score = float(run.leaderboard["score"].iloc[0])
    assert score == pytest.approx(judged.values["f1"], abs=0.08)
    assert run.leaderboard["honest_score"].notna().iloc[0]


def test_a_threshold_is_kept_wherever_a_pipeline_goes(run: automl.Run, tmp_path: Path) -> None:
    """Reopened, saved, rebuilt from its recipe and fitted again, a pipeline decides by the same threshold."""
    new = clients(200, seed=2).drop(columns="leaves")
    expected = run.predict(new).tolist()
    assert automl.load(run.folder).predict(new).tolist() == expected
    assert automl.load(run.save(tmp_path / "model")).predict(new).tolist() == expected
    assert automl.rebuild(clients(600), run.recipe()).predict(new).tolist() == expected
    again = run.refit(clients(600))
    assert (again.predict(new) == "yes").tolist() == (again.predict_proba(new)[:, 1] > run.finish().threshold).tolist()


def test_members_that_lack_folds_are_finished_by_those_that_they_share(tmp_path: Path) -> None:
    """The temperature comes from the shared folds, and the loss is put on the scale of all."""
    p = np.random.default_rng(0).uniform(0.05, 0.95, N)
    sure = p**2 / (p**2 + (1 - p) ** 2)
    given = problem(tmp_path, "log_loss", labels(p), sure)
    whole, partial = candidate(), replace(candidate(n_folds=3), state="partial")
    for fold in range(3, N_FOLDS):
        given.prediction_path(0, fold).unlink()
    alone = finish_row(given, (partial,), (1.0,))
    shifted = finish_row(given, (whole, partial), (0.5, 0.5), shift=0.1)
    assert alone is not None
    assert shifted is not None
    assert alone.finish.temperature == pytest.approx(2.0, rel=0.15)
    assert shifted.loss == pytest.approx(alone.loss + 0.1)
