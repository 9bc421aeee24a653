"""One thing noticed about a table, as a value: what, where, how sure, and what to do.

A finding has a code (:mod:`automl.values.finding_codes`), so that programs can count it and callers switch it off; a
sentence, so that people can read it; and its evidence as plain data, so that both can check it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from automl.errors import PlanError, suggest
from automl.values.finding_codes import CODES, SEVERITIES, Severity

if TYPE_CHECKING:
    import pandas as pd

_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Finding:
    """Something noticed about a table.

    Attributes
    ----------
    code
        What kind of thing, one of :data:`automl.values.finding_codes.CODES`.
    severity
        ``"error"``, ``"warning"`` or ``"note"``.
    columns
        The columns it is about, in table order; none where it is about rows.
    sentence
        What was found, with its numbers.
    advice
        What to do.
    evidence
        The numbers behind the sentence, as plain data (what ``json`` writes).

    Raises
    ------
    PlanError
        If there is no such code or severity.

    Examples
    --------
    >>> found = Finding.of("constant", "Column 'kind' is 'a' in every row.", columns=["kind"], values={"kind": "a"})
    >>> print(found)
    Note: Column 'kind' is 'a' in every row. [constant]
    >>> found.evidence, found.advice
    ({'values': {'kind': 'a'}}, 'Nothing; or find out why it never changes.')
    >>> Finding.from_json(found.to_json()) == found
    True
    """

    code: str
    severity: Severity
    columns: tuple[str, ...]
    sentence: str
    advice: str
    evidence: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse a code or severity that doesn't exist."""
        check_codes([self.code])
        if self.severity not in SEVERITIES:
            raise PlanError(f"Unknown severity {self.severity!r}. {suggest(self.severity, SEVERITIES)}")
        object.__setattr__(self, "columns", tuple(self.columns))

    @classmethod
    def of(
        cls,
        code: str,
        sentence: str,
        *,
        columns: Iterable[str] = (),
        severity: Severity | None = None,
        advice: str | None = None,
        **evidence: Any,
    ) -> Finding:
        """Return a finding whose severity and advice are those of its code unless given."""
        check_codes([code])
        usual = CODES[code]
        return cls(code, severity or usual.severity, tuple(columns), sentence, advice or usual.advice, evidence)

    def __str__(self) -> str:
        """Tell it in a line, without the advice."""
        return f"{self.severity.capitalize()}: {self.sentence} [{self.code}]"

    def told(self) -> str:
        """Tell it in a line, with the advice where something is to be done."""
        advice = "" if self.severity == "note" else f" {self.advice}"
        return f"{self.severity.capitalize()}: {self.sentence}{advice} [{self.code}]"

    def to_json(self) -> dict[str, Any]:
        """Return plain data from which :meth:`from_json` makes the finding again."""
        return {
            "code": self.code,
            "severity": self.severity,
            "columns": list(self.columns),
            "sentence": self.sentence,
            "advice": self.advice,
            "evidence": dict(self.evidence),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Finding:
        """Make the finding that :meth:`to_json` told."""
        return cls(**{**data, "columns": tuple(data["columns"])})


def check_codes(codes: Collection[str], what: str = "finding code") -> None:
    """Refuse codes that don't exist.

    Raises
    ------
    PlanError
        If one is unknown; the closest is offered.

    Examples
    --------
    >>> check_codes(["duplicates-rows"])
    Traceback (most recent call last):
        ...
    automl.errors.PlanError: Unknown finding code 'duplicates-rows'. Did you mean 'duplicate-rows'?
    """
    for code in codes:
        if code not in CODES:
            raise PlanError(f"Unknown {what} {code!r}. {suggest(code, CODES)}")


def by_severity(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings with errors first, then warnings, then notes; in the guide's order within each."""
    order = list(CODES)
    return tuple(sorted(findings, key=lambda each: (SEVERITIES.index(each.severity), order.index(each.code))))


def as_table(findings: Iterable[Finding]) -> pd.DataFrame:
    """Return findings as a DataFrame: a row each, with code, severity, columns, sentence, advice and evidence."""
    import pandas as pd

    names = ["code", "severity", "columns", "sentence", "advice", "evidence"]
    return pd.DataFrame([each.to_json() for each in findings], columns=names)


def named(columns: Sequence[str]) -> str:
    """Return columns in a few words, as the subject of a sentence.

    Examples
    --------
    >>> named(["a"]), named(["a", "b", "c"])
    ("Column 'a'", "Columns 'a', 'b' and 'c'")
    >>> named([f"x{i}" for i in range(40)])
    "Columns 'x0', 'x1', 'x2', 'x3', 'x4', 'x5' and 34 more"
    """
    if len(columns) == 1:
        return f"Column {columns[0]!r}"
    if len(columns) > _SHOWN:
        return f"Columns {', '.join(map(repr, columns[:_SHOWN]))} and {len(columns) - _SHOWN} more"
    return f"Columns {', '.join(map(repr, columns[:-1]))} and {columns[-1]!r}"
