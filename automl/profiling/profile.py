"""``automl.profile``: one page about a table, to look at before anything is fitted.

The page has three parts: what was noticed, each finding with what to do; the columns as the engine takes them; and
skrub's ``TableReport``, in which every column can be clicked for its values, distribution and associations. It is one
file that fetches nothing, so that it can be mailed, and it can be read on a phone.
"""

from __future__ import annotations

import html
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pandas as pd

from automl.data.reading import read
from automl.errors import AutoMLWarning, MissingDependency, StorageError
from automl.profiling.columns import ColumnFacts, facts_of
from automl.profiling.noticing import notice, plan_of
from automl.profiling.page import render
from automl.storage.disk import write_bytes
from automl.values.finding import Finding, as_table

MOST_ROWS = 20_000
"""Rows that distributions are drawn from; of more, a sample is."""
MOST_COLUMNS = 200
"""Columns that distributions are drawn of."""


@dataclass(frozen=True, eq=False)
class Profile:
    """A picture of a table.

    Attributes
    ----------
    title, facts
        What the table is called, and what is said of it first.
    noticed
        What was noticed, the gravest first; :attr:`findings` is the same as a DataFrame.
    columns
        What the engine takes each column for.
    html
        The page.
    """

    title: str
    facts: tuple[tuple[str, str], ...]
    noticed: tuple[Finding, ...]
    columns: tuple[ColumnFacts, ...]
    sample: pd.DataFrame
    remarks: tuple[str, ...]

    @property
    def findings(self) -> pd.DataFrame:
        """What was noticed: code, severity, columns, sentence, advice and evidence."""
        return as_table(self.noticed)

    def frame(self) -> pd.DataFrame:
        """Return what the engine takes each column for, a row each."""
        names = ["name", "role", "is_used", "reason", "missing", "distinct"]
        return pd.DataFrame([[getattr(each, name) for name in names] for each in self.columns], columns=names)

    @cached_property
    def html(self) -> str:
        """The page, drawn when it is first asked for."""
        return render(self.title, self.facts, self.noticed, self.columns, _picture(self.sample), self.remarks)

    def save(self, path: str | Path) -> Path:
        """Write the page and return its path.

        Raises
        ------
        StorageError
            If it can't be written.
        """
        place = Path(path).expanduser()
        if place.is_dir():
            raise StorageError(
                f"{place} is a folder; a profile is one file. Give a file's path, such as {place / 'profile.html'}."
            )
        write_bytes(place, self.html.encode())
        return place

    def _repr_html_(self) -> str:
        page = html.escape(self.html, quote=True)
        return f'<iframe srcdoc="{page}" style="width: 100%; height: 44rem; border: 0" title="{self.title}"></iframe>'

    def __repr__(self) -> str:
        """Say what was noticed."""
        lines = [f"{self.title}: " + ", ".join(f"{value} {name.lower()}" for name, value in self.facts)]
        return "\n".join([*lines, *(each.told() for each in self.noticed)])


def profile(data: Any, target: Any = None, *, out: str | Path | None = None, **options: Any) -> Profile:
    """Return a picture of a table: what was noticed, what its columns are, how their values are distributed.

    Parameters
    ----------
    data
        A table, as for :func:`automl.fit`.
    target
        The column to predict, where there is one: then leaks and rare labels are looked for as well.
    out
        A file that the page is written to.
    **options
        Parameters of :func:`automl.fit` that describe the table, such as ``roles`` or ``time_column``.

    Raises
    ------
    MissingDependency
        If skrub is not installed; the extra ``profile`` brings it.
    DataError, PlanError
        If the table can't be read, or there is no such target.
    StorageError
        If the page can't be written.

    Examples
    --------
    >>> import automl
    >>> page = automl.profile(pd.DataFrame({"size": [1.5, 2.5, 4.0] * 9, "shop": ["a"] * 27}))
    >>> page.frame()[["name", "role"]].to_numpy().tolist()
    [['size', 'numeric'], ['shop', 'constant']]
    """
    if find_spec("skrub") is None:
        raise MissingDependency("A profile needs skrub; install the extra 'profile'.")
    frame = read(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AutoMLWarning)  # what they tell stands on the page
        plan = None if target is None else plan_of(frame, target, options)
        schema, noticed = notice(frame, plan, options)
    title = Path(data).name if isinstance(data, str | Path) else "A table"
    facts = [("Rows", f"{len(frame):,}"), ("Columns", f"{len(frame.columns):,}")]
    facts.append(("Cells without a value", f"{frame.isna().to_numpy().mean():.1%}"))
    if plan is not None:
        facts.append(("To predict", f"{plan.task.target} ({plan.task.kind})"))
    sample, remarks = _sample(frame)
    made = Profile(title, tuple(facts), noticed, facts_of(frame, schema), sample, remarks)
    if out is not None:
        made.save(out)
    return made


def _sample(frame: pd.DataFrame) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return what is drawn, and what is to be said of it."""
    remarks = []
    drawn = frame.rename(columns=str)
    if len(frame) > MOST_ROWS:
        drawn = drawn.sample(MOST_ROWS, random_state=0).sort_index()
        remarks.append(f"Drawn from a sample of {MOST_ROWS:,} of the {len(frame):,} rows.")
    if len(frame.columns) > MOST_COLUMNS:
        drawn = drawn.iloc[:, :MOST_COLUMNS]
        remarks.append(f"The first {MOST_COLUMNS} of the {len(frame.columns):,} columns.")
    return drawn, tuple(remarks)


def _picture(sample: pd.DataFrame) -> str:
    """Return skrub's report of the rows as a part of a page."""
    from skrub import TableReport

    settings: Mapping[str, Any] = {"verbose": 0, "plot_distributions": "auto", "compute_associations": "auto"}
    return str(TableReport(sample, **settings).html_snippet())
