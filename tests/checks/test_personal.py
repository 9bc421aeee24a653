"""Personal data by its shape."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from automl.checks.personal import check_personal_data, has_checksum, shapes

CARDS = [f"{number[:-1]}{digit}" for number in map(str, range(4000_0012_3450_0000, 4000_0012_3450_4000, 10)) for digit
         in "0123456789" if has_checksum(f"{number[:-1]}{digit}")]  # fmt: skip


def test_addresses_and_numbers_are_told(plain: pd.DataFrame, look: Any) -> None:
    """E-mail addresses, telephone numbers and card numbers, in texts of their own, in sentences and as integers."""
    row = range(len(plain))
    plain["who"] = [f"ann.{each}@mail.example.org" for each in row]
    plain["said"] = [f"please call me back at (555) {100 + each % 90}-{2000 + each}" for each in row]
    plain["paid"] = [int(each) for each in CARDS[: len(plain)]]
    mail, phone, card = look(check_personal_data, plain)
    assert {each.code for each in (mail, phone, card)} == {"personal-data"}
    assert [(each.columns, each.evidence["kind"]) for each in (mail, phone, card)] == [
        (("who",), "e-mail"),
        (("said",), "phone"),
        (("paid",), "card"),
    ]
    assert card.sentence == "'paid' holds what looks like payment card numbers, in 100% of the cells."


@pytest.mark.parametrize(
    "cells",
    [
        ["2015-02-24 11:35:52 -0800", "1999-12-31"],  # times
        ["250.83", "V57.1", "401.9"],  # codes
        ["192.168.100.200"],  # addresses of machines
        ["4000001234500001", "4000001234500002", "4000001234500003"],  # the checksum is wrong
        ["@united hi", "me@home"],
        ["0123456789", "9876543210"],  # ten digits alone may be anything
        ["12.345.678,90", "1,234,567.89"],
    ],
)
def test_other_shapes_are_not(cells: list[str]) -> None:
    """What only resembles them isn't told."""
    assert shapes(cells * 20) == {}


def test_random_long_numbers_are_no_cards() -> None:
    """One number in ten keeps the checksum by chance, which is not enough."""
    numbers = np.random.default_rng(0).integers(4 * 10**15, 5 * 10**15, 500)
    assert 0.05 < np.mean([has_checksum(str(each)) for each in numbers]) < 0.15
    assert shapes([str(each) for each in numbers]) == {}
