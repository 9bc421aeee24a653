"""Several candidates against each other, with chance findings held down for all comparisons together.

Among many comparisons some look like findings by chance alone. Holm, "A simple sequentially rejective multiple test
procedure" (1979): the smallest p-value is held against the level divided by the number of comparisons, the next against
the level divided by one less, and so on until one fails. Each interval here is at the level that its step of the
procedure has, so that intervals and verdicts agree.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

import pandas as pd

from automl.comparison.material import Candidate, RunLike
from automl.comparison.pair import checked, gather, judge
from automl.comparison.result import Comparison
from automl.comparison.wording import percent
from automl.errors import PlanError, suggest

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, slots=True)
class Comparisons:
    """Comparisons of several candidates, the clearest first.

    Attributes
    ----------
    comparisons
        One a pair; each at the level of its step.
    level
        Of all of them together.
    """

    comparisons: tuple[Comparison, ...]
    level: float

    @property
    def verdict(self) -> str:
        """Who is better than whom, in one sentence for each candidate that beats another, and what stays open."""
        beaten: dict[str, list[str]] = {}
        still_open: list[str] = []
        same: list[str] = []
        for each in self.comparisons:
            if each.outcome in ("a", "b"):
                better, worse = (each.a, each.b) if each.outcome == "a" else (each.b, each.a)
                beaten.setdefault(better, []).append(worse)
            else:
                (same if each.outcome == "same" else still_open).append(f"{each.a} and {each.b}")
        said = [f"{better} is better than {_listed(worse)}." for better, worse in beaten.items()]
        said += [f"Practically the same: {'; '.join(same)}."] if same else []
        said += [f"Undecided: {'; '.join(still_open)}."] if still_open else []
        return " ".join(said)

    def frame(self) -> pd.DataFrame:
        """Return a row a comparison: scores, gain, interval, p-value, Holm's p-value and outcome."""
        return pd.DataFrame(
            [
                {
                    "a": each.a,
                    "b": each.b,
                    "score_a": each.score_a,
                    "score_b": each.score_b,
                    "gain": each.gain,
                    "low": each.interval[0],
                    "high": each.interval[1],
                    "p": each.p,
                    "p_adjusted": each.p_adjusted,
                    "outcome": each.outcome,
                    "test": each.test.name,
                }
                for each in self.comparisons
            ]
        )

    def plot(self) -> Figure:
        """Return a picture of the intervals."""
        from automl.comparison.picture import interval_picture

        return interval_picture(self.comparisons)

    def __str__(self) -> str:
        """Say the verdict and how it was found."""
        first = self.comparisons[0]
        counted = f"{len(self.comparisons)} comparisons" if len(self.comparisons) > 1 else "One comparison"
        tests = ", ".join(dict.fromkeys(each.test.name for each in self.comparisons))
        how = f"{counted} in {first.metric} on {first.source}, together at the level {percent(self.level)} (Holm)"
        return "\n".join([self.verdict, f"{how}: {tests}.", *first.notes])


def compare_all(
    candidates: Mapping[str, Any] | RunLike,
    data: Any = None,
    *,
    which: Sequence[int | str] = (1, 2, 3),
    against: str | None = None,
    target: Any = None,
    metric: Any = "auto",
    sample_weight: Any = None,
    groups: Any = None,
    level: float = 0.95,
    rope: float | None = None,
    random_state: int = 0,
) -> Comparisons:
    """Compare several candidates on the same rows and hold chance findings down for all comparisons together.

    Parameters
    ----------
    candidates
        Names and what :func:`compare` takes; or one run, of which the rows ``which`` are compared.
    which
        Ranks or ids of a run's rows.
    against
        The candidate that every other is compared with; by default every pair is compared.
    data, target, metric, sample_weight, groups, rope, random_state
        As in :func:`compare`.
    level
        Of all comparisons together.

    Raises
    ------
    PlanError, DataError
        As :func:`compare` does; and if there are fewer than two candidates, or none is called ``against``.

    Examples
    --------
    >>> y = ["no", "yes"] * 50
    >>> answers = {"old": ["no"] * 100, "new": y[:90] + ["no"] * 10, "copy": ["no"] * 100}
    >>> print(compare_all(answers, target=y, against="old").verdict)
    new is better than old. Practically the same: old and copy.
    """
    level, rope = checked(level, rope)
    if isinstance(candidates, RunLike):
        chosen = [Candidate(str(each), candidates, each) for each in which]
        names = None
    elif isinstance(candidates, Mapping):
        chosen = [Candidate(str(name), what) for name, what in candidates.items()]
        names = [each.name for each in chosen]
    else:
        raise PlanError(f"candidates is a {type(candidates).__name__}; give a dict of names and candidates, or a run.")
    if len(chosen) < 2:
        raise PlanError(f"There is {len(chosen)} candidate to compare; give at least two.")
    material = gather(chosen, data, target, metric, names=names, sample_weight=sample_weight, groups=groups)
    if against is None:
        pairs = list(combinations(range(len(chosen)), 2))
    elif against in material.names:
        first = material.names.index(against)
        pairs = [(first, other) for other in range(len(chosen)) if other != first]
    else:
        raise PlanError(f"No candidate is called against={against!r}. {suggest(against, material.names)}")
    judged = [
        judge(material, a, b, level=level, rope=rope, seed=random_state, finest=(1 - level) / len(pairs))
        for a, b in pairs
    ]
    return Comparisons(tuple(holm(judged, level)), level)


def holm(comparisons: Sequence[Comparison], level: float) -> list[Comparison]:
    """Return the comparisons in the order of their p-values, with adjusted ones and the level of their step."""
    ordered = sorted(comparisons, key=lambda each: each.p)
    adjusted, stepped, stopped_at = 0.0, [], None
    for place, each in enumerate(ordered):
        left = len(ordered) - place
        adjusted = max(adjusted, min(1.0, left * each.p))
        stopped_at = stopped_at or (left if adjusted > 1 - level else None)
        stepped.append(replace(each, p_adjusted=adjusted, level=1 - (1 - level) / (stopped_at or left)))
    return stepped


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
