"""Rare labels and imbalance."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from automl.checks.classes import check_imbalance, check_rare_classes


def _with_labels(plain: pd.DataFrame, **rows: int) -> pd.DataFrame:
    labels = np.repeat(list(rows), list(rows.values()))
    return plain.head(len(labels)).assign(y=labels)


def test_labels_of_few_rows_are_told(plain: pd.DataFrame, look: Any) -> None:
    """Nine rows are few, ten are not."""
    (found,) = look(check_rare_classes, _with_labels(plain, a=300, b=10, c=9, d=2))
    assert found.sentence == "Labels 'd' (2), 'c' (9) of y have fewer than 10 rows."
    assert found.evidence == {"rows": {"d": 2, "c": 9}}
    assert look(check_rare_classes, _with_labels(plain, a=300, b=10)) == []


@pytest.mark.parametrize(("metric", "severity"), [("roc_auc", "note"), ("accuracy", "warning")])
def test_imbalance_is_graver_where_the_metric_rewards_it(
    plain: pd.DataFrame, look: Any, metric: str, severity: str
) -> None:
    """Below a tenth it is told; accuracy can be won by the frequent label, and that is said."""
    (found,) = look(check_imbalance, _with_labels(plain, a=380, b=20), metric=metric)
    assert found.severity == severity
    assert ("Who always says 'a' has an accuracy of 95.0%" in found.sentence) == (metric == "accuracy")
    assert look(check_imbalance, _with_labels(plain, a=360, b=40), metric=metric) == []


def test_imbalance_of_several_labels(plain: pd.DataFrame, look: Any) -> None:
    """Of several labels it is the largest that counts: the others may well be small."""
    (found,) = look(check_imbalance, _with_labels(plain, a=370, b=15, c=15))
    assert found.sentence == "92.5% of the rows have the same label of y, 'a'."
    assert look(check_imbalance, _with_labels(plain, a=280, b=60, c=15)) == []
