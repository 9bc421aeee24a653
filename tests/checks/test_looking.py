"""All checks together: which are asked, in what time, what stops, and that names don't count."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import automl
from automl.checks.looking import CHECKS, Check, look_at, stop_on
from automl.checks.subject import Subject
from automl.data.dataset import WARNED, make_dataset
from automl.errors import DataError, PlanError
from automl.values.finding import Finding
from automl.values.finding_codes import CODES


def _found(code: str) -> Check:
    return Check(lambda subject: iter([Finding.of(code, f"Found {code}.")]), (code,))


def _any_subject() -> Subject:
    return Subject(make_dataset(pd.DataFrame({"x": np.arange(40.0) % 7, "y": ["a", "b"] * 20}), "y"))


def test_nothing_is_noticed_about_a_plain_table(plain: pd.DataFrame) -> None:
    """Two honest numbers, a category and a balanced target give no finding."""
    assert automl.plan(plain, "y").findings.empty


def test_every_code_is_looked_for() -> None:
    """Each code is made by a check, while a table is read, or after the search; none is made by two."""
    made = [code for check in CHECKS for code in check.codes]
    assert len(made) == len(set(made))
    assert set(CODES) - set(made) == {*WARNED, "label-noise", "checks-skipped"}


def test_a_code_can_be_left_out() -> None:
    """A check all of whose codes are ignored is not even asked."""

    def fail(subject: Subject) -> Iterator[Finding]:
        raise AssertionError("asked")

    checks = [_found("constant"), Check(fail, ("identifier",))]
    found = look_at(_any_subject(), ignore=["identifier"], checks=checks)
    assert [each.code for each in found] == ["constant"]
    assert look_at(_any_subject(), ignore=["identifier", "constant"], checks=checks) == ()


def test_dear_checks_are_skipped_aloud() -> None:
    """When the time is used up, quick checks go on, dear ones don't, and a note names what was not looked for."""
    times = iter(range(100))
    checks = [
        Check(_found("imbalance").look, ("imbalance",), is_dear=True),
        Check(_found("duplicate-rows").look, ("duplicate-rows",), is_dear=True),
        Check(_found("constant").look, ("constant",)),
    ]
    found = look_at(_any_subject(), seconds=2, checks=checks, clock=lambda: float(next(times)))
    assert [each.code for each in found] == ["constant", "imbalance", "checks-skipped"]
    assert found[-1].sentence == "There was no time to look for duplicate-rows."
    assert found[-1].evidence == {"codes": ["duplicate-rows"]}


def test_errors_stop_and_warnings_when_strict() -> None:
    """The message is the finding's, with what to do, how many more there are, and how to go on without it."""
    warnings = [Finding.of("rare-class", "Label 'a' has 2 rows."), Finding.of("duplicate-rows", "Rows repeat.")]
    stop_on(warnings, strict=False)
    stop_on([Finding.of("constant", "")], strict=True)
    with pytest.raises(DataError) as told:
        stop_on(warnings, strict=True)
    assert str(told.value) == (
        f"Label 'a' has 2 rows. {CODES['rare-class'].advice} There is 1 more (duplicate-rows). ignore=['rare-class'] "
        "goes on without this check."
    )
    with pytest.raises(DataError, match=r"Columns are lacking. .* ignore=\['constant'\] goes on"):
        stop_on([Finding("constant", "error", (), "Columns are lacking.", "Add them.")], strict=False)


def test_strict_and_ignore_in_a_plan(plain: pd.DataFrame) -> None:
    """``strict`` stops on a warning, ``ignore`` takes it away, an unknown code is refused with the closest."""
    plain["y"] = plain["y"].where(plain.index > 3, "perhaps")
    found = automl.plan(plain, "y").findings
    assert found["code"].tolist() == ["rare-class"]
    with pytest.raises(DataError, match=r"Label 'perhaps' \(4\) of y has fewer than 10 rows"):
        automl.plan(plain, "y", strict=True)
    assert automl.plan(plain, "y", strict=True, ignore=["rare-class"]).findings.empty
    with pytest.raises(PlanError, match=r"Unknown finding code in ignore 'rare-clas'. Did you mean 'rare-class'\?"):
        automl.plan(plain, "y", ignore=["rare-clas"])
    with pytest.raises(PlanError, match=r"ignore='rare-class'; give a list of finding codes"):
        automl.plan(plain, "y", ignore="rare-class")
    with pytest.raises(PlanError, match="strict=1; give True or False"):
        automl.plan(plain, "y", strict=1)


def test_a_leak_that_is_ignored_stays(plain: pd.DataFrame) -> None:
    """``ignore=["target-leak"]`` looks for no leak, so that none is set aside."""
    plain["copy"] = plain["y"].map({"yes": "A", "no": "B"})
    with pytest.warns(automl.AutoMLWarning, match="gives the target away"):
        aside = automl.plan(plain, "y")
    assert aside.findings.loc[0, "evidence"] == {"reason": "alone it explains all of y"}
    assert automl.plan(plain, "y", ignore=["target-leak"]).schema["copy"].role == "category"


def test_findings_are_told_once(plain: pd.DataFrame, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A plan tells each in a line with its code, and what was set aside not twice; so does a fit's output."""
    plain["kind"] = "a"
    plan = automl.plan(plain, "y")
    assert str(plan).count("'kind'") == 1
    assert "Note: Column 'kind' has one value only and is set aside. [constant]" in str(plan).splitlines()
    run = automl.fit(
        plain, "y", n_trials=1, time_budget=None, algorithms=["linear"], cv=2, engine="inprocess", out=tmp_path / "run"
    )
    assert capsys.readouterr().err.count("Note: Column 'kind' has one value only") == 1
    assert automl.load(run.folder).plan.noticed == run.plan.noticed == plan.noticed


def _public(data_dir: Path) -> Iterator[tuple[str, pd.DataFrame, str, str]]:
    for each in json.loads((data_dir / "index.json").read_text())["datasets"]:
        task = each["task"] if each["task"] in ("binary", "multiclass", "regression") else "auto"
        yield each["name"], pd.read_parquet(data_dir / each["file"]), each["target"], task


def test_names_of_columns_don_t_count(data_dir: Path) -> None:
    """On the public tables the findings are the same after every column was renamed, but for the names in them."""
    for name, whole, target, task in _public(data_dir):
        few = [*whole.columns.drop(target)[:60], target]
        frame = whole[few].iloc[:: max(1, len(whole) // 600)]
        new = {column: f"c{number}" for number, column in enumerate(frame.columns)}
        before = _looked(frame, target, task)
        after = _looked(frame.rename(columns=new), new[target], task)
        assert [(each.code, each.severity) for each in after] == [(each.code, each.severity) for each in before], name
        assert [each.columns for each in after] == [tuple(new[c] for c in each.columns) for each in before], name


def _looked(frame: pd.DataFrame, target: str, task: Any) -> tuple[Finding, ...]:
    dataset = make_dataset(frame, target, task=task, ignore=WARNED)
    return look_at(Subject(dataset))
