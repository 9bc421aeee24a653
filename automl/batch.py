"""A file of rows in, a file of predictions out, a chunk at a time, so that memory doesn't grow with the file.

A prediction stands in the column ``prediction``, the probability of a label in ``probability_<label>``; columns that
the caller asks for are copied in front of them as they are written in the input. The output takes its name only when
it is complete.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
from sklearn.pipeline import Pipeline

from automl.data.reading import read_in_chunks
from automl.errors import PlanError, suggest
from automl.storage.rows import CsvRows, RowFile
from automl.values.join import JoinedTable


def predict_file(
    pipeline: Pipeline,
    data: str,
    output: str,
    *,
    ids: Sequence[str] = (),
    proba: bool | None = None,
    chunk_rows: int = 50_000,
    joins: Sequence[JoinedTable] = (),
    reading: Mapping[str, Any] | None = None,
) -> int:
    """Predict the rows of a file and return how many there were.

    Parameters
    ----------
    pipeline
        A fitted pipeline that takes raw rows.
    data, output
        Paths of the rows and of what is written; ``"-"`` writes CSV to standard output.
    ids
        Columns to copy beside the prediction.
    proba
        Whether to write class probabilities; ``None``: if the pipeline has them.
    chunk_rows
        Rows that are held at a time.
    joins
        Tables whose columns the pipeline was trained with.
    reading
        Options of :func:`automl.read`.

    Raises
    ------
    DataError
        If the rows can't be read or lack columns.
    PlanError
        If probabilities are asked of a regression, or an id is no column or named like a prediction.
    StorageError
        If the output can't be written; no half of it is left then.
    """
    with_proba = hasattr(pipeline, "predict_proba") if proba is None else proba
    if with_proba and not hasattr(pipeline, "predict_proba"):
        raise PlanError("--proba needs a classifier; this model predicts quantities. Leave it out.")
    keys = [left for each in joins for left, _ in each.pairs]
    n_rows = 0
    with _written_to(output) as file:
        for rows in read_in_chunks(data, rows=chunk_rows, as_text=[*ids, *keys], joins=joins, **(reading or {})):
            file.write(_beside(_copied(rows, ids), _predicted(pipeline, rows, with_proba)))
            n_rows += len(rows)
    return n_rows


@contextmanager
def _written_to(output: str) -> Iterator[RowFile | CsvRows]:
    if output == "-":
        yield CsvRows(sys.stdout)
        sys.stdout.flush()
        return
    with RowFile(Path(output)) as file:
        yield file


def _copied(rows: pd.DataFrame, ids: Sequence[str]) -> pd.DataFrame:
    names = {str(name): name for name in rows.columns}
    for name in ids:
        if name not in names:
            raise PlanError(f"--id {name!r} is no column of the rows. {suggest(name, names)}")
    return pd.DataFrame({name: rows[names[name]] for name in ids}, index=rows.index)


def _predicted(pipeline: Pipeline, rows: pd.DataFrame, with_proba: bool) -> pd.DataFrame:
    predicted = pd.DataFrame({"prediction": pipeline.predict(rows)}, index=rows.index)
    if not with_proba:
        return predicted
    names = [f"probability_{label}" for label in pipeline.classes_]
    return _beside(predicted, pd.DataFrame(pipeline.predict_proba(rows), index=rows.index, columns=names))


def _beside(left: pd.DataFrame, right: pd.DataFrame) -> pd.DataFrame:
    twice = [name for name in left.columns if name in right.columns]
    if twice:
        raise PlanError(f"--id {twice[0]!r} is the name of a prediction's column. Rename it in the rows.")
    return pd.concat([left, right], axis=1)
