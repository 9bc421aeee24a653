"""What is tried next: the portfolio, then bandit and TPE."""

import math
import warnings

import pytest
from optuna.exceptions import ExperimentalWarning

from automl.search.portfolio import portfolio
from automl.search.sampler import Sampler
from automl.values.candidate import Candidate
from automl.values.evaluation import Evaluation, FoldResult
from automl.values.space import Categorical, Float, SearchSpace
from automl.values.strategy import Strategy

SPACES = {
    "dummy": SearchSpace(),
    "good": SearchSpace(Float("x", 0.0, 1.0), Categorical("kind", ("a", "b"))),
    "bad": SearchSpace(Float("x", 0.0, 1.0)),
}


@pytest.fixture(autouse=True)
def _quiet():
    warnings.simplefilter("ignore", ExperimentalWarning)


def evaluated(number, candidate, loss, seconds=1.0):
    return Evaluation(number, candidate, (FoldResult(0, loss, fit_seconds=seconds),), "complete")


def loss_of(candidate):
    """A landscape on which ``good`` is ahead and has its best at x = 0.3."""
    if candidate.algorithm == "good":
        return (candidate.config["x"] - 0.3) ** 2
    return 2.0 if candidate.algorithm == "bad" else 5.0


def run(sampler, n, first_number=0, loss=loss_of):
    told = []
    for number in range(first_number, first_number + n):
        candidate = sampler.ask()
        told.append(evaluated(number, candidate, loss(candidate)))
        sampler.tell(told[-1])
    return told


def test_the_portfolio_comes_first_and_the_dummy_opens_it():
    """Every family's default is tried before anything is sampled."""
    first = portfolio(SPACES, "binary", 900)
    sampler = Sampler(SPACES, first, seed=0)
    assert [sampler.ask() for _ in first] == first
    assert first[0].algorithm == "dummy"
    assert {each.algorithm for each in first} == set(SPACES)


def test_every_candidate_is_new_and_in_its_space():
    """Nothing is evaluated twice, and every config is one of its algorithm's space."""
    told = run(Sampler(SPACES, portfolio(SPACES, "binary", 900), seed=1), 40)
    assert len({each.candidate for each in told}) == 40
    assert all(SPACES[each.candidate.algorithm].contains(each.candidate.config) for each in told)


def test_the_better_algorithm_gets_more_trials_and_is_tuned():
    """The bandit prefers the family that is ahead, whose TPE closes in on its best value."""
    told = run(Sampler(SPACES, portfolio(SPACES, "binary", 900), seed=0), 60)
    good = [each for each in told if each.candidate.algorithm == "good"]
    assert len(good) > 30
    assert min(each.loss for each in good) < 0.001


def test_a_family_that_is_nearly_as_good_keeps_being_tried():
    """The bandit compares the best of each family, and a small gap does not decide."""

    def loss(candidate):
        return 0.001 if candidate.algorithm == "bad" else loss_of(candidate)

    told = run(Sampler(SPACES, portfolio(SPACES, "binary", 900), seed=0), 40, loss=loss)
    assert sum(each.candidate.algorithm == "bad" for each in told) >= 4


def test_the_same_seed_and_the_same_answers_give_the_same_candidates():
    """What is asked depends on the seed and on what was told, on nothing else."""
    once, again = (run(Sampler(SPACES, portfolio(SPACES, "binary", 900), seed=7), 25) for _ in range(2))
    assert [each.candidate for each in once] == [each.candidate for each in again]


def test_a_resumed_sampler_does_not_repeat_what_was_tried():
    """Earlier evaluations are neither proposed again nor drawn again from the same random numbers."""
    before = run(Sampler(SPACES, portfolio(SPACES, "binary", 900), seed=3), 12)
    after = run(Sampler(SPACES, portfolio(SPACES, "binary", 900), seed=3, history=before), 12, first_number=12)
    assert not {each.candidate for each in before} & {each.candidate for each in after}


def test_an_orphan_is_tried_first():
    """What a killed run was evaluating is put in front by the caller and comes first."""
    orphan = Candidate.of("bad", {"x": 0.123})
    assert Sampler(SPACES, [orphan, *portfolio(SPACES, "binary", 900)], seed=0).ask() == orphan


def test_an_unwelcome_candidate_waits_and_a_welcome_one_overtakes():
    """What can't be afforded now stays in the portfolio for later."""
    sampler = Sampler(SPACES, portfolio(SPACES, "binary", 900), seed=0)
    assert sampler.ask(lambda each: each.algorithm == "bad").algorithm == "bad"
    assert sampler.ask().algorithm == "dummy"


def test_nothing_welcome_is_none():
    """When nothing can be afforded the sampler says so."""
    assert Sampler(SPACES, portfolio(SPACES, "binary", 900), seed=0).ask(lambda each: False) is None


def test_a_failed_candidate_steers_away():
    """A region in which candidates fail is told to the TPE as bad, not ignored."""

    def loss(candidate):
        return math.nan if candidate.config.get("x", 0) > 0.5 else loss_of(candidate)

    told = run(Sampler(SPACES, portfolio(SPACES, "binary", 900), seed=0), 60, loss=loss)
    late = [each.candidate for each in told[30:] if each.candidate.algorithm == "good"]
    assert sum(each.config["x"] > 0.5 for each in late) < 0.25 * len(late)


def test_a_forgotten_candidate_may_come_again():
    """A candidate that was withdrawn before it ran is not counted as seen."""
    sampler = Sampler(SPACES, [], seed=0)
    candidate = sampler.ask()
    sampler.forget(candidate)
    again = Sampler(SPACES, [candidate], seed=0)
    again.forget(again.ask())
    assert candidate not in again._seen


def test_without_the_bandit_families_take_turns():
    """A family that does badly gets as many turns as one that does well."""
    told = run(Sampler(SPACES, [], 0, strategy=Strategy(bandit=False)), 12)
    assert [each.candidate.algorithm for each in told] == ["bad", "good"] * 6


def test_without_a_portfolio_every_family_has_a_turn():
    """What was never tried comes before what did well."""
    told = run(Sampler({**SPACES, "other": SPACES["bad"]}, [], 0), 6)
    assert {each.candidate.algorithm for each in told[:3]} == {"good", "bad", "other"}


def test_the_random_tuner_learns_nothing():
    """With tuner="random" the configs are the same whatever the losses were."""

    def configs(loss, tuner):
        sampler = Sampler(SPACES, [], 0, strategy=Strategy(bandit=False, tuner=tuner))
        return [each.candidate for each in run(sampler, 30, loss=loss)]

    def upside_down(candidate):
        return -loss_of(candidate)

    assert configs(loss_of, "random") == configs(upside_down, "random")
    assert configs(loss_of, "tpe") != configs(upside_down, "tpe")
