"""What is decided before the search: which tables count as the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import automl
from automl.features import text


def _letters() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    words = ["late", "plane", "kind", "crew", "lost", "bag", "great", "seat", "never", "again", "thank", "you"]
    said = [" ".join(rng.choice(words, 8)) + f" {number}" for number in range(120)]
    return pd.DataFrame({"said": said, "delay": rng.normal(size=120), "angry": rng.random(120) < 0.5})


def _data_of(table: pd.DataFrame) -> str:
    return automl.plan(table, "angry", roles={"said": "text"}).fingerprints["data"]


def test_rounding_of_topics_makes_no_other_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """A processor that rounds differently in the decomposition of texts sees the same table."""
    here = _data_of(_letters())
    decompose = text.randomized_svd

    def elsewhere(*args: Any, **options: Any) -> Any:
        u, s, axes = decompose(*args, **options)
        return u, s, axes * (1 + 1e-6)

    monkeypatch.setattr(text, "randomized_svd", elsewhere)
    assert _data_of(_letters()) == here


@pytest.mark.parametrize("column", ["said", "delay"])
def test_another_cell_makes_another_table(column: str) -> None:
    """One changed text or number changes the fingerprint."""
    changed = _letters()
    changed.loc[7, column] = "no" if column == "said" else 9.0
    assert _data_of(changed) != _data_of(_letters())
