"""Who is ahead: ranks, scaled scores, wins and losses, and whether the differences could be chance.

A system's error on a table is its median over the seeds. Only runs that all compared systems have are compared: common
tables for ranks, common tables and seeds for each pair. A run that failed is worse than any that did not.

The scaled score follows Gijsbers et al., "AMLB: an AutoML Benchmark" (Journal of Machine Learning Research 25, 2024),
who scale each table from a random forest to the best error observed. The tests for several systems on several tables
are those that Demšar recommends in "Statistical comparisons of classifiers over multiple data sets" (Journal of Machine
Learning Research 7, 2006): Friedman with Nemenyi's critical difference for all of them, Wilcoxon's signed ranks for a
pair. Pairs are corrected for their number by Holm's method.
"""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import stats

from reporting.results import Results

REFERENCE = "random_forest"
LEVEL = 0.05
FEWEST_TABLES = 6  # with fewer, no two-sided signed-rank test can reach 5 %


@dataclass(frozen=True, slots=True)
class Pair:
    """How one system did against another.

    Attributes
    ----------
    first, second
        The two systems.
    wins, losses, ties
        Tables on which the first has the lower error, the higher, the same.
    p, corrected_p
        Two-sided p-value of Wilcoxon's signed-rank test over the relative differences of their errors, and the same
        corrected by Holm's method for all pairs that are compared; NaN without a common table.
    """

    first: str
    second: str
    wins: int
    losses: int
    ties: int
    p: float
    corrected_p: float


@dataclass(frozen=True, slots=True)
class Ranking:
    """Mean ranks over the tables that all systems ran on.

    Attributes
    ----------
    tables
        Those tables.
    ranks
        Mean rank by system; 1 is best, ties share the average.
    friedman_p
        P-value of Friedman's test that all are alike; NaN below three systems or two tables.
    critical_difference
        Nemenyi: mean ranks that are further apart differ significantly; NaN below two systems or two tables.
    """

    tables: tuple[str, ...]
    ranks: Mapping[str, float]
    friedman_p: float
    critical_difference: float


def rank(results: Results) -> Ranking:
    """Return the mean ranks and how far apart they must be."""
    tables, systems = results.common(), results.systems
    if not tables:
        return Ranking((), dict.fromkeys(systems, math.nan), math.nan, math.nan)
    errors = np.array([[_error(results, system, table) for system in systems] for table in tables])
    ranks = stats.rankdata(errors, axis=1)
    friedman = math.nan
    if len(systems) > 2 and len(tables) > 1:
        alike = bool((ranks == ranks[:, :1]).all())
        friedman = 1.0 if alike else float(stats.friedmanchisquare(*ranks.T).pvalue)
    means = dict(zip(systems, map(float, ranks.mean(axis=0)), strict=True))
    return Ranking(tables, means, friedman, critical_difference(len(systems), len(tables)))


def critical_difference(n_systems: int, n_tables: int, level: float = LEVEL) -> float:
    """Return how far two mean ranks must be apart to differ significantly, by Nemenyi's test; NaN for too few.

    Examples
    --------
    >>> round(critical_difference(5, 30), 3)  # q = 2.728 for five systems
    1.114
    """
    if n_systems < 2 or n_tables < 2:
        return math.nan
    q = stats.studentized_range.ppf(1 - level, n_systems, np.inf) / math.sqrt(2)
    return float(q * math.sqrt(n_systems * (n_systems + 1) / (6 * n_tables)))


def cliques(ranking: Ranking) -> list[tuple[str, ...]]:
    """Return the largest groups of systems whose mean ranks do not differ significantly, the best first."""
    ordered = sorted(ranking.ranks, key=lambda system: (ranking.ranks[system], system))
    found: list[tuple[str, ...]] = []
    for start, first in enumerate(ordered):
        near = [
            other
            for other in ordered[start:]
            if ranking.ranks[other] - ranking.ranks[first] < ranking.critical_difference
        ]
        if len(near) > 1 and not any(set(near) <= set(each) for each in found):
            found.append(tuple(near))
    return found


def scaled(results: Results, reference: str = REFERENCE) -> dict[str, dict[str, float]]:
    """Return scaled scores by system and table: 0 is the reference, 1 the lowest error observed.

    ``(e_ref − e) / (e_ref − e_best)``, cut off at −1, which a failed run gets as well; AMLB's scale moved by one.
    Where the reference is itself the best, whatever is worse gets −1. Only tables with common seeds of all systems and
    an unfailed reference are there.
    """
    found: dict[str, dict[str, float]] = {system: {} for system in results.systems}
    if reference not in results.systems:
        return found
    for table in results.common():
        errors = {system: _error(results, system, table) for system in results.systems}
        zero, best = errors[reference], min(errors.values())
        if not math.isfinite(zero):
            continue
        for system, each in errors.items():
            if each == zero:
                found[system][table] = 0.0
            else:
                found[system][table] = max(-1.0, (zero - each) / (zero - best)) if zero > best else -1.0
    return found


def pairs(results: Results, against: str | None = None) -> list[Pair]:
    """Return every pair of systems, or ``against`` beside every other, on the runs that both have.

    Pairs are ordered by mean rank, so that the first of a pair is mostly the one that is ahead.
    """
    ranks = rank(results).ranks
    ordered = sorted(results.systems, key=lambda system: (ranks[system], system))
    chosen = (
        list(itertools.combinations(ordered, 2))
        if against is None
        else [(against, system) for system in ordered if system != against]
    )
    compared = [_compare(results, first, second) for first, second in chosen]
    known = [place for place, each in enumerate(compared) if not math.isnan(each.p)]
    for place, p in zip(known, holm([compared[place].p for place in known]), strict=True):
        compared[place] = replace(compared[place], corrected_p=p)
    return compared


def ratios(results: Results, system: str, base: str) -> list[float]:
    """Return a system's error divided by another's, a number a common table; infinite where only the system failed."""
    found = []
    for table in results.common([system, base]):
        seeds = results.seeds(table, [system, base])
        own, other = results.error(system, table, seeds), results.error(base, table, seeds)
        if math.isfinite(other) and other > 0:
            found.append(own / other)
        elif own == other:
            found.append(1.0)
        else:
            found.append(math.inf if other == 0 else 0.0)
    return found


def holm(values: Sequence[float]) -> list[float]:
    """Return p-values corrected for their number by Holm's step-down method.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    corrected = [0.0] * len(values)
    highest = 0.0
    for place, index in enumerate(sorted(range(len(values)), key=values.__getitem__)):
        highest = max(highest, min(1.0, (len(values) - place) * values[index]))
        corrected[index] = highest
    return corrected


def _error(results: Results, system: str, table: str) -> float:
    return results.error(system, table, results.seeds(table))


def _compare(results: Results, first: str, second: str) -> Pair:
    differences = []
    for table in results.common([first, second]):
        seeds = results.seeds(table, [first, second])
        differences.append(_difference(results.error(first, table, seeds), results.error(second, table, seeds)))
    signs = [(each > 0) - (each < 0) for each in differences]
    return Pair(first, second, signs.count(1), signs.count(-1), signs.count(0), _signed_rank(differences), math.nan)


def _difference(first: float, second: float) -> float:
    """Return by how much the first is better, as a share of the larger error: from −1 to 1, whatever the unit."""
    if first == second:
        return 0.0
    larger = max(abs(first), abs(second))
    return math.copysign(1.0, second - first) if math.isinf(larger) else (second - first) / larger


def _signed_rank(differences: Sequence[float]) -> float:
    if not differences:
        return math.nan
    if len(differences) < 2 or not any(differences):
        return 1.0
    # Ties and zeros rule the exact tables out; flipping signs is exact up to 13 tables and seeded beyond.
    method = stats.PermutationMethod(n_resamples=9_999, rng=np.random.default_rng(0))
    return float(stats.wilcoxon(differences, zero_method="pratt", method=method).pvalue)


def median(values: Sequence[float]) -> float:
    """Return the median, NaN of nothing."""
    return statistics.median(values) if values else math.nan
