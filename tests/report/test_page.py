"""Pages: what stands in them, in which order, how large, how safe, how accessible."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

import automl
from automl.errors import PlanError, StorageError

AUDIENCES = ("technical", "executive", "audit")
FETCHING = {"script", "link", "iframe", "object", "embed", "audio", "video", "source", "base", "form"}


@pytest.mark.parametrize(
    ("audience", "sections"),
    [
        ("technical", ["summary", "leaderboard", "validation", "explanations", "data", "search", "reproduction"]),
        ("executive", ["summary", "pictures", "next"]),
        (
            "audit",
            [
                *("summary", "data", "validation", "fairness", "limits"),
                *("explanations", "search", "leaderboard", "reproduction"),
            ],
        ),
    ],
)
def test_readers_get_their_sections_in_their_order(
    audience: str, sections: list[str], bought_run: automl.Run, write_page: Callable[..., Any]
) -> None:
    """Who reads decides which sections there are, and in which order."""
    assert list(write_page(bought_run, audience=audience).sections) == sections


@pytest.mark.parametrize(
    ("name", "audience"),
    [
        *(("bought_run", audience) for audience in AUDIENCES),
        *(("price_run", "technical"), ("price_run", "executive"), ("noise_run", "executive"), ("demo_run", "audit")),
    ],
)
def test_page_stands_alone_and_is_small(
    name: str, audience: str, request: pytest.FixtureRequest, write_page: Callable[..., Any]
) -> None:
    """A page is below 2 MB, fetches nothing and runs nothing, and says so to the browser."""
    page = write_page(request.getfixturevalue(name), audience=audience)
    assert len(page.source.encode()) < 2_000_000
    assert not FETCHING & {tag for tag, _ in page.tags}
    for tag, given in page.tags:
        for attribute, value in given.items():
            assert not attribute.startswith("on"), (tag, given)
            if attribute in ("src", "href", "xlink:href"):
                assert str(value).startswith(("#", "data:image/png;base64,")), (tag, value)
    assert not re.search(r"url\((?!#)|@import", page.source)
    policies = [given["content"] for tag, given in page.tags if given.get("http-equiv") == "Content-Security-Policy"]
    assert policies == ["default-src 'none'; style-src 'unsafe-inline'; img-src data:"]


@pytest.mark.parametrize("audience", AUDIENCES)
def test_page_can_be_read_aloud(audience: str, bought_run: automl.Run, write_page: Callable[..., Any]) -> None:
    """One title, headings without gaps, a text for every picture, names that stand once, a language."""
    page = write_page(bought_run, audience=audience)
    levels = [int(tag[1]) for tag, _ in page.headings]
    assert levels.count(1) == 1
    assert all(later <= earlier + 1 for earlier, later in itertools.pairwise(levels))
    assert all(text.strip() for _, text in page.headings)
    for tag, given in page.tags:
        if tag == "img":
            assert given["alt"]
        if tag == "svg":
            assert given["role"] == "img"
            assert given["aria-label"]
    names = [given["id"] for _, given in page.tags if given.get("id")]
    assert len(names) == len(set(names))
    assert ("html", {"lang": "en"}) in page.tags
    viewport = next(given for tag, given in page.tags if given.get("name") == "viewport")
    assert viewport["content"] == "width=device-width, initial-scale=1"


def test_every_picture_has_its_numbers(bought_run: automl.Run, write_page: Callable[..., Any]) -> None:
    """Each figure of a technical page but the tree's text is followed by a table of what is in it."""
    page = write_page(bought_run)
    figures = [given["id"] for tag, given in page.tags if tag == "figure"]
    assert len(figures) >= 10
    for figure in figures:
        assert len(page.tables[str(figure).removeprefix("figure-")]) > 1, figure


@pytest.mark.parametrize("name", ["bought_run", "price_run"])
def test_metrics_are_those_of_evaluate(
    name: str, request: pytest.FixtureRequest, write_page: Callable[..., Any]
) -> None:
    """The table of metrics holds what ``run.evaluate().frame()`` says, to the last digit."""
    run = request.getfixturevalue(name)
    frame = run.evaluate().frame()
    header, *rows = write_page(run).tables["metrics"]
    assert [text for text, _ in header] == ["metric", "value", "low", "high", "better", "meaning"]
    assert [row[0][0] for row in rows] == frame["metric"].tolist()
    for place, column in enumerate(("value", "low", "high"), start=1):
        assert [row[place][1] for row in rows] == pytest.approx(frame[column].tolist(), rel=1e-15)


def test_test_table_is_judged_beside_the_folds(
    bought_run: automl.Run, bought: pd.DataFrame, write_page: Callable[..., Any]
) -> None:
    """With a test table the metrics are the test's, and the out-of-fold values stand beside them."""
    test = bought.sample(200, random_state=1)
    page = write_page(bought_run, data=test)
    header, *rows = page.tables["metrics"]
    assert [text for text, _ in header] == ["metric", "value", "low", "high", "out of fold", "better", "meaning"]
    assert [row[1][1] for row in rows] == pytest.approx(bought_run.evaluate(test).frame()["value"].tolist())
    assert [row[4][1] for row in rows] == pytest.approx(bought_run.evaluate().frame()["value"].tolist())
    assert "a test table of 200 rows that the search has not seen" in page.said("summary")


def test_other_row_of_the_leaderboard(bought_run: automl.Run, write_page: Callable[..., Any]) -> None:
    """``which`` decides whose quality is told."""
    page = write_page(bought_run, which=2)
    told = {row[0][0]: row[1][1] for row in page.tables["metrics"][1:]}
    assert told == pytest.approx(bought_run.evaluate(which=2).values)


@pytest.mark.parametrize("audience", ["executive", "audit"])  # between them they have every section
def test_nothing_foreign_becomes_markup(audience: str, hostile_run: automl.Run, write_page: Callable[..., Any]) -> None:
    """Names and labels that are HTML stand on the page as they are and do nothing."""
    page = write_page(hostile_run, audience=audience)
    assert not {"script", "i", "b"} & {tag for tag, _ in page.tags}
    assert not any("onerror" in given for _, given in page.tags)
    assert all(given.get("src", "data:") != "x" for tag, given in page.tags if tag == "img")
    assert '<script>alert("x")</script>' in page.said("summary")
    assert page.headings[0][1].endswith(": </title><b>y")


def test_fairness_is_told_where_it_is_asked(bought_run: automl.Run, write_page: Callable[..., Any]) -> None:
    """A named column gets a section; without one an audit says that nobody asked, and which column might be meant."""
    asked = write_page(bought_run, fairness="sex")
    assert "By sex" in asked.said("fairness")
    assert "groups-0" in asked.tables
    unasked = write_page(bought_run, audience="audit")
    assert "No groups were named" in unasked.said("fairness")
    assert "sex may tell groups of people" in unasked.said("fairness")
    assert "fairness" not in write_page(bought_run).sections


def test_what_cannot_be_made_costs_a_sentence(
    bought_run: automl.Run, tmp_path: Any, monkeypatch: pytest.MonkeyPatch, write_page: Callable[..., Any]
) -> None:
    """A part that fails for a known reason says why; the rest of the page stands."""

    def fail() -> Any:
        raise StorageError("The run keeps no training rows.")

    monkeypatch.setattr(bought_run, "kept_rows", fail)
    page = write_page(bought_run, interactive=False, which=1)
    told = page.said("explanations")
    assert "Which columns matter could not be told. The run keeps no training rows." in told
    assert "metrics" in page.tables


def test_script_and_call_stand_on_the_page(bought_run: automl.Run, write_page: Callable[..., Any]) -> None:
    """The page prints the script of the pipeline, the versions, the hashes and the seed."""
    page = write_page(bought_run)
    assert bought_run.script().split("RECIPE")[0].strip() in page.sections["reproduction"]
    assert "run = automl.fit(" in page.sections["reproduction"]
    versions = {row[0][0]: row[1][0] for row in page.tables["versions"][1:]}
    assert versions == bought_run.versions
    settings = {row[0][0]: row[1][0] for row in page.tables["settings"][1:]}
    assert settings["seed"] == "0"
    assert settings["hash of the data"] == bought_run.plan.fingerprints["data"]


def test_same_report_is_the_same_page(price_run: automl.Run, tmp_path: Any) -> None:
    """Written twice, a page has the same bytes: nothing in it depends on the moment."""
    first, second = (price_run.report(tmp_path / f"{k}.html", audience="executive").read_bytes() for k in (1, 2))
    assert first == second


def test_interactive_page_has_charts_and_no_request(bought_run: automl.Run, write_page: Callable[..., Any]) -> None:
    """Charts take the place of pictures, plotly's program stands in the page once, and nothing is fetched."""
    page = write_page(bought_run, audience="executive", interactive=True)
    assert len(page.source.encode()) < 8_000_000
    assert not any(given.get("src", "").startswith("http") for _, given in page.tags)
    charts = [given["id"] for tag, given in page.tags if str(given.get("id")).startswith("chart-")]
    assert {"chart-curve-confusion", "chart-importance"} <= set(charts)


def test_wrong_requests_are_refused(bought_run: automl.Run, bought: pd.DataFrame, tmp_path: Any) -> None:
    """Unknown readers, a folder in the place of a file, and a test table without the target: a sentence each."""
    with pytest.raises(PlanError, match="Unknown audience 'boss'"):
        bought_run.report(tmp_path / "r.html", audience="boss")  # type: ignore[arg-type]
    with pytest.raises(StorageError, match="is a folder; a report is one file"):
        bought_run.report(tmp_path)
    with pytest.raises(PlanError, match="has no column 'bought', which is the target"):
        bought_run.report(tmp_path / "r.html", data=bought.drop(columns="bought"))
    assert not list(tmp_path.iterdir())
