"""Which columns are known when the prediction is made."""

from __future__ import annotations

import pytest

from automl.errors import PlanError
from automl.values.availability import EVERYWHERE, Availability

COLUMNS = ["age", "call_duration", "month"]


def test_a_dict_names_columns_and_a_list_names_all() -> None:
    """What a dict does not name is known; what a list does not name is not."""
    assert Availability.of({"call_duration": "after", "age": "before"}).unknown(COLUMNS) == ["call_duration"]
    assert Availability.of(["age"]).unknown(COLUMNS) == ["call_duration", "month"]
    assert Availability.of(None).unknown(COLUMNS) == []


@pytest.mark.parametrize("said", [None, {"age": "before", "month": "after"}, ["age", "month"]])
def test_plain_data_makes_the_same(said: object) -> None:
    """What was said goes through plain data."""
    made = Availability.of(said)  # type: ignore[arg-type]
    assert Availability.of(made.to_json()) == made
    assert (made == EVERYWHERE) == (said is None)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"age": "later"}, "available_at says 'later' of the column 'age'; say 'before'"),
        ("age", "available_at='age'; give a dict such as {'call_duration': 'after'}, or a list"),
    ],
)
def test_what_says_nothing_is_refused(said: object, told: str) -> None:
    """A time that is none, and a bare name, are refused."""
    with pytest.raises(PlanError) as error:
        Availability.of(said)  # type: ignore[arg-type]
    assert str(error.value).startswith(told)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"mnth": "after"}, "available_at names the column 'mnth', which doesn't exist. Did you mean 'month'?"),
        ({"y": "before"}, "available_at names 'y', which is the target: it is what is predicted. Leave it out."),
        ({"month": "after"}, "keep asks for the column 'month', but by available_at it is not known when"),
    ],
)
def test_contradictions_are_refused(said: dict[str, str], told: str) -> None:
    """An unknown column, the target, and a column that another parameter wants are refused."""
    with pytest.raises(PlanError) as error:
        Availability.of(said).check(COLUMNS, {"target": "y"}, {"month": "keep"})
    assert str(error.value).startswith(told)
