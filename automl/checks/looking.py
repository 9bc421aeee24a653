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
from automl.checks.identifiers import check_identifiers
from automl.checks.missing import check_missing
from automl.checks.subject import Subject
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
    Check(check_duplicates, ("duplicate-rows",), is_dear=True),
    Check(check_conflicts, ("conflicting-duplicates",), is_dear=True),
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
