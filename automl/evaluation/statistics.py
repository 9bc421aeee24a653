"""What a search cost and where the time went: counted from its trials once it is over.

Processor seconds are those of the folds' tasks in the workers; divided by the wall time of all cores they tell how much
of a machine the search got to use. Preparing is counted apart, because most of it is done once and used by many.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields

import pandas as pd

from automl.values.budget import format_duration
from automl.values.evaluation import Evaluation


@dataclass(frozen=True, slots=True)
class Statistics:
    """What a search cost.

    Attributes
    ----------
    trials, folds
        How many candidates were tried, and how many of their folds were fitted to their end.
    seconds
        Wall time of the search, all sessions together.
    cores
        Workers times the threads of each.
    fold_seconds
        Processor time of the folds' tasks, preparing included.
    prepared, reused
        How often a fold was prepared, and how often one was used that another candidate had prepared.
    preparing_seconds
        Processor time of preparing folds and of fetching prepared ones.
    saved_seconds
        Processor time of preparing that was not spent once more, because another candidate had prepared the same.
    coordinator_seconds
        Processor time of the process that called ``fit``, of its last session; NaN where folds ran in it, or unknown.

    Examples
    --------
    >>> used = Statistics(9, 40, 60.0, 2, 102.0, 8, 32, 2.0, 6.5, 3.0)
    >>> print(used)
    9 trials, 40 folds in 1m on 2 cores: folds kept 85 % of the processors busy, the coordinator 2.5 %.
    Folds were prepared 8 times and a prepared one used again 32 times, which saved 6.5s of processor time.
    """

    trials: int
    folds: int
    seconds: float
    cores: int
    fold_seconds: float
    prepared: int
    reused: int
    preparing_seconds: float
    saved_seconds: float
    coordinator_seconds: float = math.nan

    @classmethod
    def of(
        cls, evaluations: Sequence[Evaluation], seconds: float, cores: int, coordinator_seconds: float = math.nan
    ) -> Statistics:
        """Count what these evaluations cost."""
        folds = [fold for each in evaluations for fold in each.folds if fold.is_ok]
        saved = [fold.saved_seconds for fold in folds if fold.saved_seconds is not None]
        return cls(
            trials=len(evaluations),
            folds=len(folds),
            seconds=seconds,
            cores=cores,
            fold_seconds=math.fsum(fold.cpu_seconds for fold in folds),
            prepared=len(folds) - len(saved),
            reused=len(saved),
            preparing_seconds=math.fsum(fold.preparing_seconds for fold in folds),
            saved_seconds=math.fsum(saved),
            coordinator_seconds=coordinator_seconds,
        )

    @property
    def utilisation(self) -> float:
        """Share of all cores' wall time that folds used."""
        return self.fold_seconds / (self.cores * self.seconds) if self.seconds > 0 else math.nan

    @property
    def coordinator_share(self) -> float:
        """Share of all cores' wall time that the process that called ``fit`` used."""
        return self.coordinator_seconds / (self.cores * self.seconds) if self.seconds > 0 else math.nan

    def frame(self) -> pd.DataFrame:
        """Return all of it as a table with the columns ``quantity`` and ``value``."""
        names = [*(each.name for each in fields(self)), "utilisation", "coordinator_share"]
        return pd.DataFrame({"quantity": names, "value": [float(getattr(self, name)) for name in names]})

    def __str__(self) -> str:
        """Tell it in two sentences."""
        own = "" if math.isnan(self.coordinator_share) else f", the coordinator {100 * self.coordinator_share:.1f} %"
        times = f"{self.trials} trials, {self.folds} folds in {format_duration(self.seconds)} on {self.cores} core"
        return (
            f"{times}{'s' * (self.cores > 1)}: folds kept {100 * self.utilisation:.0f} % of the processors busy{own}.\n"
            f"Folds were prepared {self.prepared} times and a prepared one used again {self.reused} times, which saved "
            f"{self.saved_seconds:.1f}s of processor time."
        )
