"""What a run is going to do, decided before the first fit and frozen.

A :class:`Plan` holds every decision with its reason, can be printed and written as JSON, and is the only thing
besides the encoded table that the search sees. The fingerprints in it decide whether an existing run folder may be
continued.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from automl.errors import PlanError, telling
from automl.values.availability import EVERYWHERE, Availability
from automl.values.budget import Budget
from automl.values.constraints import UNBOUND, Constraints
from automl.values.costs import Costs
from automl.values.earlier import Earlier
from automl.values.finding import Finding, as_table
from automl.values.join import JoinedTable
from automl.values.prospect import Prospect
from automl.values.schema import Schema
from automl.values.strategy import EVERYTHING, Strategy
from automl.values.task import Task

if TYPE_CHECKING:
    import pandas as pd
YAML_ENDINGS = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class FoldPlan:
    """How candidates are validated.

    Attributes
    ----------
    n_folds, name, reason
        How many folds, what they are called, and why.
    train_rows
        Rows of a fold's sample, if it is one.
    wanted
        What ``cv="auto"`` stood for, before the table's labels, groups and times lowered it.
    asked
        ``cv`` as the caller gave it, where that and columns of the table are enough to make the folds again.
    """

    n_folds: int
    name: str
    reason: str
    train_rows: int | None = None
    wanted: int | Literal["holdout"] | None = None
    asked: str | int | float | None = None


@dataclass(frozen=True, slots=True)
class AlgorithmPlan:
    """One family that takes part: its name and its space as plain data."""

    name: str
    space: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that was decided before the search.

    Attributes
    ----------
    source
        Where the table came from: a path, or ``"a DataFrame"``.
    n_rows
        Rows with a target.
    task, schema, folds, algorithms, budget
        The decisions.
    metric, metric_reason, greater_is_better
        What is optimised, why, and in which direction.
    left_out
        Families that don't take part, each with the reason.
    notes
        What is to be said besides, one sentence each.
    noticed
        What was noticed about the table, the gravest first; :attr:`findings` is the same as a DataFrame.
    ignored
        Codes of findings that the caller left out.
    workers, threads
        Processes side by side and threads of each.
    seed
        The random seed from which all others are derived.
    ensemble
        Whether the best pipeline may combine candidates.
    fingerprints
        Hashes of what must stay the same for a folder to be continued.
    strategy
        Which parts of the search take part.
    constraints
        What the best pipeline must keep to.
    costs
        What decisions cost or gain; ``None`` if that was not said.
    availability
        Which columns are known when the prediction is made, as far as that was said.
    prospect
        What to expect; ``None`` in a plan that :func:`automl.fit` made for itself.
    request
        What the caller asked for beyond the defaults, by the names of :func:`automl.fit`'s parameters.
    unwritten
        Parameters that were given as objects, which no file can hold.
    joins
        Tables whose columns were added, for adding them to new rows.
    warm_start
        What is taken from an earlier search.
    roles
        How the target, weights, groups and time were named, for reading a new table the same way.
    n_unlabeled
        Rows without a target that the best candidates are trained with after the search.
    """

    source: str
    n_rows: int
    task: Task
    metric: str
    metric_reason: str
    greater_is_better: bool
    schema: Schema
    folds: FoldPlan
    algorithms: tuple[AlgorithmPlan, ...]
    left_out: Mapping[str, str]
    notes: tuple[str, ...]
    budget: Budget
    workers: int
    threads: int
    seed: int
    ensemble: bool
    fingerprints: Mapping[str, str]
    roles: Mapping[str, str]
    strategy: Strategy = EVERYTHING
    constraints: Constraints = UNBOUND
    costs: Costs | None = None
    availability: Availability = EVERYWHERE
    # What is expected and how it was asked for are no decisions: plans that differ in them alone are the same.
    prospect: Prospect | None = field(default=None, compare=False)
    request: Mapping[str, Any] = field(default_factory=dict, compare=False)
    unwritten: tuple[str, ...] = field(default=(), compare=False)
    joins: tuple[JoinedTable, ...] = ()
    warm_start: Earlier | None = None
    n_unlabeled: int = 0
    noticed: tuple[Finding, ...] = ()
    ignored: tuple[str, ...] = ()

    @property
    def findings(self) -> pd.DataFrame:
        """What was noticed about the table, a row each, the gravest first.

        The columns are ``code``, ``severity``, ``columns``, ``sentence``, ``advice`` and ``evidence``.
        ``docs/guides/checks.md`` lists the codes.
        """
        return as_table(self.noticed)

    def to_json(self) -> dict[str, Any]:
        """Return plain data from which :meth:`from_json` makes the plan again."""
        return {
            "source": self.source,
            "n_rows": self.n_rows,
            "task": {**asdict(self.task), "classes": list(self.task.classes)},
            "metric": self.metric,
            "metric_reason": self.metric_reason,
            "greater_is_better": self.greater_is_better,
            "schema": self.schema.to_json(),
            "folds": asdict(self.folds),
            "algorithms": [{"name": each.name, "space": list(each.space)} for each in self.algorithms],
            "left_out": dict(self.left_out),
            "notes": list(self.notes),
            "budget": asdict(self.budget),
            "workers": self.workers,
            "threads": self.threads,
            "seed": self.seed,
            "ensemble": self.ensemble,
            "fingerprints": dict(self.fingerprints),
            "roles": dict(self.roles),
            "strategy": asdict(self.strategy),
            "constraints": self.constraints.given,
            "costs": None if self.costs is None else self.costs.to_json(),
            "available_at": self.availability.to_json(),
            "prospect": None if self.prospect is None else self.prospect.to_json(),
            "request": dict(self.request),
            "unwritten": list(self.unwritten),
            "joins": [each.to_json() for each in self.joins],
            "warm_start": None if self.warm_start is None else self.warm_start.to_json(),
            "n_unlabeled": self.n_unlabeled,
            "findings": [each.to_json() for each in self.noticed],
            "ignored": list(self.ignored),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Plan:
        """Make the plan that :meth:`to_json` told."""
        task = data["task"]
        return cls(
            source=data["source"],
            n_rows=data["n_rows"],
            task=Task(task["kind"], task["target"], tuple(task["classes"]), task["reason"]),
            metric=data["metric"],
            metric_reason=data["metric_reason"],
            greater_is_better=data["greater_is_better"],
            schema=Schema.from_json(data["schema"]),
            folds=FoldPlan(**data["folds"]),
            algorithms=tuple(AlgorithmPlan(each["name"], tuple(each["space"])) for each in data["algorithms"]),
            left_out=data["left_out"],
            notes=tuple(data["notes"]),
            budget=Budget(**data["budget"]),
            workers=data["workers"],
            threads=data["threads"],
            seed=data["seed"],
            ensemble=data["ensemble"],
            fingerprints=data["fingerprints"],
            roles=data["roles"],
            strategy=Strategy(**data.get("strategy", {})),
            constraints=Constraints.of(data.get("constraints")),
            costs=None if data.get("costs") is None else Costs.from_json(data["costs"]),
            availability=Availability.of(data.get("available_at")),
            prospect=None if data.get("prospect") is None else Prospect.from_json(data["prospect"]),
            request=data.get("request", {}),
            unwritten=tuple(data.get("unwritten", ())),
            joins=tuple(JoinedTable.from_json(each) for each in data.get("joins", ())),
            warm_start=Earlier.from_json(data.get("warm_start")),
            n_unlabeled=data.get("n_unlabeled", 0),
            noticed=tuple(map(Finding.from_json, data.get("findings", ()))),
            ignored=tuple(data.get("ignored", ())),
        )

    def to_yaml(self) -> str:
        """Return what was asked for as a file to edit, with what was found and decided as comments.

        ``automl fit plan.yaml`` and :func:`automl.fit_plan` run it.
        """
        from automl.values.plan_yaml import plan_yaml

        return plan_yaml(self)

    def save(self, path: str | Path) -> Path:
        """Write :meth:`to_yaml` into a file and return its path.

        Raises
        ------
        PlanError
            If the name does not end as a YAML file's does.
        StorageError
            If it can't be written.
        """
        path = Path(path).expanduser()
        if path.suffix.lower() not in YAML_ENDINGS:
            raise PlanError(f"{path} has the ending {path.suffix!r}; a plan's file ends in .yaml or .yml.")
        unfinished = path.with_name(f".{path.name}.part")
        with telling(path, "written"):
            try:
                unfinished.write_text(self.to_yaml(), encoding="utf-8")
                unfinished.replace(path)
            finally:
                unfinished.unlink(missing_ok=True)
        return path

    def __str__(self) -> str:
        """Tell the plan in words."""
        return self.told()

    def told(self, without: Collection[str] = ()) -> str:
        """Tell the plan in words, but not the findings of these codes."""
        counts: dict[str, int] = {}
        for column in self.schema:
            counts[column.role] = counts.get(column.role, 0) + 1
        roles = ", ".join(f"{count} {role.replace('_', ' ')}" for role, count in counts.items())
        task = f"{self.task.kind} ({self.task.reason})" if self.task.reason else self.task.kind
        lines = [
            f"Predict {self.task.target!r} from {self.source}: {self.n_rows:,} rows, {len(self.schema)} columns "
            f"({roles}).",
            f"Task: {task}.",
            f"Metric: {self.metric}, {'higher' if self.greater_is_better else 'lower'} is better "
            f"({self.metric_reason}).",
            *(f"  {sentence}" for sentence in (self.prospect.meaning if self.prospect else ())),
            f"Validation: {self.folds.reason}",
            f"Algorithms: {', '.join(each.name for each in self.algorithms)}.",
            f"Budget: {self.budget}; {self.workers} worker{'s' * (self.workers > 1)} with {self.threads} "
            f"thread{'s' * (self.threads > 1)} each; seed {self.seed}.",
        ]
        lines += [f"  Likely enough for {self.prospect.coverage}."] if self.prospect else []
        lines += [f"Decided by: {_decision(self)}."] if self.costs else []
        lines += [f"Joined: {each}." for each in self.joins]
        lines += (
            [
                f"Unlabelled: {self.n_unlabeled:,} rows; after the search the best candidates are trained again with "
                "them, and kept where that is better out of fold."
            ]
            if self.n_unlabeled
            else []
        )
        lines += [f"Constraints: {self.constraints}."] if self.constraints.given else []
        lines += [f"Warm start: {self.warm_start}"] if self.warm_start is not None else []
        lines += [f"Strategy: {self.strategy}."] if str(self.strategy) else []
        lines += [f"Left out: {name}, which {reason}." for name, reason in self.left_out.items()]
        told = {name for each in self.noticed for name in each.columns}
        lines += [
            f"Set aside: column {column.name!r}, {column.role} ({column.reason})."
            for column in [each for each in self.schema.set_aside if each.name not in told][:20]
        ]
        lines += [f"Note: {note}" for note in self.notes]
        lines += [each.told() for each in self.noticed if each.code not in without]
        return "\n".join(lines)


def _decision(plan: Plan) -> str:
    """Say how labels are decided by costs."""
    assert plan.costs is not None
    told, cut = plan.costs.told(plan.task.classes), plan.costs.threshold
    if cut is None or any(each.is_known for each in plan.costs.amounts):
        return f"{told}; the label of the {'highest gain' if plan.costs.is_gain else 'lowest cost'} to expect is given"
    return f"{told}; {plan.task.classes[1]!r} is given from a probability of {cut:.3g} on"
