"""Tuning within one family: a multivariate TPE of its own, which sees nothing but the family's own trials.

A single TPE over the whole conditional space would tune only the family that is ahead: its good/bad split is global, so
a family without a trial in the top tenth gets an empty good set.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Sequence

import optuna
from optuna.trial import FrozenTrial, TrialState, create_trial

from automl.values.candidate import Candidate
from automl.values.space import Categorical, Float, Hyperparameter, SearchSpace
from automl.values.strategy import TunerName

STARTUP_TRIALS = 4


def distribution(hyperparameter: Hyperparameter) -> optuna.distributions.BaseDistribution:
    """Return the Optuna distribution that says the same."""
    if isinstance(hyperparameter, Categorical):
        return optuna.distributions.CategoricalDistribution(hyperparameter.choices)
    if isinstance(hyperparameter, Float):
        return optuna.distributions.FloatDistribution(
            hyperparameter.low, hyperparameter.high, log=hyperparameter.log, step=hyperparameter.step
        )
    return optuna.distributions.IntDistribution(
        hyperparameter.low, hyperparameter.high, log=hyperparameter.log, step=hyperparameter.step
    )


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep Optuna from announcing what nobody is to see: a study in memory, a trial put into it."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        yield
    finally:
        optuna.logging.set_verbosity(before)


def _sampler(kind: TunerName, seed: int) -> optuna.samplers.BaseSampler:
    if kind == "random":
        return optuna.samplers.RandomSampler(seed)
    return optuna.samplers.TPESampler(n_startup_trials=STARTUP_TRIALS, multivariate=True, constant_liar=True, seed=seed)


class Tuner:
    """The TPE of one algorithm (or its random sampler): asked for configs, told losses."""

    def __init__(self, space: SearchSpace, seed: int, kind: TunerName = "tpe") -> None:
        self.space = space
        with quiet():
            self._study = optuna.create_study(
                sampler=_sampler(kind, seed),
                pruner=optuna.pruners.NopPruner(),
            )
        self._asked: dict[str, optuna.Trial] = {}

    def ask(self, name: str) -> Candidate:
        """Return a candidate of algorithm ``name``."""
        trial = self._study.ask()
        candidate = Candidate.of(name, self.space.suggest(trial))
        if candidate.id in self._asked:
            self._study.tell(trial, state=TrialState.FAIL)
        else:
            self._asked[candidate.id] = trial
        return candidate

    def tell(self, candidate: Candidate, loss: float) -> None:
        """Take note of a loss; a candidate that failed is told as worse than all others."""
        if not math.isfinite(loss):
            finished = [value for value in (trial.value for trial in self._complete()) if value is not None]
            loss = max(finished, default=1.0) + abs(max(finished, default=1.0)) + 1.0
        trial = self._asked.pop(candidate.id, None)
        if trial is not None:
            self._study.tell(trial, loss)
        elif self.space.contains(candidate.config) and len(self.space):
            self._study.add_trial(self._frozen(candidate, loss))

    def forget(self, candidate: Candidate) -> None:
        """Withdraw a candidate that was asked for and not evaluated."""
        trial = self._asked.pop(candidate.id, None)
        if trial is not None:
            self._study.tell(trial, state=TrialState.FAIL)

    def _complete(self) -> Sequence[FrozenTrial]:
        return self._study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))

    def _frozen(self, candidate: Candidate, loss: float) -> FrozenTrial:
        names = candidate.config
        return create_trial(
            value=loss,
            params=names,
            distributions={each.name: distribution(each) for each in self.space if each.name in names},
        )
