"""What a decision costs or gains, for each pair of a true and a given label: a problem in terms of business.

Where amounts differ from row to row (the sum of a transfer, the price of a visit), a pair has an :class:`Amount` beside
its place in the matrix, which then holds the mean. ``automl.evaluation.costs`` makes a metric of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from automl.errors import PlanError


@dataclass(frozen=True, slots=True)
class Amount:
    """Where the amounts of one pair of labels stand, row by row.

    Attributes
    ----------
    true, given
        The pair, as positions in class order.
    column
        Name of the column; empty where they were given beside the table.
    is_known
        Whether the decision about a row can look at its amount; where it can't, the mean decides.
    """

    true: int
    given: int
    column: str
    is_known: bool


@dataclass(frozen=True, slots=True)
class Costs:
    """What each decision costs, or gains.

    Attributes
    ----------
    matrix
        ``matrix[true][given]`` in class order; the mean where amounts differ from row to row.
    is_gain
        Whether more is better.
    amounts
        Of the pairs whose amounts differ from row to row.

    Raises
    ------
    PlanError
        If the matrix leaves nothing to decide: a label is the best one to give whatever is true.

    Examples
    --------
    >>> costs = Costs(((0.0, 5.0), (1.0, 0.0)))
    >>> costs.threshold
    0.8333333333333334
    >>> print(costs.told(("bad", "good")))
    'bad' taken for 'good' costs 5, 'good' taken for 'bad' costs 1
    >>> Costs.from_json(costs.to_json()) == costs
    True
    """

    matrix: tuple[tuple[float, ...], ...]
    is_gain: bool = False
    amounts: tuple[Amount, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a matrix by which one label is always the best."""
        best = always_best(self.losses)
        if best is not None:
            raise PlanError(
                f"By {self.parameter}={[list(row) for row in self.matrix]} the label number {best + 1} is the best one "
                "to give whatever is true, so there is nothing to decide. The first index is the true label, the "
                f"second the given one: {self.parameter}[true][given]."
            )

    @property
    def name(self) -> str:
        """Name of the metric."""
        return "gain" if self.is_gain else "cost"

    @property
    def parameter(self) -> str:
        """Name of the parameter of ``fit`` that it was given by."""
        return f"{self.name}s"

    @property
    def losses(self) -> list[list[float]]:
        """The matrix turned so that lower is better."""
        return [[-each if self.is_gain else each for each in row] for row in self.matrix]

    @property
    def threshold(self) -> float | None:
        """Probability of the second of two labels from which on it is given; ``None`` of several labels."""
        if len(self.matrix) != 2:
            return None
        (right_first, wrong_second), (wrong_first, right_second) = self.losses
        against, in_favour = wrong_second - right_first, wrong_first - right_second
        return against / (against + in_favour)

    def told(self, labels: Sequence[Any]) -> str:
        """Tell the pairs that are not 0, in words."""
        verb = "gains" if self.is_gain else "costs"
        varying = {(each.true, each.given): each for each in self.amounts}
        parts = []
        for true, row in enumerate(self.matrix):
            for given, value in enumerate(row):
                pair = varying.get((true, given))
                if not value and pair is None:
                    continue
                what = f"{labels[true]!r} " + ("found" if true == given else f"taken for {labels[given]!r}")
                where = "" if pair is None else f" on average ({pair.column or 'one amount for each row'})"
                parts.append(f"{what} {verb} {value:g}{where}")
        return ", ".join(parts[:12]) + (", …" if len(parts) > 12 else "")

    def to_json(self) -> dict[str, Any]:
        """Return plain data from which :meth:`from_json` makes the same."""
        return {
            "matrix": [list(row) for row in self.matrix],
            "is_gain": self.is_gain,
            "amounts": [asdict(each) for each in self.amounts],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Costs:
        """Make what :meth:`to_json` told."""
        amounts = tuple(Amount(**each) for each in data["amounts"])
        return cls(tuple(tuple(row) for row in data["matrix"]), data["is_gain"], amounts)


def always_best(losses: Sequence[Sequence[float]]) -> int | None:
    """Return the label that costs least whatever is true, if there is one.

    Examples
    --------
    >>> always_best([[0.0, 0.0], [5.0, 0.0]]), always_best([[0.0, 1.0], [5.0, 0.0]])
    (1, None)
    """
    return next((given for given in range(len(losses)) if all(row[given] <= min(row) for row in losses)), None)
