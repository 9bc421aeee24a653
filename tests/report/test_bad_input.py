"""Bad input, as a user gives it: one clear sentence each, and nothing half-written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import automl
from automl.errors import AutoMLError

BAD: dict[str, tuple[Callable[[pd.DataFrame], pd.DataFrame], str]] = {
    "no target": (lambda frame: frame.drop(columns="bought"), "no column 'bought', which is the target"),
    "other columns": (lambda frame: frame.rename(columns={"x": "z"}), "'x'"),
    "unseen labels": (lambda frame: frame.assign(bought="maybe"), "'maybe'"),
    "no rows": (lambda frame: frame.head(0), "no row"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_test_table_that_does_not_fit(
    name: str, bought_run: automl.Run, bought: pd.DataFrame, tmp_path: Path
) -> None:
    """Judging, comparing and reporting refuse it in one sentence that says what is wrong; no file is left."""
    spoil, said = BAD[name]
    table = spoil(bought.head(60))
    calls: list[Callable[[], Any]] = [
        lambda: bought_run.evaluate(table),
        lambda: bought_run.report(tmp_path / "report.html", data=table, audience="executive"),
        lambda: bought_run.model_card(tmp_path / "card.md", data=table),
        lambda: automl.compare(bought_run, bought_run, table, which_a=2),
    ]
    for call in calls:
        with pytest.raises(AutoMLError) as caught:
            call()
        assert said in str(caught.value)
        assert "\n" not in str(caught.value)
        assert len(str(caught.value)) < 300
    assert not list(tmp_path.iterdir())


def test_one_label_alone(bought_run: automl.Run, bought: pd.DataFrame, write_page: Callable[..., Any]) -> None:
    """Where all rows of a test table have the same label, a page says what can't be told, and tells the rest."""
    table = bought[bought["bought"] == "yes"].head(80)
    found = bought_run.evaluate(table)
    assert found.values["accuracy"] > 0.5
    assert any("roc_auc is undefined: " in note for note in found.notes)
    page = write_page(bought_run, data=table)
    undefined = [row for row in page.tables["metrics"][1:] if "undefined: " in row[-1][0]]
    assert "roc_auc" in {row[0][0] for row in undefined}
    assert all(row[1][1] is None for row in undefined)
    assert "better than guessing" not in page.said("summary")
    assert "which all have the label 'yes'" in page.said("explanations")
    with pytest.raises(AutoMLError, match="have the label 'yes'"):
        automl.compare(bought_run, bought_run, table, which_a=2)


def test_what_cannot_be_compared(bought_run: automl.Run, price_run: automl.Run, lucky_run: automl.Run) -> None:
    """Runs of other tasks, and of other rows, are not compared."""
    with pytest.raises(AutoMLError, match=r"predicts 'bought', .* predicts 'price'"):
        automl.compare(bought_run, price_run)
    with pytest.raises(AutoMLError, match=r"predicts 'bought', .* predicts 'y'"):
        automl.compare(bought_run, lucky_run)


def test_other_rows_are_not_compared(noise_run: automl.Run, lucky_run: automl.Run) -> None:
    """Two runs of the same columns and as many rows whose targets differ were validated on different rows."""
    with pytest.raises(AutoMLError, match="were trained on different rows: their targets differ"):
        automl.compare(noise_run, lucky_run)
