"""What the predictions depend on: importance, the effects of the first columns, and rules that imitate the model."""

from __future__ import annotations

import numpy as np

from automl.explain.effect import Effect
from automl.report.absent import Absent
from automl.report.blocks import Block, Code, Figure, Heading, Section, told
from automl.report.claims.dependence import columns, directions, single_column
from automl.report.figures import figure_of
from automl.report.material import Material
from automl.report.sentence import Sentence


def explanations(material: Material) -> Section:
    """Return the section."""
    blocks: list[Block | Heading] = importance(material)
    if material.effects:
        blocks.append(Heading("How predictions change"))
        for place, each in enumerate(material.effects):
            blocks += [effect(each, place), told(*directions(each), *(Sentence.of_text(note) for note in each.notes))]
    blocks += _rules(material)
    return Section("explanations", "Explanations", tuple(blocks))


def importance(material: Material) -> list[Block | Heading]:
    """Return what each column is worth."""
    found = material.importance
    if isinstance(found, Absent):
        return [told(found.because("Which columns matter"))]
    said = [columns(found), single_column(found)]
    groups = [
        Sentence.of_text(
            f"{', '.join(each.columns)} say much the same; together they are worth {each.importance:.3g}, so judge "
            "them together."
        )
        for each in found.groups
        if each.verdict == "helps"
    ]
    first = found.columns[0] if found.columns else None
    alt = f"Importance of {len(found.columns)} columns for {found.metric.name}"
    alt += "." if first is None else f"; the first is {first.columns[0]} with {first.importance:.3g}."
    return [
        told(*(each for each in said if each is not None), *groups, *(Sentence.of_text(each) for each in found.notes)),
        figure_of(found.plot(), "importance", "What it depends on", alt, found.frame(), first=True),
    ]


def effect(found: Effect, place: int) -> Figure:
    """Return how predictions change with a column."""
    title = f"Effect of {found.column}"
    return figure_of(found.plot(), f"effect-{place}", title, f"{title}. {found.sentences[0]}", found.frame())


def _rules(material: Material) -> list[Block | Heading]:
    found = material.surrogate
    if isinstance(found, Absent):
        return [Heading("Rules that imitate it"), told(found.because("Rules"))]
    believed, _, rules = str(found).partition("\n")
    same = "" if np.isnan(found.agreement) else f" and {found.agreement:.0%} of its labels"
    alt = f"A tree of {found.depth} questions in a row that explains {max(found.r2, 0):.0%} of the predictions{same}."
    return [
        Heading("Rules that imitate it"),
        told(Sentence.of_text(believed)),
        figure_of(found.plot(), "rules", "Rules that imitate it", alt, found.frame()),
        Code("The rules as text", rules, is_folded=True),
    ]
