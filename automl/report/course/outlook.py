"""Is more time worth it? The best score so far, carried on to twice the time."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from automl.dashboard.standing import Standing
from automl.dashboard.wording import count, duration, name, number, percent
from automl.report.course.extrapolation import FEWEST, LEVEL, Forecast, forecast

if TYPE_CHECKING:
    from automl.plotting import Picture

Verdict = Literal["likely", "possible", "none", "unknown"]
_TIMES = 2.0
_TRIFLE = 0.002  # of the way from guessing to the best, below which a gain is none


@dataclass(frozen=True, eq=False)
class Outlook:
    """What twice the time would bring.

    Attributes
    ----------
    metric, greater_is_better
        What the gain is measured in; a gain above 0 is an improvement, whatever the direction.
    gain, low, high
        How much better the best score is likely to become, and the 80 % interval; NaN where it can't be told.
    worthwhile
        The least gain worth a word: a tenth of the deviation of the best's folds, or a trifle of its distance to
        guessing.
    seconds
        How long the search lasted.
    reason
        Why nothing can be told; empty if something can.

    Examples
    --------
    >>> demo_run.course().outlook.verdict
    'unknown'
    """

    metric: str
    greater_is_better: bool
    gain: float
    low: float
    high: float
    worthwhile: float
    seconds: float
    reason: str
    table: pd.DataFrame

    @property
    def verdict(self) -> Verdict:
        """``"likely"``: even the low end is worth a word; ``"none"``: the gain is not; ``"possible"``: in between."""
        if self.reason:
            return "unknown"
        if self.low > self.worthwhile:
            return "likely"
        return "possible" if self.gain > self.worthwhile else "none"

    def frame(self) -> pd.DataFrame:
        """Return ``seconds, best, expected, low, high``: scores so far, and as the curves carry them on."""
        return self.table.copy()

    def plot(self) -> Picture:
        """Return a picture of the best score so far and how it is likely to go on."""
        from automl.plotting import COLOURS, MUTED, look, new_figure

        table = self.table
        with look():
            figure = new_figure(6.4, 3.6)
            axes = figure.subplots()
            if table.empty:
                axes.text(0.5, 0.5, self.reason, ha="center", va="center", wrap=True, transform=axes.transAxes)
                axes.set_axis_off()
                return figure
            past, coming = table[table["seconds"] <= self.seconds], table[table["seconds"] >= self.seconds]
            axes.plot(past["seconds"], past["best"], drawstyle="steps-post", color=COLOURS[0], label="best so far")
            axes.plot(coming["seconds"], coming["expected"], color=COLOURS[1], linestyle="--", label="to be expected")
            axes.fill_between(
                coming["seconds"], coming["low"], coming["high"], color=COLOURS[1], alpha=0.25, label="80 % interval"
            )
            axes.axvline(self.seconds, color=MUTED, linewidth=1, linestyle=":")
            axes.set(xlabel="seconds of searching", ylabel=self.metric, title="Is more time worth it?")
            axes.legend()
        return figure

    def _repr_png_(self) -> bytes:
        return self.plot()._repr_png_()

    @property
    def sentence(self) -> str:
        """The verdict, as a line of Markdown."""
        if self.verdict == "unknown":
            return f"Whether more time would help can't be told: {self.reason}."
        twice = duration(_TIMES * self.seconds)
        if self.verdict == "none":
            return (
                f"No gain to be expected: in twice the time ({twice}) {name(self.metric)} would improve by about "
                f"{number(max(self.gain, 0.0), 2)}, and less than {number(self.worthwhile, 2)} is not worth a word."
            )
        between = f"by about {number(self.gain, 2)} ({percent(LEVEL)} interval {number(max(self.low, 0.0), 2)} to "
        between += f"{number(self.high, 2)})"
        if self.verdict == "likely":
            return f"More time is likely worth it: in twice the time ({twice}) {name(self.metric)} improves {between}."
        return (
            f"More time may be worth it: in twice the time ({twice}) {name(self.metric)} is expected to improve "
            f"{between}, and less than {number(self.worthwhile, 2)} would not be worth a word."
        )

    def __str__(self) -> str:
        """Tell the verdict."""
        return self.sentence


def look_ahead(standing: Standing) -> Outlook:
    """Return what is to be expected of twice the time."""
    view = standing.view
    timed = [
        each for each in standing.models if each.counts and math.isfinite(each.ended) and 0 < each.ended <= view.seconds
    ]
    nothing = pd.DataFrame(columns=["seconds", "best", "expected", "low", "high"], dtype=float)
    worthwhile = _worthwhile(standing)
    found = None
    if len(timed) >= FEWEST:
        times, losses = (np.array([getattr(each, field) for each in timed]) for field in ("ended", "loss"))
        found = forecast(times, losses, view.seconds, _TIMES * view.seconds, view.plan.seed)
    if found is None:
        told = f"{count(len(timed), 'trial')} with a known time {'is' if len(timed) == 1 else 'are'} too few"
        reason = f"{told}, it takes {FEWEST}"
        return Outlook(
            *(view.metric.name, view.metric.greater_is_better, math.nan, math.nan, math.nan),
            *(worthwhile, view.seconds, reason, nothing),
        )
    return Outlook(
        *(view.metric.name, view.metric.greater_is_better, found.gain, found.low, found.high),
        *(worthwhile, view.seconds, "", _table(standing, times, losses, found)),
    )


def _worthwhile(standing: Standing) -> float:
    best, dummy = standing.best, standing.dummy
    way = dummy.loss - best.loss if best is not None and dummy is not None else 0.0
    return max(standing.worthwhile, _TRIFLE * way) if math.isfinite(way) else standing.worthwhile


def _table(standing: Standing, times: np.ndarray, losses: np.ndarray, found: Forecast) -> pd.DataFrame:
    """Return the steps of the best score, and what the curves carry on from it."""
    now, score_of = standing.view.seconds, standing.view.metric.score_of
    order = np.argsort(times, kind="stable")
    best = np.minimum.accumulate(losses[order])
    is_step = np.append(True, np.diff(best) < 0)
    past = pd.DataFrame({"seconds": [*times[order][is_step], now], "best": [*best[is_step], best[-1]]})
    ahead = np.linspace(now, _TIMES * now, 21)
    falls = np.array([curve(np.array([now])) - curve(ahead) for curve in found.curves])
    low, high = np.quantile(falls, (0.05, 0.95), axis=0)
    expected = np.clip(falls.mean(axis=0), low, high)
    coming = pd.DataFrame(
        {"seconds": ahead, "expected": best[-1] - expected, "low": best[-1] - high, "high": best[-1] - low}
    )
    table = pd.concat([past, coming], ignore_index=True)
    for column in ("best", "expected", "low", "high"):
        table[column] = [score_of(value) for value in table[column]]
    if standing.view.metric.greater_is_better:
        table[["low", "high"]] = table[["high", "low"]].to_numpy()
    return table[["seconds", "best", "expected", "low", "high"]]
