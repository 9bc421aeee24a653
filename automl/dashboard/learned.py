"""What a search may teach, one value each: the evidence, and the sentence that it makes.

Scores stand in the metric's own direction; a ``gap`` is above 0 where the thing named first is better. A value exists
only where its evidence holds (:mod:`automl.dashboard.findings` decides that), so its sentence never hedges.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from automl.dashboard.wording import count, duration, listed, name, number, percent, score_with_spread
from automl.values.space import Value

MUCH, SOME = 0.5, 0.1  # shares of the way from guessing to perfect


class Finding(Protocol):
    """Something learned."""

    @property
    def sentence(self) -> str:
        """It in words, as one line of Markdown."""


@dataclass(frozen=True, slots=True)
class Explains:
    """The best is better than guessing; ``share`` of the way to perfect, ``None`` where perfect isn't known."""

    metric: str
    score: float
    guessing: float
    share: float | None
    is_error: bool

    @property
    def sentence(self) -> str:
        """It in words."""
        if self.share is None:
            return f"The columns explain some of the target: guessing (the dummy) scores {number(self.guessing)}."
        much = "much" if self.share >= MUCH else "some" if self.share >= SOME else "a little"
        if self.is_error:
            how = f"{name(self.metric)} is {percent(self.share)} lower than guessing's {number(self.guessing)}"
        else:
            how = f"that is {percent(self.share)} of the way from guessing ({number(self.guessing)}) to perfect (1)"
        return f"The columns explain {much} of the target: {how}."


@dataclass(frozen=True, slots=True)
class NoBetterThanGuessing:
    """No model beats the dummy beyond chance."""

    family: str
    score: float
    guessing: float

    @property
    def sentence(self) -> str:
        """It in words."""
        return (
            f"Nothing is better than guessing: {name(self.family)} scores {number(self.score)}, the dummy "
            f"{number(self.guessing)}. The columns say little about the target; other columns or more rows are "
            "likely worth more than a longer search."
        )


@dataclass(frozen=True, slots=True)
class OneFold:
    """Every score stands on one fold."""

    n_models: int

    @property
    def sentence(self) -> str:
        """It in words."""
        return "Every score stands on a single fold: how much of a difference is luck can't be told."


@dataclass(frozen=True, slots=True)
class ClearLead:
    """One family is better than every other beyond chance."""

    family: str
    runner_up: str
    gap: float
    margin: float

    @property
    def sentence(self) -> str:
        """It in words."""
        return (
            f"{name(self.family)} leads clearly: by {number(self.gap, 2)} before {name(self.runner_up)}, where "
            f"up to {number(self.margin, 2)} would mean nothing."
        )


@dataclass(frozen=True, slots=True)
class WithinNoise:
    """The lead over these families may be chance."""

    family: str
    others: tuple[str, ...]
    gap: float
    margin: float

    @property
    def sentence(self) -> str:
        """It in words."""
        return (
            f"The lead of {name(self.family)} is within the noise: folds can't tell it from "
            f"{listed([name(each) for each in self.others])} (it is {number(self.gap, 2)} before "
            f"{name(self.others[0])}, where up to {number(self.margin, 2)} means nothing)."
        )


@dataclass(frozen=True, slots=True)
class SimpleIsAsGood:
    """A simple family can't be told from the best one."""

    simple: str
    family: str
    gap: float

    @property
    def sentence(self) -> str:
        """It in words."""
        return (
            f"The simple {name(self.simple)} is as good as {name(self.family)} as far as folds can tell "
            f"({number(self.gap, 2)} behind): prefer it where a model has to be explained."
        )


@dataclass(frozen=True, slots=True)
class SimpleIsWorse:
    """The best family beats every simple one beyond chance."""

    simple: str
    family: str
    gap: float

    @property
    def sentence(self) -> str:
        """It in words."""
        return (
            f"A simple model is not enough: {name(self.simple)}, the best of them, is clearly behind "
            f"{name(self.family)}, by {number(self.gap, 2)}."
        )


@dataclass(frozen=True, slots=True)
class EnsembleHelps:
    """The ensemble is better than the best pipeline by more than a trifle."""

    n_members: int
    gap: float
    best: float

    @property
    def sentence(self) -> str:
        """It in words."""
        return (
            f"Combining helps: the ensemble of {count(self.n_members, 'pipeline')} is better than the best single one "
            f"({number(self.best)}) by {number(self.gap, 2)}."
        )


@dataclass(frozen=True, slots=True)
class EnsembleDoesNotHelp:
    """The ensemble isn't better than the best pipeline by more than a trifle."""

    n_members: int
    gap: float
    best: float

    @property
    def sentence(self) -> str:
        """It in words."""
        much = f"{number(abs(self.gap), 2)} {'better' if self.gap > 0 else 'worse'}" if self.gap else "no better"
        return (
            f"Combining does not help: the ensemble of {count(self.n_members, 'pipeline')} is {much} than the best "
            f"single one ({number(self.best)}), which is simpler and faster."
        )


@dataclass(frozen=True, slots=True)
class StillImproving:
    """The best score was reached late in the time."""

    since: float
    seconds: float
    is_running: bool

    @property
    def sentence(self) -> str:
        """It in words."""
        when = f"the best score was reached after {duration(self.since)} of {duration(self.seconds)}"
        advice = "it may go on improving" if self.is_running else "more time is likely worth it"
        return f"It was still improving late: {when}; {advice}."


@dataclass(frozen=True, slots=True)
class Settled:
    """The best score was reached early; ``share`` of the time has brought nothing since."""

    since: float
    share: float
    n_trials: int
    is_running: bool

    @property
    def sentence(self) -> str:
        """It in words."""
        advice = "little more is to be expected" if self.is_running else "more time is unlikely to help"
        return (
            f"It has settled: the last {percent(self.share)} of the time ({count(self.n_trials, 'trial')} after "
            f"{duration(self.since)}) brought no improvement worth a word; {advice}."
        )


@dataclass(frozen=True, slots=True)
class FoldFarOff:
    """One fold of the best is far from its others."""

    family: str
    fold: int
    score: float
    others: float
    spread: float
    is_worse: bool

    @property
    def sentence(self) -> str:
        """It in words."""
        return (
            f"Fold {self.fold} is far off: {name(self.family)} scores {number(self.score)} there, much "
            f"{'worse' if self.is_worse else 'better'} than {score_with_spread(self.others, self.spread)} on the "
            "others; look at what is special about its rows."
        )


@dataclass(frozen=True, slots=True)
class FoldsAgree:
    """All folds of the best lie close together, measured by the distance to guessing."""

    n_folds: int
    low: float
    high: float

    @property
    def sentence(self) -> str:
        """It in words."""
        return (
            f"The folds agree: the best single pipeline scores between {number(self.low)} and {number(self.high)} on "
            f"all {self.n_folds}."
        )


@dataclass(frozen=True, slots=True)
class AtEdge:
    """A hyperparameter of the best lies at an end of its range."""

    family: str
    hyperparameter: str
    value: Value
    low: float
    high: float
    is_high: bool

    @property
    def sentence(self) -> str:
        """It in words."""
        value = number(self.value) if isinstance(self.value, int | float) else str(self.value)
        return (
            f"{name(self.hyperparameter)} of the best {name(self.family)} is {value}, at the "
            f"{'upper' if self.is_high else 'lower'} edge of its range ({number(self.low)} to {number(self.high)}): "
            "a wider range may hold better values."
        )


@dataclass(frozen=True, slots=True)
class InsideRanges:
    """No numeric hyperparameter of the best lies at an end of its range."""

    family: str
    n_hyperparameters: int

    @property
    def sentence(self) -> str:
        """It in words."""
        numbers = count(self.n_hyperparameters, "numeric hyperparameter")
        return f"The ranges are wide enough: the best {name(self.family)} has its {numbers} well inside them."


@dataclass(frozen=True, slots=True)
class TimeLost:
    """A family took much of the training time and gave nothing."""

    family: str
    share: float
    has_score: bool

    @property
    def sentence(self) -> str:
        """It in words."""
        what = "is clearly behind the best" if self.has_score else "finished no trial"
        return (
            f"{name(self.family)} took {percent(self.share)} of the training time and gave nothing: it {what} and is "
            "in no ensemble; leave it out next time."
        )


@dataclass(frozen=True, slots=True)
class TimeWellSpent:
    """The family that took most of the training time is the best one."""

    family: str
    share: float

    @property
    def sentence(self) -> str:
        """It in words."""
        return f"The time went where it paid: {name(self.family)}, the best, took {percent(self.share)} of it."


@dataclass(frozen=True, slots=True)
class ManyFailed:
    """Much of what was tried failed by itself."""

    n_failed: int
    n_trials: int

    @property
    def sentence(self) -> str:
        """It in words."""
        share = percent(self.n_failed / self.n_trials)
        return f"{share} of the trials ({self.n_failed:,} of {self.n_trials:,}) failed; the causes stand below."


@dataclass(frozen=True, slots=True)
class NoneFailed:
    """Nothing of what was tried failed."""

    n_trials: int

    @property
    def sentence(self) -> str:
        """It in words."""
        return f"None of the {count(self.n_trials, 'trial')} failed."


@dataclass(frozen=True, slots=True)
class ManyStopped:
    """Racing gave up much of what was tried."""

    n_stopped: int
    n_trials: int

    @property
    def sentence(self) -> str:
        """It in words."""
        share = percent(self.n_stopped / self.n_trials)
        return (
            f"{share} of the trials ({self.n_stopped:,} of {self.n_trials:,}) were given up early because they could "
            "not catch up with the best, which saved time for others."
        )
