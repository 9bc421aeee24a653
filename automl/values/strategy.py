"""Which parts of the search take part: everything by default, less for measuring what a part is worth."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal, get_args

from automl.errors import PlanError

TunerName = Literal["tpe", "random"]


@dataclass(frozen=True, slots=True)
class Strategy:
    """How candidates are chosen and cut short.

    The default is what searches best; a part is switched off to measure what it earns (``benchmarks/ablation.py``), or
    to see plain tuning at work.

    Attributes
    ----------
    portfolio
        Whether the search opens with configurations that did well elsewhere; without, only the dummy goes first. The
        path of a file that ``benchmarks/portfolio.py`` wrote, instead of what is shipped, is for measuring.
    bandit
        Whether families that do well get more turns; without, families take turns.
    tuner
        How a family's next config is found: ``"tpe"``, or ``"random"``.
    racing
        Whether a candidate that is hopeless after some folds is given up.
    first_fold
        Whether, where folds are dear, candidates are judged on their first one and only those that an ensemble wants
        get others.
    shared_preparation
        Whether a fold that one candidate has prepared is used by the others that need the same.
    generated_features
        Whether shipped families may try columns made of others.
    ladder
        Whether, where candidates train on a sample of many rows, the best are trained once more on more of them.

    Raises
    ------
    PlanError
        If a part has a value that it can't have.

    Examples
    --------
    >>> str(Strategy(portfolio=False, tuner="random"))
    'without portfolio, tuner random'
    >>> str(Strategy())
    ''
    """

    portfolio: bool | str = True
    bandit: bool = True
    tuner: TunerName = "tpe"
    racing: bool = True
    first_fold: bool = True
    shared_preparation: bool = True
    generated_features: bool = True
    ladder: bool = True

    def __post_init__(self) -> None:
        """Refuse what a part can't be."""
        if self.tuner not in get_args(TunerName):
            raise PlanError(f"Strategy(tuner={self.tuner!r}); give 'tpe' or 'random'.")
        for part in fields(self):
            value = getattr(self, part.name)
            if part.name == "portfolio" and isinstance(value, str):
                continue
            if part.name != "tuner" and not isinstance(value, bool):
                raise PlanError(f"Strategy({part.name}={value!r}); give True or False.")

    @property
    def learned(self) -> str | None:
        """The portfolio's file, if it is not the shipped one."""
        return self.portfolio if isinstance(self.portfolio, str) else None

    def __str__(self) -> str:
        """Tell what is other than by default; empty if nothing is."""
        off = [part.name.replace("_", " ") for part in fields(self) if getattr(self, part.name) is False]
        told = [f"without {' and '.join(off)}"] if off else []
        told += [f"portfolio of '{self.learned}'"] if self.learned else []
        return ", ".join(told + ([f"tuner {self.tuner}"] if self.tuner != "tpe" else []))


EVERYTHING = Strategy()
