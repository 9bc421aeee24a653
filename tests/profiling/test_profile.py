"""A picture of a table: findings, columns, values, on one page that fetches nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import automl
from automl.cli import main
from automl.errors import DataError, MissingDependency, PlanError, StorageError
from automl.profiling import profile as profiling
from automl.profiling.columns import ColumnFacts
from automl.profiling.profile import Profile
from automl.values.schema import Column


def frame() -> pd.DataFrame:
    """Return a table of a name, a number with gaps, a constant and a target."""
    rng = np.random.default_rng(0)
    size = rng.normal(size=80).round(2)
    size[:8] = np.nan
    return pd.DataFrame(
        {
            "<b>name</b>": [f"k{i}" for i in range(80)],
            "size": size,
            "shop": ["north"] * 80,
            "kind": rng.choice(["a", "b"], 80),
        }
    )


@pytest.fixture(scope="module")
def made() -> Profile:
    """Return the profile of the table, with its target."""
    return automl.profile(frame(), "kind")


def test_the_page_holds_findings_columns_and_values(made: Profile) -> None:
    """Each finding stands with code and advice, each column with its role, and the library's part is there."""
    codes = made.findings["code"].tolist()
    assert {"identifier", "constant"} <= set(codes)
    for each in made.noticed:
        assert f'<span class="code">{each.code}</span>' in made.html
    assert 'scope="row">size</th><td>numeric</td><td class="number">10.0 %</td>' in made.html
    assert "<skrub-table-report" in made.html
    assert "kind (binary)" in made.html


def test_names_are_escaped(made: Profile) -> None:
    """A column's name is text, whatever it looks like."""
    assert "<b>name</b>" not in made.html
    assert "&lt;b&gt;name&lt;/b&gt;" in made.html


def test_the_page_asks_for_nothing(made: Profile) -> None:
    """No address is loaded by the page, and its policy forbids it."""
    assert "default-src 'none'" in made.html.replace("&#39;", "'")
    for mark in ('src="http', "src='http", "@import", "url(http"):
        assert mark not in made.html


def test_columns_as_a_frame(made: Profile) -> None:
    """What the engine takes each column for is a table as well."""
    told = made.frame().set_index("name")
    assert told.loc["shop", "role"] == "constant"
    assert told.loc["size", "missing"] == pytest.approx(0.1)
    assert not told.loc["<b>name</b>", "is_used"]
    assert "identifier" in repr(made)


def test_without_a_target() -> None:
    """A table needs no target to be looked at."""
    found = automl.profile(frame())
    assert set(found.findings["code"]) >= {"identifier", "constant"}
    assert not set(found.findings["code"]) & {"target-leak", "rare-class", "imbalance", "conflicting-duplicates"}
    assert len(found.columns) == 4


def test_it_shows_itself_in_a_notebook(made: Profile) -> None:
    """In a notebook the page stands in a frame of its own."""
    shown = made._repr_html_()
    assert shown.startswith("<iframe srcdoc=")
    assert "<skrub-table-report" not in shown


def test_of_large_tables_a_sample_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Values are drawn from a sample, which is said; counts are of all rows."""
    monkeypatch.setattr(profiling, "MOST_ROWS", 20)
    monkeypatch.setattr(profiling, "MOST_COLUMNS", 2)
    found = automl.profile(frame())
    assert found.remarks == ("Drawn from a sample of 20 of the 80 rows.", "The first 2 of the 4 columns.")
    assert found.sample.shape == (20, 2)
    assert found.frame().set_index("name").loc["size", "distinct"] == frame()["size"].nunique()


def test_tokens_count_as_missing() -> None:
    """Cells that mean nothing are counted as such."""
    told = ColumnFacts.of(pd.Series(["1", " ? ", "2", None, ""]), Column("x", "numeric", "", tokens=("?",)))
    assert told.missing == pytest.approx(0.6)
    assert told.distinct == 2


def test_bad_input_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made: Profile) -> None:
    """An unknown target, an empty table, a folder as a file and an absent library are told, and nothing is written."""
    with pytest.raises(PlanError, match="kinds"):
        automl.profile(frame(), "kinds", out=tmp_path / "page.html")
    with pytest.raises(DataError, match="has no rows"):
        automl.profile(frame().head(0), out=tmp_path / "page.html")
    with pytest.raises(StorageError, match=r"is a folder; a profile is one file\. Give a file's path, such as"):
        made.save(tmp_path)
    monkeypatch.setattr(profiling, "find_spec", lambda name: None)
    with pytest.raises(MissingDependency, match=r"A profile needs skrub; install the extra 'profile'\."):
        automl.profile(frame(), out=tmp_path / "page.html")
    assert not list(tmp_path.iterdir())


def test_the_command_writes_the_page(tmp_path: Path) -> None:
    """The command line writes the page, tells what was noticed and where the page is."""
    frame().to_csv(tmp_path / "shops.csv", index=False)
    page = tmp_path / "page.html"
    said = CliRunner().invoke(main, ["profile", str(tmp_path / "shops.csv"), "-t", "kind", "-o", str(page)])
    assert said.exit_code == 0, said.output
    assert "[identifier]" in said.output
    assert said.output.endswith(f"The page is in {page}.\n")
    assert "<title>Profile: shops.csv</title>" in page.read_text(encoding="utf-8")
