"""What every configuration of the pool does on one table, by the engine's own means.

One run holds the whole pool: each configuration is an algorithm of its own, fixed at one point, without racing and
without an ensemble, on a sample of the rows. It is bound by trials, not by time, with one worker of one thread, and a
fit is counted in processor seconds, so that a loaded machine changes nothing but the hour at which it is done.
"""

from __future__ import annotations

import math
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from harness.tables import Table

import automl
from learning.moments import Kind, Moments, moments_of
from learning.pool import Entry

HOLD_OUT = 1 / 3
FEW_ROWS = 600  # up to here three folds instead of one part held out


@dataclass
class Collected:
    """What configurations predicted on a sample of one table; kept beside the records, too large to be one.

    Attributes
    ----------
    y
        The encoded target of the validated rows, ``(n_validated,)``.
    predictions, seconds
        By the configuration's name: ``(n_validated, width)``, and processor seconds of one fold.
    """

    table: str
    kind: Kind
    n_rows: int
    y: npt.NDArray[Any]
    predictions: dict[str, npt.NDArray[np.float32]]
    seconds: dict[str, float]

    def moments(self) -> Moments:
        """Return what has to be known of them."""
        names = sorted(self.predictions)
        G, d = moments_of(self.kind, self.y, np.stack([self.predictions[name].astype(float) for name in names]))
        seconds = np.array([self.seconds[name] for name in names])
        return Moments(self.table, self.kind, self.n_rows, tuple(names), G, d, seconds)

    def write(self, path: Path) -> None:
        """Write it."""
        path.parent.mkdir(parents=True, exist_ok=True)
        about = np.array([self.table, self.kind, str(self.n_rows)])
        seconds = np.array(list(self.seconds.values()))
        arrays = {f"p:{name}": each for name, each in self.predictions.items()}
        np.savez_compressed(path, about=about, y=self.y, seconds=seconds, names=np.array(list(self.seconds)), **arrays)

    @classmethod
    def read(cls, path: Path) -> Collected:
        """Read what :meth:`write` wrote."""
        with np.load(path) as kept:
            table, kind, n_rows = kept["about"].tolist()
            predictions = {name[2:]: kept[name] for name in kept.files if name.startswith("p:")}
            seconds = dict(zip(kept["names"].tolist(), kept["seconds"].tolist(), strict=True))
            return cls(table, kind, int(n_rows), kept["y"], predictions, seconds)


def collect(
    table: Table, pool: Sequence[Entry], rows: int, earlier: Collected | None = None
) -> tuple[Collected, list[dict[str, Any]]]:
    """Return what the pool does on a sample of a table, and a record for each configuration that was fitted now.

    Parameters
    ----------
    rows
        The most rows of the sample, validation rows included.
    earlier
        What is there of the same sample: its configurations are not fitted again.
    """
    missing = [
        entry
        for entry in pool
        if entry.is_for(table.task) and (earlier is None or entry.name not in earlier.predictions)
    ]
    frame = _sample(table, rows)
    place = tempfile.mkdtemp(prefix="automl-portfolio-")
    try:
        run = automl.fit(
            frame,
            table.target,
            task=table.task,  # type: ignore[arg-type]  # one of METRICS
            metric={"auc": "roc_auc"}.get(table.metric, table.metric),
            algorithms=[entry.algorithm() for entry in missing],
            n_trials=len(missing) + 1,
            time_budget=None,
            cv=3 if len(frame) <= FEW_ROWS else HOLD_OUT,
            ensemble=False,
            strategy=automl.Strategy(racing=False),
            n_jobs=1,
            out=place + "/run",
            verbose=0,
        )
        return _joined(table, len(frame), run, missing, earlier)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _joined(
    table: Table, n_rows: int, run: automl.Run, pool: Sequence[Entry], earlier: Collected | None
) -> tuple[Collected, list[dict[str, Any]]]:
    done = {each.candidate.algorithm: each for each in run.evaluations}
    ids = dict(zip(run.leaderboard["algorithm"], run.leaderboard["id"], strict=True))
    kind: Kind = table.task  # type: ignore[assignment]  # one of METRICS
    found = earlier or Collected(table.name, kind, n_rows, np.array([]), {}, {})
    records = []
    for entry in pool:
        evaluation = done.get(entry.name)
        record = {"table": table.name, "table_hash": table.hash, "rows": n_rows, "name": entry.name}
        if evaluation is None:
            records.append({**record, "loss": None, "cpu_seconds": 0.0, "reason": "its family is not for this table"})
            continue
        is_whole = evaluation.state == "complete"
        cost = math.fsum(fold.cpu_seconds for fold in evaluation.folds) / max(1, len(evaluation.folds))
        outcome = {"loss": evaluation.loss if is_whole else None, "cpu_seconds": round(cost, 4)}
        records.append({**record, **outcome, "reason": evaluation.reason})
        if is_whole:
            kept = run.out_of_fold(ids[entry.name])
            found.y = kept.y
            found.predictions[entry.name] = kept.prediction.astype(np.float32)
            found.seconds[entry.name] = cost
    return found, records


def _sample(table: Table, rows: int) -> pd.DataFrame:
    """Return at most so many rows; every label keeps at least six where it has them."""
    frame = table.frame
    if len(frame) <= rows:
        return frame
    sample = frame.sample(rows, random_state=0)
    if table.task == "regression":
        return sample.reset_index(drop=True)
    rare = frame.groupby(table.target).head(6)
    return frame.loc[sample.index.union(rare.index)].sample(frac=1, random_state=0).reset_index(drop=True)
