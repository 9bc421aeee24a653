"""What came of a comparison, as a value that tells it: a verdict in a sentence, a table, a picture.

The sentence follows from the interval alone. If the interval of the gain leaves 0 outside, one is better; if it lies
inside the region of practical equivalence, both are practically the same; if neither, there is no verdict, and what is
said is how many rows would tell.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from automl.comparison.evidence import PairedTest, rows_needed
from automl.comparison.wording import chance, number, percent

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Outcome = Literal["a", "b", "same", "undecided"]


def outcome_of(interval: tuple[float, float], rope: float) -> Outcome:
    """Return what the interval of a gain says.

    Examples
    --------
    >>> outcome_of((0.01, 0.03), 0.0), outcome_of((-0.01, 0.03), 0.0), outcome_of((-0.01, 0.03), 0.05)
    ('b', 'undecided', 'same')
    """
    low, high = interval
    if low == high == 0:  # nothing varies, so nothing is known
        return "undecided"
    if rope > 0 and -rope <= low and high <= rope:
        return "same"
    if low > 0:
        return "b"
    return "a" if high < 0 else "undecided"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Whether B is better than A.

    Attributes
    ----------
    a, b
        Names of the two.
    metric, greater_is_better
        What they are compared by, and its direction.
    score_a, score_b
        In the metric's own direction; means over folds where folds are compared.
    n_rows
        Rows that both predicted.
    tests
        The test that decides, then others that say more.
    level
        Of the interval.
    rope
        Gains up to here, either way, don't matter in practice; 0 if that was not said.
    source
        Where the predictions are from.
    notes
        What to beware of.
    are_identical
        Whether both predict the same in every row.
    p_adjusted
        The p-value adjusted for several comparisons (Holm 1979); that of the test where there is one comparison.
    """

    a: str
    b: str
    metric: str
    greater_is_better: bool
    score_a: float
    score_b: float
    n_rows: int
    tests: tuple[PairedTest, ...]
    level: float
    rope: float
    source: str
    notes: tuple[str, ...]
    are_identical: bool
    p_adjusted: float

    @property
    def test(self) -> PairedTest:
        """The test that decides."""
        return self.tests[0]

    @property
    def gain(self) -> float:
        """By how much B is better than A; negative where A is."""
        return self.test.gain

    @property
    def interval(self) -> tuple[float, float]:
        """The interval of the gain."""
        return self.test.bounds(self.level)

    @property
    def p(self) -> float:
        """Chance of a gain at least this far from 0, either way, if both were equally good."""
        return self.test.p

    @property
    def effect_size(self) -> float:
        """The gain in standard deviations of what is paired."""
        return self.test.effect_size

    @property
    def outcome(self) -> Outcome:
        """``"a"`` or ``"b"`` is better, both are practically the ``"same"``, or it is ``"undecided"``."""
        return "same" if self.are_identical else outcome_of(self.interval, self.rope)

    @property
    def chances(self) -> tuple[float, float, float] | None:
        """Chances that A is better, that both are practically the same, and that B is; ``None`` without folds."""
        return next((test.chances(self.rope) for test in self.tests if test.chances is not None), None)

    @property
    def verdict(self) -> str:
        """What follows, in a sentence or two."""
        if self.are_identical:
            return f"{self.a} and {self.b} predict the same in all {self.n_rows:,} rows."
        if self.outcome == "same":
            return (
                f"{self.a} and {self.b} are practically the same: the {percent(self.level)} interval of the "
                f"difference in {self.metric}, {self._interval_in_words('b')}, lies within ±{number(self.rope)}."
            )
        return self._undecided() if self.outcome == "undecided" else self._better()

    def rows_needed(self, effect: float | None = None, *, power: float = 0.8) -> int | None:
        """Return how many rows would show a gain of this size, by the variance that these rows had.

        Parameters
        ----------
        effect
            By default the region of practical equivalence, if that was given, else the gain that was seen.
        power
            Chance to find it.

        Returns
        -------
        int or None
            ``None`` where no gain was seen and none is asked for.
        """
        wanted = (self.rope or self.gain) if effect is None else effect
        return rows_needed(self.n_rows, self.test.standard_error, wanted, power=power, level=self.level)

    def frame(self) -> pd.DataFrame:
        """Return a row a test: gain, interval, p-value or chances, and what was paired."""
        return pd.DataFrame([self._row(test) for test in self.tests])

    def plot(self) -> Figure:
        """Return a picture of the gain's interval by each test."""
        from automl.comparison.picture import interval_picture

        return interval_picture([self])

    def to_json(self) -> dict[str, Any]:
        """Return plain data; what has no number is ``None``."""
        low, high = self.interval
        told = {
            "a": self.a,
            "b": self.b,
            "outcome": self.outcome,
            "verdict": self.verdict,
            "metric": self.metric,
            "greater_is_better": self.greater_is_better,
            "score_a": self.score_a,
            "score_b": self.score_b,
            "gain": self.gain,
            "low": low,
            "high": high,
            "level": self.level,
            "p": self.p,
            "effect_size": self.effect_size,
            "rope": self.rope,
            "n_rows": self.n_rows,
            "rows_needed": self.rows_needed(),
            "source": self.source,
            "notes": list(self.notes),
            "tests": self.frame().astype(object).where(self.frame().notna(), None).to_dict(orient="records"),
        }
        return {
            key: None if isinstance(value, float) and not math.isfinite(value) else value for key, value in told.items()
        }

    def __str__(self) -> str:
        """Say the verdict, how it was found, and what to beware of."""
        scores = f"{self.a} {number(self.score_a, 4)}, {self.b} {number(self.score_b, 4)}"
        lines = [
            self.verdict,
            f"{self.metric}: {scores}, from {self.source}.",
            f"{self.test.name[0].upper()}{self.test.name[1:]}: {self.test.reason}.",
        ]
        if self.chances is not None and not self.are_identical:
            lines.append(self._chances_in_words())
        return "\n".join([*lines, *self.notes])

    def _repr_html_(self) -> str:
        import html

        text = html.escape(str(self)).replace("\n", "<br>")
        return f"<p>{text}</p>{self.frame().to_html(index=False, float_format='{:.4g}'.format)}"

    def _better(self) -> str:
        better, worse = (self.b, self.a) if self.outcome == "b" else (self.a, self.b)
        small = self.rope > 0 and min(map(abs, self.interval)) < self.rope
        doubt = f" Whether by more than the {number(self.rope)} that matter is not certain." if small else ""
        adjusted = " after allowing for all comparisons" if self.p_adjusted != self.p else ""
        return (
            f"{better} is better than {worse} by {number(abs(self.gain))} {self.metric} ({percent(self.level)} "
            f"interval {self._interval_in_words(self.outcome)}); if they were equally good, chance alone would make a "
            f"difference this large in {chance(self.p_adjusted)} of such comparisons{adjusted}.{doubt}"
        )

    def _undecided(self) -> str:
        ahead = self.b if self.gain >= 0 else self.a
        side = "b" if self.gain >= 0 else "a"
        if self.interval == (0.0, 0.0):
            return f"Undecided between {self.a} and {self.b}: by {self.metric}, these rows can't tell them apart."
        if self.gain == 0:
            seen = f"{self.a} and {self.b} have the same {self.metric}"
        else:
            seen = f"{ahead} is ahead by {number(abs(self.gain))} {self.metric}"
        needed = self.rows_needed()
        if needed is None:
            more = " More rows would tell."
        elif self.rope:
            more = f" About {needed:,} rows would show a difference of {number(self.rope)}; there are {self.n_rows:,}."
        else:
            more = f" If the difference is real, about {needed:,} rows would show it; there are {self.n_rows:,}."
        return (
            f"Undecided between {self.a} and {self.b}: {seen}, but the {percent(self.level)} interval, "
            f"{self._interval_in_words(side)}, includes 0.{more}"
        )

    def _chances_in_words(self) -> str:
        a, same, b = self.chances or (0.0, 1.0, 0.0)
        middle = f", {percent(same)} for a difference within ±{number(self.rope)}" if self.rope else ""
        return (
            f"By the Bayesian correlated t-test the chances are {percent(a)} for {self.a}{middle} and {percent(b)} for "
            f"{self.b}."
        )

    def _interval_in_words(self, side: str) -> str:
        low, high = self.interval if side == "b" else (-self.interval[1], -self.interval[0])
        return f"{number(low)} to {number(high)}"

    def _row(self, test: PairedTest) -> dict[str, Any]:
        low, high = test.bounds(self.level)
        a, same, b = (math.nan,) * 3 if test.chances is None else test.chances(self.rope)
        return {
            "a": self.a,
            "b": self.b,
            "test": test.name,
            "gain": test.gain,
            "low": low,
            "high": high,
            "p": test.p,
            "effect_size": test.effect_size,
            "a_better": a,
            "same": same,
            "b_better": b,
            "n": test.n,
            "unit": test.unit,
        }


def _is_odd(value: Any) -> bool:
    return isinstance(value, float) and not math.isfinite(value)
