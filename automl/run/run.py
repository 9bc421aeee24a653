"""What happened: the plan, the leaderboard, the fitted pipelines and the study of one run.

A run is made in layers, an idea each: what lies in its folder (:mod:`automl.run.opened`), how good it is
(:mod:`automl.run.judged`), why it predicts what it predicts (:mod:`automl.run.explained`), and here how it is told,
shown and fitted again.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from sklearn.pipeline import Pipeline

from automl.dashboard.wording import number
from automl.data.dataset import make_dataset
from automl.data.reading import read_new
from automl.data.unlabeled import read_unlabeled
from automl.errors import SearchError
from automl.values.budget import format_duration
from automl.values.refitted import bag_of

if TYPE_CHECKING:
    from automl.dashboard.process import Dashboard
    from automl.report.course.course import SearchCourse

from automl.run.explained import ExplainedRun


class Run(ExplainedRun):
    """The result of a search.

    Attributes
    ----------
    folder : Path
        Where everything lies.
    plan : Plan
        What was decided before the search, with reasons.
    leaderboard : pandas.DataFrame
        One row a trial and one for the ensemble, the best first; scores in the metric's own direction.
    evaluations : tuple of Evaluation
        Every trial, fold by fold.
    seconds : float
        Wall time from call to return.
    why_stopped : str
        What ended the search.
    self_training : str
        What came of the unlabelled rows; empty where there were none.

    Examples
    --------
    >>> run = demo_run
    >>> run.task.kind, run.metric.name
    ('multiclass', 'log_loss')
    >>> run.best_pipeline.predict(demo_frame.head(1)).shape
    (1,)
    """

    def dashboard(self, port: int | None = None, browser: bool = True) -> Dashboard:
        """Show the study in optuna-dashboard, on this machine only, and return at once.

        A process of its own serves it until the dashboard is closed or the program ends; a study in memory is served
        by a thread. Calling it again returns the dashboard that is open.

        Parameters
        ----------
        port
            By default 8080 if it is free, otherwise any.
        browser
            Whether to open it in this machine's browser, if there is one.

        Returns
        -------
        Dashboard
            Has ``url`` and ``close()``; it is a context manager, and a link in a notebook.

        Raises
        ------
        PlanError
            If the port is in use.
        StorageError
            If the study can't be reached.

        Examples
        --------
        >>> with demo_run.dashboard(browser=False) as dashboard:
        ...     dashboard.url.endswith("/dashboard/studies/1")
        True
        """
        from automl.dashboard.process import show

        shown = self._dashboard
        if shown is None or not shown.is_alive or port not in (None, shown.port):
            shown = self._dashboard = show(self.study, self._folder.artifacts, port=port).wait()
        if browser:
            shown.open()
        return shown

    def refit(self, data: Any, target: Any = None, which: int | str = 1, *, unlabeled: Any = None) -> Pipeline:
        """Return the chosen configuration fitted on all rows of a new table, without searching.

        Boosters train as many rounds as they kept on average in the folds.

        Parameters
        ----------
        data
            A table with the columns of the training table.
        target
            Values of the target, where ``data`` does not hold its column.
        which
            Rank or id of the row whose configuration is fitted; an ensemble is fitted member by member.
        unlabeled
            Rows without a target, for a configuration that was trained with some. Those candidates that taught it (the
            best of each of up to three families) are fitted first, and predict for these rows.

        Raises
        ------
        DataError
            If the table lacks columns, or its target can't be used.
        PlanError
            If an algorithm of the row is not known here (declare it and give it to ``fit`` again), the target is
            neither a column nor given, or unlabelled rows are given to a row that was not trained with any.
        """
        from automl.refit import refit_members

        members = self._members(str(self._row(which)["id"]))
        frame = read_new(data, self.plan.joins)
        dataset = make_dataset(
            frame,
            self._target_in(frame) if target is None else target,
            task=self.task.kind,
            groups=self._role_in(frame, "groups"),
            sample_weight=self.plan.roles.get("sample_weight"),
            schema=self.plan.schema,
        )
        finish = self.finish(which)
        if unlabeled is None:
            return refit_members(dataset, members, self.plan, self._algorithms, finish)
        rows = read_unlabeled(
            read_new(unlabeled, self.plan.joins),
            self.plan.schema,
            len(dataset.y),
            self.plan.seed,
            tuple(self.plan.roles.values()),
        )
        return refit_members(dataset, members, self.plan, self._algorithms, finish, rows, self.evaluations)

    def recipe(self, which: int | str = 1) -> dict[str, Any]:
        """Return all that is needed to fit a row's pipeline again, as plain data for :func:`automl.rebuild`.

        Raises
        ------
        PlanError
            If there is no such row, or folds that were given row by row are too many to be written down.
        SearchError
            If that row's candidate failed.
        StorageError
            If an earlier version made the run, which did not keep its folds.
        """
        from automl.recipe import make_recipe

        row = self._row(which)
        members = self._members(str(row["id"]))
        if not all(each.losses for each, _ in members):
            raise SearchError(f"{row['id']} has no fitted pipeline: {row['reason']}.")
        name, finish = str(row["id"]), self.finish(which)
        return make_recipe(self.plan, members, name, self.truth(), finish, of_all_rows=name != bag_of(name))

    def script(self, which: int | str = 1) -> str:
        """Return a Python script that fits a row's pipeline again from the training table and predicts the same.

        Raises
        ------
        PlanError, SearchError, StorageError
            As :meth:`recipe`.

        Examples
        --------
        >>> "automl.rebuild(train, RECIPE)" in demo_run.script()
        True
        """
        from automl.report.script import make_script

        return make_script(self.recipe(which), self.versions)

    def course(self) -> SearchCourse:
        """Tell how the search went.

        Returns
        -------
        SearchCourse
            Its parts have ``frame()`` and ``plot()``: ``progress`` (score over time), ``families`` (time by algorithm),
            ``influence`` (what made a difference), ``untried`` (what was never tried, and why), ``ranges`` (which of
            them should grow) and ``outlook`` (whether more time is worth it).

        Examples
        --------
        >>> demo_run.course().families.frame()["algorithm"].tolist()
        ['discriminant_analysis']
        """
        from automl.report.course.course import tell_course

        return tell_course(self.view)

    def report(
        self,
        path: str | Path | None = None,
        *,
        audience: Literal["technical", "executive", "audit"] = "technical",
        which: int | str = 1,
        data: Any = None,
        interactive: bool = False,
        fairness: str | Sequence[str] = (),
    ) -> Path:
        """Write one HTML page about a row of the leaderboard, and return its path.

        It begins with a summary in plain words: what, how good, how sure, what it depends on, what to beware of. It
        needs nothing but itself, is under 2 MB, and can be read on a phone and on paper.

        Parameters
        ----------
        path
            The file. By default ``report.html`` in the run's folder, which is put into the study as well.
        audience
            ``"technical"``; ``"executive"``: the summary and three pictures; ``"audit"``: data, validation, fairness
            and limits first, with everything that is needed to check it.
        which
            Rank or id of the pipeline.
        data
            Rows with known targets that the search has not seen. Without them, out-of-fold predictions are judged.
        interactive
            Whether charts of plotly take the place of pictures; the page is then some 5 MB large.
        fairness
            Columns whose groups are compared.

        Raises
        ------
        DataError
            If ``data`` can't be read as the training table was.
        PlanError
            If there are no such readers or row, or ``data`` lacks the target.
        StorageError
            If the file can't be written.
        """
        from automl.report.writing import write_report

        return write_report(self, path, audience, which, data, is_interactive=interactive, fairness=fairness)

    def model_card(
        self,
        path: str | Path | None = None,
        *,
        which: int | str = 1,
        data: Any = None,
        fairness: str | Sequence[str] = (),
    ) -> str:
        """Return a model card as Markdown, and write it where a path is given.

        Its parts: intended use, data, training, evaluation with intervals, limits, fairness, how to load it.

        Parameters
        ----------
        which, data, fairness
            As for :meth:`report`.

        Raises
        ------
        DataError, PlanError, StorageError
            As :meth:`report`.

        Examples
        --------
        >>> "## Intended use" in demo_run.model_card()
        True
        """
        from automl.report.model_card import write_card

        return write_card(self, path, which, data, fairness)

    def __repr__(self) -> str:
        """Summarise the run."""
        best = self.leaderboard.iloc[0]
        spread = "" if math.isnan(best["std"]) else f" ± {number(best['std'], 2)} over folds"
        honest, low, high = (number(best[f"honest_{each}"]) for each in ("score", "low", "high"))
        honest = "" if math.isnan(best["honest_low"]) else f"; honest: {honest} ({low} to {high})"
        states = Counter(each.state for each in self.evaluations)
        told = ", ".join(f"{count} {state}" for state, count in states.most_common())
        unlabelled = f"{self.self_training}\n" if self.self_training else ""
        columns = ["rank", "id", "score", "std", "fit_seconds", "one_row_ms"]
        top = self.leaderboard.head(5)[columns].to_string(index=False, float_format=lambda value: f"{value:.5g}")
        return (
            f"{self.task.kind} of {self.task.target!r}, {self.plan.n_rows:,} rows, {self.plan.folds.name}\n"
            f"best: {best['id']} with {self.plan.metric} {number(best['score'], 5)}{spread}{honest}\n"
            f"{len(self.evaluations)} trials ({told}) in {format_duration(self.seconds)}; stopped because "
            f"{self.why_stopped}\n{unlabelled}{top}\nfolder: {self.folder}"
        )

    def _repr_html_(self) -> str:
        """Show the summary, a picture of the best rows and the leaderboard in a notebook."""
        from automl.report.notebook import show

        return show(self)
