"""What an earlier search lends to this one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automl.errors import PlanError
from automl.search.sampler import Sampler
from automl.search.warm_start import FIRST, PRIOR, take, translated
from automl.values.candidate import Candidate
from automl.values.earlier import Earlier
from automl.values.evaluation import Evaluation, FoldResult
from automl.values.space import Categorical, Float, SearchSpace

SPACES = {
    "dummy": SearchSpace(),
    "knn": SearchSpace(Float("x", 0.0, 1.0), Categorical("kind", ("a", "b"))),
    "tree": SearchSpace(Float("x", 0.0, 1.0)),
}


def ended(number, algorithm, loss, state="complete", **config):
    return Evaluation(number, Candidate.of(algorithm, config), (FoldResult(0, loss),), state)


MAY = [
    ended(0, "dummy", 1.0),
    ended(1, "knn", 0.3, x=0.1, kind="a"),
    ended(2, "knn", 0.2, x=0.2, kind="a"),
    ended(3, "tree", 0.5, x=0.5),
    ended(4, "tree", 1.5, x=0.9),
    ended(5, "knn", 0.1, state="stopped", x=0.3, kind="b"),
]


def test_the_best_of_each_family_come_first() -> None:
    """Complete ones that beat the dummy: the best of each family in the better half, then all others by loss."""
    earlier = take("May", MAY, SPACES)
    assert [(each.algorithm, each.config["x"]) for each in earlier.first] == [("knn", 0.2), ("knn", 0.1), ("tree", 0.5)]
    more = [*MAY, ended(6, "tree", 0.25, x=0.7), ended(7, "tree", 0.27, x=0.6)]
    assert [each.config["x"] for each in take("May", more, SPACES).first] == [0.2, 0.7, 0.6, 0.1, 0.5]
    assert len(earlier.prior) == len(MAY)
    assert earlier.notes == ()
    assert (
        str(earlier) == "May: 3 of its configurations are tried first (knn, tree); 6 of its trials guide the sampler."
    )
    many = [ended(k, "tree", k / 1000, x=k / 1000) for k in range(200)]
    assert len(take("May", many, SPACES).first) == FIRST
    losses = [loss for _, loss in take("May", many, SPACES).prior]
    assert (len(losses), losses[0], losses[-1]) == (PRIOR, 0.0, 0.199)


def test_values_that_do_not_fit_are_dropped_and_told() -> None:
    """A value outside of this search's space gives way to the default; such a trial guides nobody."""
    narrow = {**SPACES, "knn": SearchSpace(Float("x", 0.15, 1.0, default=0.5), Float("new", 0.0, 1.0, default=0.7))}
    earlier = take("May", MAY, narrow)
    assert [each.config for each in earlier.first if each.algorithm == "knn"] == [
        {"x": 0.2, "new": 0.7},
        {"x": 0.5, "new": 0.7},
    ]
    assert {each.algorithm for each, _ in earlier.prior} == {"dummy", "tree"}
    assert earlier.notes == (
        "Values that lie outside of this search's spaces were dropped: knn:kind (3×), knn:x (1×).",
    )
    del narrow["tree"]
    assert take("May", MAY, narrow).notes[0] == "Not in this search: tree."


def test_another_set_of_algorithms_is_refused() -> None:
    """Where nothing is in common, the sentence names both sides; where nothing was found out, it says so."""
    with pytest.raises(PlanError) as refused:
        take("May", MAY, {"dummy": SearchSpace(), "linear": SearchSpace()})
    assert str(refused.value) == (
        "warm_start: May tried knn, tree, none of which takes part here (linear). Name some of them in algorithms=, or "
        "leave warm_start out."
    )
    with pytest.raises(PlanError, match=r"May holds no trial with a score\. Leave warm_start out"):
        take("May", MAY[:1], SPACES)


@given(
    st.lists(st.integers(0, 1000).map(lambda n: n / 1000), min_size=3, max_size=10, unique=True),
    st.floats(0.1, 100),
    st.floats(-50, 50),
)
def test_losses_of_another_scale_keep_their_order(losses: list[float], slope: float, offset: float) -> None:
    """Whatever unit the earlier losses had, what was better there is guessed to be better here."""
    prior = [(Candidate.of("tree", {"x": place}), loss) for place, loss in enumerate(losses)]
    ordered = sorted(prior, key=lambda each: each[1])
    low, high = ordered[0], ordered[-1]
    here = {candidate: offset + slope * loss for candidate, loss in (low, high)}
    moved = dict(translated(prior, here))
    assert moved.keys() == {each for each, _ in prior} - here.keys()
    for candidate, loss in prior:
        if candidate in moved:
            assert moved[candidate] == pytest.approx(offset + slope * loss, rel=1e-6, abs=1e-6)


def test_where_the_searches_disagree_old_losses_are_not_used() -> None:
    """What was best there and worst here says nothing about the rest, nor does a single pair."""
    a, b, c = (Candidate.of("tree", {"x": x}) for x in (0.1, 0.2, 0.3))
    prior = [(a, 1.0), (b, 2.0), (c, 1.5)]
    assert translated(prior, {a: 5.0, b: 4.0}) == []
    assert translated(prior, {a: 5.0}) == []


def loss_of(candidate: Candidate) -> float:
    """Return a loss that is least at x = 0.3."""
    return 7.0 if candidate.algorithm == "dummy" else (candidate.config["x"] - 0.3) ** 2  # type: ignore[operator]


def _asked(sampler: Sampler, n: int) -> list[Candidate]:
    asked = []
    for number in range(n):
        candidate = sampler.ask()
        assert candidate is not None
        asked.append(candidate)
        sampler.tell(Evaluation(number, candidate, (FoldResult(0, loss_of(candidate)),), "complete"))
    return asked


def test_the_sampler_looks_where_the_earlier_search_was_good() -> None:
    """The first candidates of its own already lie near the optimum of a related problem in another unit."""
    spaces = {"dummy": SearchSpace(), "tree": SearchSpace(Float("x", 0.0, 1.0))}
    old = [ended(0, "dummy", 9000.0)] + [
        ended(k + 1, "tree", 1000 * (k / 40 - 0.3) ** 2 + 100, x=k / 40) for k in range(41)
    ]
    earlier = take("May", old, spaces)
    first = [Candidate.of("dummy", {}), *earlier.first[:2]]
    warm = _asked(Sampler(spaces, first, 0, prior=earlier.prior), 11)[3:]
    cold = _asked(Sampler(spaces, first[:1], 0), 9)[1:]
    far = [sum(abs(each.config["x"] - 0.3) for each in asked) / len(asked) for asked in (warm, cold)]  # type: ignore[operator]
    assert far[0] < 0.5 * far[1]
    assert not set(warm) & set(first)


def test_it_is_kept_in_the_plan() -> None:
    """What was taken comes back from plain data the same."""
    earlier = take("May", MAY, SPACES)
    assert Earlier.from_json(earlier.to_json()) == earlier
    assert Earlier.from_json(None) is None
