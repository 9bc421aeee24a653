"""Everything that is decided before the search: the table described, the task stated, the plan made.

The plan says in words and plain data what was decided; :class:`Prepared` keeps the objects that the plan only names.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from numbers import Integral, Real
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from automl.checks.looking import look_at, stop_on
from automl.checks.subject import Subject
from automl.constraining import bound_space, constrain, why_bound
from automl.data.dataset import Dataset, make_dataset
from automl.data.folds import Folds
from automl.data.reading import Table, read_joined, read_new
from automl.data.sources.formats import Options
from automl.data.splitting import make_folds
from automl.data.thinning import held_back, thin
from automl.data.unlabeled import read_unlabeled
from automl.errors import FindingWarning, PlanError, warn
from automl.evaluation.costs import CostScore, cost_metric, decided_by, read_costs
from automl.evaluation.fairness_gap import GroupRule
from automl.evaluation.metrics import (
    check_target,
    default_metric_reason,
    further_metrics,
    get_metric,
    is_defined,
)
from automl.evaluation.problem import imbalance_of
from automl.pipeline.fingerprint import data_fingerprint, digest
from automl.pipeline.table import TableEncoder
from automl.registry import algorithms as known_algorithms
from automl.registry import resolve
from automl.request import Request
from automl.search.engines import available_cores, available_memory
from automl.search.planning import Layout, fold_count, lay_out, training_rows, workers_for
from automl.values.address import shown
from automl.values.algorithm import Algorithm, DataShape, IntArray
from automl.values.availability import Availability
from automl.values.constraints import Constraints
from automl.values.evaluation import JUDGED_ROWS
from automl.values.finding import Finding, by_severity
from automl.values.metric import Metric
from automl.values.plan import AlgorithmPlan, FoldPlan, Plan
from automl.values.space import SearchSpace
from automl.values.strategy import Strategy
from automl.warming import earlier_search

DUMMY = "dummy"
FEWEST_OF_A_LABEL = 50  # rows of the rarer of two labels that one fold needs to judge candidates
ABSENT = "is not installed"
CHECKED = 0.05  # of the time budget, after which no dear check of the table is begun


@dataclass(frozen=True, slots=True)
class Prepared:
    """What is known before the search: the table, the plan, and the objects that the plan only names."""

    dataset: Dataset
    metric: Metric
    further: tuple[Metric, ...]
    rule: CostScore | None
    fairness: tuple[GroupRule, ...]
    folds: Folds
    algorithms: Mapping[str, Algorithm]
    spaces: Mapping[str, SearchSpace]
    table: TableEncoder
    Z: npt.NDArray[np.floating[Any]]
    layout: Layout
    most_workers: int
    plan: Plan
    unlabeled: npt.NDArray[np.floating[Any]] | None = None
    held_back: tuple[IntArray, ...] = ()


def prepare(request: Request, earlier: Plan | None = None) -> Prepared:
    """Describe the table, state the task and decide everything that is decided before the search.

    Parameters
    ----------
    earlier
        The plan of the run that is gone on with, whose folds are kept whatever the time budget is now.
    """
    written, unwritten = request.told()
    source = read_joined(request.data, Options(query=request.query), request.join)
    for note in source.notes:
        warn(note)
    dataset = _described(request, source)
    rule = read_costs(request.costs, request.gains, dataset)
    metric = _metric(request, dataset, rule)
    constraints = Constraints.of(request.constraints)
    dataset, fairness = constrain(dataset, constraints)
    table = TableEncoder(columns=dataset.schema.to_json(), seed=request.random_state)
    Z = table.fit_transform(dataset.X)
    shape = _shape(dataset, table, Z, metric)
    cores = request.cores(available_cores())
    most_workers = min(cores, workers_for(Z.nbytes, request.memory(available_memory())))
    layout = lay_out(shape, cores, most_workers)
    algorithms, left_out = _choose_algorithms(request, shape, constraints, metric)
    folds, fold_plan, later = _make_folds(request, dataset, shape, layout, algorithms, earlier)
    check_target(metric, dataset.y)
    _refuse_unscorable(metric, dataset, folds)
    makes = request.strategy.generated_features
    spaces = {
        name: bound_space(algorithm, shape, constraints, generated_features=makes)
        for name, algorithm in algorithms.items()
    }
    unlabeled = _encode_unlabeled(request, source, dataset, table)
    noticed = _notice(request, source, dataset, folds, metric.name)
    plan = Plan(
        source=_source(request),
        n_rows=len(dataset.y),
        task=dataset.task,
        metric=metric.name,
        metric_reason=_metric_reason(request, dataset, rule),
        greater_is_better=metric.greater_is_better,
        schema=dataset.schema,
        folds=fold_plan,
        algorithms=tuple(AlgorithmPlan(name, tuple(space.to_json())) for name, space in spaces.items()),
        left_out=left_out,
        notes=(*source.notes, *dataset.notes, *_respelled(table), *_unweighted(dataset, algorithms)),
        budget=request.budget(),
        workers=layout.workers,
        threads=layout.threads,
        seed=request.random_state,
        ensemble=request.ensemble and not constraints.interpretable,  # a person reads one model, not a blend
        fingerprints={
            "data": data_fingerprint(dataset, table, Z),
            "target": digest(dataset.y),
            "folds": folds.fingerprint(),
            "seed": str(request.random_state),
            "monotone": str(sorted(constraints.monotone)),
            "costs": "none" if rule is None else digest(rule.matrix, *rule.values),
            **({} if unlabeled is None else {"unlabeled": digest(unlabeled)}),
        },
        roles=dataset.roles,
        strategy=request.strategy,
        constraints=constraints,
        joins=source.joins,
        warm_start=earlier_search(request.warm_start, spaces, request.out),
        n_unlabeled=0 if unlabeled is None else len(unlabeled),
        costs=None if rule is None else rule.costs,
        availability=Availability.of(request.available_at),
        request=written,
        unwritten=unwritten,
        noticed=noticed,
        ignored=tuple(request.ignore),
    )
    return Prepared(
        dataset=dataset,
        metric=metric,
        further=_further(dataset, metric, rule),
        rule=rule,
        fairness=fairness,
        folds=folds,
        algorithms=algorithms,
        spaces=spaces,
        table=table,
        Z=Z,
        layout=layout,
        most_workers=most_workers,
        plan=plan,
        unlabeled=unlabeled,
        held_back=later,
    )


def _metric(request: Request, dataset: Dataset, rule: CostScore | None) -> Metric:
    """Return what is optimised: what mistakes cost, unless a metric is named."""
    if rule is not None and _is_auto(request):
        return cost_metric(rule)
    return decided_by(get_metric(request.metric, dataset.task), rule)


def _metric_reason(request: Request, dataset: Dataset, rule: CostScore | None) -> str:
    if not _is_auto(request):
        return "named by the caller"
    return default_metric_reason(dataset.task.kind) if rule is None else rule.costs.told(dataset.task.classes)


def _is_auto(request: Request) -> bool:
    return isinstance(request.metric, str) and request.metric == "auto"


def _further(dataset: Dataset, metric: Metric, rule: CostScore | None) -> tuple[Metric, ...]:
    """Return the metrics to report beside the one that is optimised."""
    usual = tuple(decided_by(each, rule) for each in further_metrics(dataset.task.kind))
    return usual if rule is None or metric.name == rule.costs.name else (cost_metric(rule), *usual)


def _source(request: Request) -> str:
    """Return where the table came from, in words that hold no password."""
    if not isinstance(request.data, str | Path):
        return f"a {type(request.data).__name__}"
    return shown(request.data) if request.query is None else f"a query of {shown(request.data)}"


def _encode_unlabeled(
    request: Request, source: Table, dataset: Dataset, table: TableEncoder
) -> npt.NDArray[np.floating[Any]] | None:
    """Return the rows without a target, encoded as the training table is."""
    if request.unlabeled is None:
        return None
    rows = read_new(request.unlabeled, source.joins)
    frame = read_unlabeled(rows, dataset.schema, len(dataset.y), request.random_state, tuple(dataset.roles.values()))
    return table.transform(frame)


def _described(request: Request, source: Table) -> Dataset:
    """Return the described table; what would be warned of is about to be an error where the caller is strict."""
    with warnings.catch_warnings():
        if request.strict:
            warnings.simplefilter("ignore", FindingWarning)
        return make_dataset(
            source.frame,
            request.target,
            task=request.task,
            roles=request.roles,
            keep=request.keep,
            groups=request.groups,
            time_column=request.time_column,
            sample_weight=request.sample_weight,
            availability=Availability.of(request.available_at),
            ignore=request.ignore,
        )


def _notice(request: Request, source: Table, dataset: Dataset, folds: Folds, metric: str) -> tuple[Finding, ...]:
    """Return what was noticed about the table; stop where that forbids to go on."""
    subject = Subject(
        dataset,
        folds,
        metric=metric,
        test=None if request.test is None else read_new(request.test, source.joins),
        from_file=isinstance(request.data, str | Path),
        seed=request.random_state,
    )
    seconds = request.budget().seconds
    found = look_at(subject, ignore=request.ignore, seconds=None if seconds is None else CHECKED * seconds)
    noticed = by_severity([*dataset.findings, *found])
    stop_on(noticed, strict=request.strict)
    return noticed


def _shape(dataset: Dataset, table: TableEncoder, Z: npt.NDArray[Any], metric: Metric) -> DataShape:
    return DataShape(
        kind=dataset.task.kind,
        n_rows=len(dataset.y),
        n_columns=Z.shape[1],
        n_categorical=sum(1 for levels in table.n_levels_ if levels),
        n_classes=dataset.task.n_classes,
        imbalance=imbalance_of(dataset.y, dataset.task),
        judges_labels=metric.needs_labels,
        n_misspelt=len(table.misspelt_codes),
    )


def _choose_algorithms(
    request: Request, shape: DataShape, constraints: Constraints, metric: Metric
) -> tuple[dict[str, Algorithm], dict[str, str]]:
    found, absent = resolve(request.algorithms)
    if not any(algorithm.name == DUMMY for algorithm in found):
        found = (*found, known_algorithms()[DUMMY])  # the floor that everything else is compared with
    left_out = dict.fromkeys(absent, ABSENT)
    chosen: dict[str, Algorithm] = {}
    for algorithm in found:
        why_not = algorithm.why_not(shape) or why_bound(algorithm, constraints, shape.kind, metric.name)
        if why_not is None:
            chosen[algorithm.name] = algorithm
        else:
            left_out[algorithm.name] = why_not
    if not chosen or (set(chosen) == {DUMMY} and len(found) > 1):
        by_reason: dict[str, list[str]] = {}
        for name, why in left_out.items():
            by_reason.setdefault(why, []).append(name)
        told = "; ".join(f"{', '.join(names)}: {why}" for why, names in by_reason.items())
        raise PlanError(f"None of the algorithms can be used for this table: {told}. Name others in algorithms=.")
    if absent:
        warn(f"Not installed and left out: {', '.join(absent)}.")
    return chosen, left_out


def _make_folds(
    request: Request,
    dataset: Dataset,
    shape: DataShape,
    layout: Layout,
    algorithms: Mapping[str, Algorithm],
    earlier: Plan | None,
) -> tuple[Folds, FoldPlan, tuple[IntArray, ...]]:
    """Return the folds, what the plan says of them, and the training rows that their sample leaves out for later."""
    pace = algorithms.get("lightgbm") or min(algorithms.values(), key=lambda each: each.seconds(shape))
    seconds, fit_seconds = request.budget().seconds, pace.seconds(shape) / layout.threads
    by_first_fold = request.strategy.first_fold and dataset.times is None
    auto = fold_count(shape, seconds, fit_seconds, layout, by_first_fold=by_first_fold)
    if earlier is not None and earlier.folds.wanted is not None:
        auto = earlier.folds.wanted  # not the number of folds it became: that would be lowered once more
    folds = make_folds(
        request.cv,
        task=dataset.task,
        y=dataset.y,
        groups=dataset.groups,
        times=dataset.times,
        weight=dataset.weight,
        X=dataset.X,
        seed=request.random_state,
        auto=auto,
        present=dataset.present,
    )
    asked = _repeatable(request.cv, dataset)
    dear = 1 if judges_by_first_fold(request.strategy, dataset, folds.splits) else len(folds)
    most = training_rows(shape, seconds, fit_seconds * dear, layout)
    if earlier is not None:
        most = earlier.folds.train_rows
    if most is None or not (isinstance(request.cv, str) and request.cv == "auto"):
        return folds, FoldPlan(len(folds), folds.name, folds.reason, None, auto, asked), ()
    is_classification = dataset.task.is_classification
    splits = thin(folds.splits, dataset.y, most, is_classification=is_classification, seed=request.random_state)
    further = asked is not None and request.strategy.ladder  # rows that a rule makes can be found again
    later = held_back(folds.splits, splits, request.random_state) if further else ()
    reason = f"{folds.reason} Candidates train on a sample of {most:,} rows, which is what the time allows"
    reason += "; later the best of them on more." if further else "."
    plan = FoldPlan(len(folds), folds.name, reason, most, auto, asked)
    return replace(folds, splits=splits, reason=reason), plan, later


def judges_by_first_fold(strategy: Strategy, dataset: Dataset, splits: Sequence[tuple[IntArray, IntArray]]) -> bool:
    """Tell whether the first fold may say which candidates are worth others.

    It tells little where it validates few rows, or few of one of two labels; and of folds in the order of time the
    first has the oldest rows and the fewest.
    """
    valid = splits[0][1]
    if not strategy.first_fold or dataset.times is not None or len(splits) < 2 or len(valid) < JUDGED_ROWS:
        return False
    return dataset.task.kind != "binary" or int(np.bincount(dataset.y[valid], minlength=2).min()) >= FEWEST_OF_A_LABEL


def _repeatable(cv: Any, dataset: Dataset) -> str | int | float | None:
    """Return ``cv`` if it and the table alone make these folds: no splitter, no groups or times beside the table."""
    beside = (dataset.groups is not None and "groups" not in dataset.roles) or (
        dataset.times is not None and "time_column" not in dataset.roles
    )
    if beside or isinstance(cv, bool):
        return None
    if isinstance(cv, Real):
        return int(cv) if isinstance(cv, Integral) else float(cv)
    return cv if isinstance(cv, str) else None


def _unweighted(dataset: Dataset, algorithms: Mapping[str, Algorithm]) -> tuple[str, ...]:
    """Say which families are fitted without the sample weights, because they take none."""
    names = [name for name, algorithm in algorithms.items() if not algorithm.weights]
    if dataset.weight is None or not names:
        return ()
    note = f"Sample weights are used in every score, but {', '.join(names)} can't be fitted with them."
    warn(note)
    return (note,)


def _respelled(table: TableEncoder) -> tuple[str, ...]:
    """Say which spellings of categories are read as others."""
    told = []
    for name, spellings in table.spellings.items():
        rare, common = next(iter(spellings.items()))
        many = f"{len(spellings):,} rare spellings" if len(spellings) > 1 else "a rare spelling"
        told.append(f"{name!r} has {many} of other levels, read as these: {rare!r} as {common!r}.")
    for name, misspelt in table.misspelt.items():
        rare, meant = next(iter(misspelt.items()))
        many = f"{len(misspelt):,} levels that look" if len(misspelt) > 1 else "a level that looks"
        told.append(
            f"{name!r} has {many} misspelt, such as {rare!r} for {meant!r}; reading them as meant is tried, and kept "
            "where it wins."
        )
    return tuple(told)


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
