"""What an earlier search lends to this one, as the plan tells it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from automl.values.candidate import Candidate


@dataclass(frozen=True, slots=True)
class Earlier:
    """What was taken from an earlier search.

    Attributes
    ----------
    source
        What it is, in words: "the run in runs/may (target 'income', 40 trials)".
    first
        Candidates of this search's spaces to try first, the best of each family that does well before its second best.
    prior
        Candidates that were tried there, each with its loss there.
    notes
        What did not fit, one sentence each.
    """

    source: str
    first: tuple[Candidate, ...]
    prior: tuple[tuple[Candidate, float], ...]
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return plain data from which :meth:`from_json` makes the same."""
        return {
            "source": self.source,
            "first": [[each.algorithm, each.config] for each in self.first],
            "prior": [[each.algorithm, each.config, loss] for each, loss in self.prior],
            "notes": list(self.notes),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any] | None) -> Earlier | None:
        """Make what :meth:`to_json` told.

        Examples
        --------
        >>> told = Earlier("the run in runs/may", (Candidate.of("ridge", {"alpha": 1.0}),), ())
        >>> Earlier.from_json(told.to_json()) == told
        True
        """
        if data is None:
            return None
        return cls(
            data["source"],
            tuple(Candidate.of(name, config) for name, config in data["first"]),
            tuple((Candidate.of(name, config), loss) for name, config, loss in data["prior"]),
            tuple(data["notes"]),
        )

    def __str__(self) -> str:
        """Tell it in a sentence or more."""
        families = ", ".join(dict.fromkeys(each.algorithm for each in self.first))
        first = f"{len(self.first)} of its configurations are tried first ({families})"
        told = f"{self.source}: {first if self.first else 'none of its configurations is tried first'}; "
        told += f"{len(self.prior)} of its trials guide the sampler."
        return " ".join([told, *self.notes])
