"""One candidate on one fold: what it leaves behind, what it shares, and how it fails."""

import math
import os
from dataclasses import replace

import numpy as np
import pytest

from automl.data.thinning import held_back
from automl.evaluation import cache
from automl.evaluation.fold import evaluate_fold, fit_on_all_rows, fold_seed
from automl.evaluation.metrics import get_metric
from automl.evaluation.problem import Problem
from automl.features.preparation import Preparation
from automl.pipeline.blend import predict_matrix
from automl.pipeline.serial import from_bytes
from automl.registry import algorithms
from automl.values.algorithm import Algorithm, Needs
from automl.values.candidate import Candidate
from automl.values.evaluation import Evaluation
from automl.values.space import SearchSpace
from automl.values.task import Task


class Broken:
    """A model that does what its config says it should do wrong."""

    def __init__(self, how):
        self.how = how

    def fit(self, X, y):
        if self.how == "raises":
            raise RuntimeError("no luck today")
        if self.how == "memory":
            raise MemoryError
        return self

    def predict_proba(self, X):
        return np.full((len(X), 2), np.nan if self.how == "nan" else 0.5)[:, : 1 if self.how == "shape" else 2]


BROKEN = Algorithm(
    "broken", lambda shape: SearchSpace(), lambda config, context: Broken(config["how"]), Needs(categories="ordinal")
)


@pytest.fixture
def problem(tmp_path):
    """Give a small binary problem with three folds, whose files go to a folder of the test's own."""
    rng = np.random.default_rng(0)
    Z = rng.normal(size=(90, 3)).astype(np.float32)
    Z[:, 2] = rng.integers(0, 4, 90)
    y = (Z[:, 0] + 0.3 * rng.normal(size=90) > 0).astype(int)
    parts = np.arange(90) % 3
    task = Task("binary", "y", ("no", "yes"))
    (tmp_path / "cache").mkdir()
    known = algorithms()
    return Problem(
        Z=Z,
        y=y,
        weight=None,
        n_levels=(0, 0, 4),
        splits=tuple((np.flatnonzero(parts != k), np.flatnonzero(parts == k)) for k in range(3)),
        task=task,
        metric=get_metric("roc_auc", task),
        further=(get_metric("accuracy", task),),
        algorithms={"linear": known["linear"], "lightgbm": known["lightgbm"], "broken": BROKEN},
        folder=tmp_path,
        cache=tmp_path / "cache",
        seed=0,
    )


def candidate(problem, name):
    return Candidate.of(name, problem.algorithms[name].space(problem.shape).default())


def test_a_fold_leaves_its_model_and_its_predictions(problem):
    """The kept model gives the kept predictions again, and both give the loss."""
    one = candidate(problem, "linear")
    result = evaluate_fold(problem, 7, one, 1, 1, None)
    kept = from_bytes(problem.model_path(7, 1).read_bytes())
    valid = problem.splits[1][1]
    again = predict_matrix(kept["model"], kept["preparation"].transform(problem.Z[valid]), "binary", 2)
    stored = np.load(problem.prediction_path(7, 1))
    assert stored == pytest.approx(again, abs=1e-6)
    assert result.loss == pytest.approx(problem.metric.loss(problem.y[valid], again))
    assert result.n_predicted == len(valid)
    assert result.size_bytes == problem.model_path(7, 1).stat().st_size
    assert dict(result.further)["accuracy"] > 0.6


def test_the_same_preparation_of_a_fold_is_computed_once(problem, monkeypatch):
    """A second candidate with the same needs maps what the first one prepared, and gets the same rows."""
    calls = []
    original = Preparation.fit_transform

    def spy(self, *args, **kwargs):
        calls.append(self.variant)
        return original(self, *args, **kwargs)

    monkeypatch.setattr(Preparation, "fit_transform", spy)
    needs = problem.algorithms["linear"].needs_for(candidate(problem, "linear").config)
    first = cache.prepared_fold(problem, 0, needs)
    second = cache.prepared_fold(problem, 0, needs)
    assert len(calls) == 1
    assert (first.was_cached, second.was_cached) == (False, True)
    assert (np.asarray(second.train) == first.train).all()
    assert (np.asarray(second.valid) == first.valid).all()
    assert second.preparation.token_ == first.preparation.token_


def test_a_preparation_that_is_not_shared_is_computed_again(problem):
    """Where sharing is switched off, a fold is prepared each time, with the same rows, and nothing is kept."""
    needs = problem.algorithms["linear"].needs_for(candidate(problem, "linear").config)
    alone = replace(problem, shares_preparation=False)
    first, second = (cache.prepared_fold(alone, 0, needs) for _ in range(2))
    assert not first.was_cached
    assert not second.was_cached
    assert (second.train == cache.prepared_fold(problem, 0, needs).train).all()
    assert not cache.prepared_fold(alone, 0, needs).was_cached


def test_a_full_disk_only_costs_the_sharing(problem, monkeypatch):
    """Where the disk is nearly full nothing is cached, and the fold is prepared all the same."""
    monkeypatch.setattr(cache, "KEEP_FREE", 1 << 62)
    needs = Needs(categories="ordinal")
    assert not cache.prepared_fold(problem, 0, needs).was_cached
    assert not cache.prepared_fold(problem, 0, needs).was_cached


def test_more_rows_than_the_sample_leave_the_validation_rows_alone(problem):
    """A promoted candidate trains on the sample and more, is validated on the same rows, and shares no preparation."""
    sample = tuple((train[::3], valid) for train, valid in problem.splits)
    thinned = replace(problem, splits=sample, held_back=held_back(problem.splits, sample, 0))
    few, some, most = (set(thinned.training_rows(1, rows).tolist()) for rows in (None, 40, 1_000))
    assert few < some < most == set(problem.splits[1][0].tolist())
    assert (len(few), len(some)) == (20, 40)
    plain = candidate(thinned, "linear")
    promoted = replace(plain, rows=40)
    assert promoted.id != plain.id
    before, after = (evaluate_fold(thinned, number, each, 1, 1, None) for number, each in enumerate((plain, promoted)))
    assert before.n_predicted == after.n_predicted == 30
    assert before.saved_seconds is after.saved_seconds is None
    assert (np.load(thinned.prediction_path(0, 1)) != np.load(thinned.prediction_path(1, 1))).any()


def test_the_cache_takes_so_many_bytes_and_no_more(problem, monkeypatch):
    """What was not used for the longest time makes room; what it was mapped into stays readable."""
    needs = [Needs(categories=how) for how in ("ordinal", "onehot", "native")]
    first = cache.prepared_fold(problem, 0, needs[0])
    one = first.train.nbytes + first.valid.nbytes
    mapped = cache.prepared_fold(problem, 0, needs[0])
    assert mapped.was_cached
    assert mapped.seconds == first.seconds
    cache.prepared_fold(problem, 1, needs[0])
    monkeypatch.setattr(cache, "MOST", 4 * one)
    os.utime(problem.cache / f"fold-0-{first.preparation.variant}", (1, 1))
    big = cache.prepared_fold(problem, 0, needs[1])
    assert not big.was_cached
    assert not cache.prepared_fold(problem, 0, needs[0]).was_cached
    assert (np.asarray(mapped.train) == first.train).all()
    monkeypatch.setattr(cache, "MOST", 1)
    assert not cache.prepared_fold(problem, 2, needs[0]).was_cached
    assert not cache.prepared_fold(problem, 2, needs[0]).was_cached
    assert not [each for each in problem.cache.iterdir() if each.name.startswith(("cleared", "unfinished"))]


@pytest.mark.parametrize(
    ("how", "kind", "message"),
    [
        ("raises", "crashed", "RuntimeError: no luck today"),
        ("memory", "out_of_memory", ""),
        ("nan", "bad_prediction", "60 of 60 predictions are not finite"),
        ("shape", "crashed", "ValueError: Broken predicts the shape (30, 1) for 2 labels"),
    ],
)
def test_whatever_goes_wrong_is_a_value(problem, how, kind, message):
    """A failing fold has no loss, a kind and a message; nothing is raised."""
    result = evaluate_fold(problem, 0, Candidate.of("broken", {"how": how}), 0, 1, None)
    assert not result.is_ok
    assert math.isnan(result.loss)
    assert result.failure.kind == kind
    assert message in result.failure.message


def test_a_seed_depends_on_what_is_fitted_and_not_on_when():
    """Run seed, candidate and fold give the seed of a fit."""
    one, other = Candidate.of("a", {"x": 1}), Candidate.of("a", {"x": 2})
    assert fold_seed(0, one, 0) == fold_seed(0, Candidate.of("a", {"x": 1}), 0)
    assert len({fold_seed(0, one, 0), fold_seed(1, one, 0), fold_seed(0, other, 0), fold_seed(0, one, 1)}) == 4


def test_a_refit_trains_the_mean_of_the_rounds_that_folds_kept(problem):
    """Without validation rows a booster trains as long as it did in the folds."""
    one = candidate(problem, "lightgbm")
    folds = tuple(evaluate_fold(problem, 0, one, fold, 1, None) for fold in range(3))
    rounds = [fold.rounds for fold in folds]
    _, model = fit_on_all_rows(problem, Evaluation(0, one, folds, "complete"), threads=1)
    assert model.booster_.num_trees() == round(sum(rounds) / 3)


def test_out_of_fold_predictions_stand_at_their_rows(problem):
    """Every asked row gets the prediction of the fold that validated it."""
    one = candidate(problem, "linear")
    for fold in range(3):
        evaluate_fold(problem, 3, one, fold, 1, None)
    rows = np.array([1, 5, 30, 88])
    found = problem.out_of_fold(3, rows)
    for place, row in enumerate(rows):
        fold = row % 3
        expected = np.load(problem.prediction_path(3, fold))[np.flatnonzero(problem.splits[fold][1] == row)[0]]
        assert found[place] == pytest.approx(expected)
