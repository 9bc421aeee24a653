"""Whether predictions and errors differ between groups, if it was asked; which columns might be asked about, if not."""

from __future__ import annotations

import re

from automl.dashboard.wording import listed, name
from automl.explain.fairness import Fairness
from automl.report.absent import Absent
from automl.report.blocks import Block, Heading, Section, told
from automl.report.figures import figure_of
from automl.report.material import Material
from automl.report.sentence import Sentence, Tone
from automl.report.tables import table_of

_OF_PEOPLE = re.compile(
    r"(?<![a-z])(sex|gender|race|ethnic\w*|religion|nationality|citizen\w*|disab\w*|marital\w*|age|native)(?![a-z])"
)


def fairness(material: Material, *, is_asked: bool) -> Section | None:
    """Return the section; ``None`` where nobody asked and it needn't be said that nobody did."""
    if not material.fairness:
        return Section("fairness", "Fairness", (told(*unasked(material)),)) if is_asked else None
    blocks: list[Block | Heading] = []
    for place, found in enumerate(material.fairness):
        if isinstance(found, Absent):
            blocks.append(told(found.because("Fairness")))
            continue
        blocks += _groups(found, place)
    return Section("fairness", "Fairness", tuple(blocks))


def verdicts(found: Fairness) -> list[Sentence]:
    """Return the clear differences between groups, or that there is none."""
    n_clear = sum(gap.is_clear for gap in found.gaps)
    tone: Tone = "good" if found.gaps and not n_clear else "neutral"
    told = [Sentence.of_text(each, "caution") for each in found.sentences[:n_clear]]
    told += [Sentence.of_text(each, tone) for each in found.sentences[n_clear:]]
    return told + [Sentence.of_text(each) for each in found.notes]


def unasked(material: Material) -> list[Sentence]:
    """Say that no groups were named, and which columns look as if they told groups of people."""
    told_columns = [name(each) for each in of_people([column.name for column in material.run.plan.schema])]
    said = "No groups were named, so whether predictions and errors differ between groups was not looked at"
    if not told_columns:
        return [Sentence(f"{said} (`fairness=`).")]
    return [
        Sentence(
            f"**{said}** (`fairness=`). {listed(told_columns, 6)} may tell groups of people.",
            "caution",
        )
    ]


def of_people(columns: list[str]) -> list[str]:
    """Return the columns whose names look as if they told groups of people.

    Examples
    --------
    >>> of_people(["Sex", "mileage", "age_group", "native-country", "page"])
    ['Sex', 'age_group', 'native-country']
    """
    return [each for each in columns if _OF_PEOPLE.search(each.lower())]


def _groups(found: Fairness, place: int) -> list[Block | Heading]:
    alt = f"Measures of {len(found.groups)} groups of {found.by}, with intervals."
    return [
        Heading(f"By {found.by}"),
        told(*verdicts(found)),
        figure_of(found.plot(), f"fairness-{place}", f"Groups of {found.by}", alt, found.intervals(), first=True),
        table_of(found.frame(), f"Measures by {found.by}", key=f"groups-{place}", first=True),
        table_of(found.gap_frame(), f"Widest gaps by {found.by}", key=f"gaps-{place}", first=True),
    ]
