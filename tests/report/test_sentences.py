"""Sentences, tables and cells: what is foreign stays text."""

from __future__ import annotations

import html

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from automl.dashboard.wording import name
from automl.report.sentence import Sentence
from automl.report.tables import table_of


@given(st.text(max_size=40))
def test_foreign_text_comes_through_unchanged(text: str) -> None:
    """Whatever a column is called, its sentence reads as it is called, in one piece, with nothing made of it."""
    shown = Sentence(f"The column {name(text)} matters.").text
    visible = "".join(sign for sign in html.unescape(name(text)).strip("`“”") if sign != "\u200b")
    assert shown.replace("\u200b", "").strip("“”").replace("“", "").replace("”", "").startswith("The column ")
    assert visible.replace("“", "").replace("”", "") in shown.replace("\u200b", "").replace("“", "").replace("”", "")


def test_long_tables_are_thinned_and_say_so() -> None:
    """A curve keeps its ends; a list keeps its beginning; both say how much is shown."""
    frame = pd.DataFrame({"x": np.arange(1000), "y": np.arange(1000) / 7})
    thinned, cut = table_of(frame, "A curve", most=11), table_of(frame, "A list", most=11, first=True)
    assert [row[0].value for row in thinned.rows][:: len(thinned.rows) - 1] == [0, 999]
    assert thinned.note == "11 of 1,000 rows, evenly spaced."
    assert [row[0].value for row in cut.rows] == list(range(11))
    assert cut.note == "The first 11 of 1,000 rows."
    assert table_of(frame.head(5), "Short").note == ""
