"""Search spaces: declared ranges, conditions, and changes in one line."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from automl.errors import PlanError
from automl.values.space import Categorical, Float, Int, SearchSpace

SPACE = SearchSpace(
    Categorical("booster", ("gbtree", "dart", None)),
    Float("rate", 0.005, 0.3, log=True, default=0.1),
    Int("leaves", 2, 200, log=True),
    Float("drop", 0.0, 0.5, when={"booster": "dart"}),
    Int("depth", 2, 12, step=2, when={"booster": ("gbtree", "dart")}),
)


class Random:
    """Answers a space's questions at random."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)

    def suggest_float(self, name, low, high, *, step=None, log=False):
        return float(np.exp(self.rng.uniform(np.log(low), np.log(high)))) if log else float(self.rng.uniform(low, high))

    def suggest_int(self, name, low, high, *, step=1, log=False):
        return int(self.rng.choice(np.arange(low, high + 1, step)))

    def suggest_categorical(self, name, choices):
        return choices[self.rng.integers(len(choices))]


@given(st.integers(0, 10_000))
def test_a_sample_lies_in_its_space(seed):
    """Whatever answers the questions, the config is one of the space."""
    assert SPACE.contains(SPACE.suggest(Random(seed)))


@given(st.integers(0, 10_000))
def test_a_config_holds_active_hyperparameters_only(seed):
    """A conditional hyperparameter is present exactly while its parent has the wanted value."""
    config = SPACE.suggest(Random(seed))
    assert ("drop" in config) == (config["booster"] == "dart")
    assert ("depth" in config) == (config["booster"] is not None)


def test_the_default_lies_in_the_space():
    """The default config is one of the space."""
    assert SPACE.contains(SPACE.default())
    assert SPACE.default() == {"booster": "gbtree", "rate": 0.1, "leaves": 20, "depth": 6}


def test_complete_fills_in_defaults_and_drops_what_is_inactive():
    """A partial config becomes a whole one; a value of an inactive hyperparameter is left out."""
    assert SPACE.complete({"booster": None, "drop": 0.2}) == {"booster": None, "rate": 0.1, "leaves": 20}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"leaves": 31}, 31),
        ({"leaves": (4, 8)}, 6),
        ({"leaves": [7, 15]}, 7),
        ({"leaves": Int("anything", 3, 5)}, 4),
    ],
)
def test_a_hyperparameter_is_fixed_narrowed_or_replaced_in_one_line(change, expected):
    """A value fixes, a pair sets the range, a list sets choices, a declaration takes the place."""
    assert SPACE.replace(**change).default()["leaves"] == expected


def test_a_range_may_be_widened():
    """A user's wider range replaces the shipped one and keeps its default."""
    wider = SPACE.replace(rate=(0.001, 1.0))
    assert wider.default()["rate"] == 0.1
    assert wider.contains({**SPACE.default(), "rate": 0.9})


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: SPACE.replace(leafs=3), "Unknown hyperparameter 'leafs'. Did you mean 'leaves'?"),
        (lambda: SPACE.complete({"rate": 9.0}), "rate=9.0 lies outside"),
        (lambda: SPACE.replace(leaves={"a": 1}), "Give a value to fix it"),
        (lambda: Float("x", 0.0, 1.0, log=True), "a log range starts above 0"),
        (lambda: Int("x", 3, 1), "low must be finite and at most high"),
        (lambda: Int("x", 1, 9, log=True, step=2), "has both log and a step"),
        (lambda: Float("x", 0, 1, default=2.0), "has the default 2.0, outside"),
        (lambda: Categorical("x", ()), "has no choices"),
        (lambda: Categorical("x", ("a", "a")), "lists a choice twice"),
        (lambda: Categorical("x", ((1, 2),)), "None, a bool, an int, a float or a string"),
        (lambda: SearchSpace(Int("x", 0, 1), Int("x", 0, 1)), "'x' stands twice"),
        (lambda: SearchSpace(Int("x", 0, 1, when={"y": 1})), "depends on 'y', which is not declared before it"),
    ],
)
def test_an_impossible_space_is_refused_in_one_sentence(make, text):
    """The message names the hyperparameter and what is wrong."""
    with pytest.raises(PlanError, match=r"\w") as caught:
        make()
    assert text in str(caught.value)


def test_true_and_one_are_different_choices():
    """A choice is compared by type as well as by value."""
    assert not Categorical("x", (True, False)).contains(1)


def test_a_space_is_plain_data_with_a_fingerprint():
    """Equal spaces have equal JSON and equal fingerprints, and a changed range changes both."""
    again = SearchSpace(*SPACE)
    assert json.loads(json.dumps(SPACE.to_json())) == again.to_json()
    assert SPACE.fingerprint() == again.fingerprint() != SPACE.replace(leaves=(2, 100)).fingerprint()
