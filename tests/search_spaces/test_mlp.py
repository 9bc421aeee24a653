"""How the network is trained: what is done to its rows before an epoch, and how its learning rate falls."""

import numpy as np
import pytest

from automl.registry import algorithms
from automl.values.algorithm import BuildContext, DataShape, Rows
from search_spaces import mlp
from search_spaces.mlp import Augmentation


def rows(n=400):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, 3)).astype(np.float32)
    return Rows(X, (X[:, 0] > 0).astype(int))


def test_without_augmentation_rows_are_the_same():
    """Nothing is drawn and nothing copied where nothing is asked for."""
    plain = rows()
    found = Augmentation().of(plain, np.random.default_rng(0))
    assert found.X is plain.X
    assert found.y is plain.y


def test_noise_changes_numbers_alone():
    """Noise has the deviation that is asked for, is another in each epoch, and leaves labels and the original alone."""
    plain, before, rng = rows(), rows().X.copy(), np.random.default_rng(0)
    first, second = (Augmentation(noise=0.2).of(plain, rng) for _ in range(2))
    assert (first.X - plain.X).std() == pytest.approx(0.2, rel=0.1)
    assert not np.array_equal(first.X, second.X)
    assert first.X.dtype == np.float32
    assert first.y is plain.y
    assert np.array_equal(plain.X, before)


def test_mixup_lies_between_rows():
    """A mixture lies between two rows, its label is one of theirs, and weights are mixed by the same share."""
    plain = rows()
    found = Augmentation(mixup=0.4).of(Rows(plain.X, plain.y, np.ones(400)), np.random.default_rng(0))
    assert found.X.min() >= plain.X.min()
    assert found.X.max() <= plain.X.max()
    assert set(found.y) <= {0, 1}
    assert np.allclose(found.weight, 1.0)
    # A label is drawn by the share of its row: where the number says which it is, both agree more often than not.
    assert np.mean((found.X[:, 0] > 0) == found.y) > 0.8


def test_mixup_mixes_quantities():
    """A quantity is mixed by the share of its row."""
    plain = rows()
    found = Augmentation(mixup=1.0).of(Rows(plain.X, plain.X[:, 0].copy()), np.random.default_rng(0))
    assert np.allclose(found.y, found.X[:, 0], atol=1e-6)


def test_the_fitted_network_remembers_no_augmentation():
    """What was done to rows is no part of the fitted model; the space offers noise and no mixup."""
    one, shape = algorithms()["mlp"], DataShape("binary", 400, 3, 0, 2)
    names = {each.name for each in one.space(shape)}
    assert "noise" in names
    assert "mixup" not in names
    config = one.space(shape).complete({"noise": 0.2, "width": 16, "n_layers": 1})
    context = BuildContext("binary", 2, 0, 1, 400, 3, rounds=3)
    model = one.fit(one.build(config, context), rows(), rows(50), None).model
    assert "augmentation" not in vars(model)
    assert model.predict_proba(rows().X).shape == (400, 2)


def fitted(epochs, n=4_000):
    """Fit a small network, noting the learning rate of each epoch."""
    one, shape = algorithms()["mlp"], DataShape("binary", n, 3, 0, 2)
    config = one.space(shape).complete({"width": 64, "n_layers": 1, "epochs": epochs, "learning_rate": 0.01})
    model = one.build(config, BuildContext("binary", 2, 0, 1, n, 3))
    rates, plain = [], model.partial_fit

    def noted(*given, **named):
        rates.append(model._optimizer.learning_rate_init if rates else config["learning_rate"])
        return plain(*given, **named)

    model.partial_fit = noted
    found = one.fit(model, rows(n), rows(n), None)
    del model.partial_fit
    return rates, found


def test_the_learning_rate_falls_to_nothing():
    """Along half a cosine from the highest to next to nothing, over as many epochs as the config has."""
    rates, _ = fitted(epochs=20)
    assert rates[0] == 0.01
    assert rates == sorted(rates, reverse=True)
    assert len(rates) <= 20
    if len(rates) == 20:
        assert rates[-1] < 1e-4


def test_a_network_that_only_gets_worse_goes_back_and_on_more_slowly(monkeypatch):
    """After three epochs without improvement it has the best weights again and .4 of the rate; after nine it stops."""
    losses = iter([1.0, 0.5, *(1.0 + 0.1 * k for k in range(50))])
    given = []
    monkeypatch.setattr(mlp, "_loss", lambda *_: next(losses))
    plain = mlp._give_weights
    monkeypatch.setattr(mlp, "_give_weights", lambda model, weights: (given.append(weights), plain(model, weights)))
    rates, found = fitted(epochs=100)
    assert len(rates) == 11
    assert found.rounds == 2
    assert len(given) == 3  # after three and six epochs, and at the end
    assert all(np.array_equal(a, b) for each in given for a, b in zip(each, given[0], strict=True))
    assert all(np.array_equal(a, b) for a, b in zip(found.model.coefs_, given[0], strict=False))
    assert rates[5] == pytest.approx(0.4 * 0.01 * (1 + np.cos(np.pi * 5 / 100)) / 2)
