"""From probabilities to labels: the most probable one or the one of the lowest expected loss, the first in a tie."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt


def decide(prediction: npt.NDArray[Any], losses: Sequence[Sequence[float]] | None = None) -> npt.NDArray[np.intp]:
    """Return the encoded label of each row of class probabilities, ``(n_rows, n_classes)`` to ``(n_rows,)``.

    Parameters
    ----------
    losses
        ``losses[true][given]`` in class order; ``None``: every mistake is as bad as another.

    Examples
    --------
    >>> decide(np.array([[0.2, 0.8], [0.5, 0.5]]))
    array([1, 0])
    >>> decide(np.array([[0.2, 0.8], [0.5, 0.5]]), [[0, 9], [1, 0]])
    array([0, 0])
    """
    if losses is None:
        return np.asarray(prediction.argmax(axis=1), dtype=np.intp)
    return np.asarray((prediction @ np.asarray(losses, dtype=np.float64)).argmin(axis=1), dtype=np.intp)


def label_array(classes: Sequence[Any]) -> npt.NDArray[Any]:
    """Return the original labels as an array that can be indexed by encoded ones; mixed types are kept as they are.

    Examples
    --------
    >>> label_array(("no", "yes"))[decide(np.array([[0.2, 0.8]]))]
    array(['yes'], dtype='<U3')
    >>> label_array((1, "1")).dtype
    dtype('O')
    """
    if len({type(label) for label in classes}) == 1 and isinstance(classes[0], bool | int | float | str | np.generic):
        return np.asarray(classes)
    labels = np.empty(len(classes), dtype=object)
    labels[:] = classes
    return labels
