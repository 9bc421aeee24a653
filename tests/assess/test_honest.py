"""Honest scores: what a choice is worth on rows that had no say in it."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_breast_cancer

import automl
from automl.assess.bootstrap import intervals
from automl.assess.drawn import Entries, draw, strata_of
from automl.assess.honest import NO_TIME, honest_losses
from automl.assess.honest_scores import HonestScores
from automl.assess.judged import Judged
from automl.assess.validated import load_entries
from automl.ensemble.blend import entrants
from automl.ensemble.finishing import learn_finishes
from automl.ensemble.selection import select_ensemble
from automl.evaluation.leaderboard import EnsembleRow, make_leaderboard
from automl.evaluation.metrics import METRICS
from automl.evaluation.scale import on_one_scale
from automl.storage.folder import RunFolder
from automl.values.candidate import Candidate
from automl.values.constraints import UNBOUND, Constraints
from automl.values.evaluation import Evaluation, FoldResult
from automl.values.finish import Finished
from automl.values.honest import HonestLoss, HonestLosses
from automl.values.metric import Metric
from automl.values.task import Task

AUC = METRICS["roc_auc"]
TASK = Task("binary", "kind", ("no", "yes"))


class Made(NamedTuple):
    """Out-of-fold predictions of made-up candidates."""

    entries: Entries
    candidates: list[Evaluation]

    def honest(self, metric: Metric = AUC, **options: Any) -> HonestLosses:
        best = min(self.candidates, key=lambda each: each.loss)
        options.setdefault("best", f"{best.candidate.algorithm}-{best.number}")
        return honest_losses(self.entries, self.candidates, metric, **options)


def made(
    signals: list[float], n: int = 200, n_folds: int = 5, seed: int = 0, metric: Metric = AUC, alike: float = 0.5
) -> Made:
    """Return candidates of five families, each with a signal of that strength; families share their noise."""
    rng = np.random.default_rng(seed)
    fold = np.repeat(np.arange(n_folds), -(-n // n_folds))[:n]
    y = np.concatenate([rng.permutation(np.arange((fold == k).sum()) % 2) for k in range(n_folds)])
    family = rng.normal(size=(5, n))
    places = np.arange(len(signals))
    noise = math.sqrt(alike) * family[places % 5] + math.sqrt(1 - alike) * rng.normal(size=(len(signals), n))
    p = 1 / (1 + np.exp(-(np.array(signals)[:, None] * (2 * y - 1) + noise)))
    predictions = np.stack([1 - p, p], axis=2).astype(np.float32)
    candidates = [
        Evaluation(
            k,
            Candidate.of("abcde"[k % 5], {"k": k}),
            tuple(FoldResult(f, metric.loss(y[fold == f], predictions[k][fold == f])) for f in range(n_folds)),
            "complete",
        )
        for k in places.tolist()
    ]
    return Made(Entries(TASK, y, None, fold, np.arange(n), predictions, n), candidates)


def combined(given: Made) -> EnsembleRow:
    """Return the ensemble that a search would build."""
    entries, chosen = given.entries, entrants(given.candidates, len(given.entries.y))
    weights = select_ensemble(AUC, entries.y, entries.predictions[[each.number for each in chosen]])
    blend = sum(w * entries.predictions[each.number] for w, each in zip(weights, chosen, strict=True))
    losses = [AUC.loss(entries.y[rows], blend[rows]) for rows in entries.folds]
    taken = np.flatnonzero(weights)
    return EnsembleRow(tuple(chosen[k] for k in taken), tuple(weights[taken]), float(np.mean(losses)), 0.0, {})


def test_luck_is_taken_out() -> None:
    """Of many candidates that know nothing the best looks good; its honest score is a coin's."""
    given = made([0.0] * 100)
    ensemble = combined(given)
    honest = given.honest(best="ensemble", ensemble=ensemble, resamples=30).rows["ensemble"]
    assert ensemble.loss < -0.6
    assert -0.56 < honest.loss < -0.44
    assert honest.low < -0.5 < honest.high


def _holds(row: HonestLoss) -> bool:
    return row.low <= -0.5 <= row.high


def _holds_uncorrected(given: Made, prediction: np.ndarray[Any, Any], loss: float) -> bool:
    judged = Judged(TASK, given.entries.y, prediction)
    bounds, _ = intervals(judged, {"roc_auc": -loss})
    return bounds["roc_auc"][0] <= 0.5 <= bounds["roc_auc"][1]


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("has_ensemble", [True, False])
def test_on_noise_the_honest_interval_holds_a_half_and_the_other_does_not(has_ensemble: bool) -> None:
    """Labels of a coin, 200 candidates, 50 runs: .5 is inside in 90 % of them at least; uncorrected in few."""
    held = held_before = 0
    for seed in range(50):
        given = made([0.0] * 200, n=300, seed=seed)
        if has_ensemble:
            ensemble = combined(given)
            row = given.honest(best="ensemble", ensemble=ensemble).rows["ensemble"]
            parts = zip(ensemble.members, ensemble.weights, strict=True)
            prediction = sum(weight * given.entries.predictions[each.number] for each, weight in parts)
            loss = ensemble.loss
        else:
            best = min(given.candidates, key=lambda each: each.loss)
            row = given.honest().rows[f"{best.candidate.algorithm}-{best.number}"]
            prediction, loss = given.entries.predictions[best.number], best.loss
        held += _holds(row)
        held_before += _holds_uncorrected(given, np.asarray(prediction), loss)
    assert held >= 45
    assert held_before <= 10


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_on_signals_the_honest_score_is_what_is_true() -> None:
    """Candidates of which some know something: on average the honest score is the chosen one's true AUC."""
    errors, luck, held = [], [], 0
    for seed in range(40):
        signals = np.random.default_rng(seed).uniform(0.2, 0.6, 40).tolist()
        given = made(signals, n=300, seed=seed)
        best = min(given.candidates, key=lambda each: each.loss)
        row = given.honest().rows[f"{best.candidate.algorithm}-{best.number}"]
        # two normals that are 2 s apart: the area is Φ(s √2)
        true = 0.5 * (1 + math.erf(signals[best.number]))
        errors.append(-row.loss - true)
        luck.append(-best.loss - true)
        held += -row.high <= true <= -row.low
    assert np.mean(luck) > 0.02
    assert abs(np.mean(errors)) < 0.4 * np.mean(luck)
    assert held >= 36


def test_what_was_not_chosen_needs_no_correction() -> None:
    """A single candidate was not the best of many: its honest score is its score."""
    given = made([0.5])
    (row,) = given.honest().rows.values()
    assert row.loss == pytest.approx(given.candidates[0].loss)
    assert row.low < row.loss < row.high
    assert row.is_tied


def test_a_clear_winner_keeps_its_score_and_is_tied_with_none() -> None:
    """Who wins in every resample owes nothing to luck."""
    told = made([2.0, 0.2, 0.1, 0.0]).honest()
    assert told.rows["a-0"].loss == pytest.approx(made([2.0, 0.2, 0.1, 0.0]).candidates[0].loss)
    assert [name for name, row in told.rows.items() if row.is_tied] == ["a-0"]


def test_equal_rows_are_tied() -> None:
    """The same predictions twice can't be told apart, and chance decides between two alike."""
    given = made([0.5, 0.5, 0.0], n=400, alike=0.999)
    same = replace(given.entries, predictions=given.entries.predictions[[0, 0, 2]])
    candidates = [given.candidates[0], replace(given.candidates[0], number=1), given.candidates[2]]
    told = honest_losses(same, candidates, AUC, best="a-0")
    assert [row.is_tied for row in told.rows.values()] == [True, True, False]


def test_it_is_the_same_every_time_and_in_any_order() -> None:
    """The seed decides what is drawn; the order in which candidates arrived decides nothing."""
    given = made([0.3, 0.25, 0.2, 0.3, 0.1, 0.0])
    told = given.honest(seed=3)
    assert given.honest(seed=3) == told
    assert given.honest(seed=4) != told
    order = [4, 2, 0, 5, 1, 3]
    turned = Made(given.entries.of(order), [given.candidates[k] for k in order]).honest(seed=3)
    assert turned.rows == told.rows


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 4), st.booleans())
def test_what_belongs_together_is_drawn_together(seed: int, n_folds: int, has_groups: bool) -> None:
    """All entries of a unit come equally often; each fold's units are replaced among themselves."""
    rng = np.random.default_rng(seed)
    given = made([0.1], n=60, n_folds=n_folds, seed=seed)
    entries = given.entries
    if has_groups:
        within = rng.integers(0, 4, 60)
        entries = replace(entries, unit=np.unique(entries.fold * 10 + within, return_inverse=True)[1])
    counts = draw(entries, strata_of(entries), 7, rng)
    for unit in range(entries.n_units):
        mine = counts[entries.unit == unit]
        assert (mine == mine[0]).all()
    _, first = np.unique(entries.unit, return_index=True)
    for fold in range(n_folds):
        units = first[entries.fold[first] == fold]
        assert (counts[units].sum(axis=0) == len(units)).all()


def test_rows_of_a_group_count_as_one() -> None:
    """Ten copies of each row tell no more than the rows themselves: drawn as groups, the interval is as wide."""
    given = made([0.3, 0.2], n=100)
    copied = replace(
        given.entries,
        y=np.repeat(given.entries.y, 10),
        fold=np.repeat(given.entries.fold, 10),
        unit=np.repeat(given.entries.unit, 10),
        predictions=np.repeat(given.entries.predictions, 10, axis=1),
    )
    alone = replace(copied, unit=np.arange(1000), n_all=1000)
    widths = [
        (row := honest_losses(each, given.candidates, AUC, best="a-0").rows["a-0"]).high - row.low
        for each in (given.entries, copied, alone)
    ]
    assert widths[1] == pytest.approx(widths[0], rel=0.3)
    assert widths[2] < 0.5 * widths[0]


def test_the_time_may_end_it() -> None:
    """Without time nothing is told but the reason; with some, fewer resamples than asked for."""
    given = made([0.3, 0.2, 0.1])
    assert given.honest(may_go_on=lambda: False) == HonestLosses(reason=NO_TIME)
    left = iter([True] * 8 + [False] * 100)
    told = given.honest(may_go_on=lambda: next(left))
    assert told.n_resamples == 20
    assert told.reason == "Only 20 of 60 resamples fitted into the time."
    assert told.rows.keys() == {"a-0", "b-1", "c-2"}


def test_partial_bags_are_ranked_among_themselves() -> None:
    """A bag that lacks folds has a score on those that it has; the best is compared with it on these."""
    given = made([1.5, 0.4, 0.3, 0.2])
    predictions = given.entries.predictions.copy()
    predictions[2:][:, given.entries.fold > 1] = np.nan
    candidates = [
        each if k < 2 else replace(each, folds=each.folds[:2], state="partial")
        for k, each in enumerate(given.candidates)
    ]
    told = honest_losses(replace(given.entries, predictions=predictions), candidates, AUC, best="a-0")
    assert len(told.rows) == 4
    assert all(math.isfinite(row.loss) for row in told.rows.values())
    assert not told.rows["d-3"].is_tied
    assert told.rows["c-2"].high - told.rows["c-2"].low > told.rows["b-1"].high - told.rows["b-1"].low


def test_one_hold_out_part_is_enough() -> None:
    """Resampling needs no second fold."""
    told = made([0.4, 0.3, 0.2, 0.1], n=60, n_folds=1).honest()
    assert told.rows["a-0"].low < told.rows["a-0"].loss < told.rows["a-0"].high


def test_a_metric_that_is_only_a_function_says_the_same() -> None:
    """Rows are repeated for it as often as they were drawn, so that it need not know about weights."""
    accuracy = METRICS["accuracy"]
    given = made([0.4, 0.3, 0.2], n=300, metric=accuracy)

    def unweighted(y: Any, prediction: Any, weight: Any) -> float:
        assert weight is None
        return accuracy.score(y, prediction)

    own = given.honest(Metric("share", unweighted), resamples=40)
    known = given.honest(accuracy, resamples=40)
    for name, row in known.rows.items():
        assert own.rows[name].loss == pytest.approx(row.loss)
        assert own.rows[name].high == pytest.approx(row.high)


def test_a_metric_that_knows_its_rows_is_told_which_they_are() -> None:
    """Amounts that belong to rows stay with them, however often a row was drawn."""

    class Amounts:
        def __init__(self, of: Any) -> None:
            self.of = of

        def at(self, rows: Any) -> Any:
            return Amounts(self.of[rows])

        def __call__(self, y: Any, prediction: Any, weight: Any) -> float:
            assert (self.of % 2 == y).all()  # the amount of a row ends in its label
            return float(((prediction[:, 1] > 0.5) == y) @ self.of / self.of.sum())

    given = made([0.5, 0.3, 0.2], n=100)
    amounts = np.arange(100) * 2 + given.entries.y
    turned = Made(replace(given.entries, row=np.arange(100)), given.candidates)
    told = turned.honest(Metric("amount", Amounts(amounts)), ensemble=combined(given), resamples=10)
    assert np.isfinite(told.rows["ensemble"].loss)


def test_a_metric_without_a_value_on_most_draws_is_a_reason() -> None:
    """Where a label is too rare to be drawn and left out at once, no number is made up."""
    given = made([0.4, 0.3], n=40, n_folds=2)
    y = np.zeros(40, dtype=int)
    y[0] = y[39] = 1
    told = honest_losses(replace(given.entries, y=y), given.candidates, AUC, best="a-0")
    assert told.rows == {}
    assert told.reason == (
        "roc_auc is not defined on most draws of these rows: they are too few, or a label is too rare."
    )


def test_a_sample_of_the_rows_speaks_for_all() -> None:
    """Of four times as many rows as are looked at, correction and interval are half as large."""
    given = made([0.3, 0.28, 0.26, 0.24], n=200)
    few = given.honest().rows
    all_rows = Made(replace(given.entries, n_all=800), given.candidates).honest().rows
    for name, each in all_rows.items():
        loss = next(one.loss for one in given.candidates if name.endswith(f"-{one.number}"))
        assert each.loss - loss == pytest.approx((few[name].loss - loss) / 2)
        assert each.high - each.loss == pytest.approx((few[name].high - few[name].loss) / 2)


def test_no_interval_goes_beyond_the_true_answer() -> None:
    """An area under the ROC curve of more than 1 is not told."""
    told = made([3.0, 2.5], n=100).honest()
    assert all(row.low >= -1 for row in told.rows.values())


# --- on the leaderboard


def board(constraints: Constraints = UNBOUND) -> HonestScores:
    rows = [
        Evaluation(
            k, Candidate.of(name, {}), (FoldResult(0, loss, one_row_seconds=seconds, size_bytes=size),), "complete"
        )
        for k, (name, loss, seconds, size) in enumerate(
            [("slow", -0.9, 0.05, 10**6), ("quick", -0.89, 0.01, 9 * 10**6), ("plain", -0.7, 0.001, 10)]
        )
    ]
    losses = HonestLosses(
        {
            "slow-0": HonestLoss(-0.88, -0.92, -0.84, True),
            "quick-1": HonestLoss(-0.87, -0.91, -0.83, True),
            "plain-2": HonestLoss(-0.7, -0.74, -0.66, False),
        },
        "",
        100,
        500,
    )
    return HonestScores(make_leaderboard(rows, AUC, honest=losses), losses, AUC, constraints)


def test_both_scores_stand_on_the_leaderboard() -> None:
    """The order is that of the selection score; beside it stand the honest one, its interval, and who is tied."""
    told = board()
    assert told.leaderboard["score"].tolist() == [0.9, 0.89, 0.7]
    columns = told.leaderboard[["honest_score", "honest_low", "honest_high"]]
    assert columns.iloc[0].tolist() == [0.88, 0.84, 0.92]
    assert told.leaderboard["tied"].tolist() == [True, True, False]
    assert (told.best, told.score, told.interval) == ("slow-0", 0.88, (0.84, 0.92))
    assert told.optimism == pytest.approx(0.02)
    assert told.tied == ("slow-0", "quick-1")
    assert told.frame()["id"].tolist() == ["slow-0", "quick-1", "plain-2"]
    assert repr(told) == (
        "slow-0: roc_auc 0.88 (0.84 to 0.92) on rows that had no say, 0.9 as it was chosen. 1 other row is tied with "
        "it; the simplest is quick-1."
    )


def test_the_simplest_is_the_fastest_that_is_tied_and_keeps_the_constraints() -> None:
    """A faster row that is behind does not count, nor one that breaks a limit which another tied row keeps."""
    assert board().simplest == "quick-1"
    assert board(Constraints(size_mb=5)).simplest == "slow-0"
    assert board(Constraints(size_mb=0.5)).simplest == "quick-1"


def test_what_is_not_known_is_not_a_number() -> None:
    """Without honest scores the columns are there, empty, and the first row is the simplest."""
    told = replace(board(), losses=HonestLosses(reason=NO_TIME))
    told = replace(told, leaderboard=told.leaderboard.assign(honest_score=math.nan, tied=pd.array([pd.NA] * 3)))
    assert math.isnan(told.score)
    assert told.tied == ()
    assert told.simplest == "slow-0"
    assert repr(told) == f"No honest score of slow-0. {NO_TIME}"


def test_it_is_kept_as_json() -> None:
    """What is written is plain JSON, and comes back the same; what is no number is left out."""
    told = HonestLosses({"a-0": HonestLoss(0.5, 0.4, 0.6, True)}, "why", 40, 100, 0.9)
    assert HonestLosses.from_json(json.loads(json.dumps(told.to_json()))) == told
    odd = HonestLosses({"a-0": HonestLoss(math.nan, math.nan, 1.0, False)})
    assert math.isnan(HonestLosses.from_json(json.loads(json.dumps(odd.to_json(), allow_nan=False))).rows["a-0"].loss)


# --- of a run


@pytest.fixture(scope="module")
def grouped(tmp_path_factory: pytest.TempPathFactory) -> automl.Run:
    """Return a run on 200 rows of 40 groups."""
    frame = load_breast_cancer(as_frame=True).frame.sample(200, random_state=0).iloc[:, -6:]
    return automl.fit(
        frame.assign(who=[f"p{k % 40}" for k in range(200)]),
        "target",
        groups="who",
        algorithms=["linear", "naive_bayes", "nearest_neighbors"],
        n_trials=5,
        time_budget=None,
        engine="inprocess",
        out=tmp_path_factory.mktemp("honest") / "run",
        verbose=0,
    )


def test_a_run_tells_it(grouped: automl.Run) -> None:
    """Honest scores are there when fit returns, with rows of a group drawn together."""
    told = grouped.honest()
    assert told.losses.n_resamples == 60
    assert told.losses.n_rows == 40
    assert told.leaderboard is grouped.leaderboard
    complete = grouped.leaderboard["state"].eq("complete")
    assert grouped.leaderboard.loc[complete, "honest_score"].notna().all()
    assert told.interval[0] < told.score < told.interval[1] <= 1
    assert told.best in told.tied
    assert told.plot()._repr_png_()
    assert pd.read_csv(grouped.folder / "leaderboard.csv")["honest_score"].iloc[0] == pytest.approx(told.score)
    assert grouped.simplest() is grouped.pipeline(told.simplest)


def test_a_reopened_run_tells_the_same(grouped: automl.Run) -> None:
    """They are kept; where a run has none, they are computed when asked for, and are the same."""
    again = automl.load(grouped.folder)
    pd.testing.assert_frame_equal(again.leaderboard, grouped.leaderboard)
    outcome = json.loads((grouped.folder / "ensemble.json").read_text())
    del outcome["honest"]
    bare = automl.run.Run(RunFolder.open(grouped.folder), again.plan, None, again.evaluations, outcome)
    assert bare.leaderboard["honest_score"].isna().all()
    assert bare.leaderboard["tied"].isna().all()
    bare.honest()
    pd.testing.assert_frame_equal(bare.leaderboard, grouped.leaderboard)


def test_it_can_be_asked_for_otherwise(grouped: automl.Run) -> None:
    """Another level or seed is computed anew, and shown on the leaderboard."""
    run = automl.load(grouped.folder)
    wide = run.honest(resamples=40, level=0.99)
    narrow = run.honest(resamples=40, level=0.5)
    assert wide.losses.n_resamples == 40
    assert wide.interval[0] < narrow.interval[0] < narrow.interval[1] < wide.interval[1]
    assert run.leaderboard["honest_low"].iloc[0] == narrow.interval[0]
    with pytest.raises(automl.PlanError, match=r"resamples=3; give a whole number of at least 10\."):
        run.honest(resamples=3)
    with pytest.raises(automl.PlanError, match=r"level=2; give a share between 0 and 1, such as 0\.95\."):
        run.honest(level=2)


def test_of_many_rows_a_sample_is_read(grouped: automl.Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whole groups are drawn, and the entries say of how many."""
    monkeypatch.setattr("automl.assess.validated.MOST_UNITS", 10)
    monkeypatch.setattr("automl.assess.validated.MOST_CELLS", 0)
    monkeypatch.setattr("automl.assess.validated.FEWEST_UNITS", 10)
    complete = [each for each in grouped.evaluations if each.state == "complete"]
    entries = load_entries(RunFolder.open(grouped.folder), complete, grouped.task, 0)
    assert (entries.n_units, entries.n_all) == (10, 40)
    assert len(entries.y) == 50
    assert np.isfinite(entries.predictions).all()
    assert entries.narrowing == 0.5


def test_a_threshold_is_learned_again_by_every_resample() -> None:
    """Where labels are a coin's, the threshold that looks best is luck; its honest score is a coin's too."""
    given = made([0.0] * 30, n=150, metric=METRICS["balanced_accuracy"])
    entries, metric = given.entries, METRICS["balanced_accuracy"]
    finished = {}
    for each in given.candidates:
        p = entries.predictions[each.number]
        finish = learn_finishes(metric, entries.y, p, np.ones((len(p), 1)))[0]
        loss = float(np.mean([metric.loss(entries.y[rows], finish.tilted(p)[rows]) for rows in entries.folds]))
        finished[f"{each.candidate.algorithm}-{each.number}"] = Finished(finish, loss, 0.0)
    best = min(finished, key=lambda name: finished[name].loss)
    assert finished[best].loss < -0.56
    found = given.honest(metric, best=best, finished=finished, resamples=30).rows[best]
    assert -0.54 < found.loss < -0.44
    assert found.low < -0.5 < found.high


def test_an_ensemble_of_partial_bags_is_chosen_again_on_the_rows_that_they_share() -> None:
    """Candidates that lack folds compete by their first one; luck is taken out of their ensemble as of any other."""
    given = made([0.0] * 60, n=2_000)
    whole = given.candidates[0]
    predictions = given.entries.predictions.copy()
    predictions[1:, given.entries.fold > 0] = np.nan
    firsts = [
        replace(each, folds=(replace(each.folds[0], n_predicted=1_000),), state="partial")
        for each in given.candidates[1:]
    ]
    candidates = on_one_scale([whole, *firsts])
    entries = replace(given.entries, predictions=predictions)
    first = entries.folds[0]
    chosen = entrants(candidates, 2_000)
    weights = select_ensemble(AUC, entries.y[first], predictions[[each.number for each in chosen]][:, first])
    taken = np.flatnonzero(weights)
    blend = sum(weights[k] * predictions[chosen[k].number][first] for k in taken)
    shift = whole.loss - whole.losses[0]
    loss = AUC.loss(entries.y[first], blend) + shift
    ensemble = EnsembleRow(tuple(chosen[k] for k in taken), tuple(weights[taken]), loss, math.nan, {})
    honest = honest_losses(entries, candidates, AUC, best="ensemble", ensemble=ensemble, resamples=30)
    row = honest.rows["ensemble"]
    assert ensemble.loss < -0.55
    assert -0.54 < row.loss < -0.46
    assert row.low < -0.5 < row.high
