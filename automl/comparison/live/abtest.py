"""An A/B test on live traffic: who is in which arm, what came of it, and what follows, at any time.

    test = automl.ABTest("checkout", rows=automl.ABTest.plan(0.10, 0.01).most, log="checkout.jsonl")
    arm = test.assign(user)          # the same user, the same arm
    test.add(arm, bought)            # later: 1 or 0
    print(test.verdict())            # as often as one likes

The unit of the test is what is assigned (a user): one value each, when it is known. Values of one unit that are added
twice count as two units, and make intervals narrower than they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import pandas as pd

from automl.comparison.live import planning
from automl.comparison.live.assignment import assign
from automl.comparison.live.judging import Verdict, gain, guarded, judge
from automl.comparison.live.sample_ratio import chi_square_p, sample_ratio_p
from automl.comparison.live.sequences import Bernstein
from automl.comparison.live.settings import Guardrail, Settings, even
from automl.comparison.live.totals import Kind, Totals, as_values
from automl.data.reading import read
from automl.errors import DataError, PlanError, StorageError
from automl.storage.journal import Journal

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class ABTest:
    """A test of two or more arms on live traffic that may be looked at any time.

    Parameters
    ----------
    name
        Of the test.
    arms
        Names; the first is what there is today.
    metric
        ``"rate"``: the share of hits among values 0 and 1; ``"mean"`` of values, high is good; ``"loss"``: mean of
        values, low is good.
    greater_is_better
        The direction, where it is another one.
    bounds
        Between which values lie, where that is known; others are refused.
    exact
        Whether intervals hold exactly from the first row on (empirical Bernstein; needs bounds or a rate) instead of
        asymptotically. They are about twice as wide.
    shares
        Of traffic, for each arm; equal by default.
    guardrails
        What must not get worse meanwhile.
    effect
        The smallest difference that matters; the test ends without a winner when the difference is surely smaller.
    rows
        Rows an arm after which the test ends in any case, and for which intervals are narrowest:
        ``ABTest.plan(…).most``. By default it has no end.
    level
        The chance that no arm wins, ever, if all are equal.
    salt
        What assignments are made from besides the unit; by default the name.
    log
        A file of JSON lines that is written with every call; where it is there, the test goes on from it.

    Attributes
    ----------
    settings
        All of these, as they were decided.

    Raises
    ------
    PlanError
        If these contradict themselves or the log.
    StorageError
        If the log can't be read.

    Examples
    --------
    >>> test = ABTest("checkout", rows=2000)
    >>> test.add("a", [0] * 900 + [1] * 100)
    >>> test.add("b", [0] * 800 + [1] * 200)
    >>> test.verdict().state
    'b wins'
    """

    def __init__(
        self,
        name: str,
        *,
        arms: Sequence[str] = ("a", "b"),
        metric: Kind = "rate",
        greater_is_better: bool | None = None,
        bounds: tuple[float, float] | None = None,
        exact: bool = False,
        shares: Sequence[float] | None = None,
        guardrails: Sequence[Guardrail] = (),
        effect: float | None = None,
        rows: int | None = None,
        level: float = 0.95,
        salt: str | None = None,
        log: str | Path | None = None,
    ) -> None:
        self.settings = Settings(
            name=name,
            arms=tuple(arms),
            metric=metric,
            greater_is_better=greater_is_better,
            bounds=bounds,
            exact=exact,
            shares=even(arms) if shares is None else tuple(map(float, shares)),
            guardrails=tuple(guardrails),
            effect=effect,
            rows=rows,
            level=level,
            salt=name if salt is None else salt,
        )
        self._journal = None if log is None else Journal(Path(log))
        self._events: list[dict[str, Any]] = []
        self._arms, self._guards = self._empty()
        self._over: Verdict | None = None
        if self._journal is not None and self._journal.events:
            self._go_on(self._journal.events)
        else:
            self._keep({"event": "start", **self.settings.to_json()})

    @classmethod
    def open(cls, log: str | Path) -> Self:
        """Return the test that a log tells, to look at it or go on.

        Raises
        ------
        StorageError
            If there is no such log.
        """
        events = Journal(Path(log)).events
        if not events:
            raise StorageError(f"There is no log of a test in {log}. Check the path.")
        settings = Settings.from_json(_start(events, Path(log)))
        return cls(**{each: getattr(settings, each) for each in settings.__slots__}, log=log)

    @staticmethod
    def plan(
        baseline: float,
        effect: float,
        *,
        std: float | None = None,
        power: float = 0.8,
        level: float = 0.95,
        arms: int = 2,
    ) -> planning.TestPlan:
        """Return how many rows an arm are needed to find ``effect``; see :func:`planning.plan`.

        Raises
        ------
        PlanError
            If there is no such test.

        Examples
        --------
        >>> ABTest.plan(baseline=0.10, effect=0.02).fixed
        3841
        """
        return planning.plan(baseline, effect, std=std, power=power, level=level, arms=arms)

    def assign(self, unit: object) -> str:
        """Return the arm of a unit, always the same for the same unit and salt, in any process."""
        return assign(unit, self.settings.salt, self.settings.arms, self.settings.shares)

    def add(self, arm: str, values: Any, guardrails: Mapping[str, Any] | None = None) -> None:
        """Add one value, or the values of several units.

        Parameters
        ----------
        arm
            Whose they are.
        values
            A number or numbers ``(n,)``.
        guardrails
            Values of guardrails, by name.

        Raises
        ------
        PlanError
            If there is no such arm or guardrail.
        DataError
            If they can't be values of this metric.
        StorageError
            If the log can't be written; nothing is added then.
        """
        self.settings.check_arm(arm)
        self._add({arm: values}, {name: {arm: each} for name, each in (guardrails or {}).items()})

    def add_frame(self, data: Any, *, arm: str = "arm", value: str = "value") -> None:
        """Add the rows of a table, all at once.

        Parameters
        ----------
        data
            Anything that :func:`automl.read` reads.
        arm, value
            Names of its columns; guardrails stand in columns of their own names.

        Raises
        ------
        DataError, PlanError, StorageError
            As :meth:`add` does, and if a column is missing.
        """
        frame = read(data)
        needed = [arm, value, *(each.name for each in self.settings.guardrails)]
        for column in needed:
            if column not in frame.columns:
                raise DataError(f"The table has no column {column!r}; the test needs {', '.join(map(repr, needed))}.")
        if frame[arm].isna().any():
            raise DataError(f"The column {arm!r} is missing in {int(frame[arm].isna().sum())} rows; leave them out.")
        by_arm = {str(name): rows for name, rows in frame.groupby(frame[arm].astype(str), sort=False)}
        for each in by_arm:
            self.settings.check_arm(each)
        guards = {
            guard.name: {name: rows[guard.name].to_numpy() for name, rows in by_arm.items()}
            for guard in self.settings.guardrails
        }
        self._add({name: rows[value].to_numpy() for name, rows in by_arm.items()}, guards)

    def verdict(self) -> Verdict:
        """Return where the test stands, after all rows of all arms up to now.

        The first winner or the first "no difference" stays; only a broken guardrail or a sample ratio mismatch that
        shows later stops the test all the same. Add the rows of all arms before you ask, or their ratio will be off.

        Raises
        ------
        StorageError
            If the log can't be written.
        """
        now = judge(self.settings, self._arms, self._guards)
        if self._over is not None and not now.stops:
            return self._over
        if now.state != self._last_state():
            self._keep({"event": "verdict", "state": now.state, "sentence": now.sentence})
        if now.is_final:
            self._over = now
        return now

    @property
    def log(self) -> tuple[dict[str, Any], ...]:
        """What happened, an event each: the start, rows with the sums after them, changes of the verdict."""
        return tuple(self._events)

    @property
    def sample_ratio(self) -> dict[str, float]:
        """P-values of the arms' shares: one that holds at any time, and Pearson's, which holds for one look."""
        counts = [self._arms[arm].n for arm in self.settings.arms]
        return {
            "p_at_any_time": sample_ratio_p(counts, self.settings.shares),
            "p_chi_square": chi_square_p(counts, self.settings.shares),
        }

    def frame(self) -> pd.DataFrame:
        """Return a row an arm and metric: rows, mean, and the gain over the first arm with its interval."""
        first, *_ = self.settings.arms
        rows = []
        for arm in self.settings.arms:
            interval = gain(self.settings, self._arms[first], self._arms[arm])
            sign = self.settings.sign
            rows.append(_row(arm, self.settings.metric, self._arms[arm], self._arms[first], sign, interval))
            for guard in self.settings.guardrails:
                totals = self._guards[guard.name]
                interval = guarded(self.settings, guard, totals[first], totals[arm])
                rows.append(_row(arm, guard.name, totals[arm], totals[first], guard.sign, interval))
        frame = pd.DataFrame(rows)
        frame.loc[frame["arm"] == first, ["gain", "low", "high"]] = float("nan")
        return frame

    def plot(self) -> Figure:
        """Return a picture of the gain over the first arm, with its interval, as rows came in."""
        from automl.comparison.live.picture import course_picture

        return course_picture(self.settings, self._course())

    def __str__(self) -> str:
        """Say where the test stands."""
        said = self._over or judge(self.settings, self._arms, self._guards)
        return f"A/B test {self.settings.name!r}: {said.sentence}"

    def _add(self, values: Mapping[str, Any], guards: Mapping[str, Mapping[str, Any]]) -> None:
        settings = self.settings
        known = {each.name: each for each in settings.guardrails}
        for name in guards:
            if name not in known:
                raise PlanError(f"The test {settings.name!r} has no guardrail {name!r}; it has {sorted(known)}.")
        arms, of_guards = dict(self._arms), {name: dict(each) for name, each in self._guards.items()}
        for arm, given in values.items():
            new = as_values(given, settings.metric, settings.bounds, f"The arm {arm!r}")
            low, high = settings.scale or (0.0, 1.0)
            arms[arm] = arms[arm].plus(new, (new - low) / (high - low))
        for name, by_arm in guards.items():
            for arm, given in by_arm.items():
                new = as_values(given, known[name].metric, None, f"The guardrail {name!r}")
                of_guards[name][arm] = of_guards[name][arm].plus(new)
        changed = {arm: arms[arm].to_json() for arm in values}
        guarded_now = {name: {arm: of_guards[name][arm].to_json() for arm in by} for name, by in guards.items()}
        self._keep({"event": "rows", "arms": changed, "guardrails": guarded_now})
        self._arms, self._guards = arms, of_guards

    def _keep(self, event: dict[str, Any]) -> None:
        timed = {**event, "time": datetime.now(UTC).isoformat(timespec="seconds")}
        if self._journal is not None:
            self._journal.append(timed)
        self._events.append(timed)

    def _go_on(self, events: list[dict[str, Any]]) -> None:
        assert self._journal is not None
        earlier = _start(events, self._journal.path)
        differing = [name for name, value in self.settings.to_json().items() if earlier.get(name) != value]
        if differing:
            name = differing[0]
            raise PlanError(
                f"The log {self._journal.path} was begun with {name}={earlier.get(name)!r}, not "
                f"{self.settings.to_json()[name]!r}. What a test is about can't change while it runs; give another log."
            )
        for event in events:
            if event["event"] == "rows":
                self._replay(event, self._arms, self._guards)
            elif event["event"] == "verdict":
                said = Verdict(event["state"], event["sentence"])
                self._over = said if said.is_final else self._over
        self._events = list(events)

    def _replay(self, event: dict[str, Any], arms: dict[str, Totals], guards: dict[str, dict[str, Totals]]) -> None:
        arms.update({arm: Totals.of(told, self.settings.arm_level) for arm, told in event["arms"].items()})
        for name, by_arm in event["guardrails"].items():
            guards[name].update({arm: Totals.of(told, self.settings.arm_level) for arm, told in by_arm.items()})

    def _course(self) -> list[dict[str, Totals]]:
        """Return the sums of all arms after each time that rows came."""
        arms, guards = self._empty()
        course = []
        for event in self._events:
            if event["event"] == "rows":
                self._replay(event, arms, guards)
                course.append(dict(arms))
        return course

    def _empty(self) -> tuple[dict[str, Totals], dict[str, dict[str, Totals]]]:
        settings = self.settings
        exact = Bernstein(settings.arm_level) if settings.exact else None
        guards = {guard.name: dict.fromkeys(settings.arms, Totals()) for guard in settings.guardrails}
        return dict.fromkeys(settings.arms, Totals(exact=exact)), guards

    def _last_state(self) -> str:
        states = [event["state"] for event in self._events if event["event"] == "verdict"]
        return states[-1] if states else "running"


def _start(events: list[dict[str, Any]], path: Path) -> dict[str, Any]:
    """Return the settings that a log begins with."""
    if events[0].get("event") != "start":
        raise StorageError(f"{path} is no log of an A/B test: it does not begin with a start. Give another file.")
    return {name: value for name, value in events[0].items() if name not in ("event", "time")}


def _row(
    arm: str, metric: str, totals: Totals, first: Totals, sign: int, interval: tuple[float, float]
) -> dict[str, Any]:
    return {
        "arm": arm,
        "metric": metric,
        "rows": totals.n,
        "mean": totals.mean if totals.n else float("nan"),
        "gain": sign * (totals.mean - first.mean) if totals.n and first.n else float("nan"),
        "low": interval[0],
        "high": interval[1],
    }
