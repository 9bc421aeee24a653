"""Many pieces of rows become one table, and one that memory can't hold becomes a sample of its rows.

Rows are drawn as they stream by: each gets a random number and stays while that is below a bar, which is lowered when
what is held grows too large. So every row has the same chance, whether it stands at the top or at the end, nothing need
be known about the length, and the same file with the same memory gives the same sample.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from automl.data.sources.dialects import refuse_twice
from automl.errors import DataError
from automl.machine import available_memory
from automl.values.size import format_bytes

CHUNK_ROWS = 50_000
_SHARE = 0.25  # of free memory for the table: its encoded copy and the models need the rest
_LOWER = 0.8  # of its height the bar is lowered to
_SEED = 20_260


def memory_for_table() -> int:
    """Return how many bytes a table may take here: a power of two, so that the next call mostly says the same."""
    return 1 << max(0, int(_SHARE * available_memory()).bit_length() - 1)


@dataclass(frozen=True, slots=True)
class Stream:
    """One file or query: its name for messages, and a way to read it from the start, some columns as they are written.

    Attributes
    ----------
    spells
        Whether the types of a column are read from its texts, and so may differ from piece to piece.
    """

    where: str
    pieces: Callable[[Collection[str]], Generator[pd.DataFrame]]
    spells: bool = False


@dataclass(frozen=True, slots=True)
class Gathered:
    """A table, and how many rows there were."""

    frame: pd.DataFrame
    n_rows: int


def gather(streams: Sequence[Stream], limit: int | None, where: str) -> Gathered:
    """Return the rows of all streams as one table of at most ``limit`` bytes; ``None`` for all of them.

    A column whose texts look like numbers in one piece and like words in another is read once more, as it is written.

    Raises
    ------
    DataError
        If the streams have differing columns.
    """
    rows = _RowSample(limit)
    rows.take(streams, (), where)
    mixed = rows.mixed()
    if mixed and any(stream.spells for stream in streams):
        rows = _RowSample(limit)
        rows.take(streams, mixed, where)
    return Gathered(rows.frame(), rows.n_rows)


class _RowSample:
    """Rows that are held, each piece with its random numbers."""

    def __init__(self, limit: int | None) -> None:
        self.n_rows = 0
        self._limit = limit
        self._random = np.random.default_rng(_SEED)
        self._bar = 1.0
        self._held: list[tuple[pd.DataFrame, npt.NDArray[np.float64]]] = []
        self._bytes = 0
        self._kinds: dict[str, set[str]] = {}
        self._empty = pd.DataFrame()

    def take(self, streams: Sequence[Stream], as_text: Collection[str], where: str) -> None:
        names: dict[str, None] = {}
        for number, stream in enumerate(streams):
            seen: dict[str, None] = {}
            for piece in stream.pieces(as_text):
                own = [str(name) for name in piece.columns]
                refuse_twice(own, stream.where)
                seen |= dict.fromkeys(own)
                self._add(piece)
            if number == 0:
                names = seen
            elif seen.keys() != names.keys():
                raise DataError(_differing(where, streams[0].where, list(names), stream.where, list(seen)))

    def _add(self, piece: pd.DataFrame) -> None:
        self.n_rows += len(piece)
        for name, values in piece.items():
            kind = _kind(values)
            if kind is not None:
                self._kinds.setdefault(str(name), set()).add(kind)
        if not len(piece):
            self._empty = piece
            return
        if self._limit is None:
            self._held.append((piece, np.empty(0)))
            return
        keys = self._random.random(len(piece))
        self._hold(piece, keys)
        while self._bytes > self._limit and self._bar > 1e-9:
            self._bar *= _LOWER
            held, self._held, self._bytes = self._held, [], 0
            for rows, own in held:
                self._hold(rows, own)

    def _hold(self, piece: pd.DataFrame, keys: npt.NDArray[np.float64]) -> None:
        stays = keys < self._bar
        if not stays.all():
            piece, keys = piece.loc[stays], keys[stays]
        if len(piece):
            self._held.append((piece, keys))
            self._bytes += int(piece.memory_usage(deep=True).sum())

    def mixed(self) -> frozenset[str]:
        """Return the columns that were of different kinds in different pieces."""
        return frozenset(name for name, kinds in self._kinds.items() if len(kinds) > 1)

    def frame(self) -> pd.DataFrame:
        frames = [piece for piece, _ in self._held]
        if len(frames) == 1 and self._bar == 1.0:
            return frames[0]
        if not frames and not self.n_rows:
            return self._empty
        if not frames:
            raise DataError(
                f"A table of at most {format_bytes(self._limit or 0)} can't hold a single row; give more memory."
            )
        filled = [_without_empty(piece) for piece in frames]  # an empty column has no type to go by
        table = pd.concat(filled, ignore_index=True)
        names = list(dict.fromkeys(name for piece in frames for name in piece.columns))
        return table.reindex(columns=names)


def _without_empty(piece: pd.DataFrame) -> pd.DataFrame:
    empty = [name for name in piece.columns if piece[name].dtype.kind in "fO" and piece[name].isna().all()]
    return piece.drop(columns=empty)


def _kind(values: pd.Series) -> str | None:
    """Return what a column's cells are: numbers, truth or something else; ``None`` where there is no cell."""
    if values.dtype.kind in "iu":
        return "number"
    if values.dtype.kind == "f":
        return None if values.isna().all() else "number"
    if values.dtype.kind == "b":
        return "truth"
    if values.dtype == object:
        found = pd.api.types.infer_dtype(values, skipna=True)
        return {"empty": None, "boolean": "truth"}.get(found, found)
    return str(values.dtype) if values.notna().any() else None


def _differing(where: str, first: str, names: Sequence[str], other: str, own: Sequence[str]) -> str:
    lacks = [name for name in names if name not in own]
    more = [name for name in own if name not in names]
    told = [f"lacks {_listed(lacks)}"] if lacks else []
    told += [f"has {_listed(more)}"] if more else []
    return (
        f"The files of {where} have differing columns: {other} {' and '.join(told)}, unlike {first}. Name the files "
        "that make one table, with a pattern, or give them the same columns."
    )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names[:5])) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
