"""Pictures of out-of-fold predictions: the numbers in them are scikit-learn's, and nothing in the data breaks them."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up import make_view, spaces_of
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import imread
from sklearn.metrics import confusion_matrix, r2_score, roc_auc_score, root_mean_squared_error

from automl.dashboard import pictures
from automl.dashboard.pictures import (
    LONGEST,
    best_pictures,
    fit_of,
    legend_of,
    most_confused,
    readable,
    roc_curves,
)
from automl.dashboard.view import SearchView
from automl.values.task import Task

WIDTH, HEIGHT, LARGEST = 704, 528, 150_000


def view_of(*labels: Any) -> SearchView:
    """Return a search for these labels, or for a quantity."""
    kind = "regression" if not labels else "binary" if len(labels) == 2 else "multiclass"
    return make_view(2, lambda *of: 0.1, spaces_of("dummy", "linear"), task=Task(kind, "y", labels))  # type: ignore[arg-type]


def guesses(n_rows: int, n_labels: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return labels, and probabilities that know something of them."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, n_labels, n_rows)
    prediction = rng.random((n_rows, n_labels))
    prediction[np.arange(n_rows), y] += rng.random(n_rows)
    return y, prediction / prediction.sum(axis=1, keepdims=True)


def check(made: dict[str, bytes], *names: str) -> None:
    """Each file of these names is a small PNG of the usual size, with something drawn on it."""
    assert set(made) == set(names)
    for data in made.values():
        image = imread(io.BytesIO(data))
        assert image.shape[:2] == (HEIGHT, WIDTH)
        assert len(data) < LARGEST
        assert image[..., :3].std() > 0.01


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """Return the figures that are drawn, as matplotlib holds them."""
    figures: list[Figure] = []
    png = pictures._png
    monkeypatch.setattr(pictures, "_png", lambda figure: figures.append(figure) or png(figure))
    return figures


def axes_of(figure: Figure) -> Axes:
    return figure.axes[0]


def test_a_confusion_matrix_counts_as_scikit_learn_does(drawn: list[Figure]) -> None:
    """Each cell holds the number of rows of that true label that were taken for the other."""
    y, prediction = guesses(500, 3)
    made = best_pictures(view_of("a", "b", "c"), y, prediction, title_of="linear-1")
    check(made, "confusion-matrix.png", "roc.png")
    axes = axes_of(drawn[0])
    cells = {text.get_position(): int(text.get_text().replace(",", "")) for text in axes.texts}
    counts = confusion_matrix(y, prediction.argmax(axis=1))
    assert cells == {(column, row): counts[row, column] for row in range(3) for column in range(3)}
    assert np.asarray(axes.images[0].get_array()) == pytest.approx(counts / counts.sum(axis=1, keepdims=True))
    right = 100 * (y == prediction.argmax(axis=1)).mean()
    assert axes.get_title() == f"Labels of linear-1: {right:.3g} % right"
    assert [label.get_text() for label in axes.get_xticklabels()] == ["a", "b", "c"]


@pytest.mark.parametrize("labels", [("no", "yes"), ("a", "b", "c", "d")])
def test_the_legend_tells_scikit_learns_auc(drawn: list[Figure], labels: tuple[str, ...]) -> None:
    """Two labels have the curve of the second, several have one each against the rest."""
    y, prediction = guesses(300, len(labels))
    best_pictures(view_of(*labels), y, prediction)
    told = [text.get_text() for text in axes_of(drawn[1]).get_legend().get_texts()]
    which = [1] if len(labels) == 2 else range(len(labels))
    areas = [roc_auc_score(y == label, prediction[:, label]) for label in which]
    assert told == [f"{labels[label]}: AUC {area:.4f}".rstrip("0") for label, area in zip(which, areas, strict=True)]


def test_a_long_curve_keeps_its_area() -> None:
    """A curve is thinned for drawing only: the area is that of all rows."""
    y, prediction = guesses(50_000, 2)
    (_, _, area) = roc_curves(y, prediction)[1]
    assert area == pytest.approx(roc_auc_score(y, prediction[:, 1]))
    check(best_pictures(view_of("no", "yes"), y, prediction), "confusion-matrix.png", "roc.png")


def test_a_regressions_title_tells_its_fit(drawn: list[Figure]) -> None:
    """RMSE and R² are scikit-learn's; the residual is what the truth has more than the prediction."""
    rng = np.random.default_rng(0)
    y = rng.normal(size=400)
    prediction = y + rng.normal(0.5, 0.1, size=400)
    made = best_pictures(view_of(), y, prediction[:, None], title_of="mlp-2")
    check(made, "prediction-against-truth.png", "residuals.png")
    rmse, r2 = root_mean_squared_error(y, prediction), r2_score(y, prediction)
    assert axes_of(drawn[0]).get_title() == f"Predictions of mlp-2: RMSE {rmse:.4f}, R² {r2:.4f}"
    assert axes_of(drawn[0]).lines[0].get_xydata() == pytest.approx(np.column_stack([prediction, y]))
    assert axes_of(drawn[1]).lines[0].get_xydata() == pytest.approx(np.column_stack([prediction, y - prediction]))
    assert axes_of(drawn[1]).get_title().startswith(f"Residuals of mlp-2: mean {(y - prediction).mean():.3f}")


def test_rows_without_a_prediction_are_counted(drawn: list[Figure]) -> None:
    """Rows that no fold predicted are left out of the numbers, and the caption tells how many there are."""
    y, prediction = guesses(100, 2)
    prediction[:7] = np.nan
    best_pictures(view_of("no", "yes"), y, prediction)
    caption = " ".join(drawn[0].get_supxlabel().split())
    assert caption.startswith("93 rows, each predicted by models that were trained without it; 7 rows without such a")
    assert sum(int(text.get_text()) for text in axes_of(drawn[0]).texts) == 93
    assert best_pictures(view_of("no", "yes"), y, np.full((100, 2), np.nan)) == {}


@pytest.mark.parametrize("n_rows", [1, 2, 3_001])
def test_any_number_of_rows_can_be_drawn(n_rows: int) -> None:
    """From a single row to more than a scatter can show, without a warning, in small files."""
    rng = np.random.default_rng(0)
    y = rng.lognormal(size=n_rows)
    both = ("prediction-against-truth.png", "residuals.png")
    check(best_pictures(view_of(), y, (y + rng.normal(size=n_rows))[:, None]), *both)
    check(best_pictures(view_of(), y, np.ones((n_rows, 1))), *both)
    check(best_pictures(view_of(), np.ones(n_rows), np.ones((n_rows, 1))), *both)
    labels, prediction = guesses(n_rows, 3)
    made = best_pictures(view_of("a", "b", "c"), labels, prediction)
    check(made, "confusion-matrix.png", *(["roc.png"] if len(set(labels)) > 1 else []))


def test_many_rows_are_a_density(drawn: list[Figure]) -> None:
    """Above some thousands of rows points would be a blot: hexagons hold their numbers, none is lost."""
    y = np.random.default_rng(0).normal(size=20_000)
    best_pictures(view_of(), y, y[:, None])
    assert axes_of(drawn[0]).collections[0].get_array().sum() == 20_000


def test_a_label_without_rows_has_no_curve() -> None:
    """One label in all rows: no curve can be drawn, and no warning is given; an absent one of three is left out."""
    y, prediction = guesses(50, 3)
    assert set(roc_curves(np.minimum(y, 1), prediction)) == {0, 1}
    made = best_pictures(view_of("a", "b", "c"), np.zeros(50, dtype=int), prediction)
    check(made, "confusion-matrix.png")
    constant = best_pictures(view_of("no", "yes"), y % 2, np.full((50, 2), 0.5))
    check(constant, "confusion-matrix.png", "roc.png")


def test_of_many_labels_the_most_confused_are_shown(drawn: list[Figure]) -> None:
    """Of 40 labels the 30 with most errors are shown, in order, and no ROC is drawn."""
    y, prediction = guesses(2_000, 40)
    made = best_pictures(view_of(*range(40)), y, prediction)
    check(made, "confusion-matrix.png")
    counts = confusion_matrix(y, prediction.argmax(axis=1), labels=range(40))
    shown = most_confused(counts)
    assert [label.get_text() for label in axes_of(drawn[0]).get_xticklabels()] == [str(at) for at in shown]
    errors = counts.sum(axis=0) + counts.sum(axis=1) - 2 * counts.diagonal()
    assert min(errors[shown]) >= max(np.delete(errors, shown))
    assert "the 30 most confused of 40 labels" in axes_of(drawn[0]).get_title()


def test_labels_are_text_whatever_stands_in_them(drawn: list[Figure]) -> None:
    """Dollars and underscores are no mathematics, and a label that begins with "_" keeps its place in the legend."""
    labels = ("_cost in $a_b$", r"\frac{1}{0", "$$", "漢字漢字")
    y, prediction = guesses(100, 4)
    check(best_pictures(view_of(*labels), y, prediction, title_of="$x^"), "confusion-matrix.png", "roc.png")
    ticks = axes_of(drawn[0]).get_yticklabels()
    assert [tick.get_text() for tick in ticks] == ["_cost in $a_b$", r"\frac{1}{0", "$$", "label 3"]
    assert not any(tick.get_parse_math() for tick in ticks)
    told = axes_of(drawn[1]).get_legend().get_texts()
    assert [text.get_text().partition(": AUC")[0] for text in told] == [tick.get_text() for tick in ticks]
    assert not any(text.get_parse_math() for text in told)


@given(st.one_of(st.text(max_size=80), st.integers(), st.floats(), st.booleans(), st.none()), st.integers(0, 99))
def test_every_label_becomes_one_short_line(label: Any, place: int) -> None:
    """Whatever a label is, what is drawn is not empty, one line and short."""
    told = readable(label, place)
    assert 0 < len(told) <= LONGEST
    assert told == " ".join(told.split())
    assert told.isprintable()


def test_numbers_in_words() -> None:
    """R² is only told where the truth varies."""
    assert fit_of(np.array([1.0, 2.0]), np.array([1.0, 2.0])) == "RMSE 0, R² 1"
    assert fit_of(np.array([1.0]), np.array([3.0])) == "RMSE 2"
    zero = np.zeros(1)
    assert legend_of({1: (zero, zero, 0.5)}, ["no", "yes"]) == ["yes: AUC 0.5"]


def test_no_picture_is_left_open() -> None:
    """Drawing leaves nothing in pyplot, whose state all threads share."""
    from matplotlib import pyplot

    y, prediction = guesses(50, 2)
    best_pictures(view_of("no", "yes"), y, prediction)
    assert pyplot.get_fignums() == []


def test_the_same_predictions_make_the_same_files() -> None:
    """Nothing in a file depends on when it was made."""
    y, prediction = guesses(50, 2)
    view = view_of("no", "yes")
    assert best_pictures(view, y, prediction) == best_pictures(view, y, prediction)
