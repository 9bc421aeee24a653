"""How far a budget gets is told from what families declare."""

from __future__ import annotations

from automl.search.cost import CostModel
from automl.search.coverage import coverage
from automl.search.planning import Layout
from automl.values.algorithm import Algorithm, DataShape
from automl.values.budget import Budget
from automl.values.candidate import Candidate
from automl.values.space import Float, SearchSpace

SHAPE = DataShape("binary", 900, 9)
SPACE = SearchSpace(Float("a", 0.0, 1.0))


def family(name: str, seconds: float) -> Algorithm:
    """Return a family that takes so long."""
    return Algorithm(name, lambda shape: SPACE, lambda config, context: None, seconds=lambda shape: seconds)


FAMILIES = {name: family(name, seconds) for name, seconds in (("quick", 0.1), ("slow", 500.0))}
SPACES = dict.fromkeys(FAMILIES, SPACE)
OPENING = [Candidate.of(name, SPACE.default()) for name in FAMILIES]
COSTS = CostModel(FAMILIES, SPACES, SHAPE, threads=1)


def test_what_does_not_fit_is_not_reached() -> None:
    """A family whose first bag alone takes longer than the budget is told as not reached."""
    found = coverage(SPACES, COSTS, Layout(2, 1), 5, Budget(60), OPENING)
    assert found.not_reached == ("slow",)
    assert found.first == {"quick": 1}
    assert found.searched > 10


def test_where_the_first_fold_judges_a_budget_gets_further() -> None:
    """A candidate that is too dear for all its folds is reached, and more of them are tried."""
    families = {"quick": family("quick", 0.1), "slow": family("slow", 9.0)}
    costs = CostModel(families, SPACES, SHAPE, threads=1)
    asked = (SPACES, costs, Layout(2, 1), 5, Budget(30), OPENING)
    assert coverage(*asked).not_reached == ("slow",)
    assert coverage(*asked, by_first_fold=True).not_reached == ()


def test_more_time_is_never_fewer_candidates() -> None:
    """The count grows with the budget and with the workers."""
    counts = [coverage(SPACES, COSTS, Layout(2, 1), 5, Budget(each), OPENING).candidates for each in (10, 60, 600)]
    assert counts == sorted(counts)
    one = coverage(SPACES, COSTS, Layout(1, 1), 5, Budget(60), OPENING).candidates
    assert one <= counts[1]


def test_a_number_of_trials_is_sure() -> None:
    """Without a time budget the trials are as many as asked for."""
    found = coverage(SPACES, COSTS, Layout(2, 1), 5, Budget(None, 7), OPENING)
    assert (found.candidates, found.is_sure, found.not_reached) == (7, True, ())
