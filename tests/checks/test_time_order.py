"""Tables that follow time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from automl.checks.time_order import check_time_order

N = 400


def _log(plain: pd.DataFrame) -> pd.DataFrame:
    season = np.sin(np.arange(N) / 20) + np.random.default_rng(0).normal(0, 0.3, N)
    return plain.assign(when=pd.date_range("2024-01-01", periods=N, freq="h"), y=season)


def test_a_log_is_told(plain: pd.DataFrame, look: Any) -> None:
    """Rows in order of a date, with targets like their neighbours', in either direction, as dates or as texts."""
    log = _log(plain)
    (found,) = look(check_time_order, log)
    assert (found.code, found.severity, found.columns) == ("time-order", "warning", ("when",))
    assert found.advice == "time_column='when' validates each row by what came before."
    assert found.evidence["correlation"] > 0.7
    assert len(look(check_time_order, log[::-1])) == 1
    assert len(look(check_time_order, log.assign(when=log["when"].dt.strftime("%Y-%m-%d %H:%M")))) == 1
    assert len(look(check_time_order, log.assign(y=np.where(log["y"] > 0, "up", "down")))) == 1


def test_what_follows_no_time_is_not(plain: pd.DataFrame, look: Any) -> None:
    """Birthdays, targets that don't change with time, and folds that follow it are no finding."""
    log = _log(plain)
    shuffled = np.random.default_rng(0).permutation(N)
    assert look(check_time_order, log.iloc[shuffled]) == []
    assert look(check_time_order, log.assign(y=log["y"].to_numpy()[shuffled])) == []
    assert look(check_time_order, log, time_column="when") == []
