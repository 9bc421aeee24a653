"""What can be noticed about a table: the code of each kind of finding, how grave it is, and what to do about it.

A code is a few words joined by hyphens, as people search for them. It is stable: what stands here may be given to
``ignore=[…]``, filtered for in a table of findings, and looked up in ``docs/guides/checks.md``, whose table is made
from this one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Severity = Literal["error", "warning", "note"]
"""An error stops. A warning says that scores or models mislead unless something is done. A note says what was done, or
what is good to know."""
SEVERITIES: tuple[Severity, ...] = get_args(Severity)


@dataclass(frozen=True, slots=True)
class Code:
    """One kind of finding.

    Attributes
    ----------
    name
        What it is called everywhere.
    severity
        How grave it usually is; a check may find a case to be less or more so.
    meaning
        What it says, for a table of all codes.
    advice
        What to do, where a finding doesn't say it better.
    """

    name: str
    severity: Severity
    meaning: str
    advice: str


_ALL = (
    Code(
        "target-leak",
        "warning",
        "A column gives the target away: it is there for one label only, or alone explains nearly everything. It is "
        "set aside.",
        "Find out when the column becomes known; if before the prediction, keep=[…] retains it.",
    ),
    Code(
        "missing-target",
        "warning",
        "Some rows have no target. They are left out.",
        "Find out why they have none; what is left may not be like them.",
    ),
    Code(
        "infinite-values",
        "warning",
        "A column holds infinite numbers. They are read as missing.",
        "Look for a division by zero where the column is made.",
    ),
    Code(
        "identifier",
        "note",
        "A column has a different name or number in every row. It is set aside.",
        "Nothing, if it names the row; roles={…: 'category'} uses it.",
    ),
    Code(
        "constant",
        "note",
        "A column has one value only. It is set aside.",
        "Nothing; or find out why it never changes.",
    ),
    Code(
        "near-constant",
        "note",
        "A column has the same value in nearly every row.",
        "Nothing, unless you expected it to vary: then find out what was lost.",
    ),
    Code(
        "all-missing",
        "note",
        "A column has no value in any row. It is set aside.",
        "Nothing; or find out where its values were lost.",
    ),
    Code(
        "mostly-missing",
        "note",
        "A column is missing in more than half of the rows.",
        "Find out why it is missing, and whether it will be missing as often where predictions are made.",
    ),
    Code(
        "duplicate-rows",
        "warning",
        "Rows stand in the table more than once, target included, so that folds validate rows that they trained on.",
        "Drop the copies, or give groups= so that copies stay together; keep them if they are separate cases.",
    ),
    Code(
        "conflicting-duplicates",
        "warning",
        "Rows that are equal in every column have different targets, so that no model can be right about all.",
        "Find out whether columns are missing that tell them apart, or labels are wrong.",
    ),
    Code(
        "rare-class",
        "warning",
        "A label has fewer than ten rows.",
        "Merge it with another label, leave it out, or collect more rows of it.",
    ),
    Code(
        "imbalance",
        "note",
        "One of two labels has fewer than a tenth of the rows, or one label has nine tenths of them.",
        "Judge by a metric that the frequent label can't win alone, such as roc_auc or average_precision.",
    ),
    Code(
        "checks-skipped",
        "note",
        "The time budget was too short for some checks.",
        "automl.plan makes all of them.",
    ),
)

CODES: dict[str, Code] = {each.name: each for each in _ALL}
"""Every code there is, in the order in which the guide lists them."""
