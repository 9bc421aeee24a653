"""By which weights of labels a score is best."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automl.ensemble.decision import DECIDABLE, POWERS, Dial, can_decide, decide_best
from automl.evaluation.label_scores import score_cells
from automl.evaluation.metrics import METRICS
from automl.values.finish import PLAIN
from automl.values.metric import Metric


def made(seed: int, n_classes: int, n: int = 80) -> tuple[np.ndarray, np.ndarray]:
    """Return labels and probabilities that know something of them."""
    rng = np.random.default_rng(seed)
    p = rng.dirichlet(np.linspace(1, 4, n_classes), n)
    return np.array([rng.choice(n_classes, p=row) for row in p]), p


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000), st.integers(2, 4), st.sampled_from(sorted(DECIDABLE)))
def test_tables_of_true_and_given_labels_score_as_rows_do(seed: int, n_classes: int, name: str) -> None:
    """A score of the table is the score of the rows that it counts."""
    if n_classes > 2 and "multiclass" not in METRICS[name].tasks:
        return
    y, p = made(seed, n_classes)
    cells = np.zeros((n_classes, n_classes))
    np.add.at(cells, (y, p.argmax(axis=1)), 1.0)
    assert float(score_cells(name, cells)) == pytest.approx(METRICS[name].score(y, p))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000), st.integers(2, 4), st.sampled_from(["accuracy", "balanced_accuracy", "mcc"]))
def test_no_position_of_the_dial_is_better_than_the_best(seed: int, n_classes: int, name: str) -> None:
    """On the rows themselves the chosen weights reach what every other position does, and deciding plainly too."""
    y, p = made(seed, n_classes)
    dial = Dial(name, y, p)
    best = dial.finish(float(dial.best(np.ones((len(y), 1)))[0]))
    score = METRICS[name].score(y, best.tilted(p))
    others = np.linspace(0.05, 0.95, 19) if n_classes == 2 else POWERS
    assert all(METRICS[name].score(y, dial.finish(float(each)).tilted(p)) <= score + 1e-9 for each in others)


def test_balanced_accuracy_wants_the_share_of_the_label() -> None:
    """With true probabilities, its best threshold is how frequent the label is; with several, their frequencies."""
    rng = np.random.default_rng(0)
    p = rng.beta(1, 7, 4_000)
    y = (rng.uniform(size=4_000) < p).astype(int)
    found = decide_best(METRICS["balanced_accuracy"], y, np.column_stack([1 - p, p]))
    assert found.threshold == pytest.approx(y.mean(), abs=0.03)
    y, many = made(0, 3, 4_000)
    weights = np.array(decide_best(METRICS["balanced_accuracy"], y, many).label_weights)
    assert weights * np.bincount(y) == pytest.approx(np.full(3, (weights * np.bincount(y)).mean()), rel=0.35)


def test_accuracy_of_true_probabilities_stays_near_a_half() -> None:
    """The most probable label is the best answer where every mistake is as bad as another."""
    rng = np.random.default_rng(1)
    p = rng.uniform(size=5_000)
    y = (rng.uniform(size=5_000) < p).astype(int)
    found = decide_best(METRICS["accuracy"], y, np.column_stack([1 - p, p]))
    assert (found.threshold or 0.5) == pytest.approx(0.5, abs=0.06)


def test_of_many_thresholds_some_are_tried() -> None:
    """On thousands of rows the score at the chosen one is that of the best one, but for a few rows."""
    rng = np.random.default_rng(0)
    p = rng.beta(1, 4, 3_000)
    y = (rng.uniform(size=3_000) < p).astype(int)
    both = np.column_stack([1 - p, p])
    dial = Dial("f1", y, both)
    chosen = dial.finish(float(dial.best(np.ones((3_000, 1)))[0]))
    best = max(METRICS["f1"].score(y, dial.finish(float(each)).tilted(both)) for each in np.sort(p)[::5])
    assert METRICS["f1"].score(y, chosen.tilted(both)) == pytest.approx(best, abs=0.003)


def test_sample_weights_decide() -> None:
    """Rows that weigh nothing move no threshold."""
    y, p = made(3, 2, 400)
    twice_y, twice_p = np.concatenate([y, 1 - y]), np.concatenate([p, p])
    weight = np.repeat([1.0, 0.0], 400)
    dial = Dial("f1", twice_y, twice_p)
    assert dial.best(weight[:, None])[0] == pytest.approx(Dial("f1", y, p).best(np.ones((400, 1)))[0])


def test_what_no_threshold_should_raise_is_left_alone() -> None:
    """Precision alone is best where nothing is ever said; a function under a known name is not the known one."""
    assert not can_decide(METRICS["precision"])
    assert not can_decide(METRICS["recall"])
    assert not can_decide(METRICS["roc_auc"])
    assert not can_decide(Metric("f1", lambda y, p, w: 0.0))
    assert can_decide(METRICS["f1"])


def test_a_dial_in_its_middle_is_plain() -> None:
    """A half of two labels, and the power 0 of several, are the most probable label."""
    assert Dial("f1", *made(0, 2)).finish(0.5) == PLAIN
    assert Dial("f1_macro", *made(0, 3)).finish(0.0) == PLAIN
