"""Which candidates are worth more rows.

On a large table the search begins with a sample of the training rows, so that many candidates are seen early. In its
second part the best of them are trained again with more rows, as many as the time that is left allows: the best of
each family first, because an ensemble lives on families. The sample is a part of the larger one and the validation
rows are the same, so what both predict out of fold can be compared and combined.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from automl.values.candidate import Candidate
from automl.values.evaluation import Evaluation

GROWTH = 1.5  # times as many rows that make it worth training again


@dataclass(frozen=True, slots=True)
class Ladder:
    """From the rows of a fold's sample to all of its rows."""

    sample: int
    whole: int

    def promoted(
        self,
        evaluations: Sequence[Evaluation],
        tried: Collection[Candidate],
        seconds_of: Callable[[Candidate], float],
        seconds: float,
    ) -> Candidate | None:
        """Return the best candidate that was not trained with more rows yet, with as many as the time allows.

        Parameters
        ----------
        evaluations
            What was tried on the sample.
        tried
            Candidates of the sample that were promoted before.
        seconds_of
            What a fold of a candidate takes on the sample.
        seconds
            What a fold may take.

        Examples
        --------
        >>> from automl.values.evaluation import FoldResult
        >>> good, bad = (Candidate.of(name, {}) for name in ("good", "bad"))
        >>> done = [Evaluation(k, one, (FoldResult(0, k),), "complete") for k, one in enumerate((good, bad))]
        >>> Ladder(1_000, 50_000).promoted(done, [], lambda one: 1.0, 8.0)
        Candidate(algorithm='good', settings=(), self_trained=False, rows=8000)
        """
        for each in _by_family(evaluations):
            if each.candidate in tried:
                continue
            rows = min(self.whole, int(self.sample * seconds / max(1e-3, seconds_of(each.candidate))))
            if rows >= GROWTH * self.sample:
                return replace(each.candidate, rows=rows)
        return None


def _by_family(evaluations: Sequence[Evaluation]) -> list[Evaluation]:
    """Return complete evaluations of the sample: the best of each family, then the second best of each, and so on."""
    place: dict[str, int] = {}
    ranked = []
    for each in sorted(evaluations, key=lambda each: (each.loss, each.number)):
        name = each.candidate.algorithm
        if each.state == "complete" and each.candidate.rows is None and name != "dummy":
            place[name] = place.get(name, -1) + 1
            ranked.append((place[name], each))
    return [each for _, each in sorted(ranked, key=lambda entry: (entry[0], entry[1].loss, entry[1].number))]
