"""The bandit over algorithms, as a sampler of plain Optuna studies."""

import warnings

import optuna
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from optuna.exceptions import ExperimentalWarning
from optuna.trial import TrialState, create_trial

from automl.search.bandit import SECONDS, WITHDRAWN, BanditSampler, as_params, candidate_of
from automl.search.tuner import distribution
from automl.values.candidate import Candidate
from automl.values.space import Categorical, Float, Int, SearchSpace

SPACES = {
    "dummy": SearchSpace(),
    "good": SearchSpace(Float("x", 0.0, 1.0), Categorical("kind", ("a", "b")), Int("depth", 1, 9, when={"kind": "b"})),
    "bad": SearchSpace(Float("x", 0.0, 1.0)),
}


@pytest.fixture(autouse=True)
def _quiet():
    warnings.simplefilter("ignore", ExperimentalWarning)
    optuna.logging.set_verbosity(optuna.logging.WARNING)


def new_study(direction="minimize", seed=0, **options):
    return optuna.create_study(
        direction=direction, sampler=BanditSampler(SPACES, seed, **options), pruner=optuna.pruners.NopPruner()
    )


def suggest(trial):
    name = trial.suggest_categorical("algorithm", sorted(SPACES))
    return name, SPACES[name].suggest(trial, prefix=f"{name}:")


def loss(trial):
    name, config = suggest(trial)
    return (config["x"] - 0.3) ** 2 if name == "good" else 2.0


def pulls(study):
    names = [trial.params["algorithm"] for trial in study.trials]
    return {name: names.count(name) for name in SPACES}


@pytest.mark.parametrize("direction", ["minimize", "maximize"])
def test_it_drives_a_plain_study(direction):
    """As the sampler of any study, whichever its direction, it finds the better family and its best value."""
    sign = 1 if direction == "minimize" else -1
    study = new_study(direction)
    study.optimize(lambda trial: sign * loss(trial), n_trials=40)
    assert study.best_params["algorithm"] == "good"
    assert abs(study.best_params["good:x"] - 0.3) < 0.05
    assert pulls(study)["good"] > 20
    assert pulls(study)["dummy"] == 0


def test_all_it_knows_stands_in_the_study():
    """A new sampler on a study that exists goes on from its trials: the family that was ahead has its turn."""
    study = new_study()
    study.optimize(loss, n_trials=25)
    study.sampler = BanditSampler(SPACES, seed=99)
    study.optimize(loss, n_trials=10)
    late = [trial for trial in study.trials[25:] if trial.params["algorithm"] == "good"]
    assert len(late) >= 6
    assert sum(abs(trial.params["good:x"] - 0.3) < 0.2 for trial in late) > len(late) / 2


def test_what_is_enqueued_is_tried_as_it_is():
    """Parameters that were given are not sampled over."""
    study = new_study()
    study.enqueue_trial(as_params(Candidate.of("bad", {"x": 0.125})))
    assert suggest(study.ask()) == ("bad", {"x": 0.125})


def ended(name, value, seconds, **attrs):
    params = {"algorithm": name, f"{name}:x": 0.5, **({"good:kind": "a"} if name == "good" else {})}
    ranges = {f"{name}:{each.name}": distribution(each) for each in SPACES[name]}
    ranges["algorithm"] = optuna.distributions.CategoricalDistribution(sorted(SPACES))
    return create_trial(
        state=TrialState.COMPLETE if value is not None else TrialState.FAIL,
        value=value,
        params=params,
        distributions={key: ranges[key] for key in params},
        user_attrs={SECONDS: seconds, **attrs},
    )


@pytest.mark.parametrize(("counts_seconds", "first"), [(True, "bad"), (False, "good")])
def test_seconds_count_where_time_is_the_budget(counts_seconds, first):
    """Of two families that are equally good the one that has had less time is next, though it has had more trials."""
    study = new_study(counts_seconds=counts_seconds)
    for trial in [ended("good", 1.0, 30.0), *[ended("bad", 1.0, 1.0)] * 3]:
        study.add_trial(trial)
    assert study.ask().suggest_categorical("algorithm", sorted(SPACES)) == first


def test_what_costs_nothing_is_not_tried_all_the_time():
    """A poor family does not get every turn because its trials take no time."""
    study = new_study(counts_seconds=True)
    for trial in [*[ended("good", 1.0, 10.0)] * 3, *[ended("bad", 2.0, 0.001)] * 10]:
        study.add_trial(trial)
    assert study.ask().suggest_categorical("algorithm", sorted(SPACES)) == "good"


def test_what_was_withdrawn_taught_nothing():
    """A trial that was never evaluated counts neither as a pull nor as a failure."""
    once, again = new_study(), new_study()
    for study in (once, again):
        study.add_trial(ended("good", 1.0, 1.0))
        study.add_trial(ended("bad", 1.5, 1.0))
    for _ in range(20):
        again.add_trial(ended("good", None, 1.0, **{WITHDRAWN: True}))
    assert [suggest(once.ask())[0] for _ in range(4)] == [suggest(again.ask())[0] for _ in range(4)]


def test_two_that_run_side_by_side_are_not_the_same():
    """What is under way counts as a pull: of two untried families each has one of two workers."""
    study = new_study()
    assert {suggest(study.ask())[0] for _ in range(2)} == {"good", "bad"}


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1000), n_trials=st.integers(1, 12))
def test_every_trial_lies_in_its_space(seed, n_trials):
    """Whatever the seed and the history, a trial has one algorithm and exactly its active hyperparameters."""
    study = new_study(seed=seed)
    study.optimize(loss, n_trials=n_trials)
    for trial in study.trials:
        candidate = candidate_of(trial.params)
        assert SPACES[candidate.algorithm].contains(candidate.config)
        assert as_params(candidate) == trial.params
