"""Other tables, found and checked with the training table, and joined to new rows in the same way.

A table whose key stands in one row at most is looked up; one with repeated keys is aggregated first. Either way the
main table keeps its rows, their order and their index: a join never multiplies rows. What was decided is kept as
:class:`automl.values.join.JoinedTable`, so that new rows get the same columns whatever the other table says by then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import numpy.typing as npt
import pandas as pd

from automl.data.cells import as_dates
from automl.data.columns import find_column
from automl.data.joining.aggregates import aggregate, is_aggregated
from automl.data.joining.keys import IntArray, match_keys
from automl.data.sources.collecting import collect
from automl.data.sources.formats import Options
from automl.errors import DataError, PlanError, suggest
from automl.values.address import shown, without_password
from automl.values.join import Join, JoinedTable
from automl.values.schema import Column

Joins = Mapping[str, Any] | Sequence[JoinedTable]
_FEW_REPEATED = 0.1  # a key that is repeated less was probably meant to be unique
_TIMES = ("datetime", "numeric", "constant")


@dataclass(frozen=True, slots=True)
class Loaded:
    """A joined table and its rows."""

    table: JoinedTable
    rows: pd.DataFrame

    def added_to(self, frame: pd.DataFrame) -> tuple[pd.DataFrame, int]:
        """Return the frame with the table's columns behind its own, and how many of its rows have a match.

        Raises
        ------
        DataError
            If a key that was unique stands in several rows now.
        """
        left, right = _codes(self.table, frame, self.rows)
        found = np.isin(left, right[right >= 0])
        if self.table.until is not None and self.table.time is not None:
            added = _earlier(self.table, frame, self.rows, left, right)
        elif self.table.aggregated:
            n_keys = int(max(left.max(initial=-1), right.max(initial=-1))) + 1
            wanted = np.where(np.isin(right, left), right, -1)
            together = aggregate(self.rows, self.table.columns, wanted, n_keys)
            added = _prefixed(together.reindex(left).reset_index(drop=True), self.table.name)
        else:
            added = _looked_up(self.table, self.rows, left, right)
        added.index = frame.index
        return pd.concat([frame, added], axis=1), int(found.sum())


def join_tables(frame: pd.DataFrame, joins: Joins) -> tuple[pd.DataFrame, tuple[JoinedTable, ...], tuple[str, ...]]:
    """Return a training table with the columns of others, what was joined, and what is to be said about it.

    Parameters
    ----------
    joins
        A key's column or columns, a :class:`automl.Join` or a dict of its parts, by the path or address of each table
        (or by any name, for a ``Join`` with ``data=``). Joins that were done before are done again as they were.

    Raises
    ------
    PlanError
        If a column doesn't exist, or a join is neither a name nor a ``Join``.
    DataError
        If a table can't be read whole, no key is found in it, or a key stated to be unique is not.
    """
    if not isinstance(joins, Mapping):
        return join_again(frame, joins), tuple(joins), ()
    done: list[JoinedTable] = []
    notes: list[str] = []
    for place, asked in joins.items():
        join = Join.of(asked)
        loaded = _load(frame, place, join)
        table = loaded.table
        if any(each.name == table.name for each in done):
            raise PlanError(
                f"Two joined tables are called {table.name!r}; give one another name, as in "
                f"join={{'other': automl.Join({join.on!r}, data={shown(place)!r})}}."
            )
        frame, n_found = loaded.added_to(frame)
        if not n_found:
            keys = " and ".join(repr(left) for left, _ in table.pairs)
            raise DataError(f"No row's {keys} is found in {table.name!r}; check that both name the same things.")
        done.append(table)
        notes += _noticed(loaded, len(frame) - n_found, len(frame))
    return frame, tuple(done), tuple(notes)


def _noticed(loaded: Loaded, n_lost: int, n_rows: int) -> list[str]:
    """Return what is surprising about a join: rows without a match, and a key that is nearly unique."""
    table = loaded.table
    if not table.aggregated:
        told = f"{n_lost:,} of {n_rows:,} rows have no row in {table.name!r}; its columns are missing there."
        return [told] if n_lost else []
    keys = loaded.rows[[right for _, right in table.pairs]]
    n_keys, n_repeated = len(keys.drop_duplicates()), len(keys[keys.duplicated()].drop_duplicates())
    if table.until is not None or n_repeated > _FEW_REPEATED * n_keys:
        return []
    names = " and ".join(repr(right) for _, right in table.pairs)
    return [
        f"The key {names} is unique in {table.name!r} but for {n_repeated:,} of its {n_keys:,} values, so rows of a "
        "key are aggregated. To look it up instead, keep one row of each."
    ]


def join_again(frame: pd.DataFrame, tables: Sequence[JoinedTable | Loaded]) -> pd.DataFrame:
    """Return new rows with the columns that the training table got; those that they have already are not touched.

    Raises
    ------
    DataError
        If the rows lack a key's column, or a key that was unique is not any more.
    """
    for each in tables:
        table = each if isinstance(each, JoinedTable) else each.table
        if any(_is_of(table, str(name)) for name in frame.columns):
            continue
        needed = [left for left, _ in table.pairs] + ([] if table.until is None else [table.until.name])
        absent = [name for name in needed if name not in frame.columns]
        if absent:
            raise DataError(
                f"The rows have no column {absent[0]!r}, which the columns of {table.name!r} are joined by. Add it."
            )
        frame, _ = (load_joined(each) if isinstance(each, JoinedTable) else each).added_to(frame)
    return frame


def with_rows(tables: Sequence[JoinedTable], joins: Joins) -> list[JoinedTable | Loaded]:
    """Return joined tables, those that were in memory with their rows as the joins hold them."""
    held = {str(name): Join.of(asked).data for name, asked in joins.items()} if isinstance(joins, Mapping) else {}
    return [
        Loaded(each, _whole(held[each.name], each.query, each.name))
        if each.source is None and each.name in held
        else each
        for each in tables
    ]


def load_joined(table: JoinedTable) -> Loaded:
    """Read a joined table again, from where it was.

    Raises
    ------
    DataError
        If it is not there any more, lacks columns, or was in memory.
    """
    if table.source is None:
        raise DataError(
            f"The table {table.name!r} was joined from memory and is not kept with the run. Give the rows with its "
            "columns: automl.read(rows, join=…)."
        )
    rows = _whole(table.source, table.query, table.name)
    for name in (*(right for _, right in table.pairs), *(column.name for column in table.columns)):
        if name not in rows.columns:
            raise DataError(f"The table {table.name!r} has no column {name!r} any more, which was joined. Add it.")
    return Loaded(table, rows)


def _load(frame: pd.DataFrame, place: str, join: Join) -> Loaded:
    data = place if join.data is None else join.data
    is_place = isinstance(data, str | Path)
    name = _stem(str(place), join.query) if join.data is None else str(place)
    rows = _whole(data, join.query, name)
    for left, right in join.pairs:
        _refuse_absent(left, frame, f"join of {name!r}")
        _refuse_absent(right, rows, f"the key of {name!r}")
    until = time = None
    if join.until is not None and join.time is not None:
        until = _moment(join.until, frame, "until")
        time = _moment(join.time, rows, f"time of {name!r}")
    keys = [right for _, right in join.pairs]
    columns = tuple(find_column(str(column), rows[column]) for column in rows.columns if column not in keys)
    table = JoinedTable(name, _kept(data) if is_place else None, join.pairs, False, columns, until, time, join.query)
    _, codes = _codes(table, frame, rows)
    counts = np.bincount(codes[codes >= 0])
    repeated = int((counts > 1).sum())
    if repeated and join.unique:
        raise DataError(_not_unique(table, rows, codes))
    aggregated = repeated > 0 or until is not None
    if aggregated:
        columns = tuple(column for column in columns if is_aggregated(column))
    elif not columns:
        raise DataError(f"The table {name!r} has no column besides its key; there is nothing to join.")
    return Loaded(JoinedTable(name, table.source, table.pairs, aggregated, columns, until, time, join.query), rows)


def _whole(data: Any, query: str | None, name: str) -> pd.DataFrame:
    """Return a table with all of its rows; a sample would look up nothing for most and count too few."""
    collected = collect(data, Options(query=query))
    if collected.is_sample:
        raise DataError(
            f"The table {name!r} is too large for memory, and a sample of it can't be joined. Keep what is needed, "
            "or aggregate it where it is."
        )
    return collected.frame


def _codes(table: JoinedTable, frame: pd.DataFrame, rows: pd.DataFrame) -> tuple[IntArray, IntArray]:
    return match_keys([frame[left] for left, _ in table.pairs], [rows[right] for _, right in table.pairs])


def _looked_up(table: JoinedTable, rows: pd.DataFrame, left: IntArray, right: IntArray) -> pd.DataFrame:
    known = right >= 0
    if np.bincount(right[known]).max(initial=0) > 1:
        raise DataError(_not_unique(table, rows, right))
    position = np.full(int(max(left.max(initial=-1), right.max(initial=-1))) + 2, -1, dtype=np.intp)
    position[right[known]] = np.flatnonzero(known)
    taken = rows[[column.name for column in table.columns]].reset_index(drop=True)
    return _prefixed(taken.reindex(position[left]).reset_index(drop=True), table.name)


def _earlier(
    table: JoinedTable, frame: pd.DataFrame, rows: pd.DataFrame, left: IntArray, right: IntArray
) -> pd.DataFrame:
    """Return, for each row of the frame, the aggregates of what the other table says of earlier times."""
    assert table.until is not None
    assert table.time is not None
    asked = pd.DataFrame({"key": left, "until": as_dates(frame[table.until.name], table.until)})
    group = asked.groupby(["key", "until"], dropna=False, sort=False).ngroup().to_numpy()
    moments = asked.loc[~pd.Series(group).duplicated().to_numpy()].assign(group=pd.unique(group))
    told = pd.DataFrame(
        {"key": right, "time": as_dates(rows[table.time.name], table.time), "row": np.arange(len(rows))}
    )
    both = moments.loc[moments["key"] >= 0].merge(told, on="key")
    both = both.loc[both["time"] < both["until"]]
    reference = np.full(len(moments), np.datetime64("NaT", "ns"))
    reference[moments["group"].to_numpy()] = moments["until"].to_numpy()
    some = rows.iloc[both["row"].to_numpy()].reset_index(drop=True)
    together = aggregate(some, table.columns, both["group"].to_numpy(dtype=np.intp), len(moments), reference)
    return _prefixed(together.iloc[group].reset_index(drop=True), table.name)


def _prefixed(columns: pd.DataFrame, name: str) -> pd.DataFrame:
    return columns.rename(columns=lambda each: f"{name} {each}" if each.startswith("(") else f"{name}.{each}")


def _is_of(table: JoinedTable, name: str) -> bool:
    """Tell whether a column is one that the table gives."""
    if table.aggregated:
        return name == f"{table.name} (rows)"
    return any(name == f"{table.name}.{column.name}" for column in table.columns)


def _moment(name: str, frame: pd.DataFrame, what: str) -> Column:
    _refuse_absent(name, frame, what)
    column = find_column(name, frame[name])
    if column.role not in _TIMES:
        raise PlanError(f"The column {name!r} is {column.role} ({column.reason}), no time; it can't be {what}.")
    return column


def _refuse_absent(name: str, frame: pd.DataFrame, what: str) -> None:
    if name not in frame.columns:
        raise PlanError(f"There is no column {name!r} for {what}. {suggest(name, frame.columns)}")


def _not_unique(table: JoinedTable, rows: pd.DataFrame, codes: npt.NDArray[np.intp]) -> str:
    counts = np.bincount(codes[codes >= 0])
    keys = [right for _, right in table.pairs]
    first = rows.loc[codes == int(counts.argmax()), keys].iloc[0].tolist()
    shown_key = repr(first[0]) if len(first) == 1 else str(tuple(first))
    return (
        f"The key {' and '.join(map(repr, keys))} is not unique in {table.name!r}: {int((counts > 1).sum()):,} of its "
        f"{int((counts > 0).sum()):,} values stand in several rows, such as {shown_key} in {int(counts.max()):,}. "
        "A join would multiply rows: keep one row of each, or leave unique=True out, to aggregate them."
    )


def _stem(place: str, query: str | None) -> str:
    """Return what a table is called: its file's name without endings, or the table that is queried."""
    if query is not None and not any(character.isspace() for character in query):
        return query
    path = urlsplit(place).path if "://" in place else place
    name = Path(path.rstrip("/*")).name.split(".")[0]
    if not name:
        raise PlanError(f"The joined table {shown(place)!r} has no name; give it one, with automl.Join(…, data=…).")
    return name


def _kept(place: str | Path) -> str:
    text = str(place)
    return without_password(text) if "://" in text else str(Path(text).expanduser().absolute())
