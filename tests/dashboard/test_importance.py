"""What made a difference: the families, or the hyperparameters of each; and when nothing can be told."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up import make_view, spaces_of

from automl.dashboard.importance import FEW, importance_of
from automl.dashboard.view import SearchView
from automl.evaluation.leaderboard import FREE
from automl.values.space import Categorical, Float, SearchSpace

BOOSTERS = ("dummy", "lightgbm", "xgboost", "catboost", "hist_gradient_boosting")
LEVEL = {"lightgbm": 0.10, "xgboost": 0.15, "catboost": 0.20, "hist_gradient_boosting": 0.25}

ALIKE = {  # families whose spaces are the same, so that only their names differ
    name: SearchSpace(
        Float("learning_rate", 0.005, 0.1, log=True),
        Float("subsample", 0.5, 1.0),
        Categorical("policy", ("depth", "loss")),
    )
    for name in LEVEL
}


def by_family(name: str, config: Mapping[str, Any], rng: np.random.Generator) -> float:
    """The family explains 99 % of the variance and more."""
    return LEVEL[name] + 0.002 * rng.standard_normal()


def by_rate(name: str, config: Mapping[str, Any], rng: np.random.Generator) -> float:
    """The learning rate explains nearly everything, the family nothing."""
    return 0.1 * math.log(config["learning_rate"]) + 0.01 * rng.standard_normal()


def by_chance(name: str, config: Mapping[str, Any], rng: np.random.Generator) -> float:
    """Nothing explains anything."""
    return float(rng.standard_normal())


@pytest.mark.parametrize("shares", [None, [0.82, 0.06, 0.06, 0.06]], ids=["tried alike", "settled on one"])
def test_a_family_that_makes_the_difference_is_told_so(shares: list[float] | None) -> None:
    """The share of ``algorithm`` is over .9 where it explains nearly all, also once a search has settled."""
    found = importance_of(make_view(200, by_family, spaces_of(*BOOSTERS), shares=shares))
    assert found.algorithm is not None
    assert found.algorithm > 0.9


def test_a_family_that_makes_no_difference_is_told_so() -> None:
    """Where a hyperparameter explains nearly all, ``algorithm`` is under .1 and the hyperparameter comes first."""
    found = importance_of(make_view(200, by_rate, ALIKE))
    assert found.algorithm is not None
    assert found.algorithm < 0.1
    assert len(found.within) == 3
    for shares in found.within.values():
        assert next(iter(shares)) == "learning_rate"
        assert shares["learning_rate"] > 0.6
        assert list(shares.values()) == sorted(shares.values(), reverse=True)
        assert sum(shares.values()) <= 1


@pytest.mark.parametrize(("rule", "low", "high"), [(by_family, 0.9, 1.0), (by_rate, 0.0, 0.15)])
def test_awful_trials_change_nothing(rule: Any, low: float, high: float) -> None:
    """One trial in twenty with a loss in the thousands, or without one, does not decide what matters."""

    def with_awful(name: str, config: Mapping[str, Any], rng: np.random.Generator) -> float:
        usual = rule(name, config, rng)
        luck = rng.random()
        return math.inf if luck < 0.05 else 5_000.0 if luck < 0.1 else usual

    found = importance_of(make_view(300, with_awful, ALIKE))
    assert found.algorithm is not None
    assert low <= found.algorithm <= high


def test_one_awful_family_of_many_is_not_all_that_matters() -> None:
    """Where all families but one are alike, and that one hopeless, the choice among them is not told as decisive."""

    def rule(name: str, config: Mapping[str, Any], rng: np.random.Generator) -> float:
        return 9.0 if name == "naive_bayes" else 0.01 * float(rng.standard_normal())

    found = importance_of(make_view(300, rule))
    assert found.algorithm is not None
    assert found.algorithm < 0.5


def test_a_harder_fold_is_not_held_against_a_candidate() -> None:
    """What was given up after a hard fold counts as it would on all folds."""
    view = make_view(120, by_family, spaces_of(*BOOSTERS))
    cut = tuple(
        replace(each, folds=each.folds[1:2], state="stopped") if each.number % 3 == 0 else each
        for each in view.evaluations
    )
    whole, partly = importance_of(view, 0), importance_of(SearchView.of(view.plan, view.metric, cut, FREE), 0)
    assert whole.algorithm == pytest.approx(partly.algorithm, abs=0.002)


def test_noise_is_not_explained() -> None:
    """Losses by chance give a small share to the family and no hyperparameter at all."""
    found = importance_of(make_view(250, by_chance, spaces_of(*BOOSTERS)))
    assert found.algorithm is not None
    assert found.algorithm < 0.1
    assert not found.within
    assert set(found.unknown.values()) == {"no hyperparameter told apart from chance"}


def test_too_few_trials_are_told() -> None:
    """Below the least number of trials neither question is answered, and it is said how many there are."""
    found = importance_of(make_view(9, by_family, spaces_of(*BOOSTERS)))
    assert found.algorithm is None
    assert not found.within
    assert found.unknown["algorithm"] == f"too few trials (8 of {FEW})"
    assert all(reason.startswith("too few trials (") for reason in found.unknown.values())
    assert "dummy" not in found.unknown


def test_one_family_has_no_choice() -> None:
    """With one family there is no share of ``algorithm``, but its hyperparameters are told."""
    found = importance_of(make_view(60, by_rate, spaces_of("dummy", "lightgbm")))
    assert found.algorithm is None
    assert found.unknown["algorithm"] == "there is one family"
    assert next(iter(found.within["lightgbm"])) == "learning_rate"


def test_an_empty_search_has_no_importance() -> None:
    """No trial, only the dummy, or only failures: nothing is told and nothing raised."""
    for view in (
        make_view(0, by_chance, spaces_of(*BOOSTERS), has_dummy=False),
        make_view(1, by_chance, spaces_of(*BOOSTERS)),
        make_view(30, lambda *rule: math.inf, spaces_of(*BOOSTERS)),
    ):
        found = importance_of(view)
        assert (found.algorithm, found.within) == (None, {})
    same = importance_of(make_view(60, lambda *rule: 0.5, spaces_of(*BOOSTERS)))
    assert (same.algorithm, same.within) == (None, {})
    assert same.unknown["algorithm"] == "all losses are the same"


def test_a_conditional_hyperparameter_counts_where_it_is_active() -> None:
    """One that exists under a kernel only is judged beside the kernel; where it is inactive it has its default."""
    space = SearchSpace(
        Categorical("kernel", ("linear", "rbf")),
        Float("gamma", 0.01, 1.0, log=True, default=0.1, when={"kernel": "rbf"}),
        Float("unused", 0.0, 1.0),
    )

    def rule(name: str, config: Mapping[str, Any], rng: np.random.Generator) -> float:
        return abs(math.log(config["gamma"] / 0.1)) if "gamma" in config else 0.0

    shares = importance_of(make_view(120, rule, {"svm": space})).within["svm"]
    assert next(iter(shares)) == "gamma"
    assert shares["gamma"] > 0.5
    assert shares["unused"] < 0.1


def test_values_outside_the_space_are_taken() -> None:
    """An unlisted choice or a value beyond its range, as a caller may try, is a value like any other."""
    space = SearchSpace(Float("rate", 0.01, 1.0, log=True), Categorical("mode", ("a", "b")))
    view = make_view(40, lambda name, config, rng: math.log(config["rate"]), {"own": space})
    odd = [replace(view.evaluations[1].candidate, settings=(("mode", "c"), ("rate", value))) for value in (0.0, "auto")]
    for candidate in odd:
        changed = (replace(view.evaluations[1], candidate=candidate), *view.evaluations[2:])
        found = importance_of(SearchView.of(view.plan, view.metric, changed, FREE))
        assert set(found.within.get("own", {"rate": 1.0})) <= {"rate", "mode"}


@settings(max_examples=15)
@given(
    seed=st.integers(0, 1000),
    factor=st.floats(1e-3, 1e3),
    shift=st.floats(-10, 10),
    weights=st.lists(st.floats(0.1, 1), min_size=4, max_size=4),
)
def test_the_unit_of_the_loss_does_not_matter(seed: int, factor: float, shift: float, weights: list[float]) -> None:
    """The share of ``algorithm`` lies between 0 and 1 and is the same for losses in another unit."""
    total = sum(weights)
    options: dict[str, Any] = {"seed": seed, "shares": [each / total for each in weights]}
    spaces = {name: SearchSpace(Float("k", 0, 1)) for name in LEVEL}

    def rule(name: str, config: Mapping[str, Any], rng: np.random.Generator) -> float:
        return LEVEL[name] + 0.05 * float(rng.standard_normal())

    def other(name: str, config: Mapping[str, Any], rng: np.random.Generator) -> float:
        return shift + factor * rule(name, config, rng)

    first = importance_of(make_view(60, rule, spaces, **options), 0).algorithm
    assert first is not None
    assert 0 <= first <= 1
    views = make_view(60, other, spaces, **options)
    if all(each.state == "complete" for each in views.evaluations):
        # Fold effects of the stand-ins are not scaled, but they are taken away.
        assert importance_of(views, 0).algorithm == pytest.approx(first, rel=1e-4, abs=1e-6)


def test_the_same_search_gives_the_same_answer() -> None:
    """Neither the order of the trials nor another call changes anything."""
    view = make_view(150, by_rate, spaces_of(*BOOSTERS))
    backwards = SearchView.of(view.plan, view.metric, view.evaluations[::-1], FREE)
    assert importance_of(view) == importance_of(view) == importance_of(backwards)
