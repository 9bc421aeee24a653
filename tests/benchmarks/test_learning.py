"""How the portfolio is learned: what moments know of ensembles, and in which order configurations are chosen."""

from __future__ import annotations

import json

import numpy as np
import portfolio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from learning import shipped
from learning.moments import Moments, moments_of
from learning.pool import read_pool
from learning.selection import Judge, course, regret_at, select
from sklearn.metrics import roc_auc_score

import automl
from automl.search.portfolio import size_of


def weights_of(rng: np.random.Generator, n: int) -> np.ndarray:
    return rng.dirichlet(np.ones(n))


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(1, 6))
def test_squared_error_of_every_average_is_known(seed: int, n: int) -> None:
    """For quantities ``w' G w`` is the squared error of the weighted average, in units of the target's deviation."""
    rng = np.random.default_rng(seed)
    y = rng.normal(5, 3, 50)
    predictions = y + rng.normal(0, 1, (n, 50))
    G, d = moments_of("regression", y, predictions[:, :, None])
    w = weights_of(rng, n)
    assert w @ G @ w == pytest.approx(np.mean((w @ predictions - y) ** 2) / y.var(), rel=1e-9)
    assert not d.any()


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(1, 6))
def test_brier_score_of_every_average_is_known(seed: int, n: int) -> None:
    """For several labels ``w' G w`` is the Brier score of the weighted average."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 3, 50)
    predictions = rng.dirichlet(np.ones(3), (n, 50))
    G, _ = moments_of("multiclass", y, predictions)
    w = weights_of(rng, n)
    average = np.tensordot(w, predictions, axes=1)
    assert w @ G @ w == pytest.approx(((average - np.eye(3)[y]) ** 2).sum(axis=1).mean(), rel=1e-9)


def test_auc_of_an_average_is_nearly_known() -> None:
    """For two labels the AUC of averaged normal scores follows from means and covariances."""
    from scipy.special import ndtr
    from scipy.stats import norm, rankdata

    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 4_000)
    latent = y[None, :] * np.array([[1.0], [0.6], [0.3]]) + rng.normal(0, 1, (3, 4_000))
    predictions = np.stack([1 - ndtr(latent), ndtr(latent)], axis=2)
    G, d = moments_of("binary", y, predictions)
    scores = np.stack([norm.ppf((rankdata(each) - 0.5) / len(y)) for each in latent])
    for w in ([1, 0, 0], [0.5, 0.3, 0.2], [0, 0.5, 0.5]):
        told = ndtr(np.dot(d, w) / np.sqrt(w @ G @ np.array(w)))
        assert told == pytest.approx(roc_auc_score(y, np.dot(w, scores)), abs=0.005)


def judge(table: str = "a", seed: int = 0, names: tuple[str, ...] = ("lightgbm-0", "b-0", "c-0"), **options) -> Judge:
    """Return a judge of independent predictions; ``noise`` and ``seconds`` are by name."""
    rng = np.random.default_rng(seed)
    y = rng.normal(size=300)
    noise, seconds = (options.get(what, {}) for what in ("noise", "seconds"))
    predictions = np.stack([y + rng.normal(0, noise.get(name, 1.0), 300) for name in names])
    G, d = moments_of("regression", y, predictions[:, :, None])
    costs = np.array([seconds.get(name, 1.0) for name in names])
    return Judge(Moments(table, "regression", 300, names, G, d, costs))


def test_of_two_alike_the_cheap_one_is_first() -> None:
    """What gains as much in less time comes earlier."""
    names = ("lightgbm-0", "b-0", "c-0", "d-0", "e-0")  # the middle one alone is where regret begins
    poor = dict.fromkeys(("lightgbm-0", "d-0", "e-0"), 3.0)
    cheap = judge(names=names, noise=poor, seconds={"c-0": 0.2})
    assert select([cheap], "regression", names, n_rows=900)[0].name == "c-0"


def test_regret_falls_to_nothing() -> None:
    """Each member lowers the regret, and the whole pool has none."""
    steps = select([judge(seed=1), judge("b", seed=2)], "regression", ["lightgbm-0", "b-0", "c-0"], n_rows=900)
    regrets = [step.regret for step in steps]
    assert regrets == sorted(regrets, reverse=True)
    assert regrets[-1] == pytest.approx(0, abs=1e-6)
    assert len({step.name for step in steps}) == len(steps)


def test_a_table_that_is_left_out_changes_nothing() -> None:
    """A portfolio without a table is the one that would be chosen had it never been collected."""
    one = judge("a", noise={"b-0": 0.3})
    other = judge("b", seed=5, noise={"c-0": 0.3})
    names = ["lightgbm-0", "b-0", "c-0"]
    alone = select([one], "regression", names, n_rows=900)
    assert select([one, other], "regression", names, n_rows=900, without=["b"]) == alone
    assert select([one, other], "regression", names, n_rows=900) != alone


def test_a_regret_at_a_time() -> None:
    """Before the first member is fitted the regret is 1, afterwards that of what was fitted by then."""
    here = judge()
    seconds, regrets = course(here, ["b-0", "unknown", "lightgbm-0"])
    assert len(seconds) == 3
    assert regret_at(here, ["b-0", "lightgbm-0"], seconds[1] - 0.01) == 1.0
    assert regret_at(here, ["b-0", "lightgbm-0"], seconds[2]) == regrets[2] <= regrets[1]


def test_moments_come_back(tmp_path) -> None:
    """What is written is read again, in single precision."""
    made = judge().moments
    made.write(tmp_path / "a.npz")
    again = Moments.read(tmp_path / "a.npz")
    assert (again.table, again.kind, again.n_rows, again.names) == (made.table, made.kind, made.n_rows, made.names)
    assert np.allclose(again.G, made.G, rtol=1e-6)


POOL = read_pool(shipped.RECORDS / "pool.jsonl")


@pytest.mark.parametrize("entry", POOL, ids=lambda entry: entry.name)
def test_an_entry_is_one_point_of_its_family(entry) -> None:
    """Each entry fixes every hyperparameter of its family, on tables of any kind and shape that it is for."""
    fixed = entry.algorithm()
    for kind in fixed.tasks:
        shape = automl.DataShape(kind, 800, 12, 3, {"binary": 2, "multiclass": 4, "regression": 0}[kind])
        space = fixed.space(shape)
        assert automl.algorithm(entry.family).space(shape).contains(space.default())
        assert all(len(space[name].choices) == 1 for name in space.default())


def test_the_shipped_portfolio_comes_from_the_records() -> None:
    """What searches open with is what is selected from the committed records, byte for byte."""
    text = shipped.as_text(shipped.portfolio_of(shipped.judges(), POOL))
    assert text == portfolio.RESULT.read_text(encoding="utf-8")
    sizes = {size_of(kind, n_rows) for kind in shipped.KINDS for n_rows in shipped.SIZES}
    assert set(json.loads(text)["portfolios"]) == sizes


def test_a_table_is_searched_with_a_portfolio_that_never_saw_it(tmp_path) -> None:
    """For a table that was learned from there is a portfolio without it, for another one the shipped serves."""
    table = shipped.judges()[0].moments.table
    learned = shipped.without(table, kept=tmp_path)
    assert table not in str(json.loads(learned.read_text(encoding="utf-8"))["tables"])
    assert shipped.without("unheard_of", kept=tmp_path) is None
    assert shipped.held_out("unheard_of", {"n_jobs": 1}) == {"n_jobs": 1}
    assert shipped.held_out(table, {"strategy": {"portfolio": False}}) == {"strategy": {"portfolio": False}}
    assert shipped.held_out(table, {"strategy": {"racing": False}})["strategy"].keys() == {"racing", "portfolio"}
