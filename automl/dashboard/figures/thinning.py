"""Which points to leave out of a figure of many trials."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

MOST_POINTS = 350


def thinned(losses: Sequence[float], kept: Collection[int], most: int = MOST_POINTS) -> list[int]:
    """Return the places of at most ``most`` points (of as many as ``kept``, if those are more), in order.

    Those in ``kept`` stay, then the best fill half of the room, and the others, evenly taken, the rest.

    Examples
    --------
    >>> thinned([0.5, 0.4, 0.3, 0.2, 0.1, 0.9, 0.8, 0.7], kept=[5], most=4)
    [0, 4, 5, 7]
    """
    if len(losses) <= most:
        return list(range(len(losses)))
    chosen = set(kept)
    for at in np.argsort(losses, kind="stable"):
        if len(chosen) >= most // 2:
            break
        chosen.add(int(at))
    others = [at for at in range(len(losses)) if at not in chosen]
    room = max(0, most - len(chosen))
    return sorted(chosen | {others[int(at)] for at in np.linspace(0, len(others) - 1, room)})
