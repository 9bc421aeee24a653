"""Labels that models are sure are wrong, after a search.

The models that had not seen a row give each label a probability. Where a problem is hard, they err mostly on rows that
they are unsure of. Where labels are wrong, they err on rows that they are sure of: every label but the given one was
ruled out by all that the other rows teach. So a finding is made when most errors are sure ones. A wrong label and a
rare truth look alike from here; a person has to tell. (That confident out-of-fold disagreement finds wrong labels is
shown by Northcutt, Jiang and Chuang 2021, "Confident learning"; the rule for when to tell is simpler than theirs.)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from automl.values.finding import Finding

_SURE = 0.8  # probability of another label than the given one
_MIN_ROWS = 5
_MIN_SHARE = 0.005  # of the rows
_MOST = 0.5  # of all errors
_KEPT = 50


def find_label_noise(
    probabilities: npt.NDArray[Any], y: npt.NDArray[Any], rows: npt.NDArray[Any], classes: Sequence[Any], target: str
) -> Finding | None:
    """Return the finding that models err mostly where they are sure, with the rows; ``None`` if it isn't so.

    Parameters
    ----------
    probabilities
        Of each label for each row, by models that had not seen it, ``(n_rows, n_classes)``.
    y
        The labels' numbers, ``(n_rows,)``.
    rows
        Positions of these rows in the table, ``(n_rows,)``; the most contradicted stand first in the evidence.
    classes, target
        What the labels and the target are called.

    Examples
    --------
    >>> y = np.arange(200) % 2
    >>> sure = np.where(y[:, None] == [0, 1], 0.99, 0.01)
    >>> y[[3, 50, 60, 70, 80, 90, 100]] ^= 1
    >>> found = find_label_noise(sure, y, np.arange(200), ("no", "yes"), "bought")
    >>> found.evidence["count"], found.evidence["rows"][:3]
    (7, [3, 50, 60])
    """
    likelier = probabilities.argmax(axis=1)
    is_error = likelier != y
    is_sure = is_error & (probabilities.max(axis=1) >= _SURE)
    errors, count = int(is_error.sum()), int(is_sure.sum())
    if count < max(_MIN_ROWS, _MIN_SHARE * len(y)) or count < _MOST * errors:
        return None
    own = probabilities[np.arange(len(y)), y.astype(np.intp)]
    worst = np.flatnonzero(is_sure)
    worst = worst[np.argsort(own[worst], kind="stable")][:_KEPT]
    return Finding.of(
        "label-noise",
        f"{errors:,} of {len(y):,} rows have another label of {target} than models expect that had not seen them, "
        f"and of {count:,} these are sure ({_SURE:.0%} or more). Some of these labels may be wrong.",
        count=count,
        errors=errors,
        n_rows=len(y),
        rows=[int(rows[each]) for each in worst],
        labels=[str(classes[int(y[each])]) for each in worst],
        likelier=[str(classes[int(likelier[each])]) for each in worst],
    )
