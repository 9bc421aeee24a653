"""Things that have several rows each."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from automl.checks.groups import check_groups


def _visits() -> pd.DataFrame:
    """Return 600 visits of 400 patients, who have a sex, a town and a year of birth."""
    rng = np.random.default_rng(0)
    patients = pd.DataFrame(
        {
            "number": rng.choice(np.arange(10_000, 90_000, 7), 400, replace=False),
            "sex": rng.choice(["f", "m"], 400),
            "town": rng.choice(list("abcdefgh"), 400),
            "born": rng.integers(1930, 2000, 400),
        }
    )
    visits = patients.iloc[np.r_[np.arange(400), np.arange(200)]].reset_index(drop=True)
    amounts = np.round(rng.gamma(2, 40, 600))
    return visits.assign(paid=amounts, y=rng.choice(["yes", "no"], 600)).sample(frac=1, random_state=0)


@pytest.mark.parametrize("as_text", [False, True])
def test_patients_with_several_visits_are_told(look: Any, as_text: bool) -> None:
    """A number or name of a patient, whose rows agree in sex, town and birth; not an amount that repeats as often."""
    table = _visits()
    if as_text:
        table["number"] = "P" + table["number"].astype(str)
    (found,) = look(check_groups, table)
    assert (found.code, found.severity, found.columns) == ("groups-split", "warning", ("number",))
    assert found.evidence == {
        "values": 400,
        "rows": 600,
        "rows_that_share": 400,
        "agreeing": ["sex", "town", "born"],
    }
    assert found.advice == "groups='number' keeps the rows of one value in one fold."


def test_groups_that_are_kept_together_are_not(look: Any) -> None:
    """Where the caller named them, there is nothing to tell; nor where rows of one value differ in all else."""
    assert look(check_groups, _visits(), groups="number") == []
    table = _visits()
    for name in ("sex", "town", "born"):
        table[name] = np.random.default_rng(1).permutation(table[name].to_numpy())
    assert look(check_groups, table) == []
