"""The tables that systems are compared on, and the one split that all of them get.

A table comes from a folder with an ``index.json``, from scikit-learn's bundled ones, or from OpenML by number. Rows
without a target are left out, labels are strings, so that every system gives them back alike. The split depends on the
table and the seed only: a quarter of the rows is kept for scoring, by label in proportion; of a label with fewer than
four rows, all rows are for training, so no label is asked for that could not be learnt.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from harness.errors import BadInput, closest

METRICS = {"binary": "auc", "multiclass": "log_loss", "regression": "rmse"}
BUNDLED = {  # the loader's name in sklearn.datasets, the task
    "breast_cancer": ("load_breast_cancer", "binary"),
    "wine": ("load_wine", "multiclass"),
    "digits": ("load_digits", "multiclass"),
    "iris": ("load_iris", "multiclass"),
    "diabetes": ("load_diabetes", "regression"),
}
QUICK = ("breast_cancer", "wine", "diabetes")
SHARE = 0.25
FEWEST = 4


@dataclass(frozen=True)
class Table:
    """A table with what is to be predicted.

    Attributes
    ----------
    load
        Reads the table, target included.
    """

    name: str
    task: str
    target: str
    load: Callable[[], pd.DataFrame]

    @property
    def metric(self) -> str:
        """The metric that is scored, and that systems are told to search for."""
        return METRICS[self.task]

    @property
    def frame(self) -> pd.DataFrame:
        """The rows that have a target, read anew; labels as strings, columns named by strings."""
        frame = self.load().rename(columns=str)
        frame = frame[frame[self.target].notna()].reset_index(drop=True)
        if self.task != "regression":
            labels = frame[self.target]
            whole = labels.dtype.kind == "f" and bool((labels % 1 == 0).all())
            frame[self.target] = (labels.astype(int) if whole else labels).astype(object).map(str).astype("str")
        return frame

    @cached_property
    def hash(self) -> str:
        """Twelve hexadecimal digits that tell this table's contents from others."""
        return table_hash(self.frame)


def table_hash(frame: pd.DataFrame) -> str:
    """Return twelve hexadecimal digits that depend on a table's names and values, in order."""
    digest = hashlib.sha256()
    for name in frame.columns:
        column = frame[name]
        if column.dtype.kind in "iufb":
            column = column.astype(float)
        digest.update(f"{name}:{column.dtype.kind}".encode())
        digest.update(pd.util.hash_pandas_object(column.astype(object), index=False).to_numpy().tobytes())
    return digest.hexdigest()[:12]


def split(table: Table, seed: int, share: float = SHARE) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the rows to learn from and those that are kept; the same for the same table and seed."""
    from sklearn.model_selection import train_test_split

    frame = table.frame
    rows = np.arange(len(frame))
    if table.task == "regression":
        learn, kept = train_test_split(rows, test_size=share, random_state=seed)
    else:
        labels = frame[table.target]
        rare = labels.map(labels.value_counts()).to_numpy() < FEWEST
        common = rows[~rare]
        learn, kept = train_test_split(common, test_size=share, random_state=seed, stratify=labels.to_numpy()[common])
        learn = np.concatenate([learn, rows[rare]])
    return tuple(frame.iloc[np.sort(part)].reset_index(drop=True) for part in (learn, kept))  # type: ignore[return-value]


def write_rows(frame: pd.DataFrame, path: Path) -> None:
    """Write a table so that pandas of any version reads it with its own types for words."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pandas(frame, preserve_index=False)
    pq.write_table(table.replace_schema_metadata(None), path)


def bundled() -> dict[str, Table]:
    """Return scikit-learn's bundled tables."""

    def reader(loader: str) -> Callable[[], pd.DataFrame]:
        def read() -> pd.DataFrame:
            import sklearn.datasets

            frame: pd.DataFrame = getattr(sklearn.datasets, loader)(as_frame=True).frame
            return frame

        return read

    return {name: Table(name, task, "target", reader(loader)) for name, (loader, task) in BUNDLED.items()}


def folder_tables(folder: Path) -> dict[str, Table]:
    """Return the tables of a folder that its ``index.json`` names and that can be compared on.

    Raises
    ------
    BadInput
        If there is no such folder, or no index in it that can be read.
    """
    index = folder / "index.json"
    if not index.is_file():
        raise BadInput(
            f"'{folder}' has no index.json; name a folder whose index lists its tables (README.md tells how)."
        )
    try:
        entries: list[dict[str, Any]] = json.loads(index.read_text(encoding="utf-8"))["datasets"]
        return {
            str(each["name"]): Table(each["name"], each["task"], each["target"], _parquet(folder / each["file"]))
            for each in entries
            if each["task"] in METRICS
        }
    except (ValueError, KeyError, TypeError) as error:
        told = f"{type(error).__name__}: {error}"
        raise BadInput(f"'{index}' can't be used ({told}); README.md tells what it must hold.") from None


def _parquet(path: Path) -> Callable[[], pd.DataFrame]:
    def read() -> pd.DataFrame:
        if not path.is_file():
            raise BadInput(f"'{path}' is in the index but not in the folder; put it there or leave the table out.")
        return pd.read_csv(path) if path.suffix == ".csv" else pd.read_parquet(path)

    return read


def openml_table(number: int) -> Table:
    """Fetch a data set of OpenML by its number.

    Raises
    ------
    BadInput
        If it can't be fetched, or has no target.
    """
    from sklearn.datasets import fetch_openml

    try:
        fetched = fetch_openml(data_id=number, as_frame=True, parser="auto")
    except (OSError, ValueError) as error:
        raise BadInput(f"OpenML data set {number} can't be fetched: {error}".splitlines()[0]) from None
    if len(fetched.target_names) != 1:
        raise BadInput(f"OpenML data set {number} has {len(fetched.target_names)} targets; give one with one.")
    target = str(fetched.target_names[0])
    frame: pd.DataFrame = fetched.frame
    if frame[target].dtype.kind in "iuf":
        task = "regression"
    else:
        task = "binary" if frame[target].nunique() == 2 else "multiclass"
    return Table(str(fetched.details["name"]), task, target, lambda: frame)


def default_folder() -> Path | None:
    """Return the folder of ``AUTOML_DATA``, or the one beside the checkout; ``None`` if there is neither."""
    named = os.environ.get("AUTOML_DATA")
    beside = Path(__file__).resolve().parents[3] / "shared" / "data"
    if named:
        return Path(named)
    return beside if (beside / "index.json").is_file() else None


def find_tables(wanted: Sequence[str] | None, data: Path | None = None, openml: Sequence[int] = ()) -> list[Table]:
    """Return the tables asked for.

    Parameters
    ----------
    wanted
        Names; without, all tables of ``data`` or, where that isn't given either, the bundled ones.
    data
        A folder with an ``index.json``. Names are looked up there first, then among the bundled tables; without a
        folder, also in the one of ``AUTOML_DATA``.
    openml
        Numbers of OpenML data sets, taken besides.

    Raises
    ------
    BadInput
        If a name is unknown or the folder has no index.
    """
    fetched = [openml_table(number) for number in openml]
    inside = folder_tables(data) if data else {}
    if wanted is None:
        return fetched or list((inside or bundled()).values())
    known = {**bundled(), **inside}
    if data is None and not set(wanted) <= set(known) and (folder := default_folder()) is not None:
        known = {**folder_tables(folder), **known}
    for name in wanted:
        if name not in known:
            raise BadInput(f"There is no table '{name}' to compare on.{closest(name, known)} --list shows all.")
    return fetched + [known[name] for name in dict.fromkeys(wanted)]
