"""What of an earlier search is of use to this one, and how its losses are read on this one's scale.

An earlier search (another month's table, a related target) knows which configurations did well. Its best ones are
tried right after the dummy: first the best of every family that is in the better half, for an ensemble's sake, then by
loss. All others tell the sampler where to look, but their losses are those of another table, perhaps of another
metric. So they wait until some configurations have been tried in both searches (the dummy nearly always, and the best
ones), and are then moved by the straight line that fits these pairs best. Where no rising line fits, the two searches
disagree on what is good, and the old losses are not used.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from automl.errors import PlanError
from automl.values.candidate import Candidate
from automl.values.earlier import Earlier
from automl.values.evaluation import Evaluation
from automl.values.space import SearchSpace

FIRST = 8  # configurations tried before the portfolio
PRIOR = 40  # trials of a family that guide the sampler
FLOOR = "dummy"


def take(source: str, evaluations: Sequence[Evaluation], spaces: Mapping[str, SearchSpace]) -> Earlier:
    """Return what of these evaluations fits into these spaces.

    Parameters
    ----------
    source
        What they come from, in words, for messages.

    Raises
    ------
    PlanError
        If none has a loss, or none is of an algorithm that takes part.
    """
    known = [each for each in evaluations if each.losses and math.isfinite(each.loss)]
    tried = sorted({each.candidate.algorithm for each in known} - {FLOOR})
    if not tried:
        raise PlanError(f"warm_start: {source} holds no trial with a score. Leave warm_start out, or give another run.")
    if not set(tried) & set(spaces):
        here = ", ".join(sorted(set(spaces) - {FLOOR}))
        raise PlanError(
            f"warm_start: {source} tried {', '.join(tried)}, none of which takes part here ({here}). Name some of them "
            "in algorithms=, or leave warm_start out."
        )
    changed: Counter[str] = Counter()
    fitting = {each.number: _fitted(each.candidate, spaces, changed) for each in known}
    best = [candidate for each in _by_family(known) if (candidate := fitting[each.number]) is not None]
    unchanged = [each for each in known if fitting[each.number] == each.candidate]
    absent = sorted(set(tried) - set(spaces))
    notes = [f"Not in this search: {', '.join(absent)}."] if absent else []
    if changed:
        told = ", ".join(f"{name} ({count}×)" for name, count in changed.most_common(5))
        notes.append(f"Values that lie outside of this search's spaces were dropped: {told}.")
    return Earlier(source, tuple(dict.fromkeys(best))[:FIRST], tuple(_prior(unchanged)), tuple(notes))


def _fitted(candidate: Candidate, spaces: Mapping[str, SearchSpace], changed: Counter[str]) -> Candidate | None:
    """Return the candidate as this search would write it, with defaults for values that it does not allow."""
    space = spaces.get(candidate.algorithm)
    if space is None:
        return None
    declared = {each.name: each for each in space}
    kept = {name: value for name, value in candidate.settings if name in declared and declared[name].contains(value)}
    changed.update(f"{candidate.algorithm}:{name}" for name in candidate.config if name not in kept)
    return Candidate.of(candidate.algorithm, space.complete(kept))


def _by_family(evaluations: Sequence[Evaluation]) -> list[Evaluation]:
    """Return evaluations that count and beat the dummy: the best of each family in the better half, then by loss."""
    floor = min((each.loss for each in evaluations if each.candidate.algorithm == FLOOR), default=math.inf)
    good = [each for each in evaluations if each.counts and each.loss < floor]
    ordered = sorted(good, key=lambda each: (each.loss, each.number))
    families: dict[str, Evaluation] = {}
    for each in ordered[: (len(ordered) + 1) // 2]:
        families.setdefault(each.candidate.algorithm, each)
    ahead = list(families.values())
    return [*ahead, *(each for each in ordered if each not in ahead)]


def _prior(evaluations: Sequence[Evaluation]) -> list[tuple[Candidate, float]]:
    """Return trials and losses, of each family at most :data:`PRIOR`, from its best to its worst."""
    families: dict[str, list[Evaluation]] = {}
    for each in sorted(evaluations, key=lambda each: (each.loss, each.number)):
        families.setdefault(each.candidate.algorithm, []).append(each)
    chosen = []
    for _, members in sorted(families.items()):
        places = np.unique(np.linspace(0, len(members) - 1, min(PRIOR, len(members))).round().astype(int))
        chosen += [(members[place].candidate, members[place].loss) for place in places]
    return chosen


def translated(
    prior: Sequence[tuple[Candidate, float]], here: Mapping[Candidate, float]
) -> list[tuple[Candidate, float]]:
    """Return the trials that were not repeated here, with their losses on this search's scale.

    Parameters
    ----------
    here
        Finite losses of what has been tried here.

    Examples
    --------
    >>> a, b, c = (Candidate.of("ridge", {"alpha": alpha}) for alpha in (1.0, 2.0, 3.0))
    >>> translated([(a, 10.0), (b, 20.0), (c, 15.0)], {a: 0.1, b: 0.2}) == [(c, 0.15)]
    True
    """
    pairs = np.array([(loss, here[candidate]) for candidate, loss in prior if candidate in here])
    if len(pairs) < 2 or np.ptp(pairs[:, 0]) <= 1e-9 * np.abs(pairs[:, 0]).max():
        return []
    there, now = pairs[:, 0], pairs[:, 1]
    slope = float(((there - there.mean()) * (now - now.mean())).sum() / ((there - there.mean()) ** 2).sum())
    if not slope > 0:
        return []
    return [
        (candidate, round(float(now.mean() + slope * (loss - there.mean())), 12))
        for candidate, loss in prior
        if candidate not in here
    ]
