"""What the columns of a table are: a role for each, with the reason, and how to read it.

A :class:`Schema` is made once from the training table (``automl.data.roles``) and travels with every fitted
pipeline, so that rows at prediction time are read the way the training rows were. It knows nothing about the
target's values and holds no row of the table.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

from automl.errors import DataError, suggest

Role = Literal[
    "numeric",  # a quantity
    "boolean",  # two values
    "category",  # few levels
    "high_cardinality",  # a category of many levels
    "text",  # free text
    "datetime",  # a point in time
    "duration",  # a length of time
    "identifier",  # names the row, says nothing about it
    "constant",  # one value
    "missing",  # no value at all
    "leak",  # gives the target away; set aside
    "ignored",  # set aside because the caller said so
]
ROLES: tuple[Role, ...] = get_args(Role)
USED_ROLES: frozenset[Role] = frozenset(
    {"numeric", "boolean", "category", "high_cardinality", "text", "datetime", "duration"}
)


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its role, why, and how its cells are read.

    Attributes
    ----------
    name
        As in the table, as a string.
    role
        One of :data:`ROLES`.
    reason
        One clause for a person: "3 distinct values", "named by the caller".
    code_like
        A numeric column whose integers look like codes (postcodes, product numbers): it is used as a number
        and as a category as well.
    tokens
        Strings that stand for a missing value in this column (``"?"``, ``"-"``, ``" "``).
    decimal
        The decimal mark of numbers that are held as strings.
    truth
        For a boolean column, the string that means true; every other non-missing value means false.
    date_format
        ``strptime`` format of dates held as strings; ``None`` lets pandas read them (ISO 8601 and mixed).
    """

    name: str
    role: Role
    reason: str
    code_like: bool = False
    tokens: tuple[str, ...] = ()
    decimal: str = "."
    truth: str | None = None
    date_format: str | None = None

    def __post_init__(self) -> None:
        """Refuse a role that doesn't exist."""
        if self.role not in ROLES:
            raise DataError(f"Unknown role {self.role!r} for column {self.name!r}. {suggest(self.role, ROLES)}")
        object.__setattr__(self, "tokens", tuple(self.tokens))

    @property
    def is_used(self) -> bool:
        """Whether models see this column."""
        return self.role in USED_ROLES


@dataclass(frozen=True, slots=True)
class Schema:
    """The columns of a table, in its order, without the target.

    Examples
    --------
    >>> schema = Schema((Column("age", "numeric", "numbers"), Column("id", "identifier", "unique")))
    >>> [column.name for column in schema.used]
    ['age']
    >>> Schema.from_json(schema.to_json()) == schema
    True
    """

    columns: tuple[Column, ...]
    _by_name: Mapping[str, Column] = field(init=False, repr=False, compare=False, hash=False)

    def __post_init__(self) -> None:
        """Index the columns by name and refuse a name that stands twice."""
        by_name = {column.name: column for column in self.columns}
        if len(by_name) < len(self.columns):
            names = [column.name for column in self.columns]
            twice = sorted({name for name in names if names.count(name) > 1})
            raise DataError(f"Column names stand more than once: {', '.join(twice)}. Rename or drop the copies.")
        object.__setattr__(self, "_by_name", by_name)

    def __iter__(self) -> Iterator[Column]:
        """Columns in table order."""
        return iter(self.columns)

    def __len__(self) -> int:
        """How many columns there are."""
        return len(self.columns)

    def __getitem__(self, name: str) -> Column:
        """Return the column called ``name``."""
        return self._by_name[name]

    def __contains__(self, name: object) -> bool:
        """Tell whether there is a column called ``name``."""
        return name in self._by_name

    @property
    def used(self) -> tuple[Column, ...]:
        """The columns that models see."""
        return tuple(column for column in self.columns if column.is_used)

    @property
    def set_aside(self) -> tuple[Column, ...]:
        """The columns that models don't see."""
        return tuple(column for column in self.columns if not column.is_used)

    def to_json(self) -> list[dict[str, Any]]:
        """Return plain data from which :meth:`from_json` makes the schema again."""
        return [{**asdict(column), "tokens": list(column.tokens)} for column in self.columns]

    @classmethod
    def from_json(cls, data: list[dict[str, Any]]) -> Schema:
        """Make the schema that :meth:`to_json` told."""
        return cls(tuple(Column(**{**each, "tokens": tuple(each["tokens"])}) for each in data))
