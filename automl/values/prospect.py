"""What to expect of a run before it begins: what a good score means, and how far the budget will get.

Nothing is fitted for it but the constant answer (the dummy). How many candidates a time budget is enough for comes from
what the families declare about their own speed, and is therefore a rough figure; the search measures the true one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Coverage:
    """How far the budget is likely to get.

    Attributes
    ----------
    candidates
        How many are likely tried, the dummy included.
    first
        Of the configurations that are tried first, how many of each family, in the order of the search.
    searched
        How many come after these, chosen by what did well.
    not_reached
        Families whose turn likely does not come.
    is_sure
        Whether a number of trials ends the search, so that the count is sure.

    Examples
    --------
    >>> print(Coverage(9, {"dummy": 1, "lightgbm": 2}, 6, ("svm",)))
    about 9 candidates: dummy, 2 of lightgbm, then 6 chosen by what did well. Not reached: svm
    """

    candidates: int
    first: Mapping[str, int]
    searched: int
    not_reached: tuple[str, ...] = ()
    is_sure: bool = False

    def __str__(self) -> str:
        """Tell it in words."""
        parts = [name if count == 1 else f"{count} of {name}" for name, count in self.first.items()]
        parts += [f"then {self.searched} chosen by what did well"] if self.searched else []
        words = f"{'' if self.is_sure else 'about '}{self.candidates} candidate{'s' * (self.candidates != 1)}"
        missed = f". Not reached: {', '.join(self.not_reached)}" if self.not_reached else ""
        return f"{words}: {', '.join(parts)}{missed}"


@dataclass(frozen=True, slots=True)
class Prospect:
    """What a good score means, and what the budget is enough for.

    Attributes
    ----------
    dummy
        Score of the constant answer on the folds; ``None`` where the metric gives it none.
    meaning
        What that score, the best one and one point more are worth, one sentence each.
    coverage
        How far the budget gets.
    """

    dummy: float | None
    meaning: tuple[str, ...]
    coverage: Coverage = field(default_factory=lambda: Coverage(0, {}, 0))

    def to_json(self) -> dict[str, Any]:
        """Return plain data from which :meth:`from_json` makes the same."""
        return {
            "dummy": self.dummy,
            "meaning": list(self.meaning),
            "coverage": {**asdict(self.coverage), "not_reached": list(self.coverage.not_reached)},
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Prospect:
        """Make what :meth:`to_json` told."""
        coverage = {**data["coverage"], "not_reached": tuple(data["coverage"]["not_reached"])}
        return cls(data["dummy"], tuple(data["meaning"]), Coverage(**coverage))
