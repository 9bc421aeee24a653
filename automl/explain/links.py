"""From contributions to a margin to contributions to the prediction.

Trees add up to a log-odds, or to a logarithm of the value; people think in probabilities and values, and members of a
blend are averaged there. On the straight way from the mean margins to those of the row, a column that adds a share of
the way gets its part of what the prediction changes: the integral of the link's gradient times what the column adds
(Aumann and Shapley 1974). With one margin that is the rescale rule of Chen, Lundberg and Lee, "Explaining a series of
models by propagating Shapley values" (2022): all contributions times the same factor. The order of columns and their
signs stay in the case of two labels, and the parts sum to the change of the prediction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np
from scipy.special import softmax

from automl.values.algorithm import FloatArray

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(32)


@dataclass(frozen=True, slots=True)
class Link:
    """How predictions follow from margins."""

    name: Literal["identity", "log", "log-odds"]

    def inverse(self, margins: FloatArray) -> FloatArray:
        """Return predictions ``(n_rows, width)`` of margins ``(n_rows, n_margins)``."""
        if self.name == "log-odds":
            return np.asarray(softmax(margins, axis=-1))
        return np.exp(margins) if self.name == "log" else margins

    def spread(self, base: FloatArray, added: FloatArray) -> FloatArray:
        """Return what columns add to the predictions.

        Parameters
        ----------
        base
            Mean margins, ``(n_margins,)``.
        added
            What columns add to margins, ``(n_rows, n_columns, n_margins)``.

        Returns
        -------
        FloatArray
            ``(n_rows, n_columns, width)``, which sum to ``inverse(base + sum of added) - inverse(base)``.

        Examples
        --------
        >>> parts = Link("log-odds").spread(np.zeros(2), np.array([[[0.0, 2.0], [0.0, -1.0]]]))
        >>> parts.round(3).tolist(), round(float(parts[0, :, 1].sum()), 3)
        ([[[-0.462, 0.462], [0.231, -0.231]]], 0.231)
        """
        if self.name == "identity":
            return added
        way = added.sum(axis=1)
        found = np.zeros_like(added)
        for node, weight in zip((_NODES + 1) / 2, _WEIGHTS / 2, strict=True):
            here = self.inverse(base + node * way)[:, None, :]
            slope = added if self.name == "log" else added - (added * here).sum(axis=2, keepdims=True)
            found += weight * here * slope
        return closed(found, self.inverse(base + way) - self.inverse(base))


def closed(parts: FloatArray, whole: FloatArray) -> FloatArray:
    """Return parts ``(n_rows, n_columns, width)`` that sum to ``whole`` exactly, what lacks dealt out by size."""
    sizes, lack = np.abs(parts), whole - parts.sum(axis=1)
    lack = np.where(np.abs(lack) > 1e-14 * np.maximum(1.0, np.abs(whole)), lack, 0.0)  # rounding is nobody's part
    total = sizes.sum(axis=1, keepdims=True)
    shares = np.divide(sizes, total, out=np.full(parts.shape, 1.0 / max(parts.shape[1], 1)), where=total > 0)
    return np.asarray(parts + shares * lack[:, None, :])


LINKS: Mapping[bool, tuple[Link, ...]] = MappingProxyType(
    {True: (Link("log-odds"),), False: (Link("identity"), Link("log"))}
)
"""The links that models of labels, and of values, may have."""
