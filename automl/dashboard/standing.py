"""How the candidates of a search stand to each other: the order, the families, and which differences mean anything.

Two candidates are compared on the folds that both saw. The folds of a cross-validation share training rows, so the
plain standard error of their differences is too small; the margin here is the corrected one of Nadeau and Bengio
2003 ("Inference for the Generalization Error"), with Student's t at 95 %. A gap within its margin is noise.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from automl.dashboard.view import SearchView
from automl.dashboard.wording import count
from automl.evaluation.leaderboard import FLOOR, pipeline_id
from automl.values.evaluation import Evaluation

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Gap:
    """By how much one candidate's loss lies below another's.

    Attributes
    ----------
    size
        Mean over the common folds, above 0 where the first is better; NaN if there is no common fold.
    std
        Deviation of the folds' gaps; NaN below two common folds.
    margin
        What chance alone may make of the mean; NaN below two common folds.
    n_folds
        How many folds both have seen.
    """

    size: float
    std: float
    margin: float
    n_folds: int

    def is_clear(self, trifle: float = 0.0) -> bool:
        """Whether the first is better, beyond chance and by more than a trifle."""
        return self.n_folds > 1 and self.size > max(self.margin, trifle)

    def is_noise(self, trifle: float = 0.0) -> bool:
        """Whether the two are alike: nothing beyond chance, nor twice what a fold differs by, or a trifle.

        Two or three folds leave nearly everything to chance; that alone makes no two models alike.
        """
        return self.n_folds > 1 and self.size <= max(min(self.margin, 2 * self.std), trifle)


def compare(first: Evaluation, second: Evaluation) -> Gap:
    """Return the gap between two candidates.

    Examples
    --------
    >>> from automl.values.candidate import Candidate
    >>> from automl.values.evaluation import FoldResult
    >>> def made(*losses):
    ...     folds = tuple(FoldResult(number, loss) for number, loss in enumerate(losses))
    ...     return Evaluation(0, Candidate.of("a", {}), folds, "complete")
    >>> gap = compare(made(0.1, 0.2, 0.3), made(0.21, 0.29, 0.4))
    >>> round(gap.size, 2), round(gap.margin, 3), gap.is_clear()
    (0.1, 0.039, True)
    """
    losses = {fold.fold: fold.loss for fold in second.folds if fold.is_ok}
    gaps = [losses[fold.fold] - fold.loss for fold in first.folds if fold.is_ok and fold.fold in losses]
    n = len(gaps)
    mean = math.fsum(gaps) / n if n else math.nan
    std = deviation(gaps)
    return Gap(mean, std, margin_of(std, n), n)


def folds_told(evaluation: Evaluation, view: SearchView) -> str:
    """Return on how many folds a score stands, and of how many if not of all."""
    told = count(len(evaluation.losses), "fold")
    return told if evaluation.state == "complete" else f"{told} of {view.plan.folds.n_folds}"


def deviation(values: list[float]) -> float:
    """Return the standard deviation (denominator n - 1); NaN below two values."""
    if len(values) < 2:
        return math.nan
    mean = math.fsum(values) / len(values)
    return math.sqrt(math.fsum((each - mean) * (each - mean) for each in values) / (len(values) - 1))


def margin_of(std: float, n_folds: int) -> float:
    """Return what chance alone may make of a mean difference over folds; NaN below two folds."""
    if n_folds < 2 or math.isnan(std):
        return math.nan
    return quantile(n_folds - 1, (1 + CONFIDENCE) / 2) * std * math.sqrt(1 / n_folds + 1 / (n_folds - 1))


def quantile(freedom: int, probability: float) -> float:
    """Return the quantile of Student's t with so many degrees of freedom."""
    from scipy.special import stdtrit

    return float(stdtrit(freedom, probability))


@dataclass(frozen=True, slots=True)
class Standing:
    """The candidates of a view in the order of its leaderboard.

    Attributes
    ----------
    models
        Those with a score that weren't given up, without the dummy: complete ones first, then partial ones.
    dummy
        The one that only guesses, if it has a score.
    families
        The best of each family among ``models``, the best family first.
    """

    view: SearchView
    models: tuple[Evaluation, ...]
    dummy: Evaluation | None
    families: Mapping[str, Evaluation]

    @classmethod
    def of(cls, view: SearchView) -> Standing:
        """Return how the candidates of this view stand."""
        by_id = {pipeline_id(each): each for each in view.evaluations}
        ranked = [by_id[row] for row in view.leaderboard["id"].tolist() if row in by_id]
        scored = [each for each in ranked if each.state in ("complete", "partial") and each.losses]
        models = tuple(each for each in scored if each.candidate.algorithm != FLOOR)
        families: dict[str, Evaluation] = {}
        for each in models:
            families.setdefault(each.candidate.algorithm, each)
        dummy = next((each for each in scored if each.candidate.algorithm == FLOOR), None)
        return cls(view, models, dummy, families)

    @property
    def best(self) -> Evaluation | None:
        """The best of the models."""
        return self.models[0] if self.models else None

    @property
    def worthwhile(self) -> float:
        """The least difference of losses worth a word: a tenth of the deviation of the best's folds."""
        std = math.nan if self.best is None else self.best.std
        return 0.1 * std if math.isfinite(std) else 0.0

    def score(self, evaluation: Evaluation) -> float:
        """Return its score in the metric's own direction."""
        return self.view.metric.score_of(evaluation.loss)
