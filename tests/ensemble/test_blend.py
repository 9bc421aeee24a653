"""Who may enter an ensemble."""

from automl.ensemble.blend import entrants
from automl.values.candidate import Candidate
from automl.values.evaluation import Evaluation, FoldResult


def evaluation(number, algorithm, loss, state="complete"):
    return Evaluation(number, Candidate.of(algorithm, {"k": number}), (FoldResult(0, loss),), state)


def test_only_complete_candidates_enter_the_best_first():
    """A bag that lacks folds has no prediction for every row."""
    found = entrants([evaluation(0, "a", 0.3), evaluation(1, "b", 0.2), evaluation(2, "a", 0.1, "partial")], 10_000)
    assert [each.number for each in found] == [1, 0]


def test_what_is_no_better_than_the_dummy_stays_out():
    """A constant changes no ranking, but would water all probabilities down."""
    found = entrants([evaluation(0, "dummy", 0.5), evaluation(1, "a", 0.4), evaluation(2, "b", 0.6)], 10_000)
    assert [each.number for each in found] == [1]


def test_a_cap_keeps_the_best_of_every_family():
    """On few rows, the second best of a strong family gives way to the best of another."""
    strong = [evaluation(number, "a", 0.1 + number / 100) for number in range(6)]
    weak = [evaluation(10, "b", 0.4), evaluation(11, "c", 0.45), evaluation(12, "d", 0.47)]
    assert {each.candidate.algorithm for each in entrants(strong + weak, 100)} == {"a", "b", "c", "d"}
