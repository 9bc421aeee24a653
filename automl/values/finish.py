"""What is done to the probabilities of a finished pipeline before they are given out, and how labels are decided.

A search ends with candidates and an ensemble of them. What out-of-fold predictions say beyond that fits into a few
numbers: one *temperature*, by which log-probabilities are divided so that they mean what they say, and one weight a
label, by which probabilities are multiplied before the largest one decides. With two labels the weights are a
threshold. Both are learned at the end and kept only where they win; :data:`PLAIN` is neither.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating[Any]]
_MARGIN = 1e-7  # predictions are kept in float32


@dataclass(frozen=True, slots=True)
class Finish:
    """How a pipeline ends.

    Attributes
    ----------
    temperature
        What logarithms of probabilities are divided by; ``None``: they stay as they are.
    label_weights
        What the probability of each label is multiplied with before the largest decides, in class order, adding up to
        1; ``None``: the most probable label is given. Probabilities stay what they are.

    Raises
    ------
    ValueError
        If a number is not above 0.

    Examples
    --------
    >>> finish = Finish(label_weights=(0.3, 0.7))
    >>> finish.threshold, finish.decided(np.array([[0.6, 0.4], [0.8, 0.2]])).tolist()
    (0.3, [1, 0])
    >>> Finish.from_json(finish.to_json()) == finish
    True
    >>> finish.told(("no", "yes"))
    "'yes' from 0.3 on"
    """

    temperature: float | None = None
    label_weights: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        """Refuse what is no temperature and no weight."""
        given = (*(self.label_weights or ()), *(() if self.temperature is None else (self.temperature,)))
        if not all(0 < each < np.inf for each in given):
            raise ValueError(f"a temperature and weights of labels are numbers above 0, not {given}")

    @classmethod
    def at(cls, threshold: float) -> Finish:
        """Return the finish that gives the second of two labels above a probability."""
        return cls(label_weights=(threshold, 1 - threshold))

    @property
    def is_plain(self) -> bool:
        """Whether nothing is done."""
        return self == PLAIN

    @property
    def threshold(self) -> float | None:
        """With two labels, the probability above which the second is given; ``None`` where no weights are set."""
        if self.label_weights is None or len(self.label_weights) != 2:
            return None
        first, second = self.label_weights
        return first / (first + second)

    @property
    def losses(self) -> list[list[float]] | None:
        """The same decision as what mistakes cost, ``losses[true][given]``: missing a label costs its weight."""
        if self.label_weights is None:
            return None
        n = len(self.label_weights)
        return [[0.0 if true == given else self.label_weights[true] for given in range(n)] for true in range(n)]

    def tempered(self, prediction: Floats) -> Floats:
        """Return the probabilities that the pipeline gives, ``(n_rows, n_classes)``."""
        if self.temperature is None:
            return prediction
        logs = np.log(np.maximum(np.asarray(prediction, dtype=np.float64), _MARGIN)) / self.temperature
        odds = np.exp(logs - logs.max(axis=1, keepdims=True))
        return np.asarray(odds / odds.sum(axis=1, keepdims=True))

    def tilted(self, prediction: Floats) -> Floats:
        """Return probabilities whose largest is the decided label, for scores that look at labels only."""
        if self.label_weights is None:
            return prediction
        weighted = np.asarray(prediction, dtype=np.float64) * np.asarray(self.label_weights)
        total = weighted.sum(axis=1, keepdims=True)
        return np.asarray(weighted / np.where(total > 0, total, 1.0))

    def decided(self, prediction: Floats) -> npt.NDArray[np.intp]:
        """Return the encoded label of each row, ``(n_rows,)``."""
        return np.asarray(self.tilted(prediction).argmax(axis=1), dtype=np.intp)

    def told(self, classes: Sequence[Any]) -> str:
        """Tell it in a clause; empty where nothing is done."""
        parts = []
        if self.temperature is not None:
            parts.append(f"temperature {self.temperature:.3g}")
        if self.threshold is not None:
            parts.append(f"{classes[1]!r} from {self.threshold:.3g} on")
        elif self.label_weights is not None:
            by_label = sorted(zip(self.label_weights, map(str, classes), strict=True), reverse=True)
            told = ", ".join(f"{label} {weight:.3g}" for weight, label in by_label[:_SHOWN])
            parts.append(f"labels weighted: {told}{', …' if len(by_label) > _SHOWN else ''}")
        return "; ".join(parts)

    def to_json(self) -> dict[str, Any]:
        """Return plain data from which :meth:`from_json` makes the same."""
        weights = None if self.label_weights is None else list(self.label_weights)
        return {"temperature": self.temperature, "label_weights": weights}

    @classmethod
    def from_json(cls, data: Mapping[str, Any] | None) -> Finish:
        """Make what :meth:`to_json` told; ``None`` is plain."""
        if data is None:
            return PLAIN
        weights = data["label_weights"]
        return cls(data["temperature"], None if weights is None else tuple(weights))


_SHOWN = 4  # labels whose weights are told
PLAIN = Finish()


@dataclass(frozen=True, slots=True)
class Finished:
    """A finish that a row of the leaderboard has, and how good the row is with it.

    Attributes
    ----------
    finish
        Learned on all out-of-fold predictions.
    loss, std
        Mean and deviation of the losses of the folds, each finished by what the others taught.
    further
        Further metrics of the same, averaged over folds.
    gaps
        Differences between groups, by the name of the constraint.
    """

    finish: Finish
    loss: float
    std: float
    further: Mapping[str, float] = field(default_factory=dict)
    gaps: Mapping[str, float] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return plain data from which :meth:`from_json` makes the same."""
        return {
            **self.finish.to_json(),
            "loss": self.loss,
            "std": self.std if np.isfinite(self.std) else None,
            "further": dict(self.further),
            "gaps": dict(self.gaps),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Finished:
        """Make what :meth:`to_json` told."""
        std = float("nan") if data["std"] is None else data["std"]
        return cls(Finish.from_json(data), data["loss"], std, data["further"], data["gaps"])
