"""What tests of reports share: searches with opposite outcomes, a hostile table, and a reader of pages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import automl

HOSTILE = '<script>alert("x")</script>'


def search(frame: pd.DataFrame, target: str, folder: Path, **options: object) -> automl.Run:
    """Return a small search in this process."""
    words: dict[str, object] = {
        "n_trials": 3,
        "time_budget": None,
        "engine": "inprocess",
        "algorithms": ["lightgbm", "linear"],
        "cv": 3,
        "verbose": 0,
    }
    return automl.fit(frame, target, out=folder, **{**words, **options})


@pytest.fixture(scope="session")
def bought() -> pd.DataFrame:
    """Return rows in which x decides, city helps, and noise and sex say nothing."""
    rng = np.random.default_rng(0)
    n = 640
    frame = pd.DataFrame(
        {
            "x": rng.normal(size=n),
            "noise": rng.normal(size=n),
            "city": rng.choice(["Oslo", "Bern", "Rome"], n),
            "sex": rng.choice(["f", "m"], n),
        }
    )
    odds = 2.5 * frame["x"] + 2.0 * (frame["city"] == "Oslo") - 0.7
    frame["bought"] = np.where(rng.random(n) < 1 / (1 + np.exp(-odds)), "yes", "no")
    return frame


@pytest.fixture(scope="session")
def bought_run(bought: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> automl.Run:
    """Return a search that finds a good model."""
    return search(bought, "bought", tmp_path_factory.mktemp("bought") / "run")


def noise(seed: int) -> pd.DataFrame:
    """Return 160 rows whose columns say nothing about the target."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"a": rng.normal(size=160), "b": rng.normal(size=160), "c": rng.choice(["u", "v"], 160)})
    return frame.assign(y=rng.permutation(np.repeat(["no", "yes"], 80)))


@pytest.fixture(scope="session")
def noise_run(tmp_path_factory: pytest.TempPathFactory) -> automl.Run:
    """Return a search in a table whose columns say nothing about the target."""
    return search(noise(5), "y", tmp_path_factory.mktemp("noise") / "run")


@pytest.fixture(scope="session")
def lucky_run(tmp_path_factory: pytest.TempPathFactory) -> automl.Run:
    """Return a search in such a table whose best candidate seems good by luck: its interval begins at .6."""
    return search(noise(7), "y", tmp_path_factory.mktemp("lucky") / "run", n_trials=6)


@pytest.fixture(scope="session")
def prices() -> pd.DataFrame:
    """Return rows with a price of 3 · size - 2 · age, give or take."""
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(
        {"size": rng.normal(size=300), "age": rng.normal(size=300), "side": rng.choice(["a", "b"], 300)}
    )
    frame["price"] = 3 * frame["size"] - 2 * frame["age"] + rng.normal(size=300) * 0.5
    return frame


@pytest.fixture(scope="session")
def price_run(prices: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> automl.Run:
    """Return a search for that price."""
    return search(prices, "price", tmp_path_factory.mktemp("price") / "run")


@pytest.fixture(scope="session")
def hostile_run(bought: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> automl.Run:
    """Return a search in a table whose names and labels are HTML."""
    frame = bought.rename(columns={"x": HOSTILE, "bought": "</title><b>y", "city": "<img src=x onerror=1>"})
    frame["</title><b>y"] = frame["</title><b>y"].map({"yes": "<i>&yes", "no": HOSTILE})
    frame["<img src=x onerror=1>"] = frame["<img src=x onerror=1>"].map(
        {"Oslo": "</svg><script>1</script>", "Bern": "`b`", "Rome": "*r*"}
    )
    return search(frame, "</title><b>y", tmp_path_factory.mktemp("hostile") / "run")


@dataclass
class Page(HTMLParser):
    """A page taken apart: its tags with their attributes, its tables by key, and its texts by section."""

    source: str
    tags: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    tables: dict[str, list[list[tuple[str, float | None]]]] = field(default_factory=dict)
    headings: list[tuple[str, str]] = field(default_factory=list)
    sections: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._section, self._table, self._open = "", "", ""
        self._cell: tuple[list[str], float | None] | None = None
        self.feed(self.source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append((tag, given))
        if tag == "section":
            self._section = given["id"] or ""
            self.sections[self._section] = ""
        elif tag == "table" and given.get("data-key"):
            self._table = given["data-key"] or ""
            self.tables[self._table] = []
        elif tag == "tr" and self._table:
            self.tables[self._table].append([])
        elif tag in ("td", "th") and self._table:
            value = given.get("data-value")
            self._cell = ([], None if value is None else float(value))
        elif tag in ("h1", "h2", "h3"):
            self.headings.append((tag, ""))
            self._open = tag

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th") and self._cell is not None:
            self.tables[self._table][-1].append(("".join(self._cell[0]), self._cell[1]))
            self._cell = None
        elif tag == "table":
            self._table = ""
        elif tag in ("h1", "h2", "h3"):
            self._open = ""

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell[0].append(data)
        if self._open:
            tag, text = self.headings[-1]
            self.headings[-1] = (tag, text + data)
        if self._section:
            self.sections[self._section] += data

    def said(self, section: str) -> str:
        """Return the text of a section on one line."""
        return " ".join(self.sections[section].split())


@pytest.fixture(scope="session")
def write_page(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Page]:
    """Return what writes a report and takes its page apart; the same report is written once."""
    known: dict[str, Page] = {}

    def write(run: automl.Run, **options: object) -> Page:
        key = f"{run.folder} {sorted((name, id(value)) for name, value in options.items())}"
        if key not in known:
            path = run.report(tmp_path_factory.mktemp("page") / "report.html", **options)  # type: ignore[arg-type]
            known[key] = Page(path.read_text(encoding="utf-8"))
        return known[key]

    return write
