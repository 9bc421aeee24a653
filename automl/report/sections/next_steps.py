"""What to do next, as far as the numbers say."""

from __future__ import annotations

from automl.assess.assessment import Assessment
from automl.report.blocks import Section, told
from automl.report.claims.quality import is_guessing
from automl.report.material import Material
from automl.report.sentence import Sentence


def next_steps(material: Material) -> Section:
    """Return what would make the model better, or its numbers surer."""
    steps = []
    found = material.assessment
    if isinstance(found, Assessment) and is_guessing(material, found):
        steps.append(Sentence("Don't use it yet: look for columns that say more about what is predicted.", "caution"))
    if not material.has_test:
        steps.append(Sentence("Judge it on rows that the search has not seen, best of a later time (`data=`)."))
    steps.append(Sentence(material.course.outlook.sentence))
    if material.course.ranges.found:
        steps.append(Sentence("Search again with wider ranges; the technical report says which."))
    steps.append(Sentence("More is in the technical report and in the audit report (`audience=`)."))
    return Section("next", "What next", (told(*steps),))
