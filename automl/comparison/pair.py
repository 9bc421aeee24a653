"""Is B better than A: one call that gathers predictions, chooses the tests and states a verdict."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from automl.comparison.evidence import PairedTest
from automl.comparison.folds import corrected_t, correlated_t
from automl.comparison.material import Candidate, Material, RunLike, distinct
from automl.comparison.result import Comparison
from automl.comparison.rows import row_test
from automl.comparison.table import from_table
from automl.comparison.validation import from_folds
from automl.errors import PlanError

FloatArray = npt.NDArray[np.floating[Any]]
FEW_ROWS = 30


def compare(
    a: Any,
    b: Any,
    data: Any = None,
    *,
    target: Any = None,
    metric: Any = "auto",
    which_a: int | str = 1,
    which_b: int | str = 1,
    names: tuple[str, str] | None = None,
    sample_weight: Any = None,
    groups: Any = None,
    level: float = 0.95,
    rope: float | None = None,
    random_state: int = 0,
) -> Comparison:
    """Say whether B is better than A, how sure that is, and by which test.

    Without ``data``, two runs (or two rows of one) are compared by what their folds predicted: by the corrected
    resampled t-test where the folds are the same. With ``data``, both predict its rows, and rows are compared: by
    McNemar's test for accuracy, DeLong's for the area under the ROC curve of two labels, else by the paired bootstrap.

    Parameters
    ----------
    a, b
        Each a run; a fitted pipeline; the name of a column of ``data`` that holds predictions; or predictions, one a
        row: labels, probabilities of the second label, probabilities ``(n_rows, n_classes)``, or quantities.
    data
        Rows with known targets that neither has seen: anything that :func:`automl.read` reads.
    target
        The target's column in ``data``, or its values; by default that of the run.
    metric
        A metric's name or a function, as in :func:`automl.fit`; by default the runs' own, accuracy where one gives
        labels only, or the task's usual one.
    which_a, which_b
        Of a run: rank or id of the row.
    names
        How sentences call the two.
    sample_weight, groups
        Columns of ``data`` or values: how much a row counts, and which rows belong together; by default those that had
        these roles in a run, where ``data`` has them.
    level
        Of the interval.
    rope
        Region of practical equivalence: gains of at most this much, either way, don't matter. By default none, and
        the two are never called the same; no number is right for every table.
    random_state
        Seed of the bootstrap.

    Returns
    -------
    Comparison
        ``verdict``, ``outcome``, ``gain``, ``interval``, ``p``, ``rows_needed()``, ``frame()``, ``plot()``.

    Raises
    ------
    PlanError
        If the two solve different tasks, were optimised for different metrics, or it is not said what is true.
    DataError
        If they predict different rows, predictions are missing, or these rows can't be judged by the metric.

    Examples
    --------
    >>> y = ["no", "yes"] * 50
    >>> comparison = compare(["no"] * 100, y[:90] + ["no"] * 10, target=y, names=("old", "new"))
    >>> comparison.outcome, round(comparison.gain, 2), comparison.test.name
    ('b', 0.45, "McNemar's test")
    """
    level, rope = checked(level, rope)
    candidates = [Candidate("a", a, which_a), Candidate("b", b, which_b)]
    material = gather(candidates, data, target, metric, names=names, sample_weight=sample_weight, groups=groups)
    return judge(material, 0, 1, level=level, rope=rope, seed=random_state)


def gather(
    candidates: Sequence[Candidate],
    data: Any,
    target: Any,
    metric: Any,
    *,
    names: Sequence[str] | None = None,
    sample_weight: Any = None,
    groups: Any = None,
) -> Material:
    """Return what the candidates predict for the same rows; by their folds where no rows are given."""
    called = _names(candidates) if names is None else tuple(map(str, names))
    if len(called) != len(candidates) or len(set(called)) != len(called):
        raise PlanError(f"names={tuple(called)!r} must be {len(candidates)} different names.")
    renamed = [Candidate(name, each.what, each.which) for name, each in zip(called, candidates, strict=True)]
    runs = [each.run for each in renamed]
    own = [run for run in runs if run is not None]
    if data is None and len(own) == len(renamed):
        for role, given in (("target", target), ("sample_weight", sample_weight), ("groups", groups)):
            if given is not None:
                raise PlanError(f"{role}= says something about data=, which is not given.")
        return from_folds(renamed, own, metric)
    for each in renamed:
        if data is None and (each.run is not None or hasattr(each.what, "predict")):
            raise PlanError(f"{each.name} has to predict rows. Give them with data=.")
    return from_table(renamed, data, target, metric, sample_weight=sample_weight, groups=groups)


def judge(
    material: Material, a: int, b: int, *, level: float, rope: float, seed: int, finest: float = 0.05
) -> Comparison:
    """Return the comparison of two of the candidates."""
    first, second = material.predictions[a], material.predictions[b]
    metric, y, weight = material.metric, material.y, material.weight
    gains, scores = _by_fold(material, first, second)
    tests: list[PairedTest] = []
    if len(gains) > 1 and np.ptp(gains) > 0:  # where all folds say the same, their variance is unknown, not 0
        tests = [corrected_t(gains, material.ratio), correlated_t(gains, material.ratio)]
    else:
        scores = np.array([[metric.score(y, each, weight) for each in (first, second)]])
    tests.append(
        row_test(y, first, second, weight, metric, groups=material.groups, seed=seed, finest=min(finest, 1 - level))
    )
    means = scores.mean(axis=0)
    return Comparison(
        a=material.names[a],
        b=material.names[b],
        metric=metric.name,
        greater_is_better=metric.greater_is_better,
        score_a=float(means[0]),
        score_b=float(means[1]),
        n_rows=len(y),
        tests=tuple(tests),
        level=level,
        rope=rope,
        source=material.source,
        notes=(*material.notes, *_few(len(y))),
        are_identical=bool(np.array_equal(first, second)),
        p_adjusted=tests[0].p,
    )


def checked(level: float, rope: float | None) -> tuple[float, float]:
    """Return level and region if they can be meant.

    Raises
    ------
    PlanError
        If they can't.
    """
    if not 0 < level < 1:
        raise PlanError(f"level={level!r} is no confidence level; give a number between 0 and 1, such as 0.95.")
    if rope is not None and not 0 <= rope < np.inf:
        raise PlanError(f"rope={rope!r} is no difference; give the largest that does not matter, such as 0.01.")
    return float(level), float(rope or 0.0)


def _by_fold(material: Material, first: FloatArray, second: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the gain in each fold that has a score ``(n_folds,)``, and both scores ``(n_folds, 2)``."""
    gains, scores = [], []
    for fold in () if material.fold is None else np.unique(material.fold):
        rows = material.fold == fold
        weight = None if material.weight is None else material.weight[rows]
        pair = [material.metric.score(material.y[rows], each[rows], weight) for each in (first, second)]
        if np.isfinite(pair).all():
            scores.append(pair)
            gains.append(material.metric.loss_of(pair[0]) - material.metric.loss_of(pair[1]))
    return np.array(gains), np.array(scores)


def _few(n_rows: int) -> tuple[str, ...]:
    return ("Intervals from so few rows are rough.",) if n_rows < FEW_ROWS else ()


def _names(candidates: Sequence[Candidate]) -> tuple[str, ...]:
    folders = {str(each.run.folder) for each in candidates if each.run is not None}
    return distinct([_name(each, len(folders) > 1) for each in candidates])


def _name(candidate: Candidate, needs_folder: bool) -> str:
    run, what = candidate.run, candidate.what
    if run is not None:
        row = _row_id(run, candidate.which)
        return f"{run.folder.name}/{row}" if needs_folder else row
    if isinstance(what, str):
        return what
    named = getattr(what, "name", None)
    return str(named) if isinstance(named, str) and named else candidate.name


def _row_id(run: RunLike, which: int | str) -> str:
    if isinstance(which, str):
        return which
    found = run.leaderboard.loc[run.leaderboard["rank"] == which, "id"]
    if found.empty:
        raise PlanError(f"The leaderboard has no row {which!r}. Ranks go from 1 to {len(run.leaderboard)}.")
    return str(found.iloc[0])
