"""The page of a profile in a real browser, wide and on a phone; pictures are kept in ``test-output/profile``."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import automl

OUTPUT = Path(os.environ.get("AUTOML_TEST_OUTPUT") or Path(__file__).parents[3] / "test-output") / "profile"
SIZES = {"wide": {"width": 1280, "height": 900}, "phone": {"width": 360, "height": 740}}

pytestmark = pytest.mark.end_to_end


@pytest.fixture(scope="module")
def page(table: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the page of a public table."""
    titanic = table("titanic")
    path: Path = automl.profile(titanic.frame, titanic.target).save(tmp_path_factory.mktemp("profile") / "page.html")
    return path


@pytest.mark.parametrize("size", SIZES)
def test_the_page_fits_and_fetches_nothing(size: str, page: Path, chromium: Any) -> None:
    """Nothing is requested, no error is told, the page is no wider than the window, and a column can be clicked."""
    context = chromium.new_context(viewport=SIZES[size])
    try:
        window = context.new_page()
        troubles: list[str] = []
        window.on("console", lambda said: troubles.append(said.text) if said.type == "error" else None)
        window.on("pageerror", lambda error: troubles.append(str(error)))
        window.on("request", lambda asked: troubles.append(asked.url) if asked.url.startswith("http") else None)
        window.goto(page.as_uri(), wait_until="load")
        report = window.locator("skrub-table-report")
        report.get_by_text("Distributions").first.click()
        assert report.get_by_text("Fare").filter(visible=True).count()
        assert window.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
        assert window.get_by_text("identifier", exact=True).first.is_visible()
        OUTPUT.mkdir(parents=True, exist_ok=True)
        window.screenshot(path=OUTPUT / f"{size}.png", full_page=True)
        assert not troubles
    finally:
        context.close()
