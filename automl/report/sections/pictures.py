"""For those who decide: three pictures, each with the sentence that it shows."""

from __future__ import annotations

from automl.assess.assessment import Assessment
from automl.report.blocks import Block, Heading, Section, told
from automl.report.material import Material
from automl.report.sections.explanations import effect, importance
from automl.report.sections.validation import curves
from automl.values.task import TaskKind

_FIRST: dict[TaskKind, tuple[str, ...]] = {
    "binary": ("confusion",),
    "multiclass": ("confusion",),
    "regression": ("truth",),
}


def pictures(material: Material) -> Section:
    """Return how predictions and truth go together, what they depend on, and how the first column acts."""
    blocks: list[Block | Heading] = []
    found = material.assessment
    if isinstance(found, Assessment):
        blocks += curves(found, _FIRST[found.judged.task.kind])
    blocks += importance(material)[1:]
    blocks += [effect(each, place) for place, each in enumerate(material.effects[:1])]
    return Section("pictures", "In pictures", tuple(blocks) or (told(),))
