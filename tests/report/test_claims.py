"""Sentences follow from numbers: opposite numbers give opposite sentences."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import automl
from automl.assess.assessment import Assessment
from automl.assess.honest_scores import HonestScores
from automl.assess.judged import Judged
from automl.evaluation.metrics import METRICS
from automl.explain.importance import ColumnImportance, Importance
from automl.report.absent import Absent
from automl.report.claims import caution, certainty, dependence, guessing, quality
from automl.report.sections.leaderboard import ties
from automl.values.constraints import Constraints
from automl.values.honest import HonestLosses
from automl.values.task import Task

TASK = Task("binary", "bought", ("no", "yes"))


def judged(probability: np.ndarray, y: np.ndarray) -> Assessment:
    """Return the judgement of probabilities of the second label."""
    return Assessment.of(Judged(TASK, y, np.column_stack([1 - probability, probability])), METRICS["roc_auc"])


def drawn(n: int, sharpness: float, claimed: float | None = None, seed: int = 0) -> Assessment:
    """Return the judgement of predictions whose odds are right, or said to be ``claimed`` times as sharp."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    y = (rng.random(n) < 1 / (1 + np.exp(-sharpness * x))).astype(int)
    return judged(1 / (1 + np.exp(-(sharpness if claimed is None else claimed) * x)), y)


def important(*values: float) -> Importance:
    """Return the importance of columns with these values; those above 0 help."""
    columns = tuple(
        ColumnImportance((f"c{k}",), value, value - 0.01, value + 0.01, 5, "helps" if value > 0 else "no clear effect")
        for k, value in enumerate(values)
    )
    return Importance("y", METRICS["roc_auc"], 0.9, columns, (), (), (), 100, 0.95, ())


def test_a_good_model_and_a_useless_one(
    bought_run: automl.Run, noise_run: automl.Run, write_page: Callable[..., Any]
) -> None:
    """Where columns tell the target the summary says so; where they say nothing it says that."""
    good, bad = (write_page(run, audience="executive").said("summary") for run in (bought_run, noise_run))
    assert "It predicts well" in good
    assert "no better than guessing" not in good
    assert "It is no better than guessing" in bad
    assert "It predicts well" not in bad
    assert "It depends most on x (" in good
    assert "No column is known to help" in bad
    assert "There are only 160 rows" in bad
    assert "There are only" not in good
    steps = [write_page(run, audience="executive").said("next") for run in (bought_run, noise_run)]
    assert "Don't use it yet" not in steps[0]
    assert "Don't use it yet" in steps[1]


def test_luck_is_not_taken_for_a_model(lucky_run: automl.Run, write_page: Callable[..., Any]) -> None:
    """Where the best of some candidates is ahead on few rows by luck, its interval notwithstanding, doubt is told."""
    assert lucky_run.evaluate().bounds["roc_auc"][0] > 0.55
    page = write_page(lucky_run, audience="executive")
    assert "It may be no better than guessing" in page.said("summary")
    assert "Don't use it yet" in page.said("next")
    told = page.said("summary").partition("How good it is")[2].partition("How sure that is")[0]
    assert "It predicts" not in told


@pytest.mark.parametrize(("n_candidates", "verdict"), [(1, "better"), (3, "better"), (100, "doubtful")])
def test_the_best_of_many_must_be_further_ahead(n_candidates: int, verdict: str) -> None:
    """The same predictions are believed of one candidate and doubted of the best of a hundred."""
    assert guessing.judge(drawn(400, 0.5), np.array([0.5, 0.5]), n_candidates).verdict == verdict


@pytest.mark.parametrize(
    ("sharpness", "said"),
    [(5.0, "It predicts well"), (1.0, "It predicts better than guessing"), (0.0, "no better than guessing")],
)
def test_headline_follows_the_score(sharpness: float, said: str) -> None:
    """The first sentence of the quality says how far the score is from guessing."""
    assessed = drawn(4_000, sharpness)
    material: Any = SimpleNamespace(guessing=guessing.judge(assessed, np.array([0.5, 0.5]), 1))
    found = quality.headline(material, assessed)
    assert said in found.text
    assert found.tone == ("caution" if sharpness == 0 else "good")


def test_probabilities_at_their_word_or_not() -> None:
    """Well calibrated probabilities are praised, exaggerated ones warned of."""
    right, wrong = caution.calibration(drawn(20_000, 1.0)), caution.calibration(drawn(20_000, 1.0, claimed=4.0))
    assert right is not None
    assert wrong is not None
    assert (right.tone, wrong.tone) == ("good", "caution")
    assert "can be taken at their word" in right.text
    assert "can't be taken at their word" in wrong.text


def test_few_rows_do_not_accuse_probabilities() -> None:
    """Where right probabilities would look as far off on so few rows, none are called wrong."""
    found = drawn(150, 1.0)
    assert found.values["calibration_error"] > caution.BADLY
    told = caution.calibration(found)
    assert told is not None
    assert told.tone == "neutral"
    assert "Whether probabilities can be taken at their word 150 rows can't tell: they are off by" in told.text


def test_accuracy_against_one_label_for_all() -> None:
    """A model that beats the most frequent label is told from one that doesn't, and from one that is worse."""
    rng = np.random.default_rng(0)
    y = (rng.random(4_000) < 0.3).astype(int)
    told = [
        quality._labels(judged(np.clip(p, 0.01, 0.99), y))[0]
        for p in (0.8 * y + 0.1, np.full(4_000, 0.2) + 0.1 * rng.random(4_000), 0.9 - 0.8 * y)
    ]
    assert [each.tone for each in told] == ["good", "neutral", "caution"]
    assert "worse than one label for all" in told[2].text


def test_test_table_that_agrees_and_that_does_not() -> None:
    """A test score within the intervals agrees; one far below is worse than promised, one far above better."""
    folds = drawn(3_000, 2.0)
    assert "agrees with the search" in certainty.agreement(drawn(3_000, 2.0, seed=1), folds).text
    worse = certainty.agreement(drawn(3_000, 1.0, seed=1), folds)
    assert "predicted worse than the search promised" in worse.text
    assert worse.tone == "caution"
    assert "predicted better than the search promised" in certainty.agreement(drawn(3_000, 4.0, seed=1), folds).text


def test_one_column_or_several() -> None:
    """It is said whether nearly everything hangs on one column; of two columns nothing is said."""
    alone, shared = (
        dependence.single_column(important(0.3, 0.01, 0.0)),
        dependence.single_column(important(0.2, 0.1, 0.1)),
    )
    assert alone is not None
    assert shared is not None
    assert "Nearly everything hangs on c0" in alone.text
    assert "No single column decides alone" in shared.text
    assert dependence.single_column(important(0.2, 0.1)) is None
    assert "No column is known to help" in dependence.columns(important(0.0, 0.0)).text


def test_what_was_not_measured_is_not_judged() -> None:
    """Where the time was up before all columns were shuffled, nothing is said of all of them."""
    part = replace(important(0.3, 0.01, 0.02), left_out=("c8", "c9"))
    assert dependence.columns(part).text.startswith("Of the 3 columns that there was time to measure, it depends most")
    assert dependence.single_column(part) is None
    assert "2 columns were not measured" in dependence.columns(replace(important(0.0), left_out=("c8", "c9"))).text


def test_bad_slices_and_none() -> None:
    """Parts of the rows that are predicted worse are named; where there are none, that is said."""
    found = drawn(500, 2.0)
    slices = pd.DataFrame([{"column": "region", "slice": "north", "score": 0.6, "rest": 0.9}])
    named = caution.slices(SimpleNamespace(slices=slices), found)  # type: ignore[arg-type]
    none = caution.slices(SimpleNamespace(slices=slices.head(0)), found)  # type: ignore[arg-type]
    assert named is not None
    assert none is not None
    assert "region = north (0.6, elsewhere 0.9)" in named.text
    assert none.text == "No part of the rows is predicted clearly worse than the rest."
    assert caution.slices(SimpleNamespace(slices=Absent("No rows.")), found) is None  # type: ignore[arg-type]


def test_a_number_close_and_far(price_run: automl.Run, write_page: Callable[..., Any]) -> None:
    """Of a quantity it is told how far predictions are off, what one value for all would be off, and the interval."""
    said = write_page(price_run, audience="executive").said("summary")
    assert "Its predictions are off by" in said
    assert "the middle value, would be off by" in said
    assert "For 90 % of new rows the truth lies in an interval" in said
    y = np.random.default_rng(0).normal(size=500)
    task = Task("regression", "price")
    bad = Assessment.of(Judged(task, y, np.random.default_rng(1).normal(size=(500, 1))), METRICS["rmse"])
    assert "no closer than one value for all" in quality._values(bad)[0].text


def honest(score: float, chosen: float, tied: tuple[bool, bool], fastest: int = 0) -> HonestScores:
    """Return honest scores of two rows; ``chosen`` is what the first had on the leaderboard."""
    board = pd.DataFrame(
        {
            "rank": [1, 2],
            "id": ["ensemble", "linear-1"],
            "score": [chosen, 0.7],
            "honest_score": [score, 0.7],
            "honest_low": [score - 0.02, 0.6],
            "honest_high": [score + 0.02, 0.8],
            "tied": pd.array(tied, dtype="boolean"),
            "one_row_ms": [9.0 - 8.0 * (fastest == 0), 5.0],
        }
    )
    return HonestScores(board, HonestLosses(level=0.9), METRICS["roc_auc"], Constraints())


def test_luck_is_told_from_none() -> None:
    """A leaderboard's score that is too good is called lucky, with what is left of it; one that is not is trusted."""
    lucky = certainty.without_luck(honest(0.8, 0.9, (True, False)), trifle=0.005)
    assert lucky.tone == "caution"
    assert lucky.text == (
        "Its 0.9 on the leaderboard is partly the luck of having been chosen: pipelines chosen in the same way reach "
        "roc_auc 0.8 on rows that had no say in it (90 % interval 0.78 to 0.82; run.honest())."
    )
    for score in (0.899, 0.91):
        sober = certainty.without_luck(honest(score, 0.9, (True, False)), trifle=0.005)
        assert sober.tone == "good"
        assert "owes little to the luck of having been chosen" in sober.text


def test_ties_are_told() -> None:
    """Rows that can't be told from the first are counted, and the fastest of them is named."""
    assert ties(honest(0.8, 0.9, (True, False))).text == "No other row is statistically tied with ensemble."
    slow = ties(honest(0.8, 0.9, (True, True), fastest=1)).text
    assert slow == (
        "1 other row can't be told from ensemble by these rows; the fastest of them is linear-1 (run.simplest())."
    )
    assert ties(honest(0.8, 0.9, (True, True))).text.endswith("; it is the fastest of them.")
