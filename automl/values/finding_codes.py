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
        "missing-tells-target",
        "note",
        "Whether a column is missing says much about the target.",
        "Find out whether the value is filled in before the prediction or only once the outcome is known.",
    ),
    Code(
        "hidden-missing",
        "note",
        "Cells hold a word or mark for a missing value, such as '?' or a blank.",
        "Nothing: in numbers and dates they are read as missing, in categories they are a level of their own.",
    ),
    Code(
        "none-or-missing",
        "note",
        "A category holds 'NA', 'None' or the like, which may mean 'there is none' as well as 'not known'. It is kept "
        "as a level.",
        "Look it up in the table's description; replace it by a missing value where it is one.",
    ),
    Code(
        "placeholder-value",
        "note",
        "A number that lies far from all others stands in many rows, as 999 or -1 do for 'not known'.",
        "Look it up in the table's description; replace it by a missing value where it is one.",
    ),
    Code(
        "outliers",
        "note",
        "A few numbers lie so far from all others that they may be slips.",
        "Look at these rows; correct or drop what can't be.",
    ),
    Code(
        "mixed-types",
        "warning",
        "A column mixes numbers and words. It is read as a category.",
        "Clean the cells that are no numbers; tokens for 'missing' such as '?' and 'NA' are understood.",
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
        "few-rows",
        "warning",
        "There are few rows, or few to a validation fold, so that scores are mostly chance.",
        "Collect more rows, or lower cv.",
    ),
    Code(
        "groups-split",
        "warning",
        "A column names things that have several rows each (a patient, a customer), and folds split them.",
        "Give groups=… so that all rows of one stay in one fold; or drop the column if its values won't come again.",
    ),
    Code(
        "time-order",
        "warning",
        "The table follows time and its targets drift, but folds are shuffled: they train on the future.",
        "Give time_column=… so that folds train on what came before.",
    ),
    Code(
        "personal-data",
        "warning",
        "Cells look like e-mail addresses, telephone numbers or payment card numbers.",
        "Drop or mask the column, unless you may use it; models and reports can reveal it.",
    ),
    Code(
        "no-header",
        "note",
        "The file has no line of column names. Columns are called by their number from 0.",
        "Nothing; or give header=True to automl.read if the first line does hold names.",
    ),
    Code(
        "test-columns",
        "error",
        "The test table lacks columns that predictions need.",
        "Give a test table with the same columns.",
    ),
    Code(
        "test-overlap",
        "warning",
        "Rows of the test table stand in the training table as well, so that it judges too kindly.",
        "Drop these rows from one of the two.",
    ),
    Code(
        "test-drift",
        "warning",
        "A column is distributed differently in the test table.",
        "Find out what changed; if the test table is what will come, train on rows that are like it.",
    ),
    Code(
        "label-noise",
        "warning",
        "Models that had not seen a row are sure of another label than the one it has, in most of their errors.",
        "Look at these rows first when labels are checked.",
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


def as_markdown() -> str:
    """Return the table of all codes that stands in ``docs/guides/checks.md``.

    Examples
    --------
    >>> print(as_markdown().splitlines()[0])
    | code | severity | what it says | what to do |
    """
    rows = [f"| `{each.name}` | {each.severity} | {each.meaning} | {each.advice} |" for each in CODES.values()]
    return "\n".join(["| code | severity | what it says | what to do |", "| --- | --- | --- | --- |", *rows])
