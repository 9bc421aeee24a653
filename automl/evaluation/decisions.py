"""From probabilities to labels: the most probable one, the first of them in a tie."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt


def decide(prediction: npt.NDArray[Any]) -> npt.NDArray[np.intp]:
    """Return the encoded label of each row of class probabilities, ``(n_rows, n_classes)`` to ``(n_rows,)``.

    Examples
    --------
    >>> decide(np.array([[0.2, 0.8], [0.5, 0.5]]))
    array([1, 0])
    """
    return np.asarray(prediction.argmax(axis=1), dtype=np.intp)


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
