"""Pages of three public tables in a real browser: on a screen, on a phone, in the dark and on paper."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import automl

pytestmark = [pytest.mark.end_to_end, pytest.mark.thorough]

TABLES = ("titanic", "eucalyptus", "abalone")
AUDIENCES = ("technical", "executive", "audit")
# Each table and each kind of reader once; the other pairs are looked at by the slow tests.
PAIRS = [
    pytest.param(name, audience, marks=[] if place == TABLES.index(name) else pytest.mark.slow)
    for name in TABLES
    for place, audience in enumerate(AUDIENCES)
]
PHONE = {"width": 360, "height": 740}
OVERFLOWING = """() => [...document.querySelectorAll('body *')]
    .filter(each => each.getBoundingClientRect().right > window.innerWidth + 1)
    .filter(each => !each.closest('.box, pre, svg, details:not([open])'))
    .filter(each => getComputedStyle(each).position !== 'absolute')
    .map(each => each.outerHTML.slice(0, 120))"""
DRAWN = """() => [...document.querySelectorAll('.drawing > *')].map(each => {
    const box = each.getBoundingClientRect();
    return [each.tagName, box.width, box.height, each.tagName !== 'IMG' || each.naturalWidth > 0];
})"""


@pytest.mark.parametrize(("name", "audience"), PAIRS)
def test_page_on_a_screen(
    name: str, audience: str, public_pages: Callable[..., Path], window: Callable[..., Any]
) -> None:
    """Nothing goes wrong, nothing is asked of a network, every drawing is drawn, every section can be reached."""
    seen = window()
    page = seen.open(public_pages(name, audience))
    page.emulate_media(color_scheme="light")
    seen.keep(f"{name}-{audience}")
    drawings = page.evaluate(DRAWN)
    assert drawings
    assert all(width > 200 and height > 60 and loaded for _, width, height, loaded in drawings)
    for link in page.locator("nav a").all():
        assert page.locator(f'[id="{link.get_attribute("href")[1:]}"]').count() == 1
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    assert seen.troubles == []


@pytest.mark.parametrize(("name", "audience"), PAIRS)
def test_page_on_a_phone(
    name: str, audience: str, public_pages: Callable[..., Path], window: Callable[..., Any]
) -> None:
    """A screen of 360 pixels shows the page without being scrolled sideways; tables scroll inside their box."""
    seen = window(PHONE)
    page = seen.open(public_pages(name, audience))
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
    assert page.evaluate(OVERFLOWING) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = false; })")
    seen.keep(f"{name}-{audience}-phone")
    assert seen.troubles == []


@pytest.mark.parametrize("audience", AUDIENCES)
def test_page_in_the_dark_and_on_paper(
    audience: str, public_pages: Callable[..., Path], window: Callable[..., Any], tmp_path: Path
) -> None:
    """The page follows the reader's dark theme, and prints."""
    seen = window(color_scheme="dark")
    page = seen.open(public_pages("titanic", audience))
    seen.keep(f"titanic-{audience}-dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(21, 24, 28)"
    printed = page.pdf(path=seen.output / f"titanic-{audience}.pdf", format="A4")
    assert printed.startswith(b"%PDF")
    assert seen.troubles == []


def test_interactive_page_draws_its_charts(
    public_run: Callable[[str], automl.Run], window: Callable[..., Any], tmp_path: Path
) -> None:
    """Charts are drawn by the program that stands in the page, without asking a network."""
    path = public_run("titanic").report(tmp_path / "interactive.html", interactive=True)
    seen = window()
    page = seen.open(path)
    page.locator("#chart-importance .main-svg").first.wait_for(state="attached")
    charts = page.locator(".chart").count()
    assert charts >= 5
    assert page.locator(".chart .plotly-graph-div.js-plotly-plot").count() == charts
    seen.keep("titanic-interactive")
    assert seen.troubles == []


def test_hostile_page_runs_nothing(window: Callable[..., Any], hostile_run: automl.Run, tmp_path: Path) -> None:
    """Names that are programs are shown, not run."""
    seen = window()
    page = seen.open(hostile_run.report(tmp_path / "hostile.html"))
    assert 'alert("x")' in page.inner_text("body")
    assert page.locator("script").count() == 0
    seen.keep("hostile")
    assert seen.troubles == []
