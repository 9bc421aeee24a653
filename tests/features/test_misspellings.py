"""Levels that look misspelt are found with care, and read as meant only where a candidate asks for it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automl.features.misspellings import RARER, is_typing_error, misspelt_levels
from automl.features.preparation import Preparation
from automl.pipeline.serial import from_bytes, to_bytes
from automl.pipeline.table import TableEncoder
from automl.values.algorithm import Needs
from automl.values.schema import Column, Schema
from automl.values.task import Task

SCHEMA = Schema((Column("age", "numeric", ""), Column("job", "category", ""))).to_json()
JOBS = ["Technician"] * 60 + ["Techncian"] * 2 + ["Accountant"] * 40 + ["technician"]
TABLE = pd.DataFrame({"age": range(len(JOBS)), "job": JOBS})


@pytest.mark.parametrize(
    ("rare", "common"),
    [
        ("Iowa", "Ohio"),
        ("ISLAND", "INLAND"),
        ("Technician I", "Technician II"),
        ("Technician 1", "Technician 2"),
        ("Employer", "Employee"),
        ("atypical", "typical"),
        ("hyperthyroid", "hypothyroid"),
        ("Austria", "Australia"),
        ("Section-A12", "Section-A13"),
        ("TPL+", "TPL"),
        ("managers", "manager"),
    ],
)
def test_what_may_be_something_else_is_left_alone(rare: str, common: str) -> None:
    """Short words, numbers, signs, beginnings and endings tell levels apart, however rare one of them is."""
    assert misspelt_levels([rare, common], [1, 1_000]) == {}


@pytest.mark.parametrize(
    ("rare", "common"),
    [
        ("San Franciso, CA", "San Francisco, CA"),
        ("Exec-managreial", "Exec-managerial"),
        ("philadephia", "Philadelphia"),
        ("Technician  II (electrcal)", "Technician II (electrical)"),
    ],
)
def test_a_typing_error_in_a_long_word_is_found(rare: str, common: str) -> None:
    """A letter left out or two exchanged, in one word of several, whatever the capitals and blanks."""
    assert misspelt_levels([rare, common], [1, 50]) == {rare: common}
    assert misspelt_levels([rare, common], [5, 50]) == {}


def test_two_levels_as_near_mean_neither() -> None:
    """Where a level may be meant for either of two, it stays."""
    assert misspelt_levels(["Hartland", "Heartland", "Hartlland"], [1, 90, 90]) == {}


@settings(deadline=None)
@given(st.dictionaries(st.text("abc", min_size=5, max_size=6).map("x{}y".format), st.integers(1, 1000), max_size=30))
def test_what_is_misspelt_is_rare_and_near_and_what_is_meant_is_neither(counts: dict[str, int]) -> None:
    """Each level is read as one that is far more common, and never as one that is read as another itself."""
    found = misspelt_levels(list(counts), list(counts.values()))
    for rare, meant in found.items():
        assert RARER * counts[rare] <= counts[meant]
        assert is_typing_error(rare, meant)
        assert meant not in found


@given(st.text("abc", max_size=8), st.text("abc", max_size=8))
def test_one_error_goes_both_ways(one: str, other: str) -> None:
    """If one word is a single error away from another, so is the other from it."""
    assert is_typing_error(one, other) == is_typing_error(other, one)


def test_a_candidate_reads_them_as_meant_and_others_do_not() -> None:
    """Misspelt levels keep their own codes; a preparation that is asked to reads them as the levels meant."""
    encoder = TableEncoder(SCHEMA)
    Z = encoder.fit_transform(TABLE)
    assert encoder.level_names[1] == ["Accountant", "Techncian", "Technician"]
    assert encoder.misspelt == {"job": {"Techncian": "Technician"}}
    assert encoder.misspelt_codes == ((1, 1, 2),)
    assert from_bytes(to_bytes(encoder)).misspelt_codes == encoder.misspelt_codes
    task, y = Task("binary", "y", ("no", "yes")), np.arange(len(Z)) % 2
    variants = set()
    for is_respelled, width in ((False, 3), (True, 2)):
        needs = Needs("native", missing=True, respelled=is_respelled)
        preparation = Preparation.from_needs(needs, encoder.n_levels_, task, 0, encoder.misspelt_codes)
        codes = preparation.fit_transform(Z, y)[:, 1]
        assert len(np.unique(codes)) == width
        np.testing.assert_array_equal(from_bytes(to_bytes(preparation)).transform(Z)[:, 1], codes)
        variants.add(preparation.variant)
    assert len(variants) == 2
    assert len(np.unique(Z[:, 1])) == 3
