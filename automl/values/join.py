"""Other tables whose columns join the main one: what the caller asks for, and what was found and is done again later.

A :class:`Join` is the request. A :class:`JoinedTable` is what became of it with the training table: it stands in the
plan, is plain data, and says everything that new rows need to get the same columns.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from automl.errors import PlanError, suggest
from automl.values.schema import Column, Schema


@dataclass(frozen=True, slots=True)
class Join:
    """How another table joins the main one.

    Attributes
    ----------
    on
        Columns of the main table that name a row of the other one.
    key
        The same columns in the other table, where they are called otherwise.
    unique
        States that each key stands in one row of the other table at most; where it doesn't, that is an error. Otherwise
        a table with repeated keys is aggregated, one row per key.
    until
        A column of the main table: when its row was known. Only what the other table says of earlier times is then
        aggregated.
    time
        The other table's column that ``until`` is compared with.
    query
        What to ask, where the other table is in a database.
    data
        The table itself, or where it is now, where it isn't what the join is called.

    Raises
    ------
    PlanError
        If these contradict each other.

    Examples
    --------
    >>> Join("customer", key="id").pairs
    (('customer', 'id'),)
    """

    on: str | Sequence[str]
    key: str | Sequence[str] | None = None
    unique: bool = False
    until: str | None = None
    time: str | None = None
    query: str | None = None
    data: Any = field(default=None, repr=False)  # an address may hold a password

    def __post_init__(self) -> None:
        """Check the parts against each other."""
        left = _names(self.on, "on")
        right = left if self.key is None else _names(self.key, "key")
        if len(left) != len(right):
            raise PlanError(
                f"on={self.on!r} names {len(left)} columns and key={self.key!r} {len(right)}; name as many."
            )
        if (self.until is None) != (self.time is None):
            raise PlanError("until= names a column of the main table and time= one of the other; give both or neither.")
        if self.unique and self.until is not None:
            raise PlanError("unique=True and until= contradict each other: a key with one row has no earlier ones.")

    @classmethod
    def of(cls, asked: Any) -> Join:
        """Return what is asked for: a key's column or columns, a join, or its parts by name, as in a plan's file.

        Examples
        --------
        >>> Join.of({"on": "customer", "key": "id"}) == Join("customer", key="id")
        True
        """
        if isinstance(asked, Join):
            return asked
        if not isinstance(asked, Mapping):
            return cls(asked)
        known = [each.name for each in fields(cls)]
        for name in asked:
            if name not in known:
                raise PlanError(f"There is no part {name!r} of a join. {suggest(str(name), known)}")
        if "on" not in asked:
            raise PlanError("on= is missing: name the column that both tables have.")
        return cls(**asked)

    @property
    def parts(self) -> dict[str, Any]:
        """What is said beyond the defaults, by name."""
        told = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: value for name, value in told.items() if value is not None and value is not False}

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """The key's columns in the main table, each with that of the other."""
        left = _names(self.on, "on")
        return tuple(zip(left, left if self.key is None else _names(self.key, "key"), strict=True))


def _names(given: Any, what: str) -> tuple[str, ...]:
    names = (given,) if isinstance(given, str) else tuple(given) if isinstance(given, Iterable) else ()
    if not names or not all(isinstance(name, str) and name for name in names):
        raise PlanError(f"{what}={given!r}; give the name of a column, or a list of names.")
    return names


@dataclass(frozen=True, slots=True)
class JoinedTable:
    """A join as it was done with the training table.

    Attributes
    ----------
    name
        What the columns' names begin with.
    source
        Where the table is: a path or address without password; ``None`` for a table in memory.
    pairs
        The key's columns in the main table, each with that of the other.
    aggregated
        Whether several rows of a key were made one.
    columns
        Columns that were taken or aggregated, as they are read.
    until, time
        The columns whose times are compared, as they are read, where only what is earlier counts.
    query
        What is asked, where the table is in a database.
    """

    name: str
    source: str | None
    pairs: tuple[tuple[str, str], ...]
    aggregated: bool
    columns: tuple[Column, ...]
    until: Column | None = None
    time: Column | None = None
    query: str | None = None

    def __str__(self) -> str:
        """Tell the join in a clause."""
        key = ", ".join(left if left == right else f"{left} = {right}" for left, right in self.pairs)
        many = "1 column" if len(self.columns) == 1 else f"{len(self.columns)} columns"
        how = f"{many} {'aggregated' if self.aggregated else 'looked up'}"
        earlier = f", only what is earlier than {self.until.name!r}" if self.until else ""
        return f"{self.name} by {key} ({how}{earlier})"

    def to_json(self) -> dict[str, Any]:
        """Return plain data from which :meth:`from_json` makes it again."""
        return {
            "name": self.name,
            "source": self.source,
            "pairs": [list(pair) for pair in self.pairs],
            "aggregated": self.aggregated,
            "columns": Schema(self.columns).to_json(),
            "until": None if self.until is None else Schema((self.until,)).to_json()[0],
            "time": None if self.time is None else Schema((self.time,)).to_json()[0],
            "query": self.query,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> JoinedTable:
        """Make what :meth:`to_json` told."""
        times = {name: Column(**data[name]) for name in ("until", "time") if data[name] is not None}
        pairs = tuple((left, right) for left, right in data["pairs"])
        return cls(**{**data, **times, "pairs": pairs, "columns": Schema.from_json(data["columns"]).columns})
