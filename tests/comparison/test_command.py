"""``automl compare`` prints what ``automl.compare`` says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sklearn.datasets import load_iris
from sklearn.dummy import DummyClassifier

import automl
from automl.cli import main


def call(*arguments: object) -> Result:
    """Call the command line in this process."""
    return CliRunner().invoke(main, ["compare", *map(str, arguments)])


def test_rows_of_a_run(demo_run: automl.Run) -> None:
    """Without a table the folds are compared."""
    done = call(demo_run.folder, demo_run.folder, "--pick-b", "2", "--rope", "0.01")
    assert done.exit_code == 0, done.output
    assert done.stdout == f"{automl.compare(demo_run, demo_run, which_b=2, rope=0.01)}\n"


def test_table_and_json(demo_run: automl.Run, tmp_path: Path) -> None:
    """With a table both predict it; JSON is for programs; a row has an id as well."""
    load_iris(as_frame=True).frame.to_csv(tmp_path / "test.csv", index=False)
    second = demo_run.leaderboard["id"][1]
    done = call(
        demo_run.folder,
        demo_run.folder,
        "--pick-b",
        second,
        "--data",
        tmp_path / "test.csv",
        "--json",
        "--level",
        "0.9",
    )
    told = json.loads(done.stdout)
    assert (told["outcome"], told["b"], told["n_rows"], told["level"]) == ("a", second, 150, 0.9)


def test_saved_models_need_a_table(demo_run: automl.Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model file has no folds; its error has the code of misuse."""
    monkeypatch.setattr(automl, "load", lambda path: DummyClassifier() if path == "m.automl" else demo_run)
    done = call("m.automl", demo_run.folder)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == "Error: a has to predict rows. Give them with data=.\n"
