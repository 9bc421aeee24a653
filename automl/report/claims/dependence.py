"""What the predictions depend on: the columns that matter, and whether everything hangs on one."""

from __future__ import annotations

from automl.dashboard.wording import count, listed, name, number, percent
from automl.explain.effect import Effect
from automl.explain.importance import Importance
from automl.report.absent import Absent
from automl.report.material import Material
from automl.report.sentence import Sentence

ALL = 0.8  # of what all columns are worth together: then everything hangs on one
_LABELS = 6


def dependence(material: Material) -> list[Sentence]:
    """Return what the predictions depend on."""
    found = material.importance
    if isinstance(found, Absent):
        return [found.because("What it depends on")]
    told = [columns(found)]
    return told + [sentence for each in material.effects[:1] for sentence in directions(each)[:1]]


def columns(found: Importance) -> Sentence:
    """Return which columns matter."""
    helping = [each for each in found.columns if each.verdict == "helps"]
    seen = (
        f"Of the {count(len(found.columns), 'column')} that there was time to measure, it" if found.left_out else "It"
    )
    if not helping and found.left_out:
        return Sentence(f"{seen} is known to depend on none; {count(len(found.left_out), 'column')} were not measured.")
    if not helping:
        return Sentence(
            f"**No column is known to help**: shuffling any of them makes {name(found.metric.name)} no worse.",
            "caution",
        )
    best = [f"{name(each.columns[0])} ({number(each.importance, 2)})" for each in helping[:5]]
    rest = len(found.columns) - len(helping)
    others = f"; {count(rest, 'column')} of {len(found.columns):,} {'has' if rest == 1 else 'have'} no clear effect"
    return Sentence(
        f"{seen} depends most on {listed(best)}: so much worse {name(found.metric.name)} becomes when a column's "
        f"values are shuffled{others if rest else ''}."
    )


def single_column(found: Importance) -> Sentence | None:
    """Return whether nearly everything hangs on one column; ``None`` if there are too few to tell."""
    helping = [each.importance for each in found.columns if each.verdict == "helps"]
    if not helping or found.left_out or len(found.columns) < 3:
        return None
    share = helping[0] / sum(helping)
    first = name(found.columns[0].columns[0])
    if share >= ALL:
        return Sentence(
            f"**Nearly everything hangs on {first}** ({percent(share)} of what all columns are worth): make sure that "
            "it is known, and right, at the time when predictions are made.",
            "caution",
        )
    return Sentence(
        f"No single column decides alone: {first}, the first, is {percent(share)} of what all are worth.", "good"
    )


def directions(effect: Effect) -> list[Sentence]:
    """Return in which way predictions change with a column, the label that changes most first."""
    return [Sentence.of_text(each) for each in effect.sentences[:_LABELS]]
