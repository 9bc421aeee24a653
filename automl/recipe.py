"""A fitted pipeline as a recipe: all that is needed to fit it again, the same, from the same table.

A recipe is plain data: how the table's columns are read, how its rows were folded, and for each model its
hyperparameters, its share, and how many rounds each fold kept. :func:`rebuild` follows it without searching. On the
table that the run was made from, with the same versions of the libraries, the pipeline that comes out predicts the
same as the run's; hashes in the recipe tell whether the table is the same. On another table, rows are folded anew by
the same rule.
"""

from __future__ import annotations

import base64
import json
import tempfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.pipeline import Pipeline

from automl._version import __version__
from automl.data.dataset import Dataset, make_dataset
from automl.data.folds import Folds, Split
from automl.data.reading import read_new
from automl.data.splitting import make_folds
from automl.data.thinning import held_back, thin
from automl.errors import DataError, PlanError, telling, warn
from automl.evaluation.fold import fit_fold, fit_on_all_rows
from automl.evaluation.metrics import get_metric
from automl.evaluation.problem import Problem, encoded_directions
from automl.pipeline.blend import Member
from automl.pipeline.fingerprint import data_fingerprint, digest
from automl.pipeline.pipeline import make_pipeline
from automl.pipeline.table import TableEncoder
from automl.registry import algorithms as known_algorithms
from automl.values.algorithm import Algorithm, IntArray
from automl.values.candidate import Candidate
from automl.values.costs import Costs
from automl.values.evaluation import Evaluation, FoldResult
from automl.values.finish import PLAIN, Finish
from automl.values.join import JoinedTable
from automl.values.plan import Plan
from automl.values.schema import Column, Schema
from automl.values.task import Task

FORMAT = 1
LONGEST = 400_000  # characters of written-down folds
_WEIGHT = "sample_weight"


def make_recipe(
    plan: Plan,
    members: Sequence[tuple[Evaluation, float]],
    name: str,
    truth: tuple[npt.NDArray[Any], npt.NDArray[Any] | None, Sequence[tuple[IntArray, IntArray]]],
    finish: Finish = PLAIN,
    *,
    of_all_rows: bool = False,
) -> dict[str, Any]:
    """Return the recipe of a pipeline.

    Parameters
    ----------
    members
        Evaluations and their weights.
    name
        The pipeline's id.
    truth
        Encoded target, weights, and the rows of each fold.
    finish
        Temperature and decision.
    of_all_rows
        Whether it is one model of all rows, not one for each fold.

    Raises
    ------
    PlanError
        If the folds were given row by row and are too many to be written down.
    """
    y, weight, splits = truth
    columns = {**plan.roles, "target": plan.roles.get("target", plan.task.target)}
    if weight is not None:
        columns.setdefault(_WEIGHT, _WEIGHT)  # it was given beside the table: it has to be a column of it now
    return {
        "format": FORMAT,
        "automl": __version__,
        "pipeline": name,
        "task": {
            "kind": plan.task.kind,
            "target": plan.task.target,
            "classes": [_plain(each) for each in plan.task.classes],
        },
        "metric": plan.metric,
        "monotone": plan.constraints.directions,
        "costs": None if plan.costs is None else plan.costs.to_json(),
        **({"of_all_rows": True} if of_all_rows else {}),
        **({} if finish.is_plain else {"finish": finish.to_json()}),
        "columns": columns,
        "schema": [_brief(column) for column in plan.schema],
        "joins": [each.to_json() for each in plan.joins],
        "folds": _folds_told(plan, splits, len(y)),
        "seed": plan.seed,
        "threads": plan.threads,
        "fingerprints": {
            key: plan.fingerprints[key] for key in ("data", "target", "folds") if key in plan.fingerprints
        },
        "models": [
            {
                "algorithm": evaluation.candidate.algorithm,
                "weight": float(share),
                "hyperparameters": evaluation.candidate.config,
                "folds": {str(fold.fold): fold.rounds for fold in evaluation.folds if fold.is_ok},
                **({"self_trained": True} if evaluation.candidate.self_trained else {}),
                **({} if evaluation.candidate.rows is None else {"rows": evaluation.candidate.rows}),
            }
            for evaluation, share in members
        ],
    }


def rebuild(data: Any, recipe: Mapping[str, Any] | str | Path, *, algorithms: Sequence[Algorithm] = ()) -> Pipeline:
    """Fit the pipeline of a recipe again, without searching.

    Parameters
    ----------
    data
        The training table: anything that :func:`automl.read` reads.
    recipe
        What :meth:`Run.recipe` gave, or the path of a JSON file of it.
    algorithms
        Declarations of your own that the run was given.

    Returns
    -------
    Pipeline
        The mean of the models of all folds, as the run has it. On the same table, with the same versions of the
        libraries, its predictions are the run's; on another table there is a warning, and rows are folded anew.

    Raises
    ------
    DataError
        If the table lacks columns, or folds were written down for another number of rows.
    PlanError
        If the recipe is of a newer format, or an algorithm is not known here.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> import automl
    >>> pipeline = automl.rebuild(load_iris(as_frame=True).frame, demo_run.recipe())
    >>> bool(abs(pipeline.predict_proba(demo_frame) - demo_run.best_pipeline.predict_proba(demo_frame)).max() < 1e-6)
    True
    """
    told = _read(recipe)
    known = {**known_algorithms(), **{each.name: each for each in algorithms}}
    _refuse_unknown(told, known)
    if any(model.get("self_trained") for model in told["models"]):
        warn("The recipe's run was trained with unlabelled rows, which it does not hold: it predicts differently.")
    columns, kind = told["columns"], told["task"]
    schema = Schema(tuple(Column(**each) for each in told["schema"]))
    dataset = make_dataset(
        read_new(data, [JoinedTable.from_json(each) for each in told.get("joins", ())]),
        columns["target"],
        groups=columns.get("groups"),
        time_column=columns.get("time_column"),
        sample_weight=columns.get(_WEIGHT),
        known=Task(kind["kind"], kind["target"], tuple(kind["classes"])),
        schema=schema,
    )
    table = TableEncoder(columns=schema.to_json(), seed=told["seed"])
    Z = table.fit_transform(dataset.X)
    splits, later = _splits(told, dataset)
    _tell_difference(told, dataset, data_fingerprint(dataset, table, Z), splits)
    with tempfile.TemporaryDirectory(prefix="automl-") as scratch:
        problem = Problem(
            Z=Z,
            y=dataset.y,
            weight=dataset.weight,
            n_levels=tuple(table.n_levels_),
            misspelt=table.misspelt_codes,
            splits=splits,
            task=dataset.task,
            metric=replace(get_metric("auto", dataset.task), name=told["metric"]),  # its name is what a loss follows
            further=(),
            algorithms=known,
            folder=Path(scratch),
            cache=Path(scratch),
            seed=told["seed"],
            monotone=encoded_directions(table, told.get("monotone", {})),
            held_back=later,
        )
        costs = None if told.get("costs") is None else Costs.from_json(told["costs"])
        finish = Finish.from_json(told.get("finish"))
        return make_pipeline(table, _fitted(problem, told), dataset.task, costs, finish)


def _fitted(problem: Problem, told: Mapping[str, Any]) -> list[Member]:
    members = []
    for model in told["models"]:
        candidate = replace(Candidate.of(model["algorithm"], model["hyperparameters"]), rows=model.get("rows"))
        if told.get("of_all_rows"):
            kept = tuple(FoldResult(int(fold), 0.0, rounds=rounds) for fold, rounds in model["folds"].items())
            known = Evaluation(0, candidate, kept, "complete")
            members.append(Member(*fit_on_all_rows(problem, known, told["threads"]), model["weight"]))
            continue
        folds = {int(fold): rounds for fold, rounds in model["folds"].items() if int(fold) < len(problem.splits)}
        for fold, rounds in folds.items():
            fitted = fit_fold(problem, candidate, fold, told["threads"], rounds)
            members.append(Member(*fitted, model["weight"] / len(folds)))
    return members


def _read(recipe: Mapping[str, Any] | str | Path) -> Mapping[str, Any]:
    if isinstance(recipe, str | Path):
        path = Path(recipe).expanduser()
        with telling(path, "read"):
            text = path.read_text(encoding="utf-8")
        try:
            recipe = json.loads(text)
        except ValueError as error:
            raise PlanError(f"{path} holds no recipe: {error}. Give the JSON of run.recipe().") from error
    if not isinstance(recipe, Mapping) or not {"format", "models", "schema"} <= recipe.keys():
        raise PlanError("This is no recipe. Give what run.recipe() returns, or a JSON file of it.")
    if recipe["format"] != FORMAT:
        raise PlanError(
            f"The recipe has format {recipe['format']!r}, written by version {recipe.get('automl')}; this version "
            f"({__version__}) reads format {FORMAT}. Install that version to follow it."
        )
    return recipe


def _refuse_unknown(told: Mapping[str, Any], known: Mapping[str, Algorithm]) -> None:
    for name in (each["algorithm"] for each in told["models"]):
        if name not in known:
            raise PlanError(
                f"The algorithm {name!r} was declared by the caller of fit and is not known here. Give its declaration "
                "with algorithms=[...]."
            )


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _brief(column: Column) -> dict[str, Any]:
    """Return what a column says beyond the defaults."""
    usual = {each.name: each.default for each in fields(Column)}
    told = {key: value for key, value in asdict(column).items() if value != usual[key]}
    return {key: list(value) if isinstance(value, tuple) else value for key, value in told.items()}


def _folds_told(plan: Plan, splits: Sequence[Split], n_rows: int) -> dict[str, Any]:
    """Return the rule of the folds where there is one, else the folds."""
    if plan.folds.asked is not None:
        return {"cv": plan.folds.asked, "auto": plan.folds.wanted, "train_rows": plan.folds.train_rows}
    written = {
        "n_rows": n_rows,
        "valid": [_packed(valid, n_rows) for _, valid in splits],
        "train": [None if len(train) + len(valid) == n_rows else _packed(train, n_rows) for train, valid in splits],
    }
    if (length := len(json.dumps(written))) > LONGEST:
        raise PlanError(
            f"The folds were given row by row, and written down they take {length:,} characters, too many for a "
            "recipe. Search with folds that a rule makes (a number, 'holdout', a group or time column), or use "
            "run.save() and run.refit()."
        )
    return written


def _packed(rows: IntArray, n_rows: int) -> str:
    bits = np.packbits(np.isin(np.arange(n_rows), rows))
    return base64.b64encode(zlib.compress(bits.tobytes(), 9)).decode()


def _unpacked(text: str, n_rows: int) -> IntArray:
    bits = np.frombuffer(zlib.decompress(base64.b64decode(text)), dtype=np.uint8)
    return np.flatnonzero(np.unpackbits(bits, count=n_rows))


def _splits(told: Mapping[str, Any], dataset: Dataset) -> tuple[tuple[Split, ...], tuple[IntArray, ...]]:
    """Return the folds, and the training rows that are not in their sample where they are one."""
    folds = told["folds"]
    if "cv" not in folds:
        return _written_splits(folds, len(dataset.y)), ()
    made = make_folds(
        folds["cv"],
        task=dataset.task,
        y=dataset.y,
        groups=dataset.groups,
        times=dataset.times,
        weight=dataset.weight,
        X=dataset.X,
        seed=told["seed"],
        auto=folds["auto"],
        present=dataset.present,
    )
    if folds["train_rows"] is None:
        return made.splits, ()
    sample = thin(
        made.splits,
        dataset.y,
        folds["train_rows"],
        is_classification=dataset.task.is_classification,
        seed=told["seed"],
    )
    return sample, held_back(made.splits, sample, told["seed"])


def _written_splits(folds: Mapping[str, Any], n_rows: int) -> tuple[Split, ...]:
    if n_rows != folds["n_rows"]:
        raise DataError(
            f"The recipe's folds name {folds['n_rows']:,} rows with a target, and the table has {n_rows:,}. Give the "
            "table that the run was made from."
        )
    splits = []
    for valid, train in zip(folds["valid"], folds["train"], strict=True):
        validated = _unpacked(valid, n_rows)
        trained = np.setdiff1d(np.arange(n_rows), validated) if train is None else _unpacked(train, n_rows)
        splits.append((trained, validated))
    return tuple(splits)


def _tell_difference(told: Mapping[str, Any], dataset: Dataset, data: str, splits: tuple[Split, ...]) -> None:
    now = {
        "target": digest(dataset.y),
        "data": data,
        "folds": Folds(splits, "", "", len(dataset.y)).fingerprint(),
    }
    words = {"target": "target", "data": "columns", "folds": "folds"}
    other = [words[key] for key, mark in now.items() if told["fingerprints"].get(key, mark) != mark]
    if other:
        warn(
            f"The {' and '.join(other)} of this table are not those that the recipe was made from: the pipeline is "
            "fitted all the same, but predicts differently."
        )
