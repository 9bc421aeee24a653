"""A bandit over algorithms with one TPE for each, as a sampler for any Optuna study.

The study's parameters are ``algorithm`` and ``<algorithm>:<hyperparameter>``. Each new trial gets an algorithm from a
bandit and its hyperparameters, all at once, from that algorithm's :class:`~automl.search.tuner.Tuner`. Everything that
is known is read from the study's own trials, so trials may be added, enqueued or come from an earlier session.

The bandit is MaxUCB (Balef et al. 2025, "Put CASH on Bandits", NeurIPS): the arm with the highest
``max reward + (alpha · ln t / n)²``, rewards scaled to [0.01, 0.99] over all trials. Theirs is ``alpha = 0.5``, for
hundreds of pulls; a minute allows a few dozen, most of them spent by the portfolio already, so ours explores less.

It is aware of cost in the way of FLAML's ECI (Wang et al. 2021), which counts the seconds that an arm was given and not
its turns: where time is the budget, ``n`` is the arm's seconds in units of a mean trial, but at least its turns. A
family whose trials are three times as dear is explored a third as often; one whose trials cost next to nothing is not
explored more often than others for that, since what it might win is no greater.
"""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from automl.search.tuner import Tuner, distribution
from automl.values.candidate import Candidate
from automl.values.space import SearchSpace
from automl.values.strategy import TunerName

ALPHA = 0.2
TRIES_FOR_A_NEW_ONE = 10
SECONDS = "seconds"
"""User attribute of a trial: seconds of work, where they are not those between its start and its end."""
WITHDRAWN = "withdrawn"
"""User attribute of a failed trial that was never evaluated, from which nothing is to be learned."""


def as_params(candidate: Candidate) -> dict[str, Any]:
    """Return a candidate as the parameters of a trial."""
    config = {f"{candidate.algorithm}:{name}": value for name, value in candidate.settings}
    return {"algorithm": candidate.algorithm, **config}


def candidate_of(params: Mapping[str, Any]) -> Candidate | None:
    """Return the candidate that the parameters of a trial tell; ``None`` if they name no algorithm.

    Examples
    --------
    >>> candidate_of({"algorithm": "ridge", "ridge:alpha": 0.5}).config
    {'alpha': 0.5}
    """
    name = params.get("algorithm")
    if name is None:
        return None
    prefix = f"{name}:"
    return Candidate.of(name, {key[len(prefix) :]: value for key, value in params.items() if key.startswith(prefix)})


class BanditSampler(optuna.samplers.BaseSampler):
    """Choose an algorithm by what it has reached, and its hyperparameters by a TPE that sees its trials alone.

    Parameters
    ----------
    spaces
        The space of every algorithm that takes part; one without hyperparameters is never proposed.
    seed
        Of everything random. A sampler's state is not stored in a study: mix in the number of trials at a resume.
    tuner
        ``"tpe"``, or ``"random"`` for tuning that learns nothing.
    has_bandit
        Without it algorithms take turns.
    counts_seconds
        Whether the bandit counts seconds, and not trials. What was timed is never the same twice, so a search that
        is to be repeated counts trials.

    Examples
    --------
    >>> from automl.values.space import Float
    >>> spaces = {"ridge": SearchSpace(Float("alpha", 0.1, 10.0)), "lasso": SearchSpace(Float("alpha", 0.1, 10.0))}
    >>> study = optuna.create_study(sampler=BanditSampler(spaces, seed=0))
    >>> trial = study.ask()
    >>> name = trial.suggest_categorical("algorithm", ["lasso", "ridge"])
    >>> 0.1 <= trial.suggest_float(f"{name}:alpha", 0.1, 10.0) <= 10.0
    True
    """

    def __init__(
        self,
        spaces: Mapping[str, SearchSpace],
        seed: int,
        *,
        tuner: TunerName = "tpe",
        has_bandit: bool = True,
        counts_seconds: bool = False,
    ) -> None:
        self._spaces = dict(sorted(spaces.items()))
        self._has_bandit = has_bandit
        self._counts_seconds = counts_seconds
        self._rng = np.random.default_rng(seed)
        self._tuners = {
            name: Tuner(space, int(self._rng.integers(2**31)), tuner) for name, space in self._spaces.items()
        }
        self._fallback = optuna.samplers.RandomSampler(int(self._rng.integers(2**31)))
        self._known: set[int] = set()
        self._losses: dict[str, list[float]] = defaultdict(list)
        self._seconds: dict[str, list[float]] = defaultdict(list)
        self._running: dict[str, int] = {}

    def propose(
        self,
        study: optuna.Study,
        is_new: Callable[[Candidate], bool] = lambda candidate: True,
        is_welcome: Callable[[Candidate], bool] = lambda candidate: True,
    ) -> Candidate | None:
        """Return a new and welcome candidate of the most promising algorithm that has one; ``None`` where none has.

        Parameters
        ----------
        is_new
            Where it says no, the same algorithm is asked again.
        is_welcome
            Where it says no, as for what can't be afforded any more, it is another algorithm's turn.
        """
        self._catch_up(study)
        for name in self._ranked():
            tuner = self._tuners[name]
            for _ in range(TRIES_FOR_A_NEW_ONE):
                candidate = tuner.ask(name)
                if not is_new(candidate):
                    continue
                if is_welcome(candidate):
                    return candidate
                tuner.forget(candidate)
                break
        return None

    def learn(self, trials: Iterable[tuple[Candidate, float]]) -> None:
        """Tell the tuners of candidates and losses from elsewhere; they are no turns of this bandit."""
        for candidate, loss in trials:
            if candidate.algorithm in self._tuners:
                self._tuners[candidate.algorithm].tell(candidate, loss)

    # What Optuna asks

    def infer_relative_search_space(self, study: optuna.Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """Return all parameters of all algorithms; nothing for a trial whose parameters were given."""
        del study
        if "fixed_params" in trial.system_attrs:
            return {}
        space: dict[str, BaseDistribution] = {"algorithm": CategoricalDistribution(list(self._spaces))}
        for name, each in self._spaces.items():
            space |= {f"{name}:{hyperparameter.name}": distribution(hyperparameter) for hyperparameter in each}
        return space

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Return the algorithm and its hyperparameters."""
        del trial
        if not search_space:
            return {}
        candidate = self.propose(study)
        return {} if candidate is None else as_params(candidate)

    def sample_independent(
        self, study: optuna.Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """Return a random value of a parameter that no space declares."""
        return self._fallback.sample_independent(study, trial, param_name, param_distribution)

    # What is known

    def _catch_up(self, study: optuna.Study) -> None:
        """Take note of the trials that ended since the last time, and of those under way."""
        sign = -1.0 if study.direction == StudyDirection.MAXIMIZE else 1.0
        self._running = defaultdict(int)
        for trial in study.get_trials(deepcopy=False):
            if trial.number in self._known:
                continue
            candidate = candidate_of(trial.params)
            if candidate is None or candidate.algorithm not in self._tuners:
                continue
            if not trial.state.is_finished():
                self._running[candidate.algorithm] += 1
                continue
            self._known.add(trial.number)
            if WITHDRAWN in trial.user_attrs:
                self._tuners[candidate.algorithm].forget(candidate)
                continue
            loss = sign * _value(trial)
            self._tuners[candidate.algorithm].tell(candidate, loss)
            self._losses[candidate.algorithm].append(loss)
            self._seconds[candidate.algorithm].append(_seconds(trial))

    def _ranked(self) -> list[str]:
        """Return the algorithms that have something to tune, the most promising first."""
        tunable = [name for name, tuner in self._tuners.items() if len(tuner.space)]
        if not self._has_bandit:
            return sorted(tunable, key=lambda name: (len(self._losses[name]) + self._running[name], name))
        finite = [loss for loss in self._all_losses() if math.isfinite(loss)]
        if not finite:
            return [tunable[index] for index in self._rng.permutation(len(tunable))]
        low = min(finite)
        # Hopeless trials must not squeeze all others together: the scale ends at the median.
        high = max(statistics.median(finite), low + 1e-12)
        pulls = self._pulls()
        total = max(sum(pulls.values()), math.e)
        scores: dict[str, float] = {}
        for name in tunable:
            best = min((loss for loss in self._losses[name] if math.isfinite(loss)), default=math.inf)
            reward = 0.01 + 0.98 * max(0.0, min(1.0, (high - best) / (high - low)))
            # What was never tried may be anything; its turn comes first.
            scores[name] = reward + (ALPHA * math.log(total) / pulls[name]) ** 2 if pulls[name] else math.inf
        return sorted(scores, key=lambda name: (-scores[name], name))

    def _all_losses(self) -> Iterator[float]:
        return (loss for losses in self._losses.values() for loss in losses)

    def _pulls(self) -> dict[str, float]:
        """Return how much every algorithm was given: trials, or seconds in units of a mean trial if that is more."""
        trials = {name: float(len(self._losses[name]) + self._running[name]) for name in self._tuners}
        spent = {name: math.fsum(self._seconds[name]) for name in self._tuners}
        ended = sum(len(each) for each in self._seconds.values())
        if not self._counts_seconds or not ended or math.fsum(spent.values()) <= 0:
            return trials
        unit = math.fsum(spent.values()) / ended
        # What runs is taken to cost what its family's trials cost so far.
        return {
            name: max(trials[name], (spent[name] + self._running[name] * _mean(self._seconds[name], unit)) / unit)
            for name in self._tuners
        }


def _value(trial: FrozenTrial) -> float:
    """Return the value of a finished trial: of a pruned one its last, of a failed one none."""
    if trial.state == TrialState.COMPLETE and trial.value is not None:
        return float(trial.value)
    if trial.state == TrialState.PRUNED and trial.intermediate_values:
        return float(trial.intermediate_values[max(trial.intermediate_values)])
    return math.nan


def _seconds(trial: FrozenTrial) -> float:
    if SECONDS in trial.user_attrs:
        return float(trial.user_attrs[SECONDS])
    return 0.0 if trial.duration is None else trial.duration.total_seconds()


def _mean(values: list[float], otherwise: float) -> float:
    return statistics.fmean(values) if values else otherwise
