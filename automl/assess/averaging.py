"""How much better an average of the folds' models predicts than one of them, as far as training rows can tell.

Out-of-fold errors are those of one model each, and what predicts is the average of all. Of a squared error, averaging
takes off how much the models differ about a row (Krogh and Vedelsby 1995, "Neural network ensembles, cross validation,
and active learning", equation 6). About a new row they differ more than about one that they have learned, so this is a
lower bound of what is gained: an interval that is narrowed by it still errs on the wide side.
"""

from __future__ import annotations

import numpy as np

from automl.assess.judged import Judged
from automl.assess.scores import residuals
from automl.values.algorithm import FloatArray

_MOST = 0.5  # no more than half of an error is taken off, whatever the models say


def averaging_gain(judged: Judged, by_fold: dict[int, FloatArray]) -> float:
    """Return the root mean square error of the average beside that of one model: at most 1.

    Parameters
    ----------
    judged
        Out-of-fold predictions of a regression, ``(n,)``.
    by_fold
        What the model of each fold predicts for the same rows, ``(n,)`` each.

    Examples
    --------
    >>> import numpy as np
    >>> from automl.assess.judged import Judged
    >>> from automl.values.task import Task
    >>> y, fold = np.array([1.0, -1.0, 1.0, -1.0, 1.0, -1.0]), np.array([0, 0, 1, 1, 2, 2])
    >>> judged = Judged(Task("regression", "y"), y, np.zeros((6, 1)), fold=fold)
    >>> averaging_gain(judged, {0: np.full(6, 0.0), 1: np.full(6, 0.6), 2: np.full(6, 0.0)}) < 1
    True
    >>> averaging_gain(judged, {k: np.zeros(6) for k in range(3)})
    1.0
    """
    if judged.fold is None or len(by_fold) < 3:
        return 1.0  # two models that have seen a row are needed
    seen = np.ma.array(
        np.column_stack(list(by_fold.values())),
        mask=np.column_stack([judged.fold == fold for fold in by_fold]),
    )
    spread = seen.var(axis=1, ddof=1) * (len(by_fold) - 1) / len(by_fold)
    error = np.average(residuals(judged) ** 2, weights=judged.weight)
    if not error > 0:
        return 1.0
    share = float(np.ma.average(spread, weights=judged.weight)) / float(error)
    return max(_MOST, float(np.sqrt(max(0.0, 1.0 - share))))
