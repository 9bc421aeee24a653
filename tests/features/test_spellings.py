"""Spellings that differ in capitals and blanks are one level where one of them is rare, and nowhere else."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from automl.features.spellings import by_key, rare_spellings, spelling_key
from automl.pipeline.serial import from_bytes, to_bytes
from automl.pipeline.table import TableEncoder
from automl.values.schema import Column, Schema

SCHEMA = Schema((Column("city", "category", ""),)).to_json()
CITIES = pd.DataFrame({"city": ["Oslo"] * 40 + ["oslo "] * 2 + ["New York, NY"] * 30 + ["A", "a"] * 15})


@given(st.dictionaries(st.text(min_size=1), st.integers(1, 1000), max_size=20))
def test_a_merged_spelling_has_its_levels_key_and_is_ten_times_rarer(counts: dict[str, int]) -> None:
    """Only spellings of the same level are merged, into one that is not merged itself and far more common."""
    merged = rare_spellings(list(counts), list(counts.values()))
    for rare, common in merged.items():
        assert spelling_key(rare) == spelling_key(common)
        assert common not in merged
        assert 10 * counts[rare] <= counts[common]


def test_rare_spellings_share_the_code_of_the_common_one() -> None:
    """Rows of a rare spelling are rows of its level, the level's name is the common one, two common ones stay apart."""
    encoder = TableEncoder(SCHEMA)
    Z = encoder.fit_transform(CITIES)
    assert encoder.level_names[0] == ["A", "New York, NY", "Oslo", "a"]
    assert encoder.spellings == {"city": {"oslo": "Oslo"}}
    assert (Z[:42] == 2).all()


def test_new_spellings_are_read_too() -> None:
    """Later, a spelling that training didn't have is its level, if it can be only one, row by row as well."""
    encoder = TableEncoder(SCHEMA).fit(CITIES)
    new = pd.DataFrame({"city": [" OSLO", "oslo ", "new  york,ny", "Rome", " A ", None]})
    expected = [[2.0], [2.0], [1.0], [np.nan], [0.0], [np.nan]]
    np.testing.assert_array_equal(encoder.transform(new), expected)
    many = pd.concat([new] * 20, ignore_index=True)
    np.testing.assert_array_equal(encoder.transform(many), expected * 20)
    np.testing.assert_array_equal(from_bytes(to_bytes(encoder)).transform(new), expected)


def test_signs_tell_levels_apart() -> None:
    """TPL and TPL+ are two levels, however rare one of them is."""
    assert rare_spellings(["TPL", "TPL+"], [1000, 1]) == {}
    assert by_key(["TPL", "TPL+"]) == {"tpl": "TPL", "tpl+": "TPL+"}
