"""Which columns are known when the prediction is made: the commonest leak, said instead of guessed.

A column that is filled in later (how long the call lasted, whether a reminder was sent) predicts well and is not there
when it is needed. What the caller says of a column stands above what its values look like, in both directions.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from automl.errors import PlanError, suggest

When = Literal["before", "after"]
UNKNOWN = "not known when the prediction is made (available_at)"


@dataclass(frozen=True, slots=True)
class Availability:
    """What was said about columns.

    Attributes
    ----------
    known
        Columns that are known when the prediction is made.
    later
        Columns that are not.
    is_complete
        Whether all that are not among ``known`` are not known.

    Examples
    --------
    >>> said = Availability.of({"call_duration": "after"})
    >>> said.unknown(["age", "call_duration"])
    ['call_duration']
    >>> Availability.of(["age"]).unknown(["age", "call_duration"])
    ['call_duration']
    """

    known: tuple[str, ...] = ()
    later: tuple[str, ...] = ()
    is_complete: bool = False

    @classmethod
    def of(cls, said: Mapping[str, str] | Sequence[str] | None) -> Availability:
        """Return what a caller's dict or list says.

        Raises
        ------
        PlanError
            If it is neither, or a time is neither ``"before"`` nor ``"after"``.
        """
        if said is None:
            return EVERYWHERE
        if isinstance(said, Mapping):
            for name, when in said.items():
                if when not in get_args(When):
                    raise PlanError(
                        f"available_at says {when!r} of the column {name!r}; say 'before' if it is known when the "
                        "prediction is made, 'after' if it is not."
                    )
            names = {str(name): when for name, when in said.items()}
            known, later = (tuple(name for name, when in names.items() if when == wanted) for wanted in get_args(When))
            return cls(known, later)
        if isinstance(said, str) or not isinstance(said, Iterable):
            raise PlanError(
                f"available_at={said!r}; give a dict such as {{'call_duration': 'after'}}, or a list of the columns "
                "that are known when the prediction is made."
            )
        return cls(tuple(map(str, said)), is_complete=True)

    def check(self, columns: Iterable[Any], roles: Mapping[str, str], wanted: Mapping[str, str]) -> None:
        """Refuse what the table or another parameter contradicts.

        Parameters
        ----------
        columns
            Of the table, without the target.
        roles
            Names of the columns that are the target, weights, groups and time, by what they are.
        wanted
            Columns that another parameter asks to use, and the name of that parameter.

        Raises
        ------
        PlanError
            If there is one.
        """
        names = [str(name) for name in columns]
        others = {name: role for role, name in roles.items()}
        for name in (*self.known, *self.later):
            if others.get(name) == "target":
                raise PlanError(
                    f"available_at names {name!r}, which is the target: it is what is predicted. Leave it out."
                )
            if name not in names and name not in others:
                raise PlanError(f"available_at names the column {name!r}, which doesn't exist. {suggest(name, names)}")
        for name in self.unknown(names):
            if name in wanted:
                raise PlanError(
                    f"{wanted[name]} asks for the column {name!r}, but by available_at it is not known when the "
                    f"prediction is made. Leave it out of one of them."
                )

    def unknown(self, columns: Iterable[Any]) -> list[str]:
        """Return which of these columns are not known when the prediction is made."""
        return [name for name in map(str, columns) if self._is_unknown(name, self.known, self.later)]

    def _is_unknown(self, name: str, known: Collection[str], later: Collection[str]) -> bool:
        return name in later or (self.is_complete and name not in known)

    def to_json(self) -> dict[str, str] | list[str] | None:
        """Return what :meth:`of` takes."""
        if self.is_complete:
            return list(self.known)
        return {**dict.fromkeys(self.known, "before"), **dict.fromkeys(self.later, "after")} or None


EVERYWHERE = Availability()
