"""A report says of hand-made records what can be worked out by hand, and nothing of runs that are not there."""

from __future__ import annotations

import json
import math
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

import compare
import pytest
import report
from harness import machine
from harness.errors import BadInput
from hypothesis import given, settings
from hypothesis import strategies as st
from reporting.blocks import Heading, Paragraph, Picture, Table, to_html, to_markdown
from reporting.comparability import batches, objections
from reporting.contents import report as make_report
from reporting.resources import allowed, failures, is_over, took
from reporting.results import arrange, error
from reporting.standing import cliques, critical_difference, holm, pairs, rank, ratios, scaled

Make = Callable[..., dict[str, Any]]


def run(system: str, table: str, score: float | None, seed: int = 0, **changes: Any) -> dict[str, Any]:
    """Return a record of the contract's form."""
    record = {
        "system": system,
        "setting": None,
        "version": "1.0",
        "versions": {},
        "table": table,
        "table_hash": f"{sum(map(ord, table)):012x}",
        "task": "binary",
        "metric": "auc",
        "seed": seed,
        "budget": 60.0,
        "cores": 2,
        "n_train": 750,
        "n_test": 250,
        "import_seconds": 2.0,
        "fit_seconds": 58.0,
        "predict_seconds": 0.1,
        "cpu_seconds": 100.0,
        "peak_memory_mb": 900.0,
        "score": score,
        "scores": {"auc": score},
        "rows_per_second": 5_000.0,
        "one_row_ms": 12.0,
        "size_mb": 3.0,
        "failure": None,
        "extra": {},
        "machine": {"cpu": "a processor", "cores": 2, "memory_gb": 24, "python": "3.11.7", "platform": "Linux"},
        "calibration_seconds": 3.0,
        "batch": "first",
        "started": "2026-01-01T00:00:00",
    }
    if score is None:
        record |= {"failure": {"kind": "fit", "reason": "ValueError: no | luck"}, "scores": {}}
    return record | changes


def rmse(system: str, table: str, score: float | None, seed: int = 0, **changes: Any) -> dict[str, Any]:
    """Return a record of a regression."""
    return run(system, table, score, seed, task="regression", metric="rmse", **changes)


def three() -> list[dict[str, Any]]:
    """Return three systems on three tables: a clear order, a tie, and a failure."""
    return [
        run("automl", "a", 0.95),
        run("flaml", "a", 0.90),
        run("random_forest", "a", 0.85),
        run("automl", "b", 0.80),
        run("flaml", "b", 0.80),
        run("random_forest", "b", 0.70),
        rmse("automl", "c", 4.0),
        rmse("flaml", "c", None),
        rmse("random_forest", "c", 5.0),
    ]


def test_ranks_by_hand() -> None:
    """Ties share a rank, a failed run comes last, and lower is better for RMSE only."""
    (results,) = arrange(three())
    ranking = rank(results)
    assert ranking.tables == ("a", "b", "c")
    assert ranking.ranks == pytest.approx({"automl": 3.5 / 3, "flaml": 6.5 / 3, "random_forest": 8 / 3})


def test_scaled_scores_by_hand() -> None:
    """0 is the reference, 1 the best observed, −1 a failed run."""
    (results,) = arrange(three())
    scaling = scaled(results)
    assert scaling["random_forest"] == {"a": 0, "b": 0, "c": 0}
    assert scaling["automl"] == pytest.approx({"a": 1, "b": 1, "c": 1})
    assert scaling["flaml"] == pytest.approx({"a": 0.5, "b": 1, "c": -1})


def test_a_reference_that_is_best_leaves_the_others_below() -> None:
    """What is worse than a reference that is itself the best gets −1, not a division by zero."""
    (results,) = arrange([run("automl", "a", 0.7), run("random_forest", "a", 0.9)])
    assert scaled(results) == {"automl": {"a": -1.0}, "random_forest": {"a": 0.0}}


def test_without_a_reference_nothing_is_scaled() -> None:
    """No scaled score is made up where the reference did not run."""
    records = [each for each in three() if each["system"] != "random_forest"]
    (results,) = arrange(records)
    assert not any(scaled(results).values())
    assert "There is no scaled score" in to_markdown(make_report(records))


def test_wins_losses_and_ties_by_hand() -> None:
    """A pair counts tables; a failure loses against a score."""
    (results,) = arrange(three())
    found = {(each.first, each.second): (each.wins, each.losses, each.ties) for each in pairs(results)}
    assert found == {
        ("automl", "flaml"): (2, 0, 1),
        ("automl", "random_forest"): (3, 0, 0),
        ("flaml", "random_forest"): (2, 1, 0),
    }


def test_two_failures_tie() -> None:
    """Two systems that failed on a table are alike there."""
    (results,) = arrange([run("automl", "a", None), run("flaml", "a", None)])
    assert rank(results).ranks == {"automl": 1.5, "flaml": 1.5}
    assert [(each.wins, each.losses, each.ties, each.p) for each in pairs(results)] == [(0, 0, 1, 1.0)]


def test_missing_runs_are_not_compared() -> None:
    """A table that one system did not run is in no mean rank, and a pair is compared on common runs only."""
    records = [*three(), run("automl", "d", 0.1), run("random_forest", "d", 0.9)]
    (results,) = arrange(records)
    assert rank(results).tables == ("a", "b", "c")
    compared = {(each.first, each.second): each.wins + each.losses + each.ties for each in pairs(results)}
    assert compared == {("automl", "flaml"): 3, ("automl", "random_forest"): 4, ("flaml", "random_forest"): 3}
    text = to_markdown(make_report(records))
    assert "Over the 3 of 4 tables on which all 3 systems ran" in text
    assert "Left out: d (no run of flaml)." in text


def test_seeds_that_are_not_common_are_not_compared() -> None:
    """A pair is compared with the seeds that both ran, though one has better ones besides."""
    records = [run("automl", "a", 0.8), run("automl", "a", 0.99, seed=1), run("flaml", "a", 0.85)]
    (results,) = arrange(records)
    assert [(each.first, each.wins, each.losses) for each in pairs(results)] == [("flaml", 1, 0)]
    assert rank(results).ranks == {"automl": 2.0, "flaml": 1.0}
    assert "**0.85** (1 of 2 seeds)" in to_markdown(make_report(records))


def test_no_common_table_says_so() -> None:
    """Systems that share no table have no rank; nothing crashes."""
    records = [run("automl", "a", 0.8), run("flaml", "b", 0.9)]
    (results,) = arrange(records)
    assert math.isnan(rank(results).ranks["automl"])
    assert [each.p for each in pairs(results)] == [pytest.approx(math.nan, nan_ok=True)]
    assert "Over the 0 of 2 tables" in to_markdown(make_report(records))


def test_the_median_over_seeds_counts() -> None:
    """One lucky seed does not win a table; a failed majority of seeds loses it."""
    records = [run("automl", "a", score, seed) for seed, score in enumerate((0.7, 0.99, 0.72))]
    records += [run("flaml", "a", 0.8, seed) for seed in range(3)]
    records += [run("h2o", "a", score, seed) for seed, score in enumerate((0.99, None, None))]
    (results,) = arrange(records)
    assert results.error("automl", "a") == pytest.approx(0.28)
    assert rank(results).ranks == {"flaml": 1, "automl": 2, "h2o": 3}


def test_a_missing_environment_is_no_failure() -> None:
    """A system that could not be installed is named, but not ranked."""
    absent = run("h2o", "a", None, failure={"kind": "environment", "reason": "no Java was found"})
    (results,) = arrange([*three(), absent])
    assert "h2o" not in results.systems
    text = to_markdown(make_report([*three(), absent]))
    assert "| h2o | no Java was found |" in text


def test_the_later_record_counts() -> None:
    """A run that was made again replaces the first."""
    (results,) = arrange([run("automl", "a", None), run("automl", "a", 0.9)])
    assert results.error("automl", "a") == pytest.approx(0.1)


def test_other_rows_are_another_table() -> None:
    """Records of one name with different rows are never put together."""
    (results,) = arrange([run("automl", "a", 0.9), run("flaml", "a", 0.8, table_hash="feedfeedfeed")])
    assert len(results.tables) == 2
    assert rank(results).tables == ()


def test_budgets_stand_apart() -> None:
    """Runs under another budget or on other cores make a section of their own."""
    groups = arrange([run("automl", "a", 0.9), run("automl", "a", 0.91, budget=10.0), run("automl", "a", 0.9, cores=1)])
    assert [(each.budget, each.cores) for each in groups] == [(10.0, 2), (60.0, 1), (60.0, 2)]


def test_the_critical_difference_is_nemenyis() -> None:
    """Demšar (2006), table 5a: q is 2.343 for three systems, 2.728 for five."""
    assert critical_difference(3, 12) == pytest.approx(2.343 * math.sqrt(12 / 72), abs=2e-3)
    assert critical_difference(5, 12) == pytest.approx(2.728 * math.sqrt(30 / 72), abs=2e-3)
    assert math.isnan(critical_difference(3, 1))


def test_far_systems_are_in_no_common_clique() -> None:
    """A bar joins only systems that are nearer than the critical difference."""
    records = [run(name, f"t{i}", score) for i in range(20) for name, score in (("a", 0.9), ("b", 0.8), ("c", 0.7))]
    records += [run("d", f"t{i}", 0.8 + (0.01 if i % 2 else -0.01)) for i in range(20)]
    (results,) = arrange(records)
    groups = cliques(rank(results))
    assert ("b", "d") in groups
    assert not any({"a", "c"} <= set(group) for group in groups)


def test_a_signed_rank_test_of_six_clear_wins() -> None:
    """Six wins of six give 2/2⁶, the least that is possible."""
    records = [run(name, f"t{i}", score + i / 100) for i in range(6) for name, score in (("a", 0.9), ("b", 0.8))]
    (results,) = arrange(records)
    assert pairs(results)[0].p == pytest.approx(2 / 2**6)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_only_ever_raises(values: list[float]) -> None:
    """A corrected p-value is never below the raw one, never above 1, and keeps the order."""
    corrected = holm(values)
    assert all(raw <= new <= 1 for raw, new in zip(values, corrected, strict=True))
    ordered = [corrected[index] for index in sorted(range(len(values)), key=values.__getitem__)]
    assert ordered == sorted(ordered)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.lists(st.sampled_from([0.5, 0.6, 0.7, None]), min_size=3, max_size=3), min_size=1, max_size=6))
def test_ranks_add_up(scores: list[list[float | None]]) -> None:
    """Whatever ties and fails, the mean ranks of k systems add up to k (k + 1) / 2, and wins mirror losses."""
    records = [run(name, f"t{i}", row[j]) for i, row in enumerate(scores) for j, name in enumerate("abc")]
    (results,) = arrange(records)
    assert sum(rank(results).ranks.values()) == pytest.approx(6)
    for first, second in combinations("abc", 2):
        there, back = pairs(results, first), pairs(results, second)
        one = next(each for each in there if each.second == second)
        other = next(each for each in back if each.second == first)
        assert (one.wins, one.losses, one.ties) == (other.losses, other.wins, other.ties)


def test_error_of_scores() -> None:
    """1 − AUC, the loss itself, and infinity for a failure or a score that is no number."""
    assert error(run("a", "t", 0.93)) == pytest.approx(0.07)
    assert error(rmse("a", "t", 3.5)) == 3.5
    assert error(run("a", "t", None)) == math.inf
    assert error(run("a", "t", math.nan)) == math.inf


def test_ratios_by_hand() -> None:
    """A ratio is the error beside the base's, a table; two failures are alike."""
    records = [rmse("a", "t", 2.0), rmse("b", "t", 4.0), rmse("a", "u", None), rmse("b", "u", None)]
    records += [rmse("a", "v", None), rmse("b", "v", 1.0)]
    (results,) = arrange(records)
    assert ratios(results, "a", "b") == [0.5, 1.0, math.inf]


def test_the_budget_has_a_grace() -> None:
    """1 s or 2 %, whichever is more, is no overrun; a run that had to be stopped is one."""
    assert allowed(10) == 11
    assert allowed(600) == 612
    assert not is_over(run("a", "t", 0.9, fit_seconds=61.2))
    assert is_over(run("a", "t", 0.9, fit_seconds=61.3))
    assert is_over(run("a", "t", None, fit_seconds=None, failure={"kind": "overrun", "reason": "stopped after 120 s"}))


def test_what_systems_took() -> None:
    """Medians leave out what a record does not tell; memory is the highest."""
    records = [
        run("a", "t", 0.9, fit_seconds=50.0, cpu_seconds=50.0),
        run("a", "u", 0.9, fit_seconds=90.0, cpu_seconds=180.0, peak_memory_mb=1_500.0, one_row_ms=None),
        run("a", "v", None, fit_seconds=None, cpu_seconds=None, peak_memory_mb=None, one_row_ms=None),
    ]
    (results,) = arrange(records)
    found = took(results, "a")
    assert (found.n_runs, found.n_failed, found.n_over) == (3, 1, 1)
    assert found.worst == 1.5
    assert found.utilisation == pytest.approx((0.5 + 1.0) / 2)
    assert found.memory_mb == 1_500
    assert found.one_row_ms == 12
    assert failures(results) == [("a", "v", "fit: ValueError: no | luck", 1)]


def test_the_time_table_by_hand() -> None:
    """Runs over budget are counted and told as a share, with the longest as a multiple of the budget."""
    records = [
        run("a", f"t{number}", 0.9, fit_seconds=seconds) for number, seconds in enumerate((50.0, 60.0, 61.0, 90.0))
    ]
    assert "| a | 1 of 4 (25 %) | 1.50 × | 60.5 | 2 | 100 | 83 % |" in to_markdown(make_report(records))


def test_batches_on_a_slower_hour_are_not_comparable() -> None:
    """A calibration that differs by more than 15 % is told at the top of the report."""
    slower = run("flaml", "d", 0.9, batch="second", calibration_seconds=3.6, started="2026-01-02T00:00:00")
    assert [(batch.name, batch.calibration) for batch in batches([slower, *three()])] == [
        ("first", (3.0, 3.0)),
        ("second", (3.6, 3.6)),
    ]
    assert objections([*three(), slower | {"calibration_seconds": 3.4}]) == []
    (said,) = objections([*three(), slower])
    assert "3.00 s" in said
    assert "3.60 s" in said
    assert f"> **Beware.** {said}" in to_markdown(make_report([*three(), slower]))


def test_other_machines_are_not_comparable() -> None:
    """Records of two machines say so, and so do mixed versions of a system."""
    machine = three()[0]["machine"] | {"cpu": "another processor"}
    other = run("flaml", "d", 0.9, batch="second", machine=machine, version="2.0")
    first, second = objections([*three(), other])
    assert "another processor" in first
    assert second == "The runs of flaml are of several versions (1.0, 2.0)."


def test_replaced_runs_are_counted() -> None:
    """Runs of an older version that were made again are not mixed in, and the report says how many there were."""
    text = to_markdown(make_report([run("automl", "a", 0.1, version="0.9"), *three()]))
    assert "1 earlier runs were made again and are not shown." in text
    assert "several versions" not in text


def test_the_same_records_give_the_same_bytes(tmp_path: Path) -> None:
    """A page and its pictures are rebuilt byte by byte, whatever the order of the records."""
    records = three()
    once, again = to_html(make_report(records)), to_html(make_report(records[::-1]))
    assert once == again


def test_the_page_needs_nothing_else() -> None:
    """No address is asked for anything: no script, no link, no image but what the page carries."""
    blocks = make_report(three())
    page = to_html(blocks)
    assert not re.findall(r"<(?:script|link|iframe|object|embed)\b", page)
    assert set(re.findall(r'(?:src|href)="([^"]{5})', page)) == {"data:"}
    assert not re.findall(r"url\(|@import", page)
    assert len(page) < 2_000_000
    pictures = [block for block in blocks if isinstance(block, Picture)]
    assert len(pictures) >= 5
    for picture in pictures:
        ET.fromstring(picture.svg)
        assert not re.findall(r"(?:href|src)=\"(?!#)", picture.svg)
        assert "url(http" not in picture.svg


def test_text_of_records_is_escaped() -> None:
    """What a failed system printed breaks neither the page nor the table."""
    records = [*three(), run("h2o", "a", None, failure={"kind": "fit", "reason": "<script>alert(1)</script> a|b\nc"})]
    blocks = make_report(records)
    assert "<script>" not in to_html(blocks)
    assert "a\\|b c |" in to_markdown(blocks)


def test_blocks_as_markdown() -> None:
    """Headings, paragraphs, warnings and tables are written as Markdown writes them."""
    table = Table(("a", "b"), [("x", "1")])
    blocks = [Heading("Title", 1), Paragraph("Text."), Paragraph("Slow.", is_warning=True), table]
    assert to_markdown(blocks) == "# Title\n\nText.\n\n> **Beware.** Slow.\n\n| a | b |\n| --- | ---: |\n| x | 1 |\n"


def write(path: Path, records: list[dict[str, Any]]) -> Path:
    """Write records as a file of lines."""
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def test_the_script_writes_what_it_is_asked_for(tmp_path: Path) -> None:
    """Markdown, page and pictures are written from several files, and again the same."""
    first, second = write(tmp_path / "one.jsonl", three()[:5]), write(tmp_path / "two.jsonl", three()[5:])
    made = []
    for name in ("once", "again"):
        folder = tmp_path / name
        folder.mkdir()
        paths = ["--markdown", f"{folder}/r.md", "--html", f"{folder}/r.html", "--pictures", f"{folder}/pictures"]
        assert report.main([str(first), str(second), *paths]) == 0
        made.append([path.read_bytes() for path in sorted(folder.rglob("*")) if path.suffix in {".html", ".svg"}])
    assert len(made[0]) >= 6
    assert made[0] == made[1]
    text = (tmp_path / "once" / "r.md").read_text()
    for picture in re.findall(r"\]\(([^)]+\.svg)\)", text):
        assert Path(picture).exists()


def test_a_cut_off_line_is_left_out(tmp_path: Path) -> None:
    """A file that was cut off in its last line is read without it."""
    path = write(tmp_path / "cut.jsonl", three())
    path.write_text(path.read_text()[:-40])
    assert len(report.read([path])) == 8


def test_narrowing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Only the systems and tables that are asked for are shown; an unknown one is refused with the closest."""
    path = write(tmp_path / "all.jsonl", three())
    assert report.main([str(path), "--systems", "automl,flaml", "--tables", "a"]) == 0
    assert "random_forest |" not in capsys.readouterr().out
    with pytest.raises(
        BadInput, match=r"^No record is of the system 'autml'\. Did you mean 'automl'\? There are automl,"
    ):
        report.main([str(path), "--systems", "autml"])
    with pytest.raises(BadInput, match=r"^No record is of the budget '61'\."):
        report.main([str(path), "--budget", "61"])


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """A record file that is not there ends in one sentence on stderr and exit code 2, with the closest name."""
    write(tmp_path / "compare.jsonl", three())
    missing = tmp_path / "compere.jsonl"
    done = subprocess.run([sys.executable, report.__file__, str(missing)], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == (
        f"There is no record file {missing}. Did you mean 'compare.jsonl'? Name JSON-lines files that compare.py "
        "wrote.\n"
    )


def test_into_a_readme(tmp_path: Path) -> None:
    """The short form replaces what stands between the markers, and nothing else; without markers it is refused."""
    path, readme = write(tmp_path / "all.jsonl", three()), tmp_path / "README.md"
    readme.write_text("before\n<!-- compare -->\nold\n<!-- /compare -->\nafter\n")
    assert report.main([str(path), "--into", str(readme)]) == 0
    text = readme.read_text()
    assert text == f"before\n<!-- compare -->\n\n{report.summary(path)}\n\n<!-- /compare -->\nafter\n"
    assert "| a | auc | **0.95** | 0.9 | 0.85 |" in text
    readme.write_text("nothing\n")
    with pytest.raises(BadInput, match="has no place for the tables"):
        report.main([str(path), "--into", str(readme)])


def test_records_of_a_comparison_are_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From stand-in systems by way of records to a page: who is ahead, who failed, and what could not be installed."""
    monkeypatch.setattr(machine, "calibrate", lambda: 1.0)
    out, page = tmp_path / "records.jsonl", tmp_path / "page.html"
    stand_ins = str(Path(__file__).parent / "stand_ins")
    given = ["--systems-from", stand_ins, "--systems", "constant,raising,unbuildable", "--tables", "iris,diabetes"]
    assert compare.main([*given, "--budgets", "1", "--cores", "1", "--out", str(out)]) == 0
    assert report.main([str(out), "--reference", "constant", "--html", str(page)]) == 0
    text = report.summary(out)
    assert "| constant | 1.00 |" in text
    assert "| raising | 2.00 |" in text
    assert text.count("| raising | iris | fit: ") == 1
    assert text.count("| unbuildable | ") == 1
    assert page.stat().st_size < 2_000_000


def test_no_records_no_tables(tmp_path: Path) -> None:
    """A file that is empty or not there yet gives a sentence, not a crash."""
    assert report.summary(tmp_path / "none.jsonl") == "No runs are recorded yet."
    assert report.summary(write(tmp_path / "empty.jsonl", [])) == "No runs are recorded yet."
