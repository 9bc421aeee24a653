"""Why it predicts what it predicts: what it depends on, single rows, effects, a tree of words, groups compared.

Each method asks :mod:`automl.explain`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from automl.storage.predictions import kept_truth
from automl.values.refitted import bag_of

if TYPE_CHECKING:
    from automl.explain.effect import Effect
    from automl.explain.fairness import Fairness
    from automl.explain.importance import Importance
    from automl.explain.overview import RowContributions
    from automl.explain.row import RowExplanation
    from automl.explain.subject import Subject
    from automl.explain.surrogate import Surrogate

from automl.run.judged import JudgedRun


class ExplainedRun(JudgedRun):
    """A run that can be explained."""

    def importance(
        self,
        data: Any = None,
        *,
        which: int | str = 1,
        n_repeats: int = 5,
        seconds: float | str | None = None,
        random_state: int = 0,
    ) -> Importance:
        """Return how much each column is worth to a row's pipeline: permutation importance with intervals.

        Parameters
        ----------
        data
            A table with known targets. By default the training rows that the run keeps, each predicted by models that
            had not seen it. Of more than 2,000 rows a sample is used.
        n_repeats
            How often each column is shuffled.
        seconds
            Wall time after which nothing more is begun; the result tells what was left out.

        Raises
        ------
        PlanError
            If there is no such row, or the table lacks the target.
        StorageError
            If an earlier version made the run, which kept no rows, and no table is given.
        """
        from automl.explain.importance import measure_importance

        subject = self._subject(which)
        return measure_importance(subject, data, n_repeats=n_repeats, seconds=seconds, random_state=random_state)

    def explain(
        self, row: Any, *, which: int | str = 1, label: Any = None, background: Any = None, random_state: int = 0
    ) -> RowExplanation:
        """Return why a single row is predicted as it is: what each column adds to the prediction.

        Parameters
        ----------
        row
            A dict, a Series, or a frame of one row.
        label
            The label whose probability is explained; by default the predicted one.
        background
            Rows to compare with, by default training rows that the run keeps. Boosters need none.

        Raises
        ------
        DataError
            If there are several rows, or columns are absent.
        PlanError
            If there is no such label.
        """
        from automl.explain.row import explain_row

        return explain_row(self._subject(which), row, label=label, background=background, random_state=random_state)

    def contributions(
        self,
        data: Any = None,
        *,
        which: int | str = 1,
        label: Any = None,
        most: int | None = None,
        random_state: int = 0,
    ) -> RowContributions:
        """Return what each column adds to the predictions of many rows.

        Parameters
        ----------
        data
            Rows; by default training rows that the run keeps.
        label
            The label whose probability is explained; by default the second of two, the most frequently predicted of
            several.
        most
            Rows beyond which a sample is used; by default 200, or 30 where contributions must be estimated.
        """
        from automl.explain.overview import explain_rows

        return explain_rows(self._subject(which), data, label=label, most=most, random_state=random_state)

    def effect(
        self,
        column: str,
        *,
        kind: Literal["auto", "pdp", "ale"] = "auto",
        which: int | str = 1,
        data: Any = None,
        random_state: int = 0,
    ) -> Effect:
        """Return how predictions change with a column.

        Parameters
        ----------
        kind
            ``"pdp"``: partial dependence, the mean prediction with the column set to each value; ``"ale"``:
            accumulated local effects, for numbers and dates that go together with other columns; ``"auto"`` chooses.
        data
            Rows to average over; by default training rows that the run keeps.

        Raises
        ------
        PlanError
            If no model sees the column, or the kind does not go with it.
        """
        from automl.explain.effect import measure_effect

        return measure_effect(self._subject(which), column, kind=kind, data=data, random_state=random_state)

    def surrogate(
        self, max_depth: int = 3, *, which: int | str = 1, data: Any = None, random_state: int = 0
    ) -> Surrogate:
        """Return a small tree that imitates the predictions, with how well it does so on rows kept from it.

        Parameters
        ----------
        max_depth
            Questions on the way to an answer, from 1 to 6.
        data
            Rows to imitate on; by default training rows that the run keeps.
        """
        from automl.explain.surrogate import fit_surrogate

        return fit_surrogate(self._subject(which), max_depth, data=data, random_state=random_state)

    def fairness(
        self,
        by: str | Sequence[str],
        *,
        data: Any = None,
        which: int | str = 1,
        label: Any = None,
        threshold: float | None = None,
        random_state: int = 0,
    ) -> Fairness:
        """Return how predictions and errors differ between groups of rows.

        Parameters
        ----------
        by
            The column that tells the groups, or several that tell them together. Models need not see it.
        data
            A table with known targets; by default out-of-fold predictions of the training rows that the run keeps.
        label
            The label that counts as selected; by default the second of two.
        threshold
            Probability from which a row counts as selected; by default the most probable label decides.

        Raises
        ------
        PlanError
            If there is no such column or label, or a threshold is given for a regression.
        DataError
            If there is one group only.
        """
        from automl.explain.fairness import judge_fairness

        return judge_fairness(
            self._subject(which), by, data=data, label=label, threshold=threshold, random_state=random_state
        )

    def _subject(self, which: int | str) -> Subject:
        """Return what explanations are made from."""
        from automl.explain.subject import Subject

        name = bag_of(str(self._row(which)["id"]))  # only a bag has models that had not seen a row
        bag = [
            (place, fold.fold)
            for place, (evaluation, _) in enumerate(self._members(name))
            for fold in evaluation.folds
            if fold.is_ok
        ]
        return Subject(
            name=name,
            pipeline=self.pipeline(name),
            bag=tuple(bag),
            plan=self.plan,
            metric=self.metric,
            kept_rows=self.kept_rows,
            out_of_fold=lambda: self.out_of_fold(name),
            truth=lambda: kept_truth(self._folder),
            losses=self.decision_losses(name),
        )
