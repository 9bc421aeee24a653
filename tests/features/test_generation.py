"""Made columns are chosen inside the fold, made again for any row, and named by what they are made from."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from automl.errors import DataError
from automl.features.generated.generation import MOST_KEPT, Generation
from automl.features.generated.places import coordinates
from automl.features.preparation import Preparation
from automl.pipeline.serial import from_bytes, to_bytes
from automl.values.algorithm import Needs
from automl.values.task import Task

NAN = float("nan")
LEVELS = (0, 0, 0, 4, 30)
NAMES = ["pay", "age", "debt", "region", "trade"]
ALL = ("arithmetic", "groups", "counts", "crosses")
KINDS: dict[str, Task] = {
    "regression": Task("regression", "y"),
    "binary": Task("binary", "y", ("no", "yes")),
    "multiclass": Task("multiclass", "y", ("a", "b", "c")),
}


def table(kind: str = "regression", n_rows: int = 600, seed: int = 0) -> tuple[np.ndarray[Any, Any], Any]:
    """Return encoded rows, some cells missing, and a target made of a ratio and a pair of categories."""
    rng = np.random.default_rng(seed)
    numbers = rng.uniform(1, 5, (n_rows, 3))
    region, trade = rng.integers(0, 4, n_rows), rng.integers(0, 30, n_rows)
    signal = numbers[:, 0] / numbers[:, 2] + 1.5 * ((region + trade) % 2) + 0.1 * rng.normal(size=n_rows)
    Z = np.column_stack([numbers, region, trade]).astype(np.float32)
    Z[rng.random(Z.shape) < 0.03] = NAN
    if kind == "regression":
        return Z, signal
    n_classes = len(KINDS[kind].classes)
    return Z, np.argsort(np.argsort(signal)) * n_classes // n_rows


@pytest.fixture(scope="module", params=list(KINDS))
def fitted(request: Any) -> tuple[Preparation, np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Return a preparation that makes columns, the rows it learned from, and these prepared."""
    Z, y = table(request.param)
    needs = Needs("native", missing=True, generated=ALL)
    preparation = Preparation.from_needs(needs, LEVELS, KINDS[request.param], seed=0)
    return preparation, Z, preparation.fit_transform(Z, y)


def test_the_ratio_and_the_pair_are_found(fitted: Any) -> None:
    """Of all that could be made, what the target is made of is among the made columns, and few others."""
    preparation, _, train = fitted
    names = preparation.names_out(NAMES)
    assert {"pay / debt", "pay - debt"} & set(names)
    assert any(name.startswith("region and trade") for name in names)
    assert len(preparation.generation_.names(NAMES)) - len(NAMES) <= MOST_KEPT
    assert train.shape[1] == preparation.n_features_out_ == len(names) == len(preparation.sources_out())


def test_rows_are_made_one_by_one_as_together(fitted: Any) -> None:
    """A row's made columns don't depend on the rows beside it."""
    preparation, Z, _ = fitted
    single = np.concatenate([preparation.transform(row[None]) for row in Z[:40]])
    np.testing.assert_array_equal(single, preparation.transform(Z[:40]))


def test_a_stored_preparation_makes_the_same(fitted: Any) -> None:
    """What was learned is stored safely and makes the same columns when it is read back."""
    preparation, Z, _ = fitted
    again = from_bytes(to_bytes(preparation))
    np.testing.assert_array_equal(again.transform(Z), preparation.transform(Z))
    assert again.token_ == preparation.token_


def test_a_column_moves_only_with_its_sources(fitted: Any) -> None:
    """Output changes only where a column changes that it is said to be made from."""
    preparation, Z, _ = fitted
    before, sources = preparation.transform(Z), preparation.sources_out()
    for j in range(Z.shape[1]):
        changed = Z.copy()
        changed[:, j] = changed[::-1, j]
        same = (preparation.transform(changed) == before) | np.isnan(before)
        assert set(np.flatnonzero(~same.all(axis=0))) <= {k for k, made in enumerate(sources) if j in made}


@settings(max_examples=40, deadline=None)
@given(
    Z=hnp.arrays(
        np.float32,
        (5, 5),
        elements=st.one_of(st.just(NAN), st.floats(-(2.0**99), 2.0**99, width=32), st.integers(-3, 60)),
    )
)
def test_wild_rows_never_crash(any_fitted: Preparation, Z: np.ndarray[Any, Any]) -> None:
    """Any float, code or NaN at prediction time gives a row without infinity."""
    assert not np.isinf(any_fitted.transform(Z)).any()


@pytest.fixture(scope="module")
def any_fitted() -> Preparation:
    """Return a preparation that makes columns of every kind it found."""
    Z, y = table()
    return Preparation.from_needs(Needs("native", missing=True, generated=ALL), LEVELS, KINDS["regression"], 0).fit(
        Z, y
    )


@pytest.mark.parametrize("scaling", ["standard", "robust", "quantile"])
def test_models_that_take_no_gaps_get_none(scaling: Any) -> None:
    """Where numbers are filled and scaled, made columns are too, also those divided by zero."""
    Z, y = table(n_rows=300)
    Z[:10, 2] = 0.0
    needs = Needs("onehot", scaling=scaling, generated=ALL)
    out = Preparation.from_needs(needs, LEVELS, KINDS["regression"], 0).fit_transform(Z, y)
    assert np.isfinite(out).all()


def test_crosses_of_training_rows_do_not_see_their_own_target() -> None:
    """On a target of pure chance, the means of crosses don't correlate with it on training rows."""
    rng = np.random.default_rng(3)
    Z, y = rng.integers(0, 40, (2000, 2)).astype(np.float32), rng.integers(0, 2, 2000)
    preparation = Preparation(categories="native", missing=True, levels=(40, 40), generated=["crosses"])
    out = preparation.fit_transform(Z, y)
    means = [k for k, name in enumerate(preparation.names_out(["a", "b"])) if name.endswith("mean")]
    assert all(abs(np.corrcoef(out[:, k], y)[0, 1]) < 0.1 for k in means)


def test_noise_makes_little() -> None:
    """Where numbers are pure chance, shuffled columns are used as much as made ones, so few are made."""
    rng = np.random.default_rng(0)
    Z, y = rng.normal(size=(500, 4)), rng.normal(size=500)
    assert len(Generation(["arithmetic"], (0,) * 4, "regression", 0).fit(Z, y, None).names(list("abcd"))) <= 4 + 4


def test_few_rows_or_one_column_make_nothing() -> None:
    """Nothing is made where nothing can be learned or combined."""
    Z, y = table(n_rows=40)
    few = Preparation(levels=LEVELS, kind="regression", generated=["arithmetic"]).fit(Z, y)
    assert few.generation_.makers_ == []
    one = Preparation(levels=(0,), kind="regression", generated=["arithmetic", "groups"])
    assert one.fit_transform(np.arange(200.0)[:, None], np.arange(200.0)).shape == (200, 1)


def test_an_absent_target_says_so() -> None:
    """Made columns are chosen by the target, so one must be given."""
    with pytest.raises(DataError, match="Generated features are chosen by the target and none was given"):
        Preparation(levels=LEVELS, generated=["arithmetic"]).fit(table()[0])


def test_many_classes_have_no_crosses() -> None:
    """Beyond ten classes there are no target means, so no crosses, and the others still work."""
    Z, y = table(n_rows=900)
    labels = np.argsort(np.argsort(y)) * 12 // len(y)
    preparation = Preparation(
        categories="native", missing=True, levels=LEVELS, kind="multiclass", n_classes=12, generated=ALL
    )
    preparation.fit(Z, labels)
    assert preparation.generation_.n_crossed_ == 0
    assert preparation.generation_.makers_


def test_plain_and_generated_are_variants_of_their_own() -> None:
    """A cached fold with made columns is not taken for one without, and the same wish is the same variant."""
    plain, made, same = (Preparation(levels=[0, 0], generated=g).variant for g in ((), ("counts",), ["counts"]))
    assert plain != made == same


def test_weights_reach_the_choice() -> None:
    """Rows of no weight don't decide what is made."""
    Z, y = table(n_rows=900)
    other = np.where(np.arange(900) < 600, y, np.random.default_rng(0).permutation(y))
    weight = np.where(np.arange(900) < 600, 1.0, 1e-9)
    names = Generation(["arithmetic"], LEVELS, "regression", 0).fit(Z, other, weight).names(NAMES)
    assert "pay / debt" in names


def test_coordinates_are_found_from_values() -> None:
    """Two columns are coordinates by their range and their map, not by their names or their order."""
    rng = np.random.default_rng(0)
    towns = np.array([[59.9, 10.7], [60.4, 5.3], [63.4, 10.4], [58.9, 5.7], [69.6, 18.9]])
    where = towns[rng.integers(0, 5, 800)] + 0.2 * rng.normal(size=(800, 2))
    other = rng.uniform(2, 40, (800, 2))
    assert coordinates(np.column_stack([other[:, 0], where, other[:, 1]]), [3, 2, 1, 0]) == [(1, 2)]
    assert coordinates(np.column_stack([where[:, 0], where[:, 0] * 1.1]), [0, 1]) == []
    assert coordinates(where.round(), [0, 1]) == []


def test_a_circle_on_a_map_is_found() -> None:
    """Where the target is the distance from a town, a distance is among the made columns."""
    rng = np.random.default_rng(0)
    towns = np.array([[59.9, 10.7], [60.4, 5.3], [63.4, 10.4], [58.9, 5.7], [69.6, 18.9]])
    Z = towns[rng.integers(0, 5, 1500)] + 0.5 * rng.normal(size=(1500, 2))
    y = np.hypot(Z[:, 0] - 63.4, (Z[:, 1] - 10.4) * np.cos(np.deg2rad(63.4)))
    made = Generation(["places"], (0, 0), "regression", 0).fit(Z, y, None)
    assert any(name.startswith("distance of north, east from") for name in made.names(["north", "east"]))
    again = from_bytes(to_bytes(made))
    np.testing.assert_array_equal(again.extend(Z[:3]), made.extend(Z)[:3])


def test_selection_leaves_out_what_tells_nothing() -> None:
    """With ``selected``, columns of chance are left out and those that the target depends on stay."""
    rng = np.random.default_rng(0)
    Z = rng.normal(size=(600, 8))
    y = (Z[:, 2] * Z[:, 5] > 0).astype(int)
    preparation = Preparation(levels=(0,) * 8, selected=True).fit(Z, y)
    names = preparation.names_out(list("abcdefgh"))
    assert {"c", "f"} <= set(names)
    assert len(names) < 8
    assert preparation.variant != Preparation(levels=(0,) * 8).variant
    with pytest.raises(DataError, match="Columns are selected by the target and none was given"):
        Preparation(levels=(0,) * 8, selected=True).fit(Z)


def test_clipping_brings_outliers_to_the_others() -> None:
    """With ``"clipped"`` one wild value neither widens the scale nor stands far out."""
    values = np.append(np.linspace(-1, 1, 999), 1e6)[:, None]
    out = Preparation(levels=(0,), scaling="clipped").fit_transform(values)
    assert np.abs(out).max() < 2
    assert out.std() == pytest.approx(1.0, abs=0.01)
