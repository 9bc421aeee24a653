"""What follows from the sums of all arms, now: the state of a test and the sentence that says why.

In this order: if the arms did not get their shares of rows, nothing else counts; if a guardrail is broken, the test
stops; else the arm that is ahead wins when it is better than some arm and no other may still be better than it by what
matters; and there is no difference when all arms are within the effect that matters, or the planned rows are used up.
Every interval holds at all times together, so this may be asked after every row.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from automl.comparison.live.sample_ratio import ALPHA, sample_ratio_p
from automl.comparison.live.sequences import FIRST_ROWS, boundary, error_and_progress
from automl.comparison.live.settings import USUAL_ROWS, Guardrail, Settings
from automl.comparison.live.totals import Kind, Totals
from automl.comparison.wording import number, percent

Interval = tuple[float, float]
NO_DIFFERENCE, RUNNING = "no difference", "running"
SAMPLE_RATIO, GUARDRAIL = "stopped: sample ratio", "stopped: guardrail"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The state of a test and why.

    Attributes
    ----------
    state
        ``"running"``, ``"<arm> wins"``, ``"no difference"``, ``"stopped: sample ratio"`` or ``"stopped: guardrail"``.
    sentence
        What follows from what.
    """

    state: str
    sentence: str

    @property
    def is_final(self) -> bool:
        """Whether the question is answered: rows that still come don't change the answer."""
        return self.state not in (RUNNING, SAMPLE_RATIO)

    @property
    def stops(self) -> bool:
        """Whether something is wrong, whatever the metric says."""
        return self.state in (SAMPLE_RATIO, GUARDRAIL)

    def __str__(self) -> str:
        """Return the sentence."""
        return self.sentence


def difference(a: Totals, b: Totals, kind: Kind, level: float, rows: int) -> Interval:
    """Return the confidence sequence of ``mean(b) - mean(a)`` now; nothing is known while rows are few.

    Parameters
    ----------
    rows
        An arm, for which it is narrowest.
    """
    if min(a.n, b.n) < FIRST_ROWS:
        return -math.inf, math.inf
    error, worth = error_and_progress(a.n, a.variance(kind), b.n, b.variance(kind))
    if error == 0:
        return -math.inf, math.inf
    reach = float(boundary(worth / rows, level) * error)
    return b.mean - a.mean - reach, b.mean - a.mean + reach


def gain(settings: Settings, a: Totals, b: Totals) -> Interval:
    """Return the interval of the gain of ``b`` over ``a``: positive where ``b`` is better."""
    if a.exact is not None and b.exact is not None and settings.scale is not None:
        width = settings.scale[1] - settings.scale[0]
        low = width * (b.exact.interval[0] - a.exact.interval[1])
        high = width * (b.exact.interval[1] - a.exact.interval[0])
    else:
        low, high = difference(a, b, settings.metric, settings.pair_level, settings.rows or USUAL_ROWS)
    return (low, high) if settings.sign > 0 else (-high, -low)


def guarded(settings: Settings, guard: Guardrail, control: Totals, arm: Totals) -> Interval:
    """Return the interval of a guardrail's gain in ``arm`` over the first arm: negative where it got worse."""
    low, high = difference(control, arm, guard.metric, settings.guard_level, settings.rows or USUAL_ROWS)
    return (low, high) if guard.sign > 0 else (-high, -low)


def judge(settings: Settings, arms: Mapping[str, Totals], guards: Mapping[str, Mapping[str, Totals]]) -> Verdict:
    """Return the verdict on the sums ``arms`` and, by guardrail and arm, ``guards``."""
    counts = [arms[arm].n for arm in settings.arms]
    p = sample_ratio_p(counts, settings.shares)
    if p < ALPHA:
        return Verdict(SAMPLE_RATIO, _on_ratio(settings, counts, p))
    open_guards = []
    for guard in settings.guardrails:
        for arm in settings.arms[1:]:
            low, high = guarded(settings, guard, guards[guard.name][settings.arms[0]], guards[guard.name][arm])
            if high < -guard.margin:
                return Verdict(GUARDRAIL, _on_guard(settings, guard, arm, (low, high)))
            if low < -guard.margin:
                open_guards.append(f"{guard.name} in {arm}")
    verdict = _on_metric(settings, arms)
    if verdict.state.endswith(" wins") and open_guards:
        return Verdict(verdict.state, f"{verdict.sentence} Not yet sure: {', '.join(open_guards)}.")
    return verdict


def _on_ratio(settings: Settings, counts: list[int], p: float) -> str:
    got = ", ".join(f"{arm} {count:,}" for arm, count in zip(settings.arms, counts, strict=True))
    meant = ", ".join(percent(share) for share in settings.shares)
    return (
        f"Stopped: sample ratio mismatch. The arms have {got} rows, where {meant} were meant (p {_small(p)}, at any "
        "time). Something loses or doubles rows in one arm, so the metrics can't be trusted; find out what."
    )


def _on_guard(settings: Settings, guard: Guardrail, arm: str, interval: Interval) -> str:
    worse = f"{number(-interval[1])} to {number(-interval[0])}"
    return (
        f"Stopped: the guardrail {guard.name} is worse in {arm} than in {settings.arms[0]} by {worse} "
        f"({percent(settings.level)}, at any time), more than the {number(guard.margin)} that it may."
    )


def _on_metric(settings: Settings, arms: Mapping[str, Totals]) -> Verdict:
    first_rows = 1 if settings.exact else FIRST_ROWS
    rows = f"after {_rows(settings, arms)} rows"
    if min(each.n for each in arms.values()) < first_rows:
        return Verdict(RUNNING, f"Still running, {rows}: nothing is said before each arm has {first_rows}.")
    leader = max(settings.arms, key=lambda arm: settings.sign * arms[arm].mean)
    others = [arm for arm in settings.arms if arm != leader]
    intervals = {arm: gain(settings, arms[arm], arms[leader]) for arm in others}
    beaten = [arm for arm in others if intervals[arm][0] > 0]
    close = [arm for arm in others if _is_within(intervals[arm], settings.effect)]
    told = "; ".join(_told(arm, arms, leader, intervals[arm]) for arm in others)
    seen = f"{told} ({percent(settings.level)}, at any time)"
    is_used_up = settings.rows is not None and min(each.n for each in arms.values()) >= settings.rows
    if beaten and (is_used_up or all(arm in beaten or arm in close for arm in others)):
        return Verdict(f"{leader} wins", f"{leader} wins {rows}: {seen}.")
    if all(arm in close for arm in others):
        return Verdict(
            NO_DIFFERENCE, f"No difference that matters {rows}: {seen}, within ±{number(settings.effect or 0.0)}."
        )
    if is_used_up:
        return Verdict(NO_DIFFERENCE, f"No difference was found in the planned rows, {rows}: {seen}.")
    planned = f"; {settings.rows:,} an arm are planned" if settings.rows is not None else ""
    return Verdict(RUNNING, f"Still running, {rows}{planned}: {seen}.")


def _told(arm: str, arms: Mapping[str, Totals], leader: str, interval: Interval) -> str:
    size = number(abs(arms[leader].mean - arms[arm].mean))
    means = f"{number(arms[leader].mean, 4)} against {number(arms[arm].mean, 4)}"
    reach = f"{number(interval[0])} to {number(interval[1])}"
    doubt = "" if interval[0] > 0 else ", which includes 0"
    return f"{leader} is ahead of {arm} by {size}, {means}, interval {reach}{doubt}"


def _is_within(interval: Interval, effect: float | None) -> bool:
    return effect is not None and -effect < interval[0] and interval[1] < effect


def _rows(settings: Settings, arms: Mapping[str, Totals]) -> str:
    counts = [f"{arms[arm].n:,}" for arm in settings.arms]
    return f"{', '.join(counts[:-1])} and {counts[-1]}"


def _small(p: float) -> str:
    return "below 0.0001" if p < 1e-4 else f"{p:.2g}"
