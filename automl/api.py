"""``fit``, ``plan``, ``fit_plan`` and ``load``: where everything is put together.

This module imports nothing heavy, so that the clock of a time budget starts before the libraries are loaded.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from automl.errors import PlanError
from automl.request import Algorithms, Request
from automl.values.budget import format_duration
from automl.values.strategy import EVERYTHING, Strategy

_LIBRARIES = (  # in an order in which none takes long on its own
    "numpy",
    "pandas",
    "scipy.sparse",
    "scipy.spatial",
    "scipy.stats",
    "sklearn.metrics",
    "sklearn.ensemble",
    "skops.io",
    "sqlalchemy",
    "optuna",
    "automl.session",
)

if TYPE_CHECKING:
    from optuna import Study
    from sklearn.pipeline import Pipeline

    from automl.run import Run
    from automl.values.join import Join
    from automl.values.metric import Metric
    from automl.values.plan import Plan
    from automl.values.progress import Update
    from automl.values.schema import Role


def fit(
    data: Any,
    target: Any = None,
    *,
    task: Literal["auto", "binary", "multiclass", "regression"] = "auto",
    metric: str | Metric | Callable[..., float] = "auto",
    time_budget: float | str | None = "10m",
    n_trials: int | None = None,
    algorithms: Algorithms = "auto",
    cv: Any = "auto",
    groups: Any = None,
    time_column: Any = None,
    sample_weight: Any = None,
    roles: Mapping[str, Role] | None = None,
    join: Mapping[str, str | Sequence[str] | Join] | None = None,
    query: str | None = None,
    keep: Sequence[str] = (),
    test: Any = None,
    strict: bool = False,
    ignore: Sequence[str] = (),
    ensemble: bool = True,
    constraints: Mapping[str, Any] | None = None,
    costs: Any = None,
    gains: Any = None,
    available_at: Mapping[str, str] | Sequence[str] | None = None,
    warm_start: Run | Study | str | Path | None = None,
    storage: Any = None,
    study_name: str | None = None,
    resume: bool = True,
    engine: Any = "local",
    n_jobs: int = -1,
    memory_limit: float | str | None = None,
    patience: int | None = None,
    target_score: float | None = None,
    random_state: int = 0,
    strategy: Strategy = EVERYTHING,
    callbacks: Sequence[Callable[[Update], object]] = (),
    out: str | Path | None = None,
    dashboard: bool = False,
    unlabeled: Any = None,
    verbose: int = 1,
) -> Run:
    """Search for the best pipeline and return the run: leaderboard, fitted pipelines and study.

    Parameters
    ----------
    data
        A pandas DataFrame (never changed), a NumPy array, anything with ``to_pandas``, or a path that
        :func:`automl.read` reads.
    target
        Name of the column to predict (for a table without header: its number from 0), or one value per row.
    task
        ``"auto"`` infers it from the target and says why.
    metric
        A name, an :class:`automl.Metric`, a scikit-learn scorer, or a function ``f(y_true, y_pred)``. ``"auto"`` is
        ``roc_auc``, ``log_loss`` or ``rmse`` by the task.
    time_budget
        Wall time from call to return, everything included: seconds, or a text such as ``"5m"``. ``None`` needs
        ``n_trials``.
    n_trials
        Finished trials after which to stop. With ``time_budget=None``, ``n_jobs=1`` and the same ``random_state`` two
        runs give the same leaderboard but for its timings.
    algorithms
        ``"auto"``, names, or :class:`automl.Algorithm` declarations; :func:`automl.algorithms` lists the shipped ones.
    cv
        ``"auto"``, a number of folds, ``"holdout"``, a share to hold out, any scikit-learn splitter, or pairs of row
        numbers.
    groups, time_column, sample_weight
        A column's name or one value per row. Rows of a group stay together; folds follow time; with both, a
        validation group's rows leave training. The time column stays a feature, the others don't.
    roles
        Overrides of column roles, such as ``{"zip": "category"}``.
    join
        Other tables whose columns are added, as :func:`automl.read` does it: ``{"customers.csv": "customer_id"}``. New
        rows are joined in the same way when the run predicts.
    query
        A SELECT statement or the name of a table, where ``data`` is the address of a database.
    keep
        Columns to keep although they seem to give the target away.
    test
        A table like ``data`` that is predicted or judged later (the target may be absent). It is only looked at: for
        rows that ``data`` holds too, and for columns that are distributed differently.
    strict
        Whether warnings about the table (``plan.findings``) stop the call, as errors do.
    ignore
        Codes of findings to leave out, such as ``["duplicate-rows"]``; ``docs/guides/checks.md`` lists them.
        ``"target-leak"`` also keeps columns that give the target away.
    ensemble
        Whether the first row of the leaderboard may be a combination of candidates.
    constraints
        Upper limits of the best pipeline, such as ``{"one_row_ms": 30, "size_mb": 50}``: the most accurate pipeline
        that keeps to them is the leaderboard's first row. Where none does, a warning names the closest.
    costs, gains
        What each decision costs or gains: ``costs[true][given]`` as a table in the sorted order of the labels, a dict
        such as ``{"bad": {"good": 5}, "good": {"bad": 1}}`` (what is not named is 0), or for two labels a dict of
        ``true_positive``, ``false_positive``, ``true_negative`` and ``false_negative``. An amount is a number, a
        column's name, or one value per row. The mean cost of a row becomes the metric (unless ``metric`` names
        another), and ``predict`` gives the label of the lowest expected cost.
    available_at
        Which columns are known when the prediction is made: ``{"call_duration": "after"}`` sets that column aside;
        ``"before"`` keeps a column although it seems to give the target away; a list names all that are known.
    warm_start
        An earlier run (or its folder, or its Optuna study) on another table or target: its best configurations are
        tried first, and all its trials guide the sampler.
    storage, study_name
        An Optuna storage or URL, and the study's name in it; by default SQLite in the run folder.
    resume
        Whether a run that is already in ``out`` is continued (the same call on the same folder) or refused.
    engine
        ``"local"`` (killable processes), ``"inprocess"`` (for debugging; can't stop a fit that hangs), or an object
        that keeps the ``automl.search.engines`` protocol.
    n_jobs
        Cores to use; -1 for all that this process may use.
    memory_limit
        Bytes or a text such as ``"4GB"`` for the workers together; by default four fifths of what is free. As many
        work side by side as it holds; a candidate that needs more than its share fails with that reason.
    patience, target_score
        Stop after so many trials without improvement; stop when this score is reached.
    random_state
        Seed of everything that is drawn.
    strategy
        Which parts of the search take part, such as ``automl.Strategy(portfolio=False)``; everything by default.
    callbacks
        Functions that are given an :class:`automl.values.progress.Update` at each event.
    out
        The run's folder; by default a new one under ``runs/``.
    dashboard
        Whether to show the search in optuna-dashboard while it runs, on this machine only. The address is told before
        the first trial (and opened in a browser, where the program runs in a terminal on a machine with a screen). It
        ends with the search; ``run.dashboard()`` opens it again.
    unlabeled
        Rows without a target, as ``data``: after the search the best candidates are trained again with them (self-
        training), within the time budget, and a candidate that is better so out of fold is a row of its own.
        ``run.self_training`` tells what came of it.
    verbose
        0: silent; 1: progress and warnings.

    Raises
    ------
    DataError
        If the table or the target can't be used.
    PlanError
        If what is asked for contradicts itself or the table.
    SearchError
        If no candidate could be fitted within the budget; the causes are grouped.
    StorageError
        If the folder or the study can't be written.

    Examples
    --------
    >>> import automl
    >>> from sklearn.datasets import load_iris
    >>> iris = load_iris(as_frame=True).frame
    >>> run = automl.fit(iris, "target", n_trials=3, time_budget="30s", out=tmp_path / "iris", verbose=0)
    >>> run.leaderboard.columns[:4].tolist()
    ['rank', 'id', 'algorithm', 'score']
    >>> run.predict(iris.head(2)).tolist()
    [0, 0]
    """
    started = time.monotonic()
    if isinstance(data, str | Path) and str(data).lower().endswith((".yaml", ".yml")):
        raise PlanError(f"{data} is a plan, not a table; run it with automl.fit_plan({str(data)!r}).")
    request = Request(**{name: value for name, value in locals().items() if name != "started"})
    from automl.clock import Clock
    from automl.workplace import workplace

    clock = Clock(started, request.budget().seconds)
    with workplace(request) as (folder, engine):
        _import_libraries(request.budget().seconds, started)
        from automl.session import run_session

        return run_session(request, folder, engine, clock)


def _import_libraries(budget: float | None, started: float) -> None:
    """Import what a search stands on, piece by piece, so that a budget it uses up is refused in time."""
    for module in _LIBRARIES:
        import_module(module)
        used = time.monotonic() - started
        if budget is not None and used > budget:
            raise PlanError(
                f"A time budget of {format_duration(budget)} is too small: loading the libraries alone took "
                f"{used:.1f} s. Give at least {max(5.0, 4 * used):.0f} s."
            )


def plan(data: Any, target: Any = None, **options: Any) -> Plan:
    """Return what :func:`fit` would do with the same parameters, without fitting anything.

    Print it to read it; ``plan.to_json()`` is plain data, ``plan.save("plan.yaml")`` a file to edit, which
    :func:`fit_plan` runs.

    Parameters
    ----------
    data
        As for :func:`fit`, or a plan's file, whose parameters are then used where no others are given.

    Raises
    ------
    DataError, PlanError
        As :func:`fit` does.

    Examples
    --------
    >>> import automl
    >>> from sklearn.datasets import load_iris
    >>> plan = automl.plan(load_iris(as_frame=True).frame, "target")
    >>> plan.task.kind, round(plan.prospect.dummy, 2)
    ('multiclass', 1.1)
    """
    from automl.plan_file import is_plan_file, located, read_plan
    from automl.session import make_plan

    given = options if target is None else {"target": target, **options}
    usual = {"target": None, "time_budget": "10m"}
    if not is_plan_file(data):
        return make_plan(Request(**{**usual, "data": data, **given}))
    with located(data):
        return make_plan(Request(**{**usual, **read_plan(data, given)}))


def fit_plan(plan: str | Path | Plan, data: Any = None, **changes: Any) -> Run:
    """Run a plan: a file that :meth:`automl.values.plan.Plan.save` wrote and that was edited since, or a plan itself.

    Parameters
    ----------
    plan
        The path of a YAML file, or what :func:`plan` returned.
    data
        The table, where the plan names none or another is meant.
    **changes
        Parameters of :func:`fit` that stand above what the plan says.

    Raises
    ------
    PlanError
        If the file is malformed (line and key are named), or lacks something that no file can hold.
    StorageError
        If the file can't be read.
    DataError, SearchError
        As :func:`fit` does.

    Examples
    --------
    >>> import automl
    >>> from sklearn.datasets import load_iris
    >>> iris = load_iris(as_frame=True).frame
    >>> path = automl.plan(iris, "target", n_trials=2, time_budget=None).save(tmp_path / "plan.yaml")
    >>> run = automl.fit_plan(path, iris, algorithms=["linear"], out=tmp_path / "planned", verbose=0)
    >>> len(run.evaluations)
    2
    """
    from automl.plan_file import located, read_plan

    with located(plan):
        return fit(**read_plan(plan, changes if data is None else {"data": data, **changes}))


def load(path: str | Path, *, trusted: Sequence[str | type[Any]] = (), storage: Any = None) -> Pipeline | Run:
    """Return what was saved: a fitted pipeline from a model file, a :class:`automl.Run` from a run folder.

    Loading runs no foreign code: a file that holds a class which is neither ours nor of a library that we use is
    refused.

    Parameters
    ----------
    trusted
        Further classes that may be loaded, or their full names, such as ``["mymodule.MyModel"]``.
    storage
        Where the study of a run is; needed only where its address holds a password, which is not kept with the run.

    Raises
    ------
    ArtifactError
        If the file is foreign, damaged, or holds classes that are not trusted.
    PlanError
        If ``trusted`` is a single name instead of a list.
    StorageError
        If there is no such file, or the folder holds no run.
    """
    if isinstance(trusted, str | type):
        raise PlanError(f"trusted={trusted!r} is no list; write trusted=[{trusted!r}].")
    from automl.run import open_path

    return open_path(Path(path).expanduser(), tuple(trusted), storage)
