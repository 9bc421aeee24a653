"""How much time a candidate may have."""

from hypothesis import given
from hypothesis import strategies as st

from automl.search.allowance import Allowance
from automl.search.cost import CostModel
from automl.search.crew import Crew
from automl.search.planning import Layout
from automl.values.algorithm import Algorithm, DataShape
from automl.values.candidate import Candidate
from automl.values.space import SearchSpace

SHAPE = DataShape("binary", 1_000, 10)
CANDIDATE = Candidate.of("a", {})


def allowance(workers: int, declared: float, *, is_anytime: bool = True) -> Allowance:
    """Return that of a family that declares so many seconds."""
    family = Algorithm(
        "a",
        lambda shape: SearchSpace(),
        lambda config, context: None,
        seconds=lambda shape: declared,
        is_anytime=is_anytime,
    )
    costs = CostModel({"a": family}, {"a": SearchSpace()}, SHAPE, threads=1)
    return Allowance({"a": family}, costs, Crew(Layout(workers, 1), workers))


@given(
    workers=st.integers(1, 8),
    n_folds=st.sampled_from([1, 3, 5, 8]),
    declared=st.floats(0.02, 500),
    left=st.floats(0.5, 600),
    told=st.floats(0, 60),
)
def test_what_stops_itself_in_time_is_never_killed(
    workers: int, n_folds: int, declared: float, left: float, told: float
) -> None:
    """A model is given the seconds that it was told it has, and half of them more, while the search goes on."""
    given_ = allowance(workers, declared)
    told = max(told, given_.of_fold(CANDIDATE, left, n_folds))
    assert given_.until_killed(CANDIDATE, left, n_folds, told) >= min(1.5 * told, left)


@given(workers=st.integers(1, 8), n_folds=st.sampled_from([1, 3, 5]), left=st.floats(0.5, 600))
def test_what_hangs_is_killed_while_there_is_time_for_others(workers: int, n_folds: int, left: float) -> None:
    """A family that was thought quick and does not stop itself gets at most half of what is left, or three seconds."""
    limit = allowance(workers, 0.02, is_anytime=False).until_killed(CANDIDATE, left, n_folds)
    assert limit <= max(0.5 * left, 3.0)


def test_what_takes_longer_than_there_is_time_is_not_begun() -> None:
    """Five folds on two workers are three rounds, and must fit into what is left."""
    slow = allowance(2, 10.0, is_anytime=False)
    assert slow.can_finish(CANDIDATE, 30.0, 5)
    assert not slow.can_finish(CANDIDATE, 29.0, 5)
