"""The demo's table: real, messy, and there without a network."""

from __future__ import annotations

from pathlib import Path

import pytest

from automl import demo


def test_passengers_are_messy() -> None:
    """The table has what real tables have: text, gaps, few and many levels; no row is on both sides."""
    table = demo.load_demo_table()
    assert table.target == "survived"
    assert (len(table.train), len(table.new)) == (1047, 262)
    assert table.train["cabin"].isna().mean() > 0.5
    assert table.train["name"].nunique() > 1000
    assert set(table.train["survived"]) == {"yes", "no"}
    assert list(table.new.columns) == list(table.train.columns)


def test_same_rows_every_time() -> None:
    """Two demos see the same rows."""
    assert demo.load_demo_table().new.equals(demo.load_demo_table().new)
    assert not demo.load_demo_table().new.equals(demo.load_demo_table(seed=1).new)


def test_without_the_passenger_list(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where scikit-learn comes without its test files, the diabetes study takes their place."""
    monkeypatch.setattr(demo, "_PASSENGERS", Path("nowhere"))
    table = demo.load_demo_table()
    assert table.target == "progression"
    assert len(table.train) + len(table.new) == 442
