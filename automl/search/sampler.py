"""What to try next: the portfolio, then a bandit over algorithms with one TPE for each.

A single TPE over a conditional space tunes only the family that is ahead: its good/bad split is global, so a family
without a trial in the top tenth gets an empty good set. Here each family has a TPE of its own that sees nothing but
its own trials, and a bandit decides whose turn it is.

The bandit is MaxUCB (Balef et al. 2025, "Put CASH on Bandits", NeurIPS): the arm with the highest
``max reward + (alpha · ln t / n)²``, rewards scaled to [0.01, 0.99] over all trials. Theirs is ``alpha = 0.5``, for
hundreds of pulls; a minute allows a few dozen, most of them spent by the portfolio already, so ours explores less.
"""

from __future__ import annotations

import contextlib
import math
import statistics
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import numpy as np
import optuna
from optuna.trial import FrozenTrial, TrialState, create_trial

from automl.search.warm_start import translated
from automl.values.candidate import Candidate
from automl.values.evaluation import Evaluation
from automl.values.space import Categorical, Float, Hyperparameter, SearchSpace
from automl.values.strategy import EVERYTHING, Strategy, TunerName

ALPHA = 0.2
STARTUP_TRIALS = 4
TRIES_FOR_A_NEW_ONE = 10


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
def _quiet() -> Iterator[None]:
    """Keep Optuna from announcing a study that nobody is to see."""
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
        with _quiet():
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


class Sampler:
    """Proposes candidates: orphans of a killed run first, then the portfolio, then bandit and TPE.

    Parameters
    ----------
    spaces
        The space of every algorithm that takes part.
    first
        Candidates to try before anything else, in order.
    seed
        Mixed with the number of trials told at the start, because a sampler's random state is not stored.
    history
        Evaluations of an earlier session of the same run.
    strategy
        Whether there is a bandit, and what tunes a family.
    prior
        What an earlier search tried, with its losses, for the tuners: read on this search's scale
        (:func:`automl.search.warm_start.translated`) when the first candidate is to be sampled.
    """

    def __init__(
        self,
        spaces: Mapping[str, SearchSpace],
        first: Iterable[Candidate],
        seed: int,
        history: Sequence[Evaluation] = (),
        strategy: Strategy = EVERYTHING,
        prior: Sequence[tuple[Candidate, float]] = (),
    ) -> None:
        self._prior = tuple(prior)
        self._has_bandit = strategy.bandit
        self._rng = np.random.default_rng([seed, len(history)])
        self._tuners = {
            name: Tuner(space, int(self._rng.integers(2**31)), strategy.tuner) for name, space in sorted(spaces.items())
        }
        self._seen: set[Candidate] = set()
        self._known: dict[Candidate, float] = {}
        self._losses: dict[str, list[float]] = defaultdict(list)
        self._running: dict[str, int] = defaultdict(int)
        for evaluation in history:
            self._seen.add(evaluation.candidate)
            self._record(evaluation)
        self._first = deque(candidate for candidate in first if candidate not in self._seen)

    def ask(self, is_welcome: Callable[[Candidate], bool] = lambda candidate: True) -> Candidate | None:
        """Return the next candidate that ``is_welcome``, or ``None`` when nothing new is to be had."""
        unwelcome: list[Candidate] = []
        chosen: Candidate | None = None
        while self._first and chosen is None:
            candidate = self._first.popleft()
            if candidate in self._seen:
                continue
            if is_welcome(candidate):
                chosen = candidate
            else:
                unwelcome.append(candidate)
        self._first.extendleft(reversed(unwelcome))
        if chosen is None:
            chosen = self._from_bandit(is_welcome)
        if chosen is not None:
            self._seen.add(chosen)
            self._running[chosen.algorithm] += 1
        return chosen

    def tell(self, evaluation: Evaluation) -> None:
        """Take note of what came of a candidate."""
        self._running[evaluation.candidate.algorithm] -= 1
        self._record(evaluation)

    def forget(self, candidate: Candidate) -> None:
        """Withdraw a candidate that was asked for and not evaluated."""
        self._running[candidate.algorithm] -= 1
        self._seen.discard(candidate)
        self._tuners[candidate.algorithm].forget(candidate)

    def _record(self, evaluation: Evaluation) -> None:
        candidate = evaluation.candidate
        if candidate.algorithm not in self._tuners:
            return
        self._tuners[candidate.algorithm].tell(candidate, evaluation.loss)
        self._losses[candidate.algorithm].append(evaluation.loss)
        if evaluation.state == "complete" and math.isfinite(evaluation.loss):
            self._known[candidate] = evaluation.loss

    def _learn_prior(self) -> None:
        """Tell the tuners what an earlier search tried."""
        for candidate, loss in translated(self._prior, self._known):
            if candidate.algorithm in self._tuners:
                self._tuners[candidate.algorithm].tell(candidate, loss)
        self._prior = ()

    def _from_bandit(self, is_welcome: Callable[[Candidate], bool]) -> Candidate | None:
        if self._prior:
            self._learn_prior()
        for name in self._ranked():
            for _ in range(TRIES_FOR_A_NEW_ONE):
                candidate = self._tuners[name].ask(name)
                if candidate not in self._seen:
                    if is_welcome(candidate):
                        return candidate
                    self._tuners[name].forget(candidate)
                    break  # too dear now: another algorithm's turn
        return None

    def _ranked(self) -> list[str]:
        """Return the algorithms that have something to tune, the most promising first."""
        if not self._has_bandit:
            return self._by_turns()
        finite = [loss for losses in self._losses.values() for loss in losses if math.isfinite(loss)]
        if not finite:
            names = [name for name, tuner in self._tuners.items() if len(tuner.space)]
            return [names[index] for index in self._rng.permutation(len(names))]
        low = min(finite)
        # Hopeless trials must not squeeze all others together: the scale ends at the median.
        high = max(statistics.median(finite), low + 1e-12)
        pulls = {name: len(self._losses[name]) + self._running[name] for name in self._tuners}
        total = max(sum(pulls.values()), math.e)
        scores: dict[str, float] = {}
        for name, tuner in self._tuners.items():
            if not len(tuner.space):
                continue
            best = min((loss for loss in self._losses[name] if math.isfinite(loss)), default=math.inf)
            reward = 0.01 + 0.98 * max(0.0, min(1.0, (high - best) / (high - low)))
            # What was never tried may be anything; its turn comes first.
            scores[name] = reward + (ALPHA * math.log(total) / pulls[name]) ** 2 if pulls[name] else math.inf
        return sorted(scores, key=lambda name: (-scores[name], name))

    def _by_turns(self) -> list[str]:
        """Return the algorithms that have something to tune, the least tried first."""
        tunable = [name for name, tuner in self._tuners.items() if len(tuner.space)]
        return sorted(tunable, key=lambda name: (len(self._losses[name]) + self._running[name], name))
