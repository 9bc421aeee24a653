"""What the model is not for, and what is not known about it."""

from __future__ import annotations

import numpy as np

from automl.assess.assessment import Assessment
from automl.dashboard.wording import count, listed, name, number, percent
from automl.report.absent import Absent
from automl.report.blocks import Section, told
from automl.report.claims.caution import cautions
from automl.report.material import Material
from automl.report.sections.fairness import unasked
from automl.report.sentence import Sentence


def limits(material: Material) -> Section:
    """Return the section."""
    return Section("limits", "Limits", (told(*known_limits(material)),))


def known_limits(material: Material) -> list[Sentence]:
    """Return what the model is not for, and what is not known."""
    plan = material.run.plan
    said = [each for each in cautions(material) if each.tone == "caution"]
    said.append(_kind_of_rows(material))
    if plan.task.is_classification:
        labels = listed([name(label, 40) for label in plan.task.classes], 6)
        said.append(Sentence(f"It knows {count(plan.task.n_classes, 'label')} ({labels}) and gives no other."))
    if not material.has_test:
        said.append(
            Sentence(
                "No test table was given: the numbers come from the rows that the model was chosen on, each predicted "
                "by models that had not seen it."
            )
        )
    if "time_column" not in plan.roles:
        said.append(
            Sentence("Folds don't follow time: if the world changes, later rows are predicted worse than told.")
        )
    said.append(
        Sentence("It tells what goes together, not what causes what: changing a column need not change the outcome.")
    )
    if not material.fairness:
        said += unasked(material)
    missing = {
        "Importance": material.importance,
        "Rules": material.surrogate,
        "Slices": material.slices,
        "Overfitting": material.overfitting,
    }
    return said + [each.because(what) for what, each in missing.items() if isinstance(each, Absent)]


def _kind_of_rows(material: Material) -> Sentence:
    plan, found = material.run.plan, material.out_of_fold
    said = f"It is for rows of the kind of the {count(plan.n_rows, 'row')} that it learned from"
    if plan.task.is_classification or not isinstance(found, Assessment):
        return Sentence(f"{said}; what it says of others is not known.")
    low, high = np.quantile(found.judged.y, [0.01, 0.99])
    share = percent(0.98)
    return Sentence(
        f"{said}; {share} of them have a {name(plan.task.target)} between {number(float(low), 3)} and "
        f"{number(float(high), 3)}, and what lies beyond is guessed from few."
    )
