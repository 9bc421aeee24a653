"""A fresh start deletes an earlier run and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from automl.errors import StorageError
from automl.storage.discard import discard_run
from automl.storage.folder import RunFolder


@pytest.fixture
def finished(tmp_path: Path) -> Path:
    """Return the folder of a run."""
    path = tmp_path / "run"
    with RunFolder.create(path) as folder:
        folder.write_json(folder.plan, {})
        folder.write_text(folder.leaderboard, "")
    return path


def test_run_is_deleted(finished: Path) -> None:
    """The folder of a run goes."""
    discard_run(finished)
    assert not finished.exists()


def test_nothing_there(tmp_path: Path) -> None:
    """Without an earlier run there is nothing to do."""
    discard_run(tmp_path / "run")


def test_run_that_died_at_once(tmp_path: Path) -> None:
    """A folder that a run left before it had a plan goes as well."""
    RunFolder.create(tmp_path / "run").close()
    discard_run(tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("name", ["thesis.txt", "study.db"])
def test_other_folder_stays(tmp_path: Path, name: str) -> None:
    """A folder without a plan belongs to somebody else."""
    (tmp_path / name).write_text("")
    with pytest.raises(StorageError, match="is not the folder of a run, so it is left alone"):
        discard_run(tmp_path)
    assert (tmp_path / name).exists()


def test_file_stays(tmp_path: Path) -> None:
    """A file is no run."""
    (tmp_path / "run").write_text("")
    with pytest.raises(StorageError, match="is not the folder of a run"):
        discard_run(tmp_path / "run")


def test_live_run_stays(finished: Path) -> None:
    """A run that somebody is writing to is not pulled away."""
    with RunFolder.create(finished), pytest.raises(StorageError, match="is in use by process"):
        discard_run(finished)
    assert (finished / "plan.json").exists()
