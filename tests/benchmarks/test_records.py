"""What the benchmarks' README shows is what the scripts print of the committed records."""

from __future__ import annotations

import importlib.util
import json
import statistics
from pathlib import Path
from types import ModuleType

import ablation
import abtest
import anytime
import bins
import conformal
import costs
import dashboard_open
import ends
import enlarging
import features
import findings
import first_model
import honest
import noise
import overhead
import portfolio
import pytest
import report
import report_time
import revisions
import scaling
import warm_start
from reporting.readme import section

HERE = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.mark.parametrize("name", ["aims", "large", "families"])
def test_the_tables_come_from_the_records(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No number stands in the README that no committed record gives."""
    monkeypatch.syspath_prepend(str(HERE))
    spec = importlib.util.spec_from_file_location(f"benchmark_{name}", HERE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    assert script.summary(HERE / "records" / f"{name}.jsonl") in (HERE / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("marker", "script"),
    [
        ("compare", report),
        ("costs", costs),
        ("ablation", ablation),
        ("anytime", anytime),
        ("overhead", overhead),
        ("scaling", scaling),
        ("dashboard_open", dashboard_open),
        ("first_model", first_model),
        ("conformal", conformal),
        ("noise", noise),
        ("honest", honest),
        ("warm_start", warm_start),
        ("ends", ends),
        ("enlarging", enlarging),
        ("features", features),
        ("bins", bins),
        ("revisions", revisions),
        ("portfolio_check", portfolio),
    ],
)
def test_the_sections_come_from_the_records(marker: str, script: ModuleType) -> None:
    """What stands between a section's markers is what its script says of the committed records, to the letter."""
    assert section(HERE / "README.md", marker) == script.summary(HERE / "records" / f"{marker}.jsonl")


def test_error_rates_come_from_the_record() -> None:
    """What the README says of A/B tests is what the script says of the committed record, and it keeps its promise."""
    path = HERE / "records" / "abtest.json"
    assert section(HERE / "README.md", "abtest") == abtest.summary(path)
    rates = json.loads(path.read_text(encoding="utf-8"))["rates"]
    found = [share for told in rates["false_findings"].values() for share in (told["sequence"], told["uneven arms"])]
    assert max(found) <= 0.05
    assert all(abs(told["power"] - told["planned_power"]) < 0.02 for told in rates["power"].values())


def test_intervals_and_sets_cover_what_they_promise() -> None:
    """On each public table, over ten splits, the mean coverage is within a point of what was asked for."""
    lines = (HERE / "records" / "conformal.jsonl").read_text(encoding="utf-8").splitlines()
    found: dict[tuple[str, str], dict[int, float]] = {}
    for each in map(json.loads, lines):
        found.setdefault((each["table"], each["method"]), {})[each["seed"]] = each["coverage"] - each["nominal"]
    assert len({table for table, _ in found}) == 5
    for key, by_seed in found.items():
        assert len(by_seed) == 10, key
        assert abs(statistics.fmean(by_seed.values())) <= 0.01, key


def test_noise_is_rarely_called_useful() -> None:
    """In searches of noise a report says "better than guessing" at most one time in twenty."""
    lines = (HERE / "records" / "noise.jsonl").read_text(encoding="utf-8").splitlines()
    useful = [each["called_useful"] for each in map(json.loads, lines)]
    assert len(useful) >= 60
    assert sum(useful) <= 0.05 * len(useful)


def test_report_times_come_from_the_record() -> None:
    """What the README says of reports is what the script says of the committed record, and no page is too large."""
    path = HERE / "records" / "report_time.json"
    assert section(HERE / "README.md", "report_time") == report_time.summary(path)
    if not path.exists():
        pytest.skip("no report of a large table is recorded yet; benchmarks/report_time.py makes the record")
    for told in json.loads(path.read_text(encoding="utf-8"))["tables"]:
        assert max(size for name, size in told["bytes"].items() if "interactive" not in name) < 2_000_000


def test_what_is_noticed_comes_from_the_record() -> None:
    """The README's table is the record's; no trap is missed, every other finding is judged, few are needless."""
    path = HERE / "records" / "findings.jsonl"
    assert section(HERE / "README.md", "findings") == findings.summary(path)
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert [record["missed"] for record in records if record["missed"]] == []
    told = [(record["table"], each) for record in records for each in record["findings"]]
    needless = [each for _, each in told if each["judgement"] == "needless"]
    assert len(needless) <= len(records)
    judged = json.loads(findings.JUDGED.read_text(encoding="utf-8"))
    assert all(each["judgement"] in ("right", "needless") and each["why"] for each in judged)
    by_hand = {(table, each["code"], each["judgement"]) for table, each in told if each["judgement"] != "listed"}
    assert by_hand == {(each["table"], each["code"], each["judgement"]) for each in judged}
