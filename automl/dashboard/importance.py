"""What made a difference: the choice of the algorithm, and within each algorithm its hyperparameters.

The space of a search is conditional: a hyperparameter exists only under its algorithm. A dashboard that asks which
parameters set the best tenth of the trials apart sees, once a search has settled on one family, no difference in
``algorithm`` at all. Two questions are asked here instead, each where it makes sense.

**How much does the algorithm matter?** The variance of the losses is split in two: between families and within them.
Every family counts the same, however often it was tried, as in the marginal of a functional ANOVA over a uniformly
drawn parameter (Hutter, Hoos and Leyton-Brown 2014, "An Efficient Approach for Assessing Hyperparameter Importance").
With family means ``m_f`` and variances ``v_f`` over ``n_f`` trials of each of ``k`` families::

    within  = mean(v_f)
    between = mean((m_f - mean(m))²) - (k - 1) / k · mean(within / n_f),  at least 0
    share   = between / (between + within)

The subtracted term is what chance alone puts between means (analysis of variance components, unweighted means).

**How much does a hyperparameter matter to its algorithm?** A random forest learns the losses of that algorithm's own
trials. Its impurity importances, scaled by the share of variance that it foresees for trials it has not seen (R² out
of bag), are the shares told. If it foresees next to nothing, nothing is told. On made-up losses over the space of
LightGBM, 20 to 100 trials each, such a forest named the right first hyperparameter in 59 of 72 searches, functional
ANOVA in 55 in two to ten times the time, PED-ANOVA, which the dashboard uses, in 28; on pure noise it kept silent in
79 of 80.

Outliers are tamed: a loss beyond the upper fence of Tukey (a family's own, and that of all families together) is taken
as lying on it. Folds differ in difficulty, and a candidate that was given up saw only some: losses are compared after
taking away what is typical of each fold.
"""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from automl.dashboard.view import SearchView
from automl.evaluation.leaderboard import FLOOR
from automl.values.evaluation import Evaluation

FEW = 15  # trials below which nothing is told; at 10, half of what a forest named was chance
REPEATED = 5  # trials beyond each family's first, from which the variance within families is known
LEAST_FORESEEN = 0.1  # share of variance below which hyperparameters count as telling nothing
MOST_TRIALS = 100  # of a family, drawn at random; more make the forest slower and not wiser
TREES = 48
SINGLE = "algorithm"  # under this name a study keeps the choice of the family

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Importance:
    """What made a difference in a search.

    Attributes
    ----------
    algorithm
        Share (0 to 1) of the variance of the losses that the choice of the family explains; ``None``: not known yet.
    within
        For each family that was looked at, the best first: shares of the variance of its own trials' losses that its
        hyperparameters explain, the largest first.
    unknown
        Why there is nothing to tell, by family or ``"algorithm"``.
    """

    algorithm: float | None
    within: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    unknown: Mapping[str, str] = field(default_factory=dict)


def importance_of(view: SearchView, most_families: int = 3) -> Importance:
    """Return what made a difference so far, the same for the same view.

    Parameters
    ----------
    most_families
        How many families are looked at closely: those with the lowest losses among those with enough trials. A
        family takes some 50 ms.
    """
    families = _families(view.evaluations)
    unknown: dict[str, str] = {}
    share = _share_of_algorithm(list(families.values()), unknown)
    within: dict[str, Mapping[str, float]] = {}
    looked_at = 0
    for name in sorted(families, key=lambda name: min(families[name].values())):
        losses = families[name]
        if len(losses) < FEW:
            unknown[name] = f"too few trials ({len(losses)} of {FEW})"
            continue
        looked_at += 1
        if looked_at > most_families:
            continue
        shares = _shares_within(view, name, losses)
        if shares:
            within[name] = shares
        else:
            unknown[name] = "no hyperparameter told apart from chance"
    return Importance(share, within, unknown)


def _families(evaluations: Sequence[Evaluation]) -> dict[str, dict[int, float]]:
    """Return losses that can be compared, by family and trial; the dummy is no choice."""
    chosen = [each for each in evaluations if each.losses and each.candidate.algorithm != FLOOR]
    most = max((len(each.losses) for each in chosen), default=0)
    fullest = [each for each in chosen if len(each.losses) == most]
    typical = {**_fold_medians(chosen), **_fold_medians(fullest)}
    centre = statistics.fmean(typical.values()) if typical else 0.0
    families: dict[str, dict[int, float]] = defaultdict(dict)
    for each in chosen:
        excess = statistics.fmean(fold.loss - typical[fold.fold] for fold in each.folds if fold.is_ok)
        families[each.candidate.algorithm][each.number] = centre + excess
    return dict(families)


def _fold_medians(evaluations: Sequence[Evaluation]) -> dict[int, float]:
    losses: dict[int, list[float]] = defaultdict(list)
    for each in evaluations:
        for fold in each.folds:
            if fold.is_ok:
                losses[fold.fold].append(fold.loss)
    return {fold: statistics.median(values) for fold, values in losses.items()}


def _share_of_algorithm(families: Sequence[Mapping[int, float]], unknown: dict[str, str]) -> float | None:
    """Return the share between families, or ``None`` and why."""
    sizes = np.array([len(losses) for losses in families])
    if sizes.sum() < FEW or len(sizes) < 2 or sizes.sum() - len(sizes) < REPEATED:
        unknown[SINGLE] = (
            "there is one family"
            if len(sizes) == 1 and sizes.sum() >= FEW
            else f"too few trials ({sizes.sum()} of {max(FEW, len(sizes) + REPEATED)})"
        )
        return None
    tamed = [_tamed(np.array(list(losses.values()))) for losses in families]
    fence = _fence(np.concatenate(tamed), np.concatenate([np.full(size, 1 / size) for size in sizes]))
    tamed = [np.minimum(losses, fence) for losses in tamed]
    within = float(np.mean([losses.var(ddof=1) for losses in tamed if len(losses) > 1]))
    means = np.array([losses.mean() for losses in tamed])
    by_chance = (len(means) - 1) / len(means) * float(np.mean(within / sizes))
    between = max(0.0, float(means.var()) - by_chance)
    if between + within == 0:
        unknown[SINGLE] = "all losses are the same"
        return None
    return between / (between + within)


def _fence(losses: Array, weight: Array) -> float:
    """Return Tukey's upper fence, the third quartile and one and a half times the distance of the quartiles."""
    low, high = np.quantile(losses, [0.25, 0.75], weights=weight, method="inverted_cdf")
    return float(high + 1.5 * (high - low))


def _tamed(losses: Array) -> Array:
    """Return losses with those beyond the fence moved onto it."""
    return np.minimum(losses, _fence(losses, np.ones(len(losses))))


def _shares_within(view: SearchView, name: str, losses: Mapping[int, float]) -> dict[str, float]:
    """Return the share of variance that each hyperparameter of a family explains; empty if none can be told."""
    from sklearn.ensemble import RandomForestRegressor

    configs = {each.number: each.candidate.config for each in view.evaluations if each.number in losses}
    rng = np.random.default_rng(view.plan.seed)
    numbers = sorted(losses)
    if len(numbers) > MOST_TRIALS:
        numbers = sorted(rng.choice(numbers, MOST_TRIALS, replace=False).tolist())
    space = next((each.space for each in view.plan.algorithms if each.name == name), ())
    columns, owners = _encoded(space, [configs[number] for number in numbers])
    y = _tamed(np.array([losses[number] for number in numbers]))
    if not columns or y.max() - y.min() <= 1e-12 * max(1.0, float(np.abs(y).max())):
        return {}
    forest = RandomForestRegressor(TREES, oob_score=True, random_state=view.plan.seed)
    forest.fit(np.column_stack(columns), (y - y.mean()) / y.std())
    foreseen = float(forest.oob_score_)
    if not foreseen >= LEAST_FORESEEN:
        return {}
    shares: dict[str, float] = defaultdict(float)
    for owner, share in zip(owners, forest.feature_importances_, strict=True):
        shares[owner] += foreseen * float(share)
    return dict(sorted(shares.items(), key=lambda item: (-item[1], item[0])))


def _encoded(space: Sequence[Mapping[str, Any]], configs: Sequence[Mapping[str, Any]]) -> tuple[list[Array], list[str]]:
    """Return number columns that tell the configs, and the hyperparameter each belongs to; constant ones are left out.

    A hyperparameter that is inactive in a config has its default there, as is usual for conditional spaces.
    """
    columns: list[Array] = []
    owners: list[str] = []
    for each in space:
        values = [config.get(each["name"], each["default"]) for config in configs]
        for column in _columns_of(each, values):
            if column.min() < column.max():
                columns.append(column)
                owners.append(each["name"])
    return columns, owners


def _columns_of(hyperparameter: Mapping[str, Any], values: Sequence[Any]) -> list[Array]:
    if hyperparameter["type"] == "Categorical" or not all(map(_is_number, values)):
        told = [repr(value) for value in values]
        return [np.array([value == level for value in told], dtype=float) for level in sorted(set(told))]
    numbers = np.array(values, dtype=float)
    return [np.log(numbers) if hyperparameter["log"] and numbers.min() > 0 else numbers]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
