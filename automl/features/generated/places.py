"""Pairs of coordinates: seen from other directions, and as distances from where the rows are.

A tree cuts a map north-south and east-west only; a coast that runs askew, or a circle around a city, takes it many
cuts. Which columns are coordinates is found from their values, whatever their names: fractions within the range of
latitudes and of longitudes, spread alike, that together leave most of the map empty. Columns that only look like
that do no harm, since what is made of them has to prove its use like everything else.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import spearmanr
from sklearn.base import BaseEstimator

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

ANGLES = (15, 30, 60, 75, 105, 120, 150, 165)  # degrees; 45 and 135 are sum and difference
N_CENTRES = 6
MOST_PAIRS = 2
N_CELLS = 16  # of a map, on each side, each row and column of cells with as many table rows
FULLEST = (
    0.55  # of the cells that hold 9 of 10 rows on a map of coordinates; .9 if the columns know nothing of each other
)
FEWEST_DISTINCT = 50
MOST_ALIKE = 0.96  # rank correlation beyond which two columns are one quantity measured twice
LEAST_TYPICAL = 1.0  # degrees: shares and standardised numbers lie closer to zero


class Places(BaseEstimator):
    """Turn maps and measure distances on them.

    Attributes
    ----------
    terms_
        ``(n_terms, 2)``: the columns of latitude and longitude.
    points_
        ``(n_terms, 3)``: 1 for a distance, with the place it is from; 0 for a direction, with its sine and cosine.

    Examples
    --------
    >>> random = np.random.default_rng(0)
    >>> towns = np.array([[59.91, 10.75], [60.39, 5.32], [63.43, 10.40], [58.97, 5.73]])[random.integers(0, 4, 500)]
    >>> made = Places().propose(numbers=[0, 1], codes=[]).learn(towns + 0.1 * random.normal(size=(500, 2)))
    >>> len(made.names(["north", "east"])), made.names(["north", "east"])[0]
    (14, 'north, east turned by 15°')
    """

    def propose(self, numbers: Sequence[int], codes: Sequence[int]) -> Places:
        """Take note of the columns that coordinates may be among."""
        del codes
        self.numbers_ = list(numbers)
        return self

    def learn(self, rows: npt.NDArray[Any]) -> Places:
        """Find pairs of coordinates and the centres of their rows; what was found once stays."""
        if hasattr(self, "terms_"):
            return self
        pairs = coordinates(rows, self.numbers_)
        terms, points = [], []
        for latitude, longitude in pairs:
            turned = [(0.0, np.sin(np.deg2rad(angle)), np.cos(np.deg2rad(angle))) for angle in ANGLES]
            near = [(1.0, *centre) for centre in _centres(rows[:, [latitude, longitude]])]
            points += [*turned, *near]
            terms += [(latitude, longitude)] * (len(turned) + len(near))
        self.terms_: Ints = np.array(terms, dtype=np.int64).reshape(-1, 2)
        self.points_: Floats = np.array(points, dtype=np.float64).reshape(-1, 3)
        return self

    def keep(self, chosen: Ints) -> None:
        """Forget all terms but those in these places."""
        self.terms_, self.points_ = self.terms_[chosen], self.points_[chosen]

    def transform(self, rows: npt.NDArray[Any]) -> Floats:
        """Return ``(n_rows, n_terms)``: degrees, those of longitude as long as those of latitude."""
        north = rows[:, self.terms_[:, 0]].astype(np.float64)
        east = rows[:, self.terms_[:, 1]].astype(np.float64)
        is_distance, p, q = self.points_.T
        with np.errstate(over="ignore", invalid="ignore"):
            turned = p * north + q * east
            distance = np.hypot(north - p, (east - q) * np.cos(np.deg2rad(np.clip(p, -90, 90))))
        found: Floats = np.where(is_distance > 0, distance, turned)
        return found

    def levels(self) -> Ints:
        """Return zeros: these are numbers."""
        return np.zeros(len(self.terms_), dtype=np.int64)

    def names(self, names_in: Sequence[str]) -> list[str]:
        """Name the terms."""
        told = []
        for (latitude, longitude), (is_distance, p, q) in zip(self.terms_.tolist(), self.points_.tolist(), strict=True):
            pair = f"{names_in[latitude]}, {names_in[longitude]}"
            angle = round(float(np.rad2deg(np.arctan2(p, q))))
            told.append(f"distance of {pair} from {p:.3f}, {q:.3f}" if is_distance else f"{pair} turned by {angle}°")
        return told

    def sources(self) -> list[tuple[int, ...]]:
        """Return the columns that each term is made from."""
        return [(latitude, longitude) for latitude, longitude in self.terms_.tolist()]


def coordinates(rows: npt.NDArray[Any], numbers: Sequence[int]) -> list[tuple[int, int]]:
    """Return the pairs of columns that look like latitude and longitude, the surest first.

    Examples
    --------
    >>> random = np.random.default_rng(0)
    >>> coordinates(random.normal(size=(500, 2)), [0, 1])
    []
    """
    likely = [j for j in sorted(numbers) if _is_angle(rows[:, j])]
    found = []
    for a, b in itertools.combinations(likely, 2):
        known = ~np.isnan(rows[:, a]) & ~np.isnan(rows[:, b])
        first, second = rows[known, a].astype(np.float64), rows[known, b].astype(np.float64)
        if len(first) < FEWEST_DISTINCT or not 0.05 < np.ptp(first) / max(np.ptp(second), 1e-9) < 20:
            continue
        if abs(float(spearmanr(first, second).statistic)) > MOST_ALIKE:
            continue
        fullness = _fullness(first, second)
        if fullness < FULLEST:
            # The wider of the two is the longitude, if only one can be; else latitude comes first, as people write it.
            pair = (b, a) if np.abs(first).max() > 90 >= np.abs(second).max() else (a, b)
            found.append((fullness, pair))
    return [pair for _, pair in sorted(found)[:MOST_PAIRS]]


def _is_angle(column: npt.NDArray[Any]) -> bool:
    known = column[~np.isnan(column)]
    if not len(known) or np.abs(known).max() > 180 or len(np.unique(known)) < FEWEST_DISTINCT:
        return False
    if np.median(np.abs(known)) < LEAST_TYPICAL:
        return False
    return bool(np.mean(known != np.round(known)) > 0.8)


def _fullness(first: Floats, second: Floats) -> float:
    """Return the share of cells that hold nine tenths of the rows."""
    cells = [np.argsort(np.argsort(each)) * N_CELLS // len(each) for each in (first, second)]
    counts = np.sort(np.bincount(cells[0] * N_CELLS + cells[1], minlength=N_CELLS**2))[::-1]
    needed = int(np.searchsorted(np.cumsum(counts), 0.9 * len(first))) + 1
    return needed / min(N_CELLS**2, len(first))


def _centres(points: npt.NDArray[Any]) -> list[list[float]]:
    from sklearn.cluster import KMeans

    known = points[~np.isnan(points).any(axis=1)].astype(np.float64)
    means = KMeans(min(N_CENTRES, len(known)), n_init=1, random_state=0).fit(known)
    centres: list[list[float]] = means.cluster_centers_.round(4).tolist()
    return centres
