"""Everything that a report is written from, gathered once: judgements, explanations and the course of the search.

Each piece is there, or the sentence that says why it isn't. Samples are bounded wherever rows are looked at, so that a
table of half a million rows takes no longer to explain than one of twenty thousand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from automl.assess.assessment import Assessment
from automl.assess.conformal import Conformal
from automl.assess.honest_scores import HonestScores
from automl.assess.overfitting import Overfitting
from automl.dashboard.standing import Standing
from automl.errors import PlanError
from automl.explain.effect import Effect
from automl.explain.fairness import Fairness
from automl.explain.importance import Importance
from automl.explain.surrogate import Surrogate
from automl.report.absent import Absent, attempt
from automl.report.claims.guessing import AgainstGuessing, against_guessing
from automl.report.course.course import SearchCourse, tell_course
from automl.values.evaluation import Evaluation

if TYPE_CHECKING:
    from automl.run import Run

COVERAGE = 0.9
_IMPORTANCE_SECONDS = 10  # wide tables have more columns than a reader waits for
_REPEATS = 3
_NOT_NEEDED = Absent("This kind of report leaves it out.")


@dataclass(frozen=True, eq=False)
class Material:
    """What is known of a row of the leaderboard.

    Attributes
    ----------
    run, row
        The run, and the row.
    members
        Evaluations that the row stands for, with their weights.
    standing, course
        The search.
    assessment
        How good it is: on the test table if one was given, else out of fold.
    out_of_fold
        How good it is out of fold.
    has_test
        Whether a test table was given.
    honest
        Scores without the luck of having been chosen, where the run can tell them.
    guessing
        Whether it is better than the dummy; ``None`` where there is none.
    slices, overfitting, conformal, importance, effects, surrogate, fairness
        As the methods of a run tell them; conformal intervals of a regression only.
    """

    run: Run
    row: Mapping[str, Any]
    members: tuple[tuple[Evaluation, float], ...]
    standing: Standing
    course: SearchCourse
    assessment: Assessment | Absent
    out_of_fold: Assessment | Absent
    has_test: bool
    honest: HonestScores | Absent
    guessing: AgainstGuessing | Absent | None
    slices: pd.DataFrame | Absent
    overfitting: Overfitting | Absent
    conformal: Conformal | Absent
    importance: Importance | Absent
    effects: tuple[Effect, ...]
    surrogate: Surrogate | Absent
    fairness: tuple[Fairness | Absent, ...]

    @property
    def is_best(self) -> bool:
        """Whether the row is the first."""
        return bool(self.row["rank"] == 1)


def gather(
    run: Run,
    which: int | str = 1,
    data: Any = None,
    *,
    fairness: str | Sequence[str] = (),
    n_effects: int = 4,
    is_deep: bool = True,
) -> Material:
    """Return what a report is written from.

    Parameters
    ----------
    data
        A test table.
    fairness
        Columns whose groups are compared.
    n_effects
        How many of the most important columns' effects are measured.
    is_deep
        Whether overfitting and a surrogate are wanted too.

    Raises
    ------
    PlanError
        If there is no such row, or ``data`` lacks the target.
    DataError
        If ``data`` can't be read as the training table was.
    """
    from automl.data.reading import read_new

    row = run.row(which)
    name = str(row["id"])
    table = None if data is None else read_new(data, run.plan.joins)
    view = run.view
    out_of_fold = attempt(lambda: run.evaluate(which=name))
    assessment = out_of_fold if table is None else run.evaluate(table, which=name)
    importance = attempt(lambda: run.importance(table, which=name, n_repeats=_REPEATS, seconds=_IMPORTANCE_SECONDS))
    standing, has_test = Standing.of(view), table is not None
    by = (fairness,) if isinstance(fairness, str) else tuple(fairness)
    return Material(
        run=run,
        row=row,
        members=tuple(run.members(name)),
        standing=standing,
        course=tell_course(view),
        assessment=assessment,
        out_of_fold=out_of_fold,
        has_test=has_test,
        honest=attempt(lambda: _told(run.honest())),
        guessing=attempt(lambda: against_guessing(run, name, _known(assessment), standing, has_test=has_test)),
        slices=attempt(lambda: _known(assessment).slices()),
        overfitting=attempt(lambda: run.overfitting(name)) if is_deep else _NOT_NEEDED,
        conformal=_NOT_NEEDED if run.task.is_classification else attempt(lambda: run.conformal(COVERAGE, which=name)),
        importance=importance,
        effects=_effects(run, name, importance, n_effects),
        surrogate=attempt(lambda: run.surrogate(which=name)) if is_deep else _NOT_NEEDED,
        fairness=tuple(attempt(partial(run.fairness, column, data=table, which=name)) for column in by),
    )


def _told(honest: HonestScores) -> HonestScores:
    if not np.isfinite(honest.score):
        raise PlanError(honest.losses.reason or "The first row has no honest score.")
    return honest


def _known(assessment: Assessment | Absent) -> Assessment:
    if isinstance(assessment, Absent):
        raise PlanError(assessment.reason)
    return assessment


def _effects(run: Run, name: str, importance: Importance | Absent, most: int) -> tuple[Effect, ...]:
    """Return the effects of the most important columns that have one."""
    if isinstance(importance, Absent):
        return ()
    helping = [each.columns[0] for each in importance.columns if each.verdict == "helps"][: most + 2]
    found = [attempt(partial(run.effect, column, which=name)) for column in helping]
    return tuple(each for each in found if isinstance(each, Effect))[:most]
