"""One call of ``fit``, from what was asked for to the run: read this top to bottom.

The workers are started first, because they load their libraries while the table is being read. Then: describe the
table and state the task, plan, encode, hand over to the workers, search, combine, write, return. Everything that
stays on disk is written here, by way of :mod:`automl.storage`; the search only yields.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from automl.console import console_progress
from automl.data.dataset import Dataset, make_dataset
from automl.data.folds import Folds
from automl.data.splitting import make_folds
from automl.data.thinning import thin
from automl.ensemble.blend import build_ensemble
from automl.errors import PlanError, SearchError, telling, warn
from automl.evaluation.leaderboard import EnsembleRow, pipeline_id, to_csv
from automl.evaluation.metrics import check_target, default_metric_reason, further_metrics, get_metric, is_defined
from automl.evaluation.problem import Problem
from automl.pipeline.serial import to_bytes
from automl.pipeline.table import TableEncoder
from automl.registry import algorithms, resolve
from automl.request import Algorithms, Request
from automl.run import Run
from automl.search.cost import CostModel
from automl.search.engines import PRELOAD, Engine, InProcessEngine, LocalEngine, available_cores, available_memory
from automl.search.interrupt import interruptible
from automl.search.loop import Search
from automl.search.planning import Layout, fold_count, lay_out, training_rows
from automl.search.portfolio import portfolio
from automl.search.sampler import Sampler
from automl.storage.folder import RunFolder
from automl.storage.stores import MEMORY, anchored, shown
from automl.storage.study import StudyMirror
from automl.values.algorithm import Algorithm, DataShape
from automl.values.candidate import Candidate
from automl.values.evaluation import Evaluation
from automl.values.metric import Metric
from automl.values.plan import AlgorithmPlan, FoldPlan, Plan
from automl.values.progress import Update
from automl.values.space import SearchSpace

LOG = logging.getLogger("automl")
MEMORY_SHARE = 0.8  # of the free memory that workers may use together by default
MODELS_MOST = 4 << 30  # bytes of fold models that a run folder keeps
DUMMY = "dummy"


@dataclass(frozen=True, slots=True)
class Prepared:
    """What is known before the search: the table, the plan, and the objects that the plan only names."""

    dataset: Dataset
    metric: Metric
    folds: Folds
    algorithms: Mapping[str, Algorithm]
    spaces: Mapping[str, SearchSpace]
    table: TableEncoder
    Z: npt.NDArray[np.floating[Any]]
    layout: Layout
    plan: Plan


def run_session(request: Request, started: float) -> Run:
    """Return the run that ``request`` asks for; ``started`` is the clock's value at the call."""
    clock = Clock(started, request.budget().seconds)
    with (
        RunFolder.create(request.out) as folder,
        _log_to(folder),
        _scratch(folder),
        _engine(request, folder) as engine,
    ):
        prepared = prepare(request)
        if isinstance(engine, LocalEngine):
            engine.open(prepared.layout.workers)
        return _search_and_finish(request, prepared, folder, engine, clock)


def make_plan(request: Request) -> Plan:
    """Return what :func:`run_session` would do, without starting a worker or writing a file."""
    return prepare(request).plan


class Clock:
    """Seconds since the call and until the budget's end."""

    def __init__(self, started: float, seconds: float | None) -> None:
        self.started = started
        self.end = None if seconds is None else started + seconds

    @property
    def used(self) -> float:
        """Wall seconds since the call."""
        return time.monotonic() - self.started

    @property
    def left(self) -> float | None:
        """Wall seconds until the budget's end, ``None`` without one."""
        return None if self.end is None else self.end - time.monotonic()

    def search_deadline(self, n_cells: int) -> float | None:
        """Return when the search must stop so that combining and writing still fit in."""
        if self.end is None:
            return None
        budget = self.end - self.started
        reserve = min(0.3 * budget, 0.4 + 0.02 * budget + n_cells / 20e6)
        return self.end - reserve


def prepare(request: Request) -> Prepared:
    """Describe the table, state the task and decide everything that is decided before the search."""
    dataset = make_dataset(
        request.data,
        request.target,
        task=request.task,
        roles=request.roles,
        keep=request.keep,
        groups=request.groups,
        time_column=request.time_column,
        sample_weight=request.sample_weight,
    )
    metric = get_metric(request.metric, dataset.task)
    table = TableEncoder(columns=dataset.schema.to_json(), seed=request.random_state)
    Z = table.fit_transform(dataset.X)
    shape = _shape(dataset, table, Z)
    layout = lay_out(shape, request.cores(available_cores()))
    algorithms, left_out = _choose_algorithms(request, shape)
    folds = _make_folds(request, dataset, shape, layout, algorithms)
    check_target(metric, dataset.y)
    _refuse_unscorable(metric, dataset, folds)
    spaces = {name: algorithm.space(shape) for name, algorithm in algorithms.items()}
    plan = Plan(
        source=str(request.data) if isinstance(request.data, str | Path) else f"a {type(request.data).__name__}",
        n_rows=len(dataset.y),
        task=dataset.task,
        metric=metric.name,
        metric_reason=default_metric_reason(dataset.task.kind) if request.metric == "auto" else "named by the caller",
        greater_is_better=metric.greater_is_better,
        schema=dataset.schema,
        folds=FoldPlan(len(folds), folds.name, folds.reason),
        algorithms=tuple(AlgorithmPlan(name, tuple(space.to_json())) for name, space in spaces.items()),
        left_out=left_out,
        notes=dataset.notes,
        budget=request.budget(),
        workers=layout.workers,
        threads=layout.threads,
        seed=request.random_state,
        ensemble=request.ensemble,
        fingerprints={
            "data": _digest(Z, *(() if dataset.weight is None else (dataset.weight,))),
            "target": _digest(dataset.y),
            "folds": folds.fingerprint(),
            "seed": str(request.random_state),
        },
        roles=dataset.roles,
    )
    return Prepared(dataset, metric, folds, algorithms, spaces, table, Z, layout, plan)


def _shape(dataset: Dataset, table: TableEncoder, Z: npt.NDArray[Any]) -> DataShape:
    return DataShape(
        kind=dataset.task.kind,
        n_rows=len(dataset.y),
        n_columns=Z.shape[1],
        n_categorical=sum(1 for levels in table.n_levels_ if levels),
        n_classes=dataset.task.n_classes,
        n_text=sum(1 for column in dataset.schema.used if column.role == "text"),
    )


def _choose_algorithms(request: Request, shape: DataShape) -> tuple[dict[str, Algorithm], dict[str, str]]:
    found, absent = resolve(request.algorithms)
    if not any(algorithm.name == DUMMY for algorithm in found):
        found = (*found, algorithms()[DUMMY])  # the floor that everything else is compared with
    left_out = dict.fromkeys(absent, "is not installed")
    chosen: dict[str, Algorithm] = {}
    for algorithm in found:
        why_not = algorithm.why_not(shape)
        if why_not is None:
            chosen[algorithm.name] = algorithm
        else:
            left_out[algorithm.name] = why_not
    if not chosen or (set(chosen) == {DUMMY} and len(found) > 1):
        told = "; ".join(f"{name} {why}" for name, why in left_out.items())
        raise PlanError(f"None of the algorithms can be used for this table: {told}. Name others in algorithms=.")
    if absent:
        warn(f"Not installed and left out: {', '.join(absent)}.")
    return chosen, left_out


def _make_folds(
    request: Request, dataset: Dataset, shape: DataShape, layout: Layout, algorithms: Mapping[str, Algorithm]
) -> Folds:
    pace = algorithms.get("lightgbm") or min(algorithms.values(), key=lambda each: each.seconds(shape))
    seconds, fit_seconds = request.budget().seconds, pace.seconds(shape) / layout.threads
    folds = make_folds(
        request.cv,
        task=dataset.task,
        y=dataset.y,
        groups=dataset.groups,
        times=dataset.times,
        weight=dataset.weight,
        X=dataset.X,
        seed=request.random_state,
        auto=fold_count(shape, seconds, fit_seconds, layout),
        present=dataset.present,
    )
    most = training_rows(shape, seconds, fit_seconds * len(folds), layout)
    if most is None or not (isinstance(request.cv, str) and request.cv == "auto"):
        return folds
    return replace(
        folds,
        splits=thin(
            folds.splits,
            dataset.y,
            most,
            is_classification=dataset.task.is_classification,
            seed=request.random_state,
        ),
        reason=f"{folds.reason} Candidates train on a sample of {most:,} rows, which is what the time allows.",
    )


def _refuse_unscorable(metric: Metric, dataset: Dataset, folds: Folds) -> None:
    for number, (_, valid) in enumerate(folds, start=1):
        y = dataset.y[valid]
        weight = None if dataset.weight is None else dataset.weight[valid]
        if is_defined(metric, y, dataset.task, weight):
            continue
        where = f"Metric {metric.name!r} is not defined on the {len(valid)} validation rows of fold {number}"
        if dataset.task.is_classification and len(np.unique(y)) == 1:
            only = dataset.task.classes[int(y[0])]
            raise PlanError(
                f"{where}, which all have the label {only!r}. Give more rows of other labels, or another metric."
            )
        raise PlanError(
            f"{where}: not even for the true answer is it a finite number. Give other folds or another metric."
        )


def _digest(*arrays: npt.NDArray[Any]) -> str:
    digest = hashlib.blake2b(digest_size=8)
    for array in arrays:
        digest.update(str((array.shape, array.dtype)).encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def _search_and_finish(request: Request, prepared: Prepared, folder: RunFolder, engine: Engine, clock: Clock) -> Run:
    plan = prepared.plan
    deadline = clock.search_deadline(prepared.Z.size)
    _refuse_too_small(clock, deadline)
    storage = anchored(request.storage)
    study = _same_study(storage, plan, folder, request.study_name or f"{plan.task.target} · {folder.path.name}")
    with (
        contextlib.closing(
            StudyMirror.open(
                storage,
                folder,
                name=study["name"],
                metric=prepared.metric,
                algorithms=prepared.spaces,
                fingerprint=plan.fingerprints,
                resume=request.resume,
            )
        ) as mirror,
        interruptible() as is_interrupted,
        contextlib.ExitStack() as closing,
    ):
        folder.write_json(folder.study_name, study)
        folder.write_json(folder.plan, plan.to_json())
        folder.write_bytes(folder.table, to_bytes(prepared.table))
        LOG.info("%s", plan)
        problem = _problem(prepared, folder)
        earlier = mirror.finished()
        history = tuple(each for each in earlier if _is_history(each, problem))
        tell = closing.enter_context(contextlib.closing(_Teller(request, clock, prepared.metric, history)))
        tell("planned", str(plan))
        evaluations = _search(
            request, prepared, problem, engine, mirror, deadline, history, tell, folder, is_interrupted
        )
        usable = [each for each in evaluations if each.losses]
        cancelled = [each for each in earlier if each not in history and not each.losses]
        evaluations = sorted([*cancelled, *evaluations], key=_number)
        if not usable or _has_only_its_floor(evaluations):
            raise SearchError(_why_nothing(evaluations, request, is_interrupted()))
        ensemble = None
        if request.ensemble:
            ensemble = build_ensemble(problem, usable, may_go_on=lambda: clock.left is None or clock.left > 0.3)
            tell("ensembled", "" if ensemble is None else f"{len(ensemble.members)} candidates combined")
        kept = {"study_name": study["name"], "storage": storage if isinstance(storage, str) else None}
        run = _finish(prepared, folder, evaluations, ensemble, tell, clock, kept)
        if storage == MEMORY or not isinstance(storage, str | None):
            run.study = mirror.study  # it can't be opened by its name
        return run


def _same_study(storage: Any, plan: Plan, folder: RunFolder, name: str) -> dict[str, str]:
    """Return which study this is; refuse a folder of another one, whose models would be overwritten."""
    now = {
        "target": plan.task.target,
        "name": name,
        "store": shown(folder.study.name if storage is None else storage),
    }
    if not folder.study_name.exists():
        return now
    then = folder.read_json(folder.study_name)
    if then["target"] != now["target"]:
        raise PlanError(
            f"The run in {folder.path} can't be gone on with, because the target changed since it began: it was "
            f"{then['target']!r}. Give another folder (out=…)."
        )
    if then != now:
        raise PlanError(
            f"The run in {folder.path} keeps its trials in the study {then['name']!r} in {then['store']}, not in "
            f"{now['name']!r} in {now['store']}. Give the same study_name and storage, or another folder (out=…)."
        )
    return now


def _refuse_too_small(clock: Clock, deadline: float | None) -> None:
    if deadline is not None and deadline <= time.monotonic():
        budget = (clock.end or 0) - clock.started
        raise PlanError(
            f"A time budget of {budget:g} s is too small: reading and describing the table alone took "
            f"{clock.used:.1f} s. Give at least {max(5.0, 4 * clock.used):.0f} s."
        )


def _problem(prepared: Prepared, folder: RunFolder) -> Problem:
    dataset = prepared.dataset
    return Problem(
        Z=prepared.Z,
        y=dataset.y,
        weight=dataset.weight,
        n_levels=tuple(prepared.table.n_levels_),
        splits=prepared.folds.splits,
        task=dataset.task,
        metric=prepared.metric,
        further=further_metrics(dataset.task.kind),
        algorithms=prepared.algorithms,
        folder=folder.path,
        cache=folder.scratch,
        seed=prepared.plan.seed,
    )


def _is_history(evaluation: Evaluation, problem: Problem) -> bool:
    """Tell whether an evaluation of an earlier session still counts: it ended by itself and its files are there."""
    if evaluation.failure is not None and evaluation.failure.kind == "cancelled":
        return False
    return all(
        problem.prediction_path(evaluation.number, fold.fold).exists() for fold in evaluation.folds if fold.is_ok
    )


def _number(evaluation: Evaluation) -> int:
    return evaluation.number


def _search(
    request: Request,
    prepared: Prepared,
    problem: Problem,
    engine: Engine,
    mirror: StudyMirror,
    deadline: float | None,
    history: tuple[Evaluation, ...],
    tell: _Teller,
    folder: RunFolder,
    is_interrupted: Callable[[], bool],
) -> list[Evaluation]:
    costs = CostModel(prepared.algorithms, prepared.spaces, _fold_shape(problem), prepared.layout.threads)
    sampler = Sampler(
        prepared.spaces,
        [*mirror.orphans(), *portfolio(prepared.spaces)],
        prepared.plan.seed,
        history,
    )
    evaluations = list(history)
    with telling(folder.path, "written"):
        handed_over = engine.put(problem)
    search = Search(
        engine=engine,
        problem=handed_over,
        sampler=sampler,
        algorithms=prepared.algorithms,
        costs=costs,
        journal=_Journal(mirror, tell),
        metric=prepared.metric,
        n_folds=len(prepared.folds),
        budget=prepared.plan.budget,
        clock=time.monotonic,
        deadline=deadline,
        threads=prepared.layout.threads,
        history=history,
        is_interrupted=is_interrupted,
    )
    for evaluation in search.evaluations():
        evaluations.append(evaluation)
        mirror.finish(evaluation, _sortable(evaluation))
        tell.evaluated(evaluation)
        _log_evaluation(evaluation, prepared.metric)
        _keep_small(folder, evaluations)
    tell.why_stopped = search.why_stopped
    return evaluations


def _fold_shape(problem: Problem) -> DataShape:
    """Return the shape of the table that a fold trains on."""
    return replace(problem.shape, n_rows=max(len(train) for train, _ in problem.splits))


def _sortable(evaluation: Evaluation) -> dict[str, float | None]:
    measured = [fold.one_row_seconds for fold in evaluation.folds if np.isfinite(fold.one_row_seconds)]
    return {
        "one_row_ms": 1000 * measured[0] if measured else None,
        "size_mb": sum(fold.size_bytes for fold in evaluation.folds) / 1e6,
    }


def _log_evaluation(evaluation: Evaluation, metric: Metric) -> None:
    LOG.info(
        "trial %d %s %s: %s %.6g in %.1f s; %s%s",
        evaluation.number,
        evaluation.candidate.algorithm,
        evaluation.state,
        metric.name,
        metric.score_of(evaluation.loss),
        evaluation.seconds,
        evaluation.candidate.config,
        f"; {evaluation.reason}" if evaluation.reason else "",
    )


def _keep_small(folder: RunFolder, evaluations: Sequence[Evaluation]) -> None:
    """Drop the models of the worst trials when all models together grow beyond what a folder keeps."""
    sizes = {each.number: sum(fold.size_bytes for fold in each.folds) for each in evaluations}
    excess = sum(sizes.values()) - MODELS_MOST
    worst_first = sorted(evaluations, key=lambda each: (each.state == "complete", -each.loss if each.losses else 0.0))
    dropped = []
    for each in worst_first[: max(0, len(evaluations) - 20)]:
        if excess <= 0:
            break
        excess -= sizes[each.number]
        dropped.append(each.number)
    folder.drop_models(dropped)


def _has_only_its_floor(evaluations: Sequence[Evaluation]) -> bool:
    """Tell whether candidates were tried and every one but the dummy failed on its own account."""
    tried = [each for each in evaluations if each.candidate.algorithm != DUMMY]
    own = ("crashed", "out_of_memory", "bad_prediction")
    return bool(tried) and all(each.failure is not None and each.failure.kind in own for each in tried)


def _why_nothing(evaluations: Sequence[Evaluation], request: Request, is_interrupted: bool) -> str:
    if not evaluations or all(each.failure and each.failure.kind == "cancelled" for each in evaluations):
        if is_interrupted:
            return "The search was interrupted before any candidate was fitted. Let it run a little longer."
        return (
            f"The budget of {request.budget()} ended before any candidate was fitted. Give more time, fewer rows, or "
            "fast algorithms such as algorithms=['linear']."
        )
    failed = [each for each in evaluations if each.reason]
    causes = Counter(each.reason for each in failed)
    told = "; ".join(f"{cause} ({count}×)" for cause, count in causes.most_common(5))
    return (
        f"None of the {len(failed)} candidates could be fitted: {told}. Mend the cause, or name other algorithms "
        "in algorithms=."
    )


def _finish(
    prepared: Prepared,
    folder: RunFolder,
    evaluations: Sequence[Evaluation],
    ensemble: EnsembleRow | None,
    tell: _Teller,
    clock: Clock,
    kept: Mapping[str, Any],
) -> Run:
    outcome: dict[str, Any] = {
        **kept,
        "why_stopped": tell.why_stopped,
        "table_seconds": _table_seconds(prepared),
        "seconds": clock.used,
        "ensemble": None
        if ensemble is None
        else {
            "weights": {
                pipeline_id(each): weight for each, weight in zip(ensemble.members, ensemble.weights, strict=True)
            },
            "loss": ensemble.loss,
            "std": ensemble.std if np.isfinite(ensemble.std) else None,
            "further": dict(ensemble.further),
        },
    }
    folder.write_json(folder.ensemble, outcome)
    run = Run(
        folder,
        prepared.plan,
        prepared.metric,
        evaluations,
        outcome,
        algorithms=prepared.algorithms,
        trusts_folder=True,
    )
    folder.write_text(folder.leaderboard, to_csv(run.leaderboard))
    tell("finished", f"best: {run.leaderboard.iloc[0]['id']}")
    LOG.info("ended after %.1f s because %s", clock.used, tell.why_stopped)
    return run


def _table_seconds(prepared: Prepared) -> float:
    """Return the seconds that encoding a single raw row takes: the best of three."""
    row = prepared.dataset.X.head(1)
    best = float("inf")
    for _ in range(3):
        began = time.perf_counter()
        prepared.table.transform(row)
        best = min(best, time.perf_counter() - began)
    return best


@contextlib.contextmanager
def _engine(request: Request, folder: RunFolder) -> Iterator[Engine]:
    """Start the workers, or use the caller's engine, which the caller closes."""
    if not isinstance(request.engine, str):
        yield request.engine
        return
    engine: Engine
    if request.engine == "inprocess":
        engine = InProcessEngine()
    else:
        cores = request.cores(available_cores())
        limit = request.memory_bytes() or int(MEMORY_SHARE * available_memory())
        engine = LocalEngine(
            cores,
            preload=_preload(request.algorithms),
            memory_limit=limit // cores,
            scratch=folder.scratch,
            log=folder.path / "workers.log",
        )
        engine.start()
    with contextlib.closing(engine):
        yield engine


def _preload(chosen: Algorithms) -> tuple[str, ...]:
    """Return the modules that workers import before their first task; not a booster that nobody asked for."""
    optional = {module for each in algorithms().values() for module in each.requires if module != "sklearn"}
    wanted = dict.fromkeys(module for each in resolve(chosen)[0] for module in each.requires)
    always = [module for module in PRELOAD if module not in optional]
    return tuple(dict.fromkeys([*always, *wanted, "automl.evaluation.fold"]))


@contextlib.contextmanager
def _scratch(folder: RunFolder) -> Iterator[None]:
    """Give a folder for what workers share, on the run folder's disk; it is gone afterwards."""
    shutil.rmtree(folder.scratch, ignore_errors=True)  # of a program that was killed here
    with telling(folder.path, "written"):
        folder.scratch.mkdir()
    try:
        yield
    finally:
        shutil.rmtree(folder.scratch, ignore_errors=True)


@contextlib.contextmanager
def _log_to(folder: RunFolder) -> Iterator[None]:
    """Write what the run does into its log file, a line a decision."""
    with telling(folder.log, "written"):
        handler = _LogFile(folder.log, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    before = LOG.level
    LOG.addHandler(handler)
    LOG.setLevel(logging.INFO)
    try:
        yield
    finally:
        LOG.setLevel(before)
        LOG.removeHandler(handler)
        handler.close()


class _LogFile(logging.FileHandler):
    """A log file whose disk errors are told like those of any other file, not printed."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # logging's name
        """Raise what went wrong in writing ``record``."""
        del record
        with telling(Path(self.baseFilename), "written"):
            raise


class _Teller:
    """Turns what happens into updates for the callbacks."""

    def __init__(self, request: Request, clock: Clock, metric: Metric, history: Sequence[Evaluation]) -> None:
        self._console = console_progress(request.verbose)
        self._callbacks: list[Callable[[Update], object]] = [*request.callbacks, self._console]
        self._clock = clock
        self._metric = metric
        self._best: float | None = None
        self._finished = self._failed = 0
        self.why_stopped = ""
        for evaluation in history:
            self._count(evaluation)

    def __call__(self, kind: Any, text: str = "") -> None:
        """Tell the callbacks."""
        self._send(Update(kind, text))

    def close(self) -> None:
        """Give the terminal back, also when the search ended with an error."""
        self._console.close()

    def started(self, number: int, candidate: Candidate) -> None:
        """Tell the callbacks of a candidate that is under way."""
        self._send(Update("started", number=number, algorithm=candidate.algorithm))

    def evaluated(self, evaluation: Evaluation) -> None:
        """Tell the callbacks of a finished candidate."""
        self._count(evaluation)
        self._send(
            Update(
                "evaluated",
                evaluation.reason,
                number=evaluation.number,
                algorithm=evaluation.candidate.algorithm,
                score=self._metric.score_of(evaluation.loss) if evaluation.losses else None,
            )
        )

    def _count(self, evaluation: Evaluation) -> None:
        self._finished += 1
        self._failed += evaluation.state == "failed"
        if evaluation.state == "complete" and (self._best is None or evaluation.loss < self._best):
            self._best = evaluation.loss

    def _send(self, update: Update) -> None:
        update = replace(
            update,
            best_score=None if self._best is None else self._metric.score_of(self._best),
            n_finished=self._finished,
            n_failed=self._failed,
            seconds_used=self._clock.used,
            seconds_left=self._clock.left,
        )
        for callback in self._callbacks:
            callback(update)


class _Journal:
    """Announces trials in the study and to whoever watches."""

    def __init__(self, mirror: StudyMirror, tell: _Teller) -> None:
        self._mirror = mirror
        self._tell = tell

    def start(self, candidate: Candidate) -> int:
        """Announce a trial and return its number."""
        number = self._mirror.start(candidate)
        self._tell.started(number, candidate)
        return number

    def report(self, number: int, fold: int, loss: float) -> None:
        """Announce the loss of one fold."""
        self._mirror.report(number, fold, loss)
