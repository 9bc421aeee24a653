"""A run's folder: whole files, one writer, and one sentence for every trouble with the disk."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automl.errors import AutoMLWarning, StorageError
from automl.storage import disk, lock
from automl.storage.folder import RunFolder

HOLDER = """
import sys, time
from pathlib import Path
from automl.storage.folder import RunFolder
folder = RunFolder.create(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(60)
"""


def failing(number: int) -> Any:
    """Return a function that fails as the operating system would."""

    def fail(*args: object, **kwargs: object) -> None:
        raise OSError(number, os.strerror(number))

    return fail


def hold(path: Path) -> subprocess.Popen[str]:
    """Start another program that holds the folder's lock."""
    other = subprocess.Popen([sys.executable, "-c", HOLDER, str(path)], stdout=subprocess.PIPE, text=True)
    assert other.stdout is not None
    assert other.stdout.readline() == "held\n"
    return other


def end(other: subprocess.Popen[str]) -> None:
    """Kill the other program as nothing can prevent."""
    other.kill()
    other.communicate()


def test_new_folders_are_named_by_time_and_differ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a name each run gets a new folder under ``runs/`` of the working directory."""
    monkeypatch.chdir(tmp_path)
    with RunFolder.create() as one, RunFolder.create() as other:
        assert one.path != other.path
        assert one.path.parent == other.path.parent == tmp_path.resolve() / "runs"
        assert one.path.is_dir()


def test_paths_are_where_workers_write() -> None:
    """The layout is a contract with the workers, who only know the folder's path."""
    folder = RunFolder(Path("r"))
    assert folder.fold_model(3, 1) == Path("r/models/3/fold-1.skops")
    assert folder.study == Path("r/study.db")
    assert (folder.log, folder.leaderboard) == (Path("r/run.log"), Path("r/leaderboard.csv"))
    assert (folder.table, folder.ensemble) == (Path("r/table.skops"), Path("r/ensemble.json"))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=5,
    )
)
def test_json_comes_back(data: Any) -> None:
    """What is written as JSON is read as it was, in any alphabet."""
    assert json.loads(json.dumps(data)) == data  # what plain JSON can hold at all
    with pytest.MonkeyPatch.context() as patch:
        written: list[bytes] = []
        patch.setattr("automl.storage.folder.write_bytes", lambda path, content: written.append(content))
        patch.setattr("automl.storage.folder.read_bytes", lambda path: written[-1])
        folder = RunFolder(Path("r"))
        folder.write_json(folder.plan, data)
        assert folder.read_json(folder.plan) == data


@pytest.mark.parametrize("length", [0, 5, 100, -1])
def test_cut_files_are_told_as_damaged(tmp_path: Path, length: int) -> None:
    """A file that ends too early is damaged, and the message names it."""
    folder = RunFolder(tmp_path)
    folder.write_json(folder.plan, {"a": list(range(100))})
    folder.plan.write_bytes(folder.plan.read_bytes()[: length if length >= 0 else -2])
    with pytest.raises(StorageError, match=r"plan\.json is damaged"):
        folder.read_json(folder.plan)


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (errno.ENOSPC, "the disk is full. Free some space"),
        (errno.EDQUOT, "the disk is full. Free some space"),
        (errno.EROFS, "the folder is read-only or belongs to someone else. Give a folder that you may write to."),
        (errno.EACCES, "the folder is read-only or belongs to someone else."),
        (errno.EIO, "Input/output error. Give another path, or try again."),
    ],
)
@pytest.mark.parametrize("step", ["os.replace", "pathlib.Path.open"])
def test_disk_errors_are_one_sentence_and_keep_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, sentence: str, step: str
) -> None:
    """A write that fails says why and what to do, leaves the old file whole and nothing beside it."""
    folder = RunFolder(tmp_path)
    folder.write_text(folder.plan, "old")
    monkeypatch.setattr(step, failing(number))
    with pytest.raises(StorageError) as caught:
        folder.write_text(folder.plan, "new")
    monkeypatch.undo()
    assert sentence in str(caught.value)
    assert str(folder.plan) in str(caught.value)
    assert caught.value.errno == number
    assert folder.plan.read_text() == "old"
    assert [each.name for each in tmp_path.iterdir()] == ["plan.json"]


def test_disk_that_fills_up_while_writing_leaves_no_half_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the disk is full in the middle of a file, the file isn't there afterwards."""
    real = Path.open

    def open_full(self: Path, *args: Any, **kwargs: Any) -> Any:
        file = real(self, *args, **kwargs)
        if "w" in (args[0] if args else ""):
            monkeypatch.setattr(disk, "os", os)
            return _Full(file)
        return file

    monkeypatch.setattr(Path, "open", open_full)
    with pytest.raises(StorageError, match="the disk is full"):
        RunFolder(tmp_path).write_bytes(tmp_path / "model.automl", b"x" * 100)
    assert list(tmp_path.iterdir()) == []


class _Full:
    """A file on a disk that has no room for it."""

    def __init__(self, file: Any) -> None:
        self.file = file

    def __enter__(self) -> _Full:
        return self

    def __exit__(self, *args: object) -> None:
        self.file.close()

    def write(self, data: bytes) -> None:
        self.file.write(data[:10])
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("below", ["", "deeper"])
def test_path_through_a_file_is_refused(tmp_path: Path, below: str) -> None:
    """A run folder can't lie where a file is."""
    file = tmp_path / "data.csv"
    file.write_text("a,b")
    with pytest.raises(StorageError, match="a part of the path is a file, not a folder"):
        RunFolder.create(file / below if below else file)
    assert file.read_text() == "a,b"


def test_read_only_place_is_refused_before_anything_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that can't be written is told when it is made, not after the search."""
    monkeypatch.setattr(Path, "mkdir", failing(errno.EROFS))
    with pytest.raises(StorageError, match="read-only or belongs to someone else"):
        RunFolder.create(tmp_path / "run")


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a file system that takes no new folders")
def test_a_place_that_takes_no_folders_is_told() -> None:
    """What the system really says for such a place is understood too."""
    with pytest.raises(StorageError, match="can't be made into a run folder"):
        RunFolder.create("/proc/run")


def test_folder_with_other_peoples_files_is_left_alone(tmp_path: Path) -> None:
    """A folder that is no run but holds a name that a run writes is refused; other files don't matter."""
    (tmp_path / "train.csv").write_text("x")
    RunFolder.create(tmp_path / "fresh").close()
    RunFolder.create(tmp_path).close()
    other = tmp_path / "other"
    (other / "models").mkdir(parents=True)
    with pytest.raises(StorageError, match="is no run's folder, but holds models, which a run would overwrite"):
        RunFolder.create(other)


def test_opening_what_is_no_run_says_what_it_is(tmp_path: Path) -> None:
    """A missing folder, a file and a folder without a plan each get their sentence."""
    (tmp_path / "file").write_text("")
    (tmp_path / "empty").mkdir()
    with pytest.raises(StorageError, match=r"There is no folder .*nowhere"):
        RunFolder.open(tmp_path / "nowhere")
    with pytest.raises(StorageError, match="is a file, not the folder of a run"):
        RunFolder.open(tmp_path / "file")
    with pytest.raises(StorageError, match=r"is not the folder of a run: it holds no plan\.json"):
        RunFolder.open(tmp_path / "empty")


def test_a_run_can_be_read_while_it_is_written(tmp_path: Path) -> None:
    """Reading needs no lock."""
    with RunFolder.create(tmp_path) as writer:
        writer.write_json(writer.plan, {"seed": 1})
        reader = RunFolder.open(tmp_path)
        assert reader.read_json(reader.plan) == {"seed": 1}


def test_second_writer_is_refused_and_a_dead_one_s_place_taken(tmp_path: Path) -> None:
    """While another program writes, the folder is refused with its process; once it is killed, it is free."""
    other = hold(tmp_path)
    try:
        with pytest.raises(StorageError, match=f"is in use by process {other.pid} on .* since .* Wait until it ends"):
            RunFolder.create(tmp_path)
    finally:
        end(other)
    RunFolder.create(tmp_path).close()


def test_second_writer_in_the_same_program_is_refused(tmp_path: Path) -> None:
    """Two runs of one program can't share a folder either; closing frees it, also after an error."""
    with RunFolder.create(tmp_path), pytest.raises(StorageError, match="in use by process"):
        RunFolder.create(tmp_path)
    with pytest.raises(KeyError), RunFolder.create(tmp_path):
        raise KeyError
    RunFolder.create(tmp_path).close()


def test_lock_of_unknown_holder_is_still_a_lock(tmp_path: Path) -> None:
    """A lock file without a readable name is refused without inventing one."""
    with RunFolder.create(tmp_path):
        (tmp_path / ".lock").write_text("{")
        with pytest.raises(StorageError, match="in use by another program"):
            RunFolder.create(tmp_path)


def test_disk_without_locks_warns_and_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some network disks have no locks; the run goes on and says that nobody watches."""
    monkeypatch.setattr(lock, "_try_lock", failing(errno.ENOLCK))
    with pytest.warns(AutoMLWarning, match="has no file locks"):
        RunFolder.create(tmp_path).close()


def test_dropping_models_keeps_predictions(tmp_path: Path) -> None:
    """Fold models of trials that nobody needs go; predictions and other trials' models stay."""
    folder = RunFolder(tmp_path)
    for number in range(3):
        folder.write_bytes(folder.fold_model(number, 0), b"model")
        folder.write_bytes(tmp_path / "oof" / f"{number}-0.npy", b"predictions")
    folder.drop_models([0, 2, 7])
    assert [folder.fold_model(number, 0).exists() for number in range(3)] == [False, True, False]
    assert all((tmp_path / "oof" / f"{number}-0.npy").exists() for number in range(3))


def test_what_a_killed_program_left_half_written_is_removed(tmp_path: Path) -> None:
    """The next program that may write here takes unfinished files away, and nothing else."""
    with RunFolder.create(tmp_path / "run") as folder:
        folder.write_json(folder.plan, {})
        folder.write_bytes(folder.fold_prediction(3, 0), b"whole")
    for path in (folder.path / ".plan.json.0a1b2c3d.part", folder.fold_model(3, 0).with_suffix(".part")):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"half")
    theirs = folder.path / "film.part"
    theirs.write_bytes(b"somebody else's")
    with RunFolder.create(tmp_path / "run"):
        pass
    assert list(folder.path.rglob("*.part")) == [theirs]
    assert folder.fold_prediction(3, 0).read_bytes() == b"whole"
    assert folder.plan.exists()
