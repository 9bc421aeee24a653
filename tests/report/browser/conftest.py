"""A browser on pages of three public tables; screenshots are kept in ``test-output/report``."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import automl

OUTPUT = Path(os.environ.get("AUTOML_TEST_OUTPUT") or Path(__file__).parents[3] / "test-output") / "report"
TABLES = ("titanic", "eucalyptus", "abalone")
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 740}


@dataclass
class Seen:
    """A window of the browser, and what went wrong in it."""

    page: Any
    troubles: list[str] = field(default_factory=list)

    def open(self, path: Path) -> Any:
        """Open a file and return Playwright's page."""
        address = path.resolve().as_uri()
        self.page.on("console", lambda said: self.troubles.append(said.text) if said.type == "error" else None)
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.on("request", lambda asked: self._note(asked.url, address))
        self.page.goto(address, wait_until="load")
        return self.page

    def _note(self, url: str, address: str) -> None:
        if url.partition("#")[0] != address and not url.startswith(("data:", "blob:")):
            self.troubles.append(f"request: {url}")

    @property
    def output(self) -> Path:
        """The folder of pictures, made if need be."""
        OUTPUT.mkdir(parents=True, exist_ok=True)
        return OUTPUT

    def keep(self, name: str) -> None:
        """Keep the whole page as a picture."""
        self.page.screenshot(path=self.output / f"{name}.png", full_page=True)


@pytest.fixture
def window(chromium: Any) -> Iterator[Callable[..., Seen]]:
    """Open a fresh window of a size."""
    opened = []

    def open_window(size: dict[str, int] = WIDE, **options: Any) -> Seen:
        opened.append(chromium.new_context(viewport=size, **options))
        return Seen(opened[-1].new_page())

    yield open_window
    for context in opened:
        context.close()


@pytest.fixture(scope="session")
def public_run(table: Callable[[str], Any], tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], automl.Run]:
    """Return what searches a public table, 600 rows of it and ten candidates, once."""
    known: dict[str, automl.Run] = {}

    def search(name: str) -> automl.Run:
        if name not in known:
            frame, target, _ = table(name)
            known[name] = automl.fit(
                frame.sample(min(len(frame), 600), random_state=0).reset_index(drop=True),
                target,
                n_trials=10,
                time_budget=None,
                algorithms=["lightgbm", "linear", "extra_trees"],
                engine="inprocess",
                cv=3,
                out=tmp_path_factory.mktemp(name) / name,
                verbose=0,
            )
        return known[name]

    return search


@pytest.fixture(scope="session")
def public_pages(
    public_run: Callable[[str], automl.Run], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str, str], Path]:
    """Return what writes the page of a table for certain readers, once."""
    known: dict[tuple[str, str], Path] = {}

    def write(name: str, audience: str) -> Path:
        if (name, audience) not in known:
            path = tmp_path_factory.mktemp("pages") / f"{name}-{audience}.html"
            known[name, audience] = public_run(name).report(path, audience=audience)  # type: ignore[arg-type]
        return known[name, audience]

    return write
