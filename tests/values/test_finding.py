"""Findings: codes that are stable and documented, values that survive JSON."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from automl.errors import PlanError
from automl.values.finding import Finding, as_table, by_severity
from automl.values.finding_codes import CODES, SEVERITIES, as_markdown


def test_codes_are_words_joined_by_hyphens() -> None:
    """A code can be typed, searched for and given on the command line; it says itself what it is."""
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", code) for code in CODES)
    for each in CODES.values():
        assert each.severity in SEVERITIES
        assert each.meaning.endswith(".")
        assert each.advice.endswith(".")


def test_a_finding_survives_json() -> None:
    """Written and read back it is equal; severity and advice come from its code."""
    found = Finding.of("imbalance", "2.0% of the rows have the label 1 of y.", smallest=0.02, columns=["y"])
    assert Finding.from_json(json.loads(json.dumps(found.to_json()))) == found
    assert (found.severity, found.advice) == (CODES["imbalance"].severity, CODES["imbalance"].advice)


def test_what_does_not_exist_is_refused() -> None:
    """An unknown code or severity is an error that offers the closest."""
    with pytest.raises(PlanError, match=r"Unknown finding code 'imbalanced'. Did you mean 'imbalance'\?"):
        Finding.of("imbalanced", "")
    with pytest.raises(PlanError, match=r"Unknown severity 'warn'. Did you mean 'warning'\?"):
        Finding("imbalance", "warn", (), "", "")  # type: ignore[arg-type]


def test_the_gravest_come_first() -> None:
    """Errors, warnings, notes; in the order of the guide within each."""
    codes = ("constant", "rare-class", "target-leak", "identifier")
    found = by_severity([*(Finding.of(code, "") for code in codes), Finding("imbalance", "error", (), "", "")])
    assert [each.code for each in found] == ["imbalance", "target-leak", "rare-class", "identifier", "constant"]


def test_a_table_of_findings() -> None:
    """One row each, the same columns whether there are any or not."""
    names = ["code", "severity", "columns", "sentence", "advice", "evidence"]
    assert as_table([]).columns.tolist() == names
    table = as_table([Finding.of("constant", "One value.", columns=["a", "b"])])
    assert table.columns.tolist() == names
    assert table.loc[0, "columns"] == ["a", "b"]


def test_the_guide_lists_every_code() -> None:
    """The guide's table is made of the codes, to the letter."""
    guide = Path(__file__).parents[2] / "docs" / "guides" / "checks.md"
    told = guide.read_text(encoding="utf-8").partition("<!-- codes -->")[2].partition("<!-- /codes -->")[0]
    assert told.strip() == as_markdown()
