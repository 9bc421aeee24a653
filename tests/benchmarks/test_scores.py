"""Scores: labels are lined up by name, probabilities are mended as the public benchmark does, nonsense is refused."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from harness.scores import HIGHER_IS_BETTER, BadPrediction, score

Y = pd.Series(["cat", "dog", "dog", "cat"], dtype="str")


def test_columns_are_lined_up_by_label() -> None:
    """The order of the columns doesn't matter; the values are those that scikit-learn's definitions give."""
    predicted = pd.DataFrame({"dog": [0.1, 0.8, 0.4, 0.2], "cat": [0.9, 0.2, 0.6, 0.8]})
    found = score("binary", Y, predicted)
    assert found["auc"] == 1.0
    assert found["accuracy"] == 0.75
    assert found["log_loss"] == pytest.approx(-np.mean(np.log([0.9, 0.8, 0.4, 0.8])))
    assert score("binary", Y, predicted[["cat", "dog"]]) == found


def test_a_label_without_a_column_gets_the_least_chance() -> None:
    """Rows of a label that a system doesn't know cost what a chance of 1e-15 costs, no more."""
    y = pd.Series(["a", "b", "c"], dtype="str")
    found = score("multiclass", y, pd.DataFrame({"a": [1.0, 0.0, 1.0], "b": [0.0, 1.0, 0.0]}))
    assert found["log_loss"] == pytest.approx(-math.log(1e-15) / 3)


def test_chances_are_brought_to_a_sum_of_one() -> None:
    """Values that don't add up to one are divided by their sum."""
    found = score("binary", Y, pd.DataFrame({"cat": [2.0, 1.0, 1.0, 2.0], "dog": [1.0] * 4}))
    assert found["log_loss"] == pytest.approx(math.log(2))


def test_errors_of_a_regression() -> None:
    """RMSE, mean absolute error and R² of the one column."""
    found = score("regression", pd.Series([0.0, 2.0, 4.0]), pd.DataFrame({"value": [1.0, 2.0, 4.0]}))
    assert found == pytest.approx({"rmse": math.sqrt(1 / 3), "mae": 1 / 3, "r2": 1 - 1 / 8})


def test_an_undefined_auc_is_left_out() -> None:
    """Where the rows kept have one label, there is no AUC, and no warning."""
    found = score("binary", Y[Y == "cat"], pd.DataFrame({"cat": [0.9, 0.2], "dog": [0.1, 0.8]}))
    assert set(found) == {"log_loss", "accuracy"}


@pytest.mark.parametrize(
    ("predicted", "said"),
    [
        ({"cat": [0.5] * 3, "dog": [0.5] * 3}, "3 predictions for 4 rows"),
        ({"cat": [0.5, np.nan, 0.5, np.inf], "dog": [0.5] * 4}, "2 of 4 predictions are not finite"),
        ({"0": [0.5] * 4, "1": [0.5] * 4}, "no column is a label's: 0, 1"),
    ],
)
def test_nonsense_is_refused(predicted: dict[str, list[float]], said: str) -> None:
    """Predictions of the wrong number, that aren't finite or of other labels are told as such."""
    with pytest.raises(BadPrediction) as caught:
        score("binary", Y, pd.DataFrame(predicted))
    assert str(caught.value) == said


def test_every_score_has_a_direction() -> None:
    """Whoever compares scores can look up which way is better."""
    binary = score("binary", Y, pd.DataFrame({"cat": [0.5] * 4, "dog": [0.5] * 4}))
    regression = score("regression", pd.Series([0.0, 2.0]), pd.DataFrame({"value": [1.0, 2.0]}))
    assert {*binary, *regression} == set(HIGHER_IS_BETTER)
