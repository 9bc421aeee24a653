"""Why a row is predicted as it is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import automl
from automl.errors import DataError, PlanError, StorageError

ROW = {"x": 1.5, "twin": 1.5, "noise": 0.0, "city": "Oslo", "sex": "f"}


def _booster(run: automl.Run) -> str:
    return next(each for each in run.leaderboard["id"] if each.startswith("lightgbm"))


@pytest.mark.parametrize("which", ["best", "booster", "ensemble"])
def test_it_adds_up_to_the_prediction(bought_run: automl.Run, which: str) -> None:
    """Base and contributions are the probability of the predicted label, whatever the pipeline is made of."""
    name = {"best": 1, "booster": _booster(bought_run), "ensemble": "ensemble"}[which]
    found = bought_run.explain(ROW, which=name)
    p = bought_run.pipeline(name).predict_proba(pd.DataFrame([ROW]))[0, 1]
    assert (found.predicted, found.label) == ("yes", "yes")
    assert found.prediction == pytest.approx(p, abs=1e-12)
    assert found.base + sum(found.contributions.values()) == pytest.approx(p, abs=1e-12)
    assert (max(found.errors.values()) == 0) == (which == "booster")


def test_it_is_told_in_words(bought_run: automl.Run) -> None:
    """What speaks for the label comes first, then what speaks against it; a row on the other side says the opposite."""
    yes = bought_run.explain(ROW, which=_booster(bought_run))
    no = bought_run.explain({**ROW, "x": -1.5, "twin": -1.5, "city": "Rome"}, which=_booster(bought_run))
    assert str(yes).startswith(
        f"Predicted 'yes' with {yes.prediction:.2f} (it starts from {yes.base:.2f}): mostly because"
    )
    assert str(no).startswith(f"Predicted 'no' with {no.prediction:.2f} (it starts from {no.base:.2f}): mostly because")
    assert "x = 1.5 (+" in str(yes)
    assert "x = -1.5 (+" in str(no)
    first = yes.frame().iloc[0]
    assert first["column"] in ("x", "twin")
    assert yes.frame()["contribution"].abs().is_monotonic_decreasing


def test_a_label_can_be_asked_for(bought_run: automl.Run) -> None:
    """Of two labels, what one gains the other loses."""
    which = _booster(bought_run)
    yes, no = (bought_run.explain(ROW, which=which, label=label) for label in ("yes", "no"))
    for name in ROW:
        assert yes.contributions[name] == pytest.approx(-no.contributions[name])
    assert str(no).startswith("Predicted 'yes', and 'no' with 0.")


def test_rows_come_in_any_form(bought_run: automl.Run, bought: pd.DataFrame) -> None:
    """A dict, a Series and a frame of one row are the same, with or without the target."""
    found = [bought_run.explain(each) for each in (bought.iloc[3].to_dict(), bought.iloc[3], bought.iloc[[3]])]
    assert found[0].contributions == found[1].contributions == found[2].contributions
    assert list(found[0].row) == list(ROW)


def test_what_if_another_value(bought_run: automl.Run) -> None:
    """It is the explanation of the changed row, and tells what changed and what it was before."""
    before = bought_run.explain(ROW)
    after = before.what_if({"city": "Rome"}, x=-2.0)
    plain = bought_run.explain({**ROW, "city": "Rome", "x": -2.0}, label="yes")
    assert after.contributions == plain.contributions
    assert after.before is before
    told = str(after)
    assert told.startswith("With x = -2 instead of 1.5 and city = 'Rome' instead of 'Oslo': predicted ")
    assert f"where it was {before.prediction:.2f}" in told
    assert "Training had no city = 'Paris'; it is treated as unknown." in str(before.what_if(city="Paris"))


def test_a_sweep_predicts_each_value(bought_run: automl.Run) -> None:
    """One row a value, with what the pipeline predicts for it."""
    found = bought_run.explain(ROW).sweep("x", [-2, 0.5, None])
    rows = pd.DataFrame([{**ROW, "x": each} for each in (-2, 0.5, None)])
    assert found.columns.tolist() == ["x", "prediction", "P(no)", "P(yes)"]
    np.testing.assert_allclose(found["P(yes)"], bought_run.best_pipeline.predict_proba(rows)[:, 1])
    assert found["prediction"].tolist() == bought_run.best_pipeline.predict(rows).tolist()


def test_quantities_are_told_in_their_unit(price_run: automl.Run) -> None:
    """A line's contributions are its coefficients times what a value is from the mean."""
    background = price_run.kept_rows()[1].head(50)
    found = price_run.explain({"size": 2.0, "age": 1.0, "side": "a"}, background=background)
    assert found.label is None
    assert found.unit == "predicted price"
    assert found.contributions["size"] == pytest.approx(3 * (2 - background["size"].mean()), abs=0.05)
    assert found.contributions["age"] == pytest.approx(-2 * (1 - background["age"].mean()), abs=0.05)
    assert found.contributions["side"] == pytest.approx(0, abs=0.05)
    assert str(found).startswith("Predicted price = ")
    assert found.sweep("size", [0, 1])["prediction"].diff().iloc[1] == pytest.approx(3, abs=0.05)
    assert found.plot()._repr_png_()


def test_the_picture_starts_at_the_base(bought_run: automl.Run) -> None:
    """Of few columns all are drawn, of more the rest is one step; the title tells both ends."""
    found = bought_run.explain(ROW)
    (axes,) = found.plot(most=2).axes
    assert next(each.get_text() for each in axes.get_yticklabels()) == "3 other columns"
    assert len(found.plot().axes[0].get_yticklabels()) == 5


def test_many_rows_at_once(bought_run: automl.Run) -> None:
    """The contributions of each row are those that it has alone; the table and the picture sum them up."""
    which = _booster(bought_run)
    found = bought_run.contributions(which=which, most=25)
    assert len(found.rows) == 25
    np.testing.assert_allclose(found.base + found.values.sum(axis=1), found.prediction, atol=1e-12)
    alone = bought_run.explain(found.rows.iloc[4], which=which, label="yes")
    np.testing.assert_allclose(found.values.iloc[4], list(alone.contributions.values()), atol=1e-9)
    table = found.frame().set_index("column")
    assert table.index[0] in ("x", "twin")
    assert table.loc["x", "direction"] > 0.8
    assert np.isnan(table.loc["city", "direction"])
    assert "higher values raise it" in str(found)
    assert found.plot()._repr_png_()


def test_bad_input_is_told(bought_run: automl.Run, bought: pd.DataFrame) -> None:
    """Several rows, missing columns, unknown labels and columns, nothing to try: one sentence each."""
    with pytest.raises(DataError, match=r"explain takes one row and was given 240. Give one, such as table.iloc\[0\]"):
        bought_run.explain(bought)
    with pytest.raises(
        DataError, match=r"lack 2 of the columns that the model was trained on: 'twin', 'sex'. Add them"
    ):
        bought_run.explain({"x": 1, "noise": 0, "city": "Oslo"})
    with pytest.raises(PlanError, match=r"There is no label 'yess'. Did you mean 'yes'\?"):
        bought_run.explain(ROW, label="yess")
    found = bought_run.explain(ROW)
    with pytest.raises(PlanError, match=r"There is no column 'citi'. Did you mean 'city'\?"):
        found.what_if(citi="Rome")
    with pytest.raises(PlanError, match=r"There is no column 'sx'. Did you mean 'sex'\?"):
        found.sweep("sx", ["f"])
    with pytest.raises(DataError, match=r"There are no values of 'sex' to try. Give some"):
        found.sweep("sex", [])
    with pytest.raises(PlanError, match="The leaderboard has no row 99"):
        bought_run.explain(ROW, which=99)


def test_boosters_need_no_kept_rows(bought_run: automl.Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a run that keeps no rows, boosters are explained as ever, and other models ask for a background."""

    def none_kept() -> Any:
        raise StorageError("The run keeps no training rows; an earlier version made it. Give a table.")

    monkeypatch.setattr(bought_run, "kept_rows", none_kept)
    assert bought_run.explain(ROW, which=_booster(bought_run)).contributions
    linear = next(each for each in bought_run.leaderboard["id"] if each.startswith("linear"))
    with pytest.raises(StorageError, match="keeps no training rows"):
        bought_run.explain(ROW, which=linear)
    assert bought_run.explain(ROW, which=linear, background=pd.DataFrame([ROW, {**ROW, "x": 0.0}])).contributions
