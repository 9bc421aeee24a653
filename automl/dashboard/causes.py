"""Why trials have no full score, grouped: the same cause once, with how often it came and in which families."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from automl.dashboard.wording import count, listed, name, plain
from automl.values.evaluation import Evaluation

STOPPED, CUT_OFF, OTHER = "stopped", "cut_off", "other"
_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "crashed": "crashed",
        "timed_out": "ran out of time",
        "out_of_memory": "ran out of memory",
        "bad_prediction": "predicted what is no prediction",
        STOPPED: "given up early",
        CUT_OFF: "cut off by the end of the search",
        OTHER: "ended otherwise",
    }
)
_ADVICE: Mapping[str, str] = MappingProxyType(
    {
        "crashed": "If a family always crashes, leave it out with `algorithms`.",
        "timed_out": "More time (`time_budget`) or fewer rows would let it finish.",
        "out_of_memory": "A higher `memory_limit`, or a smaller `n_jobs`, gives each trial more.",
        "bad_prediction": "Look for extreme values in the table if it comes often.",
        STOPPED: "Nothing is to be done: its first folds were worse than the worst fold of the best.",
        CUT_OFF: "Nothing is wrong with it: more time (`time_budget`) would finish it.",
    }
)
_TELLING = frozenset({"crashed", "out_of_memory", "bad_prediction", OTHER})  # whose messages differ in what they say
_NUMBER = re.compile(r"0x[0-9a-fA-F]+|\d+(?:[.,]\d+)*")


@dataclass(frozen=True, slots=True)
class Cause:
    """A reason that some trials share: its kind, a message as an example, and the families."""

    kind: str
    message: str
    families: tuple[tuple[str, int], ...]

    @property
    def n_trials(self) -> int:
        """How many trials share it."""
        return sum(n for _, n in self.families)

    @property
    def sentence(self) -> str:
        """It in words, as one line of Markdown."""
        shown = [name(family, 40) + (f" {n:,}" if len(self.families) > 1 else "") for family, n in self.families]
        message = f" ({plain(self.message, 140)})" if self.message else ""
        what = f"**{words_of(self.kind)}**: {count(self.n_trials, 'trial')}, {listed(shown, 4)}{message}."
        return f"{what} {advice(self.kind)}".rstrip()


def words_of(kind: str) -> str:
    """Return what a kind means."""
    return _WORDS.get(kind, kind)


def advice(kind: str) -> str:
    """Return what to do about it, or nothing."""
    return _ADVICE.get(kind, "")


def kind_of(evaluation: Evaluation) -> str:
    """Return why an evaluation doesn't count: a kind of failure, or one of this module's own."""
    if evaluation.state == "stopped":
        return STOPPED
    failure = evaluation.failure
    if failure is not None:
        return CUT_OFF if failure.kind == "cancelled" else failure.kind
    return CUT_OFF if evaluation.state == "partial" else OTHER


def message_of(evaluation: Evaluation) -> str:
    """Return what was said about it, without the kind."""
    failure = evaluation.failure
    return evaluation.reason if failure is None else failure.message


def causes(evaluations: Sequence[Evaluation]) -> list[Cause]:
    """Return why trials don't count, real failures first, the most frequent first.

    Messages that differ in numbers alone count as the same.
    """
    families: dict[tuple[str, str], Counter[str]] = {}
    examples: dict[tuple[str, str], str] = {}
    for each in evaluations:
        if each.counts and each.failure is None:
            continue
        kind = kind_of(each)
        message = message_of(each)[:300] if kind in _TELLING else ""
        key = (kind, _NUMBER.sub("#", message))
        examples.setdefault(key, message)
        families.setdefault(key, Counter())[each.candidate.algorithm] += 1
    found = [Cause(kind, examples[kind, text], tuple(many.most_common())) for (kind, text), many in families.items()]
    return sorted(found, key=lambda each: (each.kind in (STOPPED, CUT_OFF), -each.n_trials))
