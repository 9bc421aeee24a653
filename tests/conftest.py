"""What tests share: where the real tables are, how one of them is read, and a browser."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pytest
from postgres import PostgreSQL, running

DEFAULT_DATA = Path(__file__).parents[2] / "shared" / "data"


class Table(NamedTuple):
    """A real table: its rows, the column to predict, and what is known about it."""

    frame: pd.DataFrame
    target: str
    facts: dict[str, Any]


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Return the folder of real tables, named by AUTOML_DATA; what uses it is skipped where it is absent."""
    folder = Path(os.environ.get("AUTOML_DATA") or DEFAULT_DATA)
    if not (folder / "index.json").exists():
        pytest.skip(f"no real tables: there is no {folder / 'index.json'}; AUTOML_DATA names their folder")
    return folder


@pytest.fixture(scope="session")
def table(data_dir: Path) -> Callable[[str], Table]:
    """Read a real table by name: ``table("adult").frame``."""
    index = {each["name"]: each for each in json.loads((data_dir / "index.json").read_text())["datasets"]}

    def read(name: str) -> Table:
        facts = index[name]
        return Table(pd.read_parquet(data_dir / facts["file"]), facts["target"], facts)

    return read


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """Start a database server that asks for a password; what needs it is skipped where there is none."""
    with running() as server:
        yield server


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """Start headless Chromium; what needs it is skipped where there is none."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="no browser: Playwright is not installed")
    names = ("chromium", "chromium-browser", "google-chrome")
    path = next((found for name in names if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip(f"no browser: none of {', '.join(names)} is installed; .ci/install-chromium can do it")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()
