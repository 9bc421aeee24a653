"""The study that people see: every trial of a run, written as it happens.

The search keeps its own study in memory; this one is its mirror on disk, for a dashboard, for Optuna's plots, and for
going on after a crash. A trial costs few commits: one when it starts, with all its parameters at once; fold scores
together, at most every two seconds; its attributes and its state when it ends. What a
state means here:

* COMPLETE: every fold has a score, and the value is their mean.
* PRUNED: racing gave it up, or time ran out after some folds (``partial`` bags; the attribute ``folds`` counts them).
  The value is the mean so far, and Optuna never takes it for the best. Partial bags that count, as in the leaderboard,
  become COMPLETE: those whose folds judged enough rows, with a value on the scale of all folds, and where no model is
  complete, all. Until the search ends they are shown as running; what they have is kept, and a program that dies
  loses nothing of it.
* FAIL: it failed, with the attributes ``failure`` (its kind) and ``reason``; or the program died while it ran
  (``orphaned``), and a resumed run starts it again as a new trial.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import optuna
from optuna.exceptions import ExperimentalWarning, OptunaError, UpdateFinishedTrialError
from optuna.storages import BaseStorage, InMemoryStorage
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState, create_trial
from sqlalchemy.exc import SQLAlchemyError

from automl.errors import PlanError, StorageError
from automl.evaluation.leaderboard import FLOOR
from automl.storage.claim import Claim
from automl.storage.existing import disconnect, is_ours
from automl.storage.folder import RunFolder
from automl.storage.records import (
    as_params,
    begun,
    candidate_from,
    details_of,
    evaluation_from,
    storable,
)
from automl.storage.stores import MEMORY, open_store, shown, told
from automl.values.candidate import Candidate
from automl.values.evaluation import Evaluation, State
from automl.values.metric import Metric
from automl.values.space import SearchSpace

Store = str | Path | BaseStorage
_FLUSH_SECONDS = 2.0
_ORPHANED = "orphaned"
_DETAILS = "automl:details"  # a trial's system attribute, which viewers don't show: it is long, and not for people
_STATES: Mapping[State, TrialState] = {
    "complete": TrialState.COMPLETE,
    "partial": TrialState.PRUNED,
    "stopped": TrialState.PRUNED,
    "failed": TrialState.FAIL,
}
_WORDS = {
    "data": "the data",
    "target": "the target",
    "spaces": "the algorithms or their search spaces",
    "folds": "the folds",
    "metric": "the metric",
    "task": "the task",
    "schema": "the roles of the columns",
    "seed": "the random seed",
    "costs": "the costs",
    "monotone": "the monotone columns",
    "unlabeled": "the unlabelled rows",
}


class StudyMirror:
    """One Optuna study, written by one program.

    Make one with :meth:`open`. Every method raises :class:`~automl.errors.StorageError` when the store fails.

    Attributes
    ----------
    study
        The :class:`optuna.Study`.

    Examples
    --------
    >>> from automl.values.space import Float
    >>> metric = Metric("accuracy", lambda y, p, w: 0.0)
    >>> spaces = {"ridge": SearchSpace(Float("alpha", 0.1, 10.0, log=True))}
    >>> mirror = StudyMirror.open(None, None, name="doc", metric=metric, algorithms=spaces, fingerprint={"data": "1"})
    >>> tried = Candidate.of("ridge", {"alpha": 1.0})
    >>> mirror.start(tried)
    0
    >>> mirror.finish(Evaluation(0, tried, (), "failed", "crashed: no luck"))
    >>> mirror.study.trials[0].params
    {'algorithm': 'ridge', 'ridge:alpha': 1.0}
    """

    def __init__(self, study: optuna.Study, store: Store, metric: Metric, spaces: Mapping[str, SearchSpace]) -> None:
        self.study = study
        self._store = store
        self._metric = metric
        self._spaces = dict(spaces)
        self._names = sorted(spaces)
        self._storage: BaseStorage = study._storage
        self._trial_ids: dict[int, int] = {}
        self._pending: dict[int, dict[int, float]] = {}
        self._flushed = time.monotonic()
        self._orphans: list[Candidate] = []
        self._partial: dict[int, tuple[Evaluation, Mapping[str, Any]]] = {}  # may get further folds
        self._has_best = False
        self._label = f"The study {study.study_name!r} in {shown(store)}"
        self._claim = Claim(self._storage, study._study_id, self._label)

    @classmethod
    def open(
        cls,
        store: Store | None,
        folder: RunFolder | None,
        *,
        name: str,
        metric: Metric,
        algorithms: Mapping[str, SearchSpace],
        fingerprint: Mapping[str, str],
        resume: bool = True,
    ) -> StudyMirror:
        """Make the study, or take up an earlier one that was made for the same problem.

        Parameters
        ----------
        store
            Where it lives (:func:`~automl.storage.stores.open_store`); ``None``: ``study.db`` in ``folder``, or in
            memory if there is no folder.
        folder
            The run's folder.
        name
            Name of the study.
        metric
            What is optimised; gives the direction and the name of the value.
        algorithms
            Search spaces of all algorithms that any run of this study may use. The list is frozen into the study:
            Optuna can't add a choice later.
        fingerprint
            Hashes by what they are of (``data``, ``target``, ``folds`` …). All must be the same on resuming.
        resume
            Whether to go on with a study of that name.

        Raises
        ------
        PlanError
            If the earlier study is of another problem, or there is one and ``resume`` is false.
        StorageError
            If the store can't be used, or another live program is writing to this study.
        """
        where: Store = store if store is not None else (folder.study if folder is not None else MEMORY)
        hashes = {"spaces": _spaces_hash(algorithms), **fingerprint, "metric": metric.name}
        with _quiet(), _failing(where):
            storage = open_store(where)
            study = optuna.create_study(
                storage=storage,
                study_name=name,
                direction=StudyDirection.MAXIMIZE if metric.greater_is_better else StudyDirection.MINIMIZE,
                sampler=optuna.samplers.RandomSampler(),  # never asked; the default would be built for nothing
                pruner=optuna.pruners.NopPruner(),
                load_if_exists=True,
            )
            mirror = cls(study, where, metric, algorithms)
            try:
                mirror._take_up(hashes, resume)
            except (PlanError, StorageError):
                mirror._claim.end()
                disconnect(mirror._storage)
                raise
        return mirror

    def describe(self, about: Mapping[str, str | int | float]) -> None:
        """Keep in a few words what the study is about, as its user attributes, which a dashboard lists."""
        with _failing(self._store):
            known = self.study.user_attrs
            for key, value in about.items():
                if known.get(key) != value:
                    self.study.set_user_attr(key, value)

    def start(self, candidate: Candidate, attrs: Mapping[str, Any] | None = None) -> int:
        """Write a running trial in one commit and return its number.

        Parameters
        ----------
        candidate
            What is tried.
        attrs
            Further user attributes; ``None`` and non-finite values are left out.
        """
        params, ranges, others = as_params(candidate, self._spaces.get(candidate.algorithm), self._names)
        trial = create_trial(
            state=TrialState.RUNNING,
            params=params,
            distributions=ranges,
            user_attrs={"id": candidate.id, **others, **storable(attrs or {})},
            system_attrs={_DETAILS: begun(candidate)},
        )
        with _failing(self._store):
            trial_id = self._storage.create_new_trial(self.study._study_id, template_trial=trial)
            number = self._storage.get_trial_number_from_id(trial_id)
        self._trial_ids[number] = trial_id
        return number

    def report(self, number: int, fold: int, loss: float) -> None:
        """Note a fold's loss, shown as a score; scores are written together, when the last writing is 2 s ago."""
        if math.isfinite(loss):
            self._pending.setdefault(number, {})[fold] = self._shown_score(loss)
        if time.monotonic() - self._flushed >= _FLUSH_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Write the fold scores that wait."""
        for number in list(self._pending):
            self._write_scores(number)
        self._flushed = time.monotonic()

    def finish(self, evaluation: Evaluation, attrs: Mapping[str, Any] | None = None) -> None:
        """Write what came of a trial; does nothing if a viewer has ended the trial meanwhile.

        A partial bag waits for :meth:`settle`, and may be written again with more folds until then.

        Parameters
        ----------
        evaluation
            The result, whose number :meth:`start` gave.
        attrs
            Further user attributes; ``None`` and non-finite values are left out.
        """
        self._has_best = self._has_best or _counts(evaluation)
        state = _STATES[evaluation.state] if evaluation.losses or evaluation.state == "stopped" else TrialState.FAIL
        if evaluation.state == "partial" and evaluation.losses:
            self._partial[evaluation.number] = (evaluation, attrs or {})
            self._write_scores_of(evaluation)
            with contextlib.suppress(UpdateFinishedTrialError), _failing(self._store):
                self._storage.set_trial_system_attr(self._trial_id(evaluation.number), _DETAILS, details_of(evaluation))
            return
        self._partial.pop(evaluation.number, None)
        self._end(evaluation, state, attrs or {})

    def settle(self) -> None:
        """End the partial bags that still wait."""
        waiting, self._partial = self._partial, {}
        self._has_best = self._has_best or any(_counts(each) for each, _ in waiting.values())
        for evaluation, attrs in waiting.values():
            is_rival = evaluation.counts or not self._has_best
            self._end(evaluation, TrialState.COMPLETE if is_rival else TrialState.PRUNED, attrs)

    def _end(self, evaluation: Evaluation, state: TrialState, attrs: Mapping[str, Any]) -> None:
        number = evaluation.number
        own: dict[str, Any] = {
            "score_std": evaluation.std,
            "fit_seconds": evaluation.fit_seconds if evaluation.folds else None,
            "folds": len(evaluation.losses),
        }
        if state is not TrialState.COMPLETE or evaluation.reason:
            own["reason"] = evaluation.reason or "no fold has a finite score"
        if state is TrialState.FAIL:
            own["failure"] = evaluation.failure.kind if evaluation.failure is not None else "failed"
        values = [self._shown_score(evaluation.loss)] if math.isfinite(evaluation.loss) else None
        try:
            self._write_scores_of(evaluation)
            with _failing(self._store):
                trial_id = self._trial_id(number)
                for key, value in storable({**own, **attrs}).items():
                    self._storage.set_trial_user_attr(trial_id, key, value)
                self._storage.set_trial_system_attr(trial_id, _DETAILS, details_of(evaluation))
                kept = None if state is TrialState.FAIL else values
                self._storage.set_trial_state_values(trial_id, state, kept)
        except UpdateFinishedTrialError:
            self._pending.pop(number, None)

    def finished(self) -> list[Evaluation]:
        """Return the evaluations that the study holds, by number.

        Trials that a dead program left behind are not among them (:meth:`orphans`), nor are trials that someone else
        added to the study. One that a viewer ended by hand is failed and cancelled.
        """
        with _failing(self._store):
            return evaluations_in(self.study)

    def orphans(self) -> list[Candidate]:
        """Return what earlier programs were evaluating when they died and nobody tried since, in trial order."""
        return list(self._orphans)

    def close(self) -> None:
        """Write what waits, give the study free for another program, and close the connections.

        :attr:`study` stays usable; it connects again by itself.
        """
        with _failing(self._store):
            self.flush()
            self.settle()
            self._claim.give_up()
        disconnect(self._storage)

    def _take_up(self, hashes: Mapping[str, str], resume: bool) -> None:
        attrs = self.study.user_attrs
        if "fingerprint" in attrs or self.study.get_trials(deepcopy=False):
            self._check_same(attrs, hashes, resume)
        else:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ExperimentalWarning)
                self.study.set_metric_names([self._metric.name])
            self.study.set_user_attr("fingerprint", dict(hashes))
        if not isinstance(self._storage, InMemoryStorage):
            self._claim.take()
        trials = self.study.get_trials(deepcopy=False)
        for trial in trials:
            if not trial.state.is_finished():
                self._give_up(trial)
        self._has_best = any(_counts(each) for each in evaluations_in(self.study)) if trials else False
        self.settle()
        self._orphans = _untried_again(self.study.get_trials(deepcopy=False))

    def _check_same(self, attrs: Mapping[str, Any], hashes: Mapping[str, str], resume: bool) -> None:
        advice = "Give another folder (out=…) or another study_name."
        if not resume:
            raise PlanError(f"{self._label} exists already and resume=False forbids to go on with it. {advice}")
        stored = attrs.get("fingerprint")
        if not isinstance(stored, dict) or not is_ours(attrs):
            raise PlanError(f"{self._label} was not made by this package, so it can't be gone on with. {advice}")
        changed = [key for key in stored if key in hashes and stored[key] != hashes[key]]
        if self.study.direction.name.lower() != self._metric.direction and "metric" not in changed:
            changed.append("metric")
        if changed:
            words = " and ".join(_WORDS.get(key, key) for key in changed)
            raise PlanError(f"{self._label} can't be gone on with, because {words} changed since it began. {advice}")

    def _give_up(self, trial: FrozenTrial) -> None:
        """End what a dead program left running: what has folds to show keeps them, the rest has failed."""
        details = _details(trial)
        if details is not None and "state" in details:
            self.finish(evaluation_from(trial.number, details))
            return
        try:
            self._storage.set_trial_user_attr(trial._trial_id, "failure", _ORPHANED)
            self._storage.set_trial_user_attr(trial._trial_id, "reason", "orphaned: the program ended while it ran")
            self._storage.set_trial_state_values(trial._trial_id, TrialState.FAIL)
        except UpdateFinishedTrialError:
            return

    def _write_scores_of(self, evaluation: Evaluation) -> None:
        for fold in evaluation.folds:
            if fold.is_ok:
                self._pending.setdefault(evaluation.number, {})[fold.fold] = self._shown_score(fold.loss)
        self._write_scores(evaluation.number)

    def _write_scores(self, number: int) -> None:
        with _failing(self._store):
            trial_id = self._trial_id(number)
            try:
                for fold, score in sorted(self._pending.pop(number, {}).items()):
                    self._storage.set_trial_intermediate_value(trial_id, fold, score)
            except UpdateFinishedTrialError:
                return  # a viewer ended the trial; its details are not ours to change any more

    def _shown_score(self, loss: float) -> float:
        """Return a score in nine digits: more don't fit into the dashboard's card, and tell nothing."""
        return float(f"{self._metric.score_of(float(loss)):.9g}")

    def _trial_id(self, number: int) -> int:
        if number not in self._trial_ids:
            self._trial_ids[number] = self._storage.get_trial_id_from_study_id_trial_number(
                self.study._study_id, number
            )
        return self._trial_ids[number]


def evaluations_in(study: optuna.Study) -> list[Evaluation]:
    """Return the evaluations that a study holds, by number, as :meth:`StudyMirror.finished` does."""
    found = []
    for trial in study.get_trials(deepcopy=False):
        details = _details(trial)
        if not trial.state.is_finished() or details is None or trial.user_attrs.get("failure") == _ORPHANED:
            continue
        if "state" not in details:
            details = {**details, "state": "failed", "reason": "ended by a viewer", "seconds": 0.0, "folds": []}
        found.append(evaluation_from(trial.number, details))
    return found


def _untried_again(trials: Sequence[FrozenTrial]) -> list[Candidate]:
    """Return what was running when a program died, now or earlier, and has not ended in a later trial.

    The program that was to try it again may have died as well, before its turn came.
    """
    found: dict[Candidate, None] = {}
    for trial in trials:
        details = _details(trial)
        if details is None:
            continue
        if not trial.state.is_finished() or trial.user_attrs.get("failure") == _ORPHANED:
            found[candidate_from(details)] = None
        else:
            found.pop(candidate_from(details), None)
    return list(found)


def _counts(evaluation: Evaluation) -> bool:
    """Tell whether an evaluation ranks before partial ones that don't count; the floor alone doesn't."""
    return evaluation.counts and evaluation.candidate.algorithm != FLOOR and math.isfinite(evaluation.loss)


def _spaces_hash(spaces: Mapping[str, SearchSpace]) -> str:
    told_spaces = json.dumps({name: space.fingerprint() for name, space in sorted(spaces.items())})
    return hashlib.sha256(told_spaces.encode()).hexdigest()[:12]


def _details(trial: FrozenTrial) -> dict[str, Any] | None:
    """Details that this package wrote, or ``None`` for a trial that someone else added."""
    try:
        details = json.loads(trial._system_attrs[_DETAILS])
    except (KeyError, TypeError, ValueError):
        return None
    return details if isinstance(details, dict) and {"algorithm", "config"} <= details.keys() else None


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Optuna's announcements off the screen, and its logging as it was."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(max(before, optuna.logging.WARNING))
    try:
        yield
    finally:
        optuna.logging.set_verbosity(before)


@contextmanager
def _failing(store: Store) -> Iterator[None]:
    """Turn what a storage raises into one sentence."""
    try:
        yield
    except (UpdateFinishedTrialError, StorageError):
        raise
    except (OptunaError, SQLAlchemyError, OSError) as error:
        raise StorageError(f"The study in {shown(store)} can't be used: {told(error, store)}") from None
    except KeyError:
        raise StorageError(
            f"The study in {shown(store)} was deleted or renamed while it was written. Start again in another folder."
        ) from None
