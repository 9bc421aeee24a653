"""All checks, asked in order: quick ones always, dear ones while there is time.

Their time is inside a search's budget. Quick checks take milliseconds on small tables and about a second on half a
million rows. Dear ones are begun only while less than the allowance is used; those that are not are named in a note
(``checks-skipped``), so that nobody takes silence for a clean table.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass

from automl.checks.classes import check_imbalance, check_rare_classes
from automl.checks.constants import check_constants, check_near_constants
from automl.checks.duplicates import check_conflicts, check_duplicates
from automl.checks.few_rows import check_few_rows
from automl.checks.groups import check_groups
from automl.checks.header import check_header
from automl.checks.hidden_missing import check_hidden_missing
from automl.checks.identifiers import check_identifiers
from automl.checks.later_table import check_later_columns, check_later_distributions, check_later_rows
from automl.checks.missing import check_missing
from automl.checks.missing_and_target import check_missing_and_target
from automl.checks.mixed_types import check_mixed_types
from automl.checks.personal import check_personal_data
from automl.checks.placeholders import check_outliers, check_placeholders
from automl.checks.subject import Subject
from automl.checks.time_order import check_time_order
from automl.errors import DataError
from automl.values.finding import Finding, by_severity


@dataclass(frozen=True, slots=True)
class Check:
    """A function that looks for findings, and the codes that these may have.

    Attributes
    ----------
    is_dear
        Whether it may be left out where time is short.
    """

    look: Callable[[Subject], Iterator[Finding]]
    codes: tuple[str, ...]
    is_dear: bool = False


CHECKS = (
    Check(check_identifiers, ("identifier",)),
    Check(check_constants, ("constant",)),
    Check(check_missing, ("all-missing", "mostly-missing")),
    Check(check_rare_classes, ("rare-class",)),
    Check(check_imbalance, ("imbalance",)),
    Check(check_near_constants, ("near-constant",)),
    Check(check_few_rows, ("few-rows",)),
    Check(check_header, ("no-header",)),
    Check(check_hidden_missing, ("hidden-missing", "none-or-missing")),
    Check(check_time_order, ("time-order",)),
    Check(check_later_columns, ("test-columns",)),
    Check(check_duplicates, ("duplicate-rows",), is_dear=True),
    Check(check_later_rows, ("test-overlap",), is_dear=True),
    Check(check_groups, ("groups-split",), is_dear=True),
    Check(check_personal_data, ("personal-data",), is_dear=True),
    Check(check_mixed_types, ("mixed-types",), is_dear=True),
    Check(check_later_distributions, ("test-drift",), is_dear=True),
    Check(check_conflicts, ("conflicting-duplicates",), is_dear=True),
    Check(check_missing_and_target, ("missing-tells-target",), is_dear=True),
    Check(check_placeholders, ("placeholder-value",), is_dear=True),
    Check(check_outliers, ("outliers",), is_dear=True),
)


def look_at(
    subject: Subject,
    *,
    ignore: Collection[str] = (),
    seconds: float | None = None,
    checks: Iterable[Check] = CHECKS,
    clock: Callable[[], float] = time.monotonic,
) -> tuple[Finding, ...]:
    """Return what the checks find, the gravest first.

    Parameters
    ----------
    ignore
        Codes of findings to leave out; a check all of whose codes are left out is not asked.
    seconds
        From when on no dear check is begun; ``None`` for never.

    Examples
    --------
    >>> import pandas as pd
    >>> from automl.data.dataset import make_dataset
    >>> table = pd.DataFrame({"id": [f"k{i}" for i in range(90)], "x": [1.5, 2.5, 4.5] * 30, "y": [0] * 87 + [1] * 3})
    >>> for found in look_at(Subject(make_dataset(table, "y")), ignore=["conflicting-duplicates"]):
    ...     print(found)
    Warning: Label 1 (3) of y has fewer than 10 rows. [rare-class]
    Note: Column 'id' has a different value in every row and is set aside. [identifier]
    Note: 3.3% of the rows have the label 1 of y. [imbalance]
    """
    started = clock()
    found: list[Finding] = []
    skipped: list[str] = []
    for check in checks:
        if all(code in ignore for code in check.codes):
            continue
        if check.is_dear and seconds is not None and clock() - started >= seconds:
            skipped += check.codes
            continue
        found += [each for each in check.look(subject) if each.code not in ignore]
    if skipped and "checks-skipped" not in ignore:
        found.append(
            Finding.of("checks-skipped", f"There was no time to look for {', '.join(skipped)}.", codes=list(skipped))
        )
    return by_severity(found)


def stop_on(findings: Iterable[Finding], *, strict: bool) -> None:
    """Stop where a finding is an error or, with ``strict``, a warning.

    Raises
    ------
    DataError
        With the first such finding's sentence and advice, and how many more there are.
    """
    grave = [each for each in findings if each.severity == "error" or (strict and each.severity == "warning")]
    if not grave:
        return
    first, others = grave[0], sorted({each.code for each in grave[1:]})
    more = f" There {'is' if len(grave) == 2 else 'are'} {len(grave) - 1} more ({', '.join(others)})." if others else ""
    way_out = f" ignore=[{first.code!r}] goes on without this check."
    raise DataError(f"{first.sentence} {first.advice}{more}{way_out}")
