"""What a score is worth, in words that someone who pays for it can use.

A point is the smallest step that people speak of: a hundredth of a share, a percent of the error of the constant
answer, an amount of money on a thousand rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from automl.values.metric import Metric
from automl.values.task import Task

_SHARES: Mapping[str, str] = MappingProxyType(
    {
        "accuracy": "of 100 rows, one more is given the right label",
        "balanced_accuracy": "of 100 rows of a label, one more is given it, on average over the labels",
        "precision": "of 100 rows that are called {positive}, one more truly is",
        "recall": "of 100 rows that are {positive}, one more is found",
        "f1": "both precision and recall of {positive} rise by one row in 100",
        "roc_auc": "of 100 pairs of a {positive} and a {negative} row, one more is put in the right order",
        "average_precision": "going down the ranking, one more of 100 rows that are called {positive} truly is",
        "mcc": "the labels given go together with the true ones by a hundredth more, as a correlation",
        "cohen_kappa": "of 100 rows that agree with the truth beyond chance, there is one more",
        "r2": "one percent more of the variation of {target} is explained",
        "d2": "one percent more of the absolute error of the median is avoided",
    }
)
"""What 0.01 more means."""
_LOSSES: Mapping[str, str] = MappingProxyType(
    {
        "log_loss": "the label that comes was given a probability that is one percent higher (geometric mean)",
        "brier": "the squared distance between what was said and what came is a hundredth smaller",
        "mape": "predictions are nearer to {target} by one percent of it",
        "smape": "predictions are nearer to {target} by one percent of it",
    }
)
"""What 0.01 less means."""
_IN_UNITS = ("rmse", "mae", "medae", "pinball")
_ROWS = 1_000


def meaning_of(metric: Metric, task: Task, dummy: float | None) -> tuple[str, ...]:
    """Return what the constant answer's score, the best one and one point are worth, a sentence each.

    Parameters
    ----------
    dummy
        Score of the constant answer; ``None`` where it has none.

    Examples
    --------
    >>> from automl.evaluation.metrics import METRICS
    >>> for sentence in meaning_of(METRICS["roc_auc"], Task("binary", "y", ("no", "yes")), 0.5):
    ...     print(sentence)
    The constant answer scores 0.5, a perfect one 1.
    One point (0.01) more: of 100 pairs of a 'yes' and a 'no' row, one more is put in the right order.
    """
    if metric.name in ("cost", "gain") and task.is_classification:
        return _business(metric.name, dummy)
    stem = metric.name.removesuffix("_macro").removesuffix("_micro").removesuffix("_weighted")
    stem = stem.split("_0.")[0].removesuffix("_ovr").removesuffix("_ovo")
    told = f"The constant answer scores {_figure(dummy)}" if dummy is not None else "The constant answer has no score"
    words = {
        "positive": repr(task.classes[1]) if task.kind == "binary" else "label",
        "negative": repr(task.classes[0]) if task.kind == "binary" else "another",
        "target": task.target,
    }
    if stem in _SHARES:
        return f"{told}, a perfect one 1.", f"One point (0.01) more: {_SHARES[stem].format(**words)}."
    if stem in _LOSSES:
        return f"{told}, a perfect one 0.", f"One point (0.01) less: {_LOSSES[stem].format(**words)}."
    if stem in _IN_UNITS:
        return f"{told}, a perfect one 0, in the unit of {task.target}.", *_percent(dummy, task.target)
    if metric.greater_is_better:
        return (f"{told}; more is better.",)
    return f"{told}; less is better.", *_percent(dummy, "")


def _percent(dummy: float | None, unit: str) -> tuple[str, ...]:
    if not dummy:
        return ()
    where = f" of {unit}" if unit else ""
    return (f"One percent less than the constant answer is {_figure(abs(dummy) / 100, 3)}{where}.",)


def _business(name: str, dummy: float | None) -> tuple[str, ...]:
    whole: Callable[[float], str] = "{:,.6g}".format
    if dummy is None:
        return (f"It is the mean {name} of a row; {_ROWS:,} rows come to {_ROWS:,} times it.",)
    verb, better = ("gains", "more") if name == "gain" else ("costs", "less")
    return (
        f"Giving every row the same label, the best one, {verb} {_figure(dummy)} a row: {_figure(_ROWS * dummy)} on "
        f"{_ROWS:,} rows.",
        f"One point (0.01) {better} a row is {whole(_ROWS / 100)} on {_ROWS:,} rows"
        + (f"; one percent {better} is {_figure(_ROWS * abs(dummy) / 100)}." if dummy else "."),
    )


def _figure(value: float, digits: int = 4) -> str:
    """Return a number as people write it: so many digits that say something, and no exponent for amounts."""
    rounded = float(f"{value:.{digits}g}")
    return f"{rounded:,.0f}" if 10_000 <= abs(rounded) < 1e15 else f"{rounded:g}"
