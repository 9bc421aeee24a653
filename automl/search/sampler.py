"""What to try next: orphans of a killed run, the portfolio, and then what the bandit proposes.

All of it goes through one Optuna study in memory, whose sampler is the
:class:`~automl.search.bandit.BanditSampler`; the study that people see is written elsewhere. A candidate of the
portfolio is a trial whose parameters were given; those of the bandit are chosen with an eye on what can still be
afforded, which only the search knows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
import optuna
from optuna.trial import TrialState, create_trial

from automl.search.bandit import SECONDS, WITHDRAWN, BanditSampler, as_params
from automl.search.tuner import distribution, quiet
from automl.search.warm_start import translated
from automl.values.candidate import Candidate
from automl.values.evaluation import Evaluation
from automl.values.space import SearchSpace
from automl.values.strategy import EVERYTHING, Strategy


class Sampler:
    """Proposes candidates: orphans of a killed run first, then the portfolio, then the bandit's.

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
    in_order
        Puts what is left of ``first`` in the order in which it is best tried, going by what is known by then.
    strategy
        Whether there is a bandit, and what tunes a family.
    counts_seconds
        Whether time is the budget, so that the bandit counts it.
    prior
        What an earlier search tried, with its losses, for the tuners: read on this search's scale
        (:func:`automl.search.warm_start.translated`) when the bandit has its first turn.
    """

    def __init__(
        self,
        spaces: Mapping[str, SearchSpace],
        first: Iterable[Candidate],
        seed: int,
        history: Sequence[Evaluation] = (),
        strategy: Strategy = EVERYTHING,
        *,
        in_order: Callable[[Sequence[Candidate]], Sequence[Candidate]] = list,
        counts_seconds: bool = False,
        prior: Sequence[tuple[Candidate, float]] = (),
    ) -> None:
        self._spaces = spaces
        self._bandit = BanditSampler(
            spaces,
            _mixed(seed, len(history)),
            tuner=strategy.tuner,
            has_bandit=strategy.bandit,
            counts_seconds=counts_seconds,
        )
        with quiet():
            self._study = optuna.create_study(sampler=self._bandit, pruner=optuna.pruners.NopPruner())
        self._names = optuna.distributions.CategoricalDistribution(sorted(spaces))
        self._trials: dict[Candidate, optuna.Trial] = {}
        self._seen: set[Candidate] = set()
        self._prior = tuple(prior)
        self._known: dict[Candidate, float] = {}
        for evaluation in history:
            self._seen.add(evaluation.candidate)
            if evaluation.candidate.algorithm in spaces:
                self._add(evaluation)
        self._first = [candidate for candidate in first if candidate not in self._seen]
        self._in_order = in_order

    def ask(self, is_welcome: Callable[[Candidate], bool] = lambda candidate: True) -> Candidate | None:
        """Return the next candidate that ``is_welcome``, or ``None`` when nothing new is to be had."""
        chosen = self._from_the_first(is_welcome)
        if chosen is None:
            self._bandit.learn(translated(self._prior, self._known))
            self._prior = ()
            chosen = self._bandit.propose(self._study, lambda candidate: candidate not in self._seen, is_welcome)
        if chosen is not None:
            self._seen.add(chosen)
            self._trials[chosen] = self._begin(chosen)
        return chosen

    def tell(self, evaluation: Evaluation) -> None:
        """Take note of what came of a candidate."""
        trial = self._trials.pop(evaluation.candidate)
        trial.set_user_attr(SECONDS, _work(evaluation))
        self._note(evaluation)
        if math.isfinite(evaluation.loss):
            self._study.tell(trial, evaluation.loss)
        else:
            self._study.tell(trial, state=TrialState.FAIL)

    def forget(self, candidate: Candidate) -> None:
        """Withdraw a candidate that was asked for and not evaluated."""
        self._seen.discard(candidate)
        trial = self._trials.pop(candidate)
        trial.set_user_attr(WITHDRAWN, True)
        self._study.tell(trial, state=TrialState.FAIL)

    def _from_the_first(self, is_welcome: Callable[[Candidate], bool]) -> Candidate | None:
        self._first = [candidate for candidate in self._first if candidate not in self._seen]
        chosen = next((each for each in self._in_order(self._first) if is_welcome(each)), None)
        if chosen is not None:
            self._first.remove(chosen)
        return chosen

    def _begin(self, candidate: Candidate) -> optuna.Trial:
        """Return a running trial with the candidate's parameters."""
        self._study.enqueue_trial(self._params(candidate))
        trial = self._study.ask()
        name = trial.suggest_categorical("algorithm", self._names.choices)
        if len(self._params(candidate)) > 1:
            self._spaces[str(name)].suggest(trial, prefix=f"{name}:")
        return trial

    def _params(self, candidate: Candidate) -> dict[str, object]:
        """Return a trial's parameters; the algorithm's name alone for a config that is not of its space."""
        is_inside = self._spaces[candidate.algorithm].contains(candidate.config)
        return as_params(candidate) if is_inside else {"algorithm": candidate.algorithm}

    def _note(self, evaluation: Evaluation) -> None:
        if evaluation.counts and math.isfinite(evaluation.loss):
            self._known[evaluation.candidate] = evaluation.loss

    def _add(self, evaluation: Evaluation) -> None:
        """Put an evaluation of an earlier session into the study."""
        self._note(evaluation)
        candidate, is_finite = evaluation.candidate, math.isfinite(evaluation.loss)
        params = self._params(candidate)
        space = self._spaces[candidate.algorithm]
        ranges = {f"{candidate.algorithm}:{each.name}": distribution(each) for each in space}
        self._study.add_trial(
            create_trial(
                state=TrialState.COMPLETE if is_finite else TrialState.FAIL,
                value=evaluation.loss if is_finite else None,
                params=params,
                distributions={name: ranges.get(name, self._names) for name in params},
                user_attrs={SECONDS: _work(evaluation)},
            )
        )


def _mixed(seed: int, n_trials: int) -> int:
    """Return a seed that depends on both."""
    return int(np.random.SeedSequence([seed, n_trials]).generate_state(1)[0])


def _work(evaluation: Evaluation) -> float:
    """Return the seconds of work that went into a candidate."""
    return math.fsum(fold.fit_seconds + fold.predict_seconds for fold in evaluation.folds)
