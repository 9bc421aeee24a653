"""What to do next, as far as the numbers say."""

from __future__ import annotations

from automl.report.blocks import Section, told
from automl.report.claims.guessing import AgainstGuessing
from automl.report.material import Material
from automl.report.sentence import Sentence


def next_steps(material: Material) -> Section:
    """Return what would make the model better, or its numbers surer."""
    steps = []
    if isinstance(material.guessing, AgainstGuessing) and material.guessing.verdict != "better":
        steps.append(Sentence("Don't use it yet: look for columns that say more about what is predicted.", "caution"))
    if not material.has_test:
        steps.append(Sentence("Judge it on rows that the search has not seen, best of a later time (`data=`)."))
    steps.append(Sentence(material.course.outlook.sentence))
    if material.course.ranges.found:
        steps.append(Sentence("Search again with wider ranges; the technical report says which."))
    steps.append(Sentence("More is in the technical report and in the audit report (`audience=`)."))
    return Section("next", "What next", (told(*steps),))
