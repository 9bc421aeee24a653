"""What was found in the table: the target, the columns and their roles, what was set aside and why."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from automl.dashboard.wording import count, listed, name, plain
from automl.report.absent import Absent, attempt
from automl.report.audience import Depth
from automl.report.blocks import Block, Figure, Heading, Section, told
from automl.report.claims.caution import leaks, notes
from automl.report.figures import figure_of
from automl.report.material import Material
from automl.report.sentence import Sentence
from automl.report.tables import table_of
from automl.values.task import Task

if TYPE_CHECKING:
    from automl.plotting import Picture

_BINS = 40
_MOST_LABELS = 25
_PARTS = {
    "sample_weight": "Rows are weighted by",
    "groups": "Rows are grouped by",
    "time_column": "Rows are in time by",
}


def data(material: Material, depth: Depth) -> Section:
    """Return the section."""
    plan = material.run.plan
    schema = plan.schema
    frame = pd.DataFrame(
        [(column.name, column.role.replace("_", " "), column.is_used, column.reason) for column in schema],
        columns=["column", "role", "used", "reason"],
    )
    blocks: list[Block | Heading] = [told(*findings(material))]
    target = _target(material)
    if target is not None:
        blocks += [Heading("The target"), target]
    blocks += [
        Heading("The columns"),
        table_of(frame.sort_values("used", kind="stable"), "Columns", key="schema", most=depth.schema_rows, first=True),
    ]
    return Section("data", "Data", tuple(blocks))


def findings(material: Material) -> list[Sentence]:
    """Return what was found in the table, what was set aside, and what was noticed."""
    plan = material.run.plan
    used = Counter(column.role for column in plan.schema.used)
    roles = [f"{n:,} {role.replace('_', ' ')}" for role, n in used.most_common()]
    said = [
        Sentence(
            f"{count(plan.n_rows, 'row')} with a target and {count(len(plan.schema), 'column')} of "
            f"{plain(plan.source)}. Models see {count(len(plan.schema.used), 'column')}: {listed(roles, 8)}."
        )
    ]
    said += [Sentence(f"Joined {plain(str(each), 200)}.") for each in plan.joins]
    aside = [f"{name(column.name, 40)} ({plain(column.reason, 80)})" for column in plan.schema.set_aside]
    if aside:
        said.append(Sentence(f"Set aside: {listed(aside, 6)}."))
    leaking = leaks(material)
    said += [] if leaking is None else [leaking]
    said += [Sentence(f"{words} {name(plan.roles[role])}.") for role, words in _PARTS.items() if plan.roles.get(role)]
    return said + notes(material)


def _target(material: Material) -> Figure | None:
    found = attempt(material.run.truth)
    if isinstance(found, Absent):
        return None
    frame = distribution(found[0], material.run.task)
    target = material.run.task.target
    alt = f"How the {len(found[0]):,} values of {target} are distributed."
    return figure_of(_draw(frame, material.run.task), "target", f"Values of {target}", alt, frame, first=True)


def distribution(y: npt.NDArray[Any], task: Task) -> pd.DataFrame:
    """Return ``label, rows`` of a classifier's target, the most frequent first; ``low, high, rows`` of a quantity.

    Examples
    --------
    >>> distribution(np.array([0, 1, 1]), Task("binary", "bought", ("no", "yes")))["rows"].tolist()
    [2, 1]
    """
    if task.is_classification:
        rows = np.bincount(y, minlength=task.n_classes)
        order = np.argsort(-rows, kind="stable")
        labels = pd.Series([task.classes[k] for k in order], dtype=object)
        return pd.DataFrame({"label": labels, "rows": rows[order]})
    counts, edges = np.histogram(y, bins=_BINS)
    return pd.DataFrame({"low": edges[:-1], "high": edges[1:], "rows": counts})


def _draw(frame: pd.DataFrame, task: Task) -> Picture:
    from automl.plotting import COLOURS, look, new_figure, one_line

    shown = frame.head(_MOST_LABELS)
    with look():
        if not task.is_classification:
            figure = new_figure(6.4, 3.0)
            axes = figure.subplots()
            axes.bar(frame["low"], frame["rows"], width=frame["high"] - frame["low"], align="edge", color=COLOURS[0])
            axes.set(xlabel=one_line(task.target), ylabel="rows", title="Values of the target")
            return figure
        figure = new_figure(6.4, 1.1 + 0.28 * max(len(shown), 2))
        axes = figure.subplots()
        bars = axes.barh(range(len(shown)), shown["rows"], color=COLOURS[0], height=0.65)
        axes.bar_label(bars, [f"{n:,}" for n in shown["rows"]], padding=3)
        axes.set_yticks(range(len(shown)), [one_line(each) for each in shown["label"]])
        axes.invert_yaxis()
        axes.margins(x=0.12)
        axes.grid(visible=False, axis="y")
        axes.set(xlabel="rows", title=f"Labels of {one_line(task.target)}")
    return figure
