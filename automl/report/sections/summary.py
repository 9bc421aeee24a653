"""The first section: what, how good, how sure, what it depends on, what to beware of."""

from __future__ import annotations

from automl.report.blocks import Heading, Section, told
from automl.report.claims.caution import cautions
from automl.report.claims.certainty import certainty
from automl.report.claims.dependence import dependence
from automl.report.claims.purpose import purpose
from automl.report.claims.quality import quality
from automl.report.material import Material


def summary(material: Material) -> Section:
    """Return the plain-language summary."""
    return Section(
        "summary",
        "Summary",
        (
            Heading("What it is"),
            told(*purpose(material)),
            Heading("How good it is"),
            told(*quality(material)),
            Heading("How sure that is"),
            told(*certainty(material)),
            Heading("What it depends on"),
            told(*dependence(material)),
            Heading("What to beware of"),
            told(*cautions(material)),
        ),
    )
