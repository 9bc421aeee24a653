"""Predicting a file a chunk at a time gives what predicting it whole gives."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from automl.batch import predict_file
from automl.errors import DataError, PlanError, StorageError

ROWS = pd.DataFrame({"key": ["007", "1e5", "x,y", "ü", "-0"], "a": [1.0, 2.0, None, 4.0, 5.0], "big": [2**60 + 1] * 5})


class Regressor:
    """Predicts twice ``a``, 0 where it is missing, and counts its calls."""

    def __init__(self) -> None:
        self.calls: list[int] = []

    def predict(self, rows: pd.DataFrame) -> npt.NDArray[np.float64]:
        self.calls.append(len(rows))
        return 2 * pd.to_numeric(rows["a"]).fillna(0).to_numpy(dtype=float)


class Classifier(Regressor):
    """Predicts whether ``a`` is above 2."""

    classes_ = np.array(["no", "yes"])

    def predict(self, rows: pd.DataFrame) -> npt.NDArray[np.str_]:
        return self.classes_[(super().predict(rows) > 4).astype(int)]

    def predict_proba(self, rows: pd.DataFrame) -> npt.NDArray[np.float64]:
        yes = (Regressor().predict(rows) > 4) * 0.75
        return np.column_stack([1 - yes, yes])


@pytest.fixture(params=[".csv", ".parquet", ".jsonl"])
def data(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Write the rows in several formats."""
    path = tmp_path / f"new{request.param}"
    if request.param == ".csv":
        ROWS.to_csv(path, index=False)
    elif request.param == ".parquet":
        ROWS.to_parquet(path)
    else:
        ROWS.to_json(path, orient="records", lines=True)
    return str(path)


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".parquet"])
def test_chunks_make_the_whole(data: str, tmp_path: Path, suffix: str) -> None:
    """Whatever the formats: the rows in order, ids as they were written, predictions and probabilities beside."""
    out = tmp_path / f"out{suffix}"
    assert predict_file(Classifier(), data, str(out), ids=["big", "key"], chunk_rows=2) == 5
    if suffix == ".parquet":
        read = pd.read_parquet(out).astype({"big": str})
    else:
        read = pd.read_csv(out, sep="\t" if suffix == ".tsv" else ",", dtype={"key": str, "big": str})
    assert list(read) == ["big", "key", "prediction", "probability_no", "probability_yes"]
    assert read["key"].tolist() == ROWS["key"].tolist()
    assert read["big"].tolist() == [str(2**60 + 1)] * 5
    assert read["prediction"].tolist() == ["no", "no", "no", "yes", "yes"]
    assert read["probability_yes"].tolist() == [0.0, 0.0, 0.0, 0.75, 0.75]


def test_memory_stays_small(tmp_path: Path) -> None:
    """No more rows than asked for are held at a time."""
    path = tmp_path / "new.csv"
    ROWS.to_csv(path, index=False)
    model = Regressor()
    predict_file(model, str(path), str(tmp_path / "out.csv"), chunk_rows=2)
    assert model.calls == [2, 2, 1]


def test_standard_output(data: str, capsys: pytest.CaptureFixture[str]) -> None:
    """``-`` prints CSV; a regressor has no probabilities; standard output stays open."""
    predict_file(Regressor(), data, "-", chunk_rows=3)
    assert capsys.readouterr().out.split() == ["prediction", "2.0", "4.0", "0.0", "8.0", "10.0"]
    assert not sys.stdout.closed


def test_probabilities_on_request(data: str, tmp_path: Path) -> None:
    """Probabilities can be left out, and can't be asked of a regressor."""
    out = tmp_path / "out.csv"
    predict_file(Classifier(), data, str(out), proba=False)
    assert list(pd.read_csv(out)) == ["prediction"]
    with pytest.raises(PlanError, match="--proba needs a classifier; this model predicts quantities"):
        predict_file(Regressor(), data, str(out), proba=True)


def test_unknown_id(data: str, tmp_path: Path) -> None:
    """The closest column is offered; nothing is left behind."""
    with pytest.raises(PlanError, match=r"--id 'kei' is no column of the rows\. Did you mean 'key'\?"):
        predict_file(Regressor(), data, str(tmp_path / "out.csv"), ids=["kei"])
    assert not list(tmp_path.glob("*out*"))


def test_id_named_like_a_prediction(tmp_path: Path) -> None:
    """Two columns of one name would be read wrongly."""
    path = tmp_path / "new.csv"
    ROWS.rename(columns={"key": "prediction"}).to_csv(path, index=False)
    with pytest.raises(PlanError, match="--id 'prediction' is the name of a prediction's column"):
        predict_file(Regressor(), str(path), str(tmp_path / "out.csv"), ids=["prediction"])


def test_failing_half_way_leaves_the_old_output(data: str, tmp_path: Path) -> None:
    """Half an output never takes the place of a whole one."""

    class Fails(Regressor):
        def predict(self, rows: pd.DataFrame) -> npt.NDArray[np.float64]:
            if self.calls:
                raise DataError("The rows lack the column 'b'.")
            return super().predict(rows)

    out = tmp_path / "out.csv"
    out.write_text("old")
    with pytest.raises(DataError):
        predict_file(Fails(), data, str(out), chunk_rows=2)
    assert out.read_text() == "old"


def test_no_such_file(tmp_path: Path) -> None:
    """Rows that aren't there are the caller's mistake, not the disk's."""
    with pytest.raises(DataError):
        predict_file(Regressor(), str(tmp_path / "no.csv"), str(tmp_path / "out.csv"))


def test_unwritable_output(data: str, tmp_path: Path) -> None:
    """A place that can't be written is told in a sentence."""
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="can't be written"):
        predict_file(Regressor(), data, str(tmp_path / "file" / "out.csv"))
