"""Which calibration a model needs, if any, decided on rows that it did not learn from.

``"auto"`` compares the cross-validated log loss of no calibration, temperature, Platt's sigmoid and, from 1,000 rows
up, isotonic regression. A more flexible map has to beat a stiffer one by more than one standard error of the
difference, for out-of-fold predictions are often well calibrated already, and then the best map is none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from automl.assess import curves
from automl.assess.calibration_error import calibration_error
from automl.assess.crossing import crossed
from automl.assess.judged import Judged
from automl.errors import PlanError, suggest
from automl.evaluation.probability_scores import brier, log_loss
from automl.evaluation.weighting import weighted_mean
from automl.pipeline.calibration import METHODS, CalibratedClassifier, Calibration
from automl.pipeline.deciding import CostClassifier
from automl.values.algorithm import FloatArray

if TYPE_CHECKING:
    from automl.plotting import Picture

ISOTONIC_ROWS = 1000
"""Rows from which ``"auto"`` considers isotonic regression."""
_FLOOR = float(np.finfo(np.float64).eps)


@dataclass(frozen=True, eq=False)
class CalibrationChoice:
    """A calibration, what it was chosen from, and the pipeline with it.

    Attributes
    ----------
    method
        ``"none"``, ``"temperature"``, ``"platt"`` or ``"isotonic"``.
    calibration
        The fitted map; ``None`` for ``"none"``.
    judged
        The predictions that it was learned from.
    crossed
        The same predictions calibrated by maps that had not seen them.
    compared
        What :meth:`frame` gives.
    made
        Returns the fitted pipeline that is calibrated.
    """

    method: str
    calibration: Calibration | None
    judged: Judged
    crossed: FloatArray
    compared: pd.DataFrame
    made: Callable[[], Pipeline]

    def frame(self) -> pd.DataFrame:
        """Return ``method, log_loss, brier, calibration_error, chosen`` of each method, cross-validated."""
        return self.compared.copy()

    def pipeline(self) -> Pipeline:
        """Return the pipeline whose probabilities are calibrated; the uncalibrated one for ``"none"``."""
        plain = self.made()
        if self.calibration is None:
            return plain
        *before, (name, model) = plain.steps
        if not isinstance(model, CostClassifier):
            return Pipeline([*before, (name, CalibratedClassifier.from_fitted(model, self.calibration))])
        inner = CalibratedClassifier.from_fitted(model.model_, self.calibration)
        return Pipeline([*before, (name, CostClassifier.from_fitted(inner, model.costs, model.amounts))])

    def plot(self) -> Picture:
        """Return the reliability picture: what came true against what was said, before and after."""
        from automl.plotting import COLOURS, MUTED, look, new_figure

        with look():
            figure = new_figure(5.2, 4.2)
            axes = figure.subplots()
            axes.plot([0, 1], [0, 1], color=MUTED, linewidth=1, linestyle=":")
            for place, (name, prediction) in enumerate(
                (("as predicted", self.judged.prediction), (self.method, self.crossed))
            ):
                if place and self.calibration is None:
                    continue
                after = Judged(self.judged.task, self.judged.y, prediction, self.judged.weight)
                table = curves.calibration(after)
                spread = np.clip([table["observed"] - table["low"], table["high"] - table["observed"]], 0, None)
                axes.errorbar(
                    table["predicted"],
                    table["observed"],
                    yerr=spread,
                    color=COLOURS[place],
                    marker="os"[place],
                    markersize=4,
                    linestyle=("-", "--")[place],
                    label=name,
                )
            axes.set(xlabel="predicted probability", ylabel="share that came true", title="Calibration")
            axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
            axes.legend()
        return figure

    def _repr_png_(self) -> bytes:
        return self.plot()._repr_png_()

    def __repr__(self) -> str:
        """Tell the choice."""
        return f"CalibrationChoice({self.method!r})\n{self.compared.to_string(index=False)}"


def choose_calibration(
    judged: Judged, made: Callable[[], Pipeline], method: str = "auto", seed: int = 0
) -> CalibrationChoice:
    """Return the calibration of a method, or the best one.

    Raises
    ------
    PlanError
        If there is no such method, the task is a regression, or one label alone occurs.
    """
    names = ("auto", "none", *METHODS)
    if method not in names:
        raise PlanError(f"Unknown calibration {method!r}. {suggest(method, names)}")
    if not judged.task.is_classification:
        raise PlanError("A regression has no probabilities to calibrate. Use run.conformal() for intervals.")
    if len(np.unique(judged.y)) < 2:
        raise PlanError(f"In {judged.source} all rows have one label; nothing can be learned about probabilities.")
    tried = ["none", *METHODS] if method == "auto" else list(dict.fromkeys(["none", method]))
    if method == "auto" and len(judged) < ISOTONIC_ROWS:
        tried.remove("isotonic")
    predictions = {name: _crossed(judged, name, seed) for name in tried}
    chosen = _best(judged, predictions) if method == "auto" else method
    rows = [
        (
            name,
            log_loss(judged.y, prediction, judged.weight),
            brier(judged.y, prediction, judged.weight),
            calibration_error(judged.y, prediction, judged.weight),
            name == chosen,
        )
        for name, prediction in predictions.items()
    ]
    compared = pd.DataFrame(rows, columns=["method", "log_loss", "brier", "calibration_error", "chosen"])
    fitted = None if chosen == "none" else _fitted(judged, chosen)
    return CalibrationChoice(chosen, fitted, judged, predictions[chosen], compared, made)


def _fitted(judged: Judged, method: str) -> Calibration:
    return Calibration(method).fit(judged.prediction, judged.y, judged.weight)  # type: ignore[arg-type]  # checked above


def _crossed(judged: Judged, method: str, seed: int) -> FloatArray:
    if method == "none":
        return judged.prediction
    out = np.array(judged.prediction, dtype=np.float64)
    for learn, apply in crossed(judged, seed):
        out[apply] = _fitted(judged.take(learn), method).transform(judged.prediction[apply])
    return out


def _best(judged: Judged, predictions: dict[str, FloatArray]) -> str:
    """Return the last method, from stiff to flexible, that beats the best before it by more than a standard error."""
    best = "none"
    rows = np.arange(len(judged))
    losses = {name: -np.log(np.maximum(each[rows, judged.y], _FLOOR)) for name, each in predictions.items()}
    for name in predictions:
        gain = losses[best] - losses[name]
        mean = weighted_mean(gain, judged.weight)
        error = np.sqrt(weighted_mean((gain - mean) ** 2, judged.weight) / len(rows))
        if mean > error:
            best = name
    return best
