"""The command line: its words are those of ``fit``, its exit codes are a script's to rely on."""

from __future__ import annotations

import inspect
import io
import json
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner, Result

import automl
from automl.cli import main
from automl.errors import (
    ArtifactError,
    AutoMLWarning,
    DataError,
    MissingDependency,
    PlanError,
    SearchError,
    StorageError,
)

BOARD = pd.DataFrame(
    {
        "rank": [1, 2, 3],
        "id": ["ensemble", "ridge-1a", "svm-2b"],
        "algorithm": ["ensemble", "ridge", "svm"],
        "score": [0.912345678901, 0.9, float("nan")],
        "std": [0.01, 0.02, float("nan")],
        "fit_seconds": [1.5, 0.5, 0.1],
        "state": ["complete", "complete", "failed"],
        "reason": ["", "", "crashed: no, it did"],
        "params": [{}, {"ridge:alpha": 1.0}, {}],
    }
)


class Run:
    """As much of a run as the command line touches."""

    def __init__(self, folder: Path, why_stopped: str = "the time budget is spent") -> None:
        self.folder = folder
        self.why_stopped = why_stopped
        self.leaderboard = BOARD
        self.plan = SimpleNamespace(
            task=SimpleNamespace(target="y", kind="binary"), metric="roc_auc", greater_is_better=True
        )

    def __str__(self) -> str:
        """Summarise."""
        return "a summary"


class Fit:
    """A stand-in for ``fit`` that remembers how it was called and does what it is told."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data: Any = None
        self.words: dict[str, Any] = {}
        self.raises: BaseException | None = None
        self.warns: tuple[Warning, ...] = ()
        self.why_stopped = "the time budget is spent"

    def __call__(self, data: Any, **words: Any) -> Run:
        """Remember the call."""
        self.data, self.words = data, words
        for each in self.warns:
            warnings.warn(each, stacklevel=2)
        if self.raises is not None:
            raise self.raises
        return Run(self.folder, self.why_stopped)


@pytest.fixture
def fit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Fit:
    """Put a stand-in in the place of ``automl.fit``."""
    fake = Fit(tmp_path / "run")
    monkeypatch.setattr(automl, "fit", fake)
    return fake


def call(*arguments: str) -> Result:
    """Call the command line in this process."""
    return CliRunner().invoke(main, arguments)


def test_only_given_words_are_passed_on(fit: Fit) -> None:
    """Defaults stand in the signature of ``fit`` alone."""
    done = call("fit", "data.csv", "--target", "y")
    assert (done.exit_code, done.stdout) == (0, "a summary\n")
    assert fit.data == "data.csv"
    assert fit.words == {"target": "y", "verbose": 1}


def test_every_word_arrives(fit: Fit) -> None:
    """Each option becomes the parameter whose name it carries, in the form that ``fit`` takes."""
    line = (
        "fit d.csv -t y --task binary --metric f1 --time-budget 90s --n-trials 9 --patience 5 --target-score 0.9 "
        "--algorithms lightgbm,ridge --cv 5 --groups g --time-column t --sample-weight w --role zip=category "
        "--role a=b=text --keep k --keep l --no-ensemble "
        "--constraint one_row_ms=30 --constraint interpretable=yes --constraint monotone:age=increasing "
        "--constraint fairness_gap:sex:accuracy=0.1 --cost bad:good=5 --cost good:bad=fee --available-at call=after "
        "--warm-start runs/may "
        "--jobs 2 --memory-limit 4GB --seed 7 --out runs/x "
        "--storage sqlite:///s.db --study-name s --no-resume --dashboard -v"
    )
    assert call(*line.split()).exit_code == 0
    assert fit.words == {
        "target": "y",
        "task": "binary",
        "metric": "f1",
        "time_budget": "90s",
        "n_trials": 9,
        "patience": 5,
        "target_score": 0.9,
        "algorithms": ["lightgbm", "ridge"],
        "cv": 5,
        "groups": "g",
        "time_column": "t",
        "sample_weight": "w",
        "roles": {"zip": "category", "a=b": "text"},
        "keep": ("k", "l"),
        "ensemble": False,
        "constraints": {
            "one_row_ms": 30.0,
            "interpretable": True,
            "monotone": {"age": "increasing"},
            "fairness_gap": {"sex": {"accuracy": 0.1}},
        },
        "costs": {"bad": {"good": 5.0}, "good": {"bad": "fee"}},
        "available_at": {"call": "after"},
        "warm_start": "runs/may",
        "n_jobs": 2,
        "memory_limit": "4GB",
        "random_state": 7,
        "out": "runs/x",
        "storage": "sqlite:///s.db",
        "study_name": "s",
        "resume": False,
        "dashboard": True,
        "verbose": 2,
    }


@pytest.mark.parametrize(("text", "value"), [("3", 3), ("0.25", 0.25), ("holdout", "holdout")])
def test_folds_are_a_number_a_share_or_a_name(fit: Fit, text: str, value: object) -> None:
    """``--cv`` takes what ``cv`` takes and a command line can write."""
    call("fit", "d.csv", "-t", "y", "--cv", text)
    assert fit.words["cv"] == value


def test_no_time_limit(fit: Fit) -> None:
    """``--time-budget none`` takes the limit away."""
    call("fit", "d.csv", "-t", "y", "--time-budget", "none", "--n-trials", "3")
    assert fit.words["time_budget"] is None


def test_command_line_says_the_words_of_fit() -> None:
    """Whoever gives ``fit`` a parameter gives the command line an option, or says here why not."""
    options = {parameter.name for parameter in main.commands["fit"].params}
    words = set(inspect.signature(automl.api.fit).parameters)
    only_in_python = {"callbacks", "engine", "strategy"}  # objects; for debugging; for measuring
    assert words - options == only_in_python
    reading = {"separator", "encoding", "decimal", "header", "sheet"}
    assert options - words == reading | {"as_json", "quiet"}


def test_plan_and_fit_share_their_words() -> None:
    """A line that works for ``fit`` works for ``plan``, but for where things go."""
    fit_options, plan_options = ({each.name for each in main.commands[name].params} for name in ("fit", "plan"))
    assert fit_options - plan_options == {"out", "storage", "study_name", "resume", "dashboard", "quiet"}
    assert plan_options - fit_options == {"output"}


def test_reading_options_read_first(fit: Fit, monkeypatch: pytest.MonkeyPatch) -> None:
    """Options about reading go to ``automl.read``; its seconds come off the budget."""
    read: dict[str, Any] = {}

    def fake(path: str, **options: Any) -> str:
        read.update(options, path=path)
        time.sleep(0.05)
        return "a frame"

    monkeypatch.setattr(automl, "read", fake)
    line = "fit d.tsv -t 4 --separator tab --encoding latin-1 --decimal , --no-header --sheet 1 --time-budget 1m"
    assert call(*line.split()).exit_code == 0
    assert read == {
        "path": "d.tsv",
        "separator": "\t",
        "encoding": "latin-1",
        "decimal": ",",
        "header": False,
        "sheet": 1,
    }
    assert fit.data == "a frame"
    assert 59 < fit.words["time_budget"] <= 59.95


def test_json_is_for_programs(fit: Fit) -> None:
    """``--json`` prints one JSON value; what has no number is null."""
    said = json.loads(call("fit", "d.csv", "-t", "y", "--json").stdout)
    assert said["folder"] == str(fit.folder)
    assert (said["target"], said["task"], said["metric"]) == ("y", "binary", "roc_auc")
    assert said["best"]["score"] == 0.912345678901
    assert said["leaderboard"][2]["score"] is None


def test_quiet_prints_the_folder(fit: Fit) -> None:
    """A quiet run tells a script where it is, and nothing else."""
    done = call("fit", "d.csv", "-t", "y", "-q")
    assert (done.stdout, done.stderr) == (f"{fit.folder}\n", "")
    assert fit.words["verbose"] == 0


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (DataError("no such table"), 2),
        (PlanError("no such metric"), 2),
        (SearchError("nothing fitted"), 1),
        (StorageError("disk full"), 1),
        (ArtifactError("damaged"), 1),
        (MissingDependency("no catboost"), 1),
    ],
)
def test_errors_are_a_sentence_and_a_code(fit: Fit, error: Exception, code: int) -> None:
    """An expected error is one sentence on standard error; its code says whose fault it is."""
    fit.raises = error
    done = call("fit", "d.csv", "-t", "y")
    assert (done.exit_code, done.stdout, done.stderr) == (code, "", f"Error: {error}\n")


def test_traceback_on_request(fit: Fit) -> None:
    """``-v`` shows where an error came from; the sentence still comes last."""
    fit.raises = DataError("no such table")
    lines = call("fit", "d.csv", "-t", "y", "-v").stderr.splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert lines[-1] == "Error: no such table"


def test_bug_keeps_its_traceback(fit: Fit) -> None:
    """What we did not foresee is not dressed up."""
    fit.raises = ZeroDivisionError("a bug")
    done = call("fit", "d.csv", "-t", "y")
    assert done.exit_code == 1
    assert isinstance(done.exception, ZeroDivisionError)


def test_interrupted_before_anything_was_fitted(fit: Fit) -> None:
    """Ctrl-C has the code that shells expect."""
    fit.raises = KeyboardInterrupt()
    done = call("fit", "d.csv", "-t", "y")
    assert (done.exit_code, done.stderr) == (130, "Interrupted.\n")


def test_interrupted_with_a_result(fit: Fit) -> None:
    """Ctrl-C during the search still prints the result, and its code tells."""
    fit.why_stopped = "it was interrupted"
    done = call("fit", "d.csv", "-t", "y")
    assert (done.exit_code, done.stdout) == (130, "a summary\n")
    assert done.stderr == f"Interrupted; the best so far is saved in {fit.folder}.\n"


@pytest.mark.parametrize(
    "line",
    [
        "fit",
        "fit d.csv",
        "fit d.csv -t y --n-trials many",
        "fit d.csv -t y --role zip",
        "predict runs/x new.csv",
        "fly",
    ],
)
def test_misuse(line: str, fit: Fit) -> None:
    """A line that can't be read has the code 2 and is answered on standard error."""
    done = call(*line.split())
    assert (done.exit_code, done.stdout) == (2, "")
    assert "Error: " in done.stderr


def test_role_without_a_role(fit: Fit) -> None:
    """The message shows the form."""
    done = call("fit", "d.csv", "-t", "y", "--role", "zip")
    assert done.stderr == ("Error: --role 'zip' is not of the form COL=ROLE; write for example --role zip=category.\n")


def test_warnings_are_lines(fit: Fit) -> None:
    """Our own warnings are one line, once each; a library's don't reach the screen."""
    fit.warns = (
        AutoMLWarning("Column 'boat' gives the target away."),
        AutoMLWarning("Column 'boat' gives the target away."),
        FutureWarning("use b instead of a"),
    )
    done = call("fit", "d.csv", "-t", "y")
    assert done.stderr == "Note: Column 'boat' gives the target away.\n"
    assert "use b instead of a" in call("fit", "d.csv", "-t", "y", "-v").stderr


def test_plan_prints(monkeypatch: pytest.MonkeyPatch) -> None:
    """``plan`` prints the plan in words, or as JSON."""

    class Plan:
        def __str__(self) -> str:
            return "Predict 'y'."

        def to_json(self) -> dict[str, Any]:
            return {"metric": "rmse"}

    monkeypatch.setattr(automl, "plan", lambda data, **words: Plan())
    assert call("plan", "d.csv", "-t", "y").stdout == "Predict 'y'.\n"
    assert json.loads(call("plan", "d.csv", "-t", "y", "--json").stdout) == {"metric": "rmse"}


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Put a stand-in in the place of ``automl.load`` that finds a run, or in a file a model."""

    def fake(path: str, *, trusted: tuple[str, ...] = (), storage: str | None = None) -> object:
        if "password" in path and storage is None:
            raise StorageError("Give the whole address.")
        return "a pipeline" if path.endswith(".automl") else Run(tmp_path / "run")

    monkeypatch.setattr(automl, "load", fake)
    return tmp_path


def test_leaderboard_as_text(load: Path) -> None:
    """The leaderboard is a plain table, the columns that fit a screen, missing scores blank."""
    lines = call("leaderboard", "runs/x").stdout.splitlines()
    assert lines[0].split() == ["rank", "id", "algorithm", "score", "std", "fit_seconds", "state"]
    assert lines[1].split() == ["1", "ensemble", "ensemble", "0.91235", "0.01", "1.5", "complete"]
    assert len(lines) == 4


def test_leaderboard_as_json_and_csv(load: Path) -> None:
    """For programs every column is there."""
    rows = json.loads(call("leaderboard", "runs/x", "--json", "--top", "2").stdout)
    assert [row["id"] for row in rows] == ["ensemble", "ridge-1a"]
    assert rows[1]["params"] == {"ridge:alpha": 1.0}
    text = call("leaderboard", "runs/x", "--csv").stdout
    assert text.splitlines()[0] == ",".join(BOARD.columns)
    assert len(text.splitlines()) == 4


def test_the_address_of_a_study_may_be_given(load: Path) -> None:
    """A run whose study's address holds a password, which is not kept, is reopened with ``--storage``."""
    assert call("leaderboard", "runs/password").exit_code == 1
    assert call("leaderboard", "runs/password", "--storage", "postgresql://ada:secret@db/x").exit_code == 0


def test_leaderboard_of_a_model_file(load: Path) -> None:
    """A model file has no leaderboard; the message says what has."""
    done = call("leaderboard", "m.automl")
    assert done.exit_code == 1
    assert done.stderr == "Error: m.automl holds one model, not a run; give a run folder, such as runs/x.\n"


def test_pick_needs_a_run(load: Path) -> None:
    """A model file holds one pipeline."""
    done = call("predict", "m.automl", "new.csv", "-o", "-", "--pick", "2")
    assert (done.exit_code, done.stderr) == (2, "Error: --pick 2 needs a run folder; m.automl holds one model.\n")


def test_version() -> None:
    """``--version`` prints name and version."""
    assert call("--version").stdout == f"automl {automl.__version__}\n"


@pytest.mark.parametrize("command", ["", *sorted(main.commands)])
def test_help_tells_exit_codes(command: str) -> None:
    """Every help tells what the exit codes mean."""
    done = call(*command.split(), "--help")
    assert done.exit_code == 0
    assert "130  interrupted" in done.stdout


def test_demo_leaves_a_stranger_folder_alone(fit: Fit, tmp_path: Path) -> None:
    """Only what is recognisably a run is deleted for a fresh start."""
    (tmp_path / "thesis.txt").write_text("years of work")
    done = call("demo", "--out", str(tmp_path))
    assert done.exit_code == 1
    assert "is not the folder of a run, so it is left alone" in done.stderr
    assert (tmp_path / "thesis.txt").exists()


Messy = Callable[[int], pd.DataFrame]


@pytest.mark.end_to_end
@pytest.mark.alone
def test_a_file_to_predictions(tmp_path: Path) -> None:
    """From a file to a leaderboard to predictions, each in its own process, as a new user would."""
    from automl.demo import load_demo_table

    demo = load_demo_table()
    demo.train.to_csv(tmp_path / "train.csv", index=False)
    demo.new.drop(columns=demo.target).to_csv(tmp_path / "new.csv", index=False)

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "automl", *arguments], cwd=tmp_path, capture_output=True, text=True, timeout=120
        )

    planned = run("plan", "train.csv", "-t", demo.target, "--json")
    assert json.loads(planned.stdout)["task"]["target"] == demo.target, planned.stderr
    done = run("fit", "train.csv", "-t", demo.target, "--time-budget", "10s", "--out", "run", "--json")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["best"]["score"] > 0.8
    assert "\x1b" not in done.stderr
    assert "Traceback" not in done.stderr

    board = run("leaderboard", "run", "--csv")
    assert len(board.stdout.splitlines()) == len(said["leaderboard"]) + 1, board.stderr

    whole = run("predict", "run", "new.csv", "-o", "whole.csv", "--id", "name", "--id", "ticket")
    assert whole.returncode == 0, whole.stderr
    chunked = run("predict", "run", "new.csv", "-o", "-", "--id", "name", "--id", "ticket", "--chunk-rows", "50")
    predicted = pd.read_csv(tmp_path / "whole.csv", dtype={"ticket": str})
    piecewise = pd.read_csv(io.StringIO(chunked.stdout), dtype={"ticket": str})
    pd.testing.assert_frame_equal(piecewise, predicted, atol=1e-6)  # sums of matrices depend on their shapes
    assert list(predicted) == ["name", "ticket", "prediction", "probability_no", "probability_yes"]
    assert predicted["ticket"].tolist() == demo.new["ticket"].tolist()
    assert ((predicted["prediction"] == "yes") == (demo.new[demo.target] == "yes")).mean() > 0.7


@pytest.mark.end_to_end
@pytest.mark.alone
@pytest.mark.thorough
def test_demo(tmp_path: Path) -> None:
    """The demo leaves a run and a model, says what to type next, and starts afresh each time."""
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-m", "automl", "demo", "--time-budget", "10s"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
    assert "What to type next:" in done.stdout
    assert "automl dashboard runs/demo\n" in done.stdout
    assert (tmp_path / "runs" / "demo" / "study.db").exists()
    said = next(line for line in done.stdout.splitlines() if " predict " in line)
    again = subprocess.run(
        [sys.executable, "-m", "automl", *said.split()[1:]], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert again.returncode == 0, again.stderr
    assert (tmp_path / "predictions.csv").exists()


@pytest.mark.end_to_end
@pytest.mark.alone
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
def test_ctrl_c_keeps_the_best_so_far(tmp_path: Path) -> None:
    """Ctrl-C ends a search early with the code 130; what it found is saved."""
    import signal

    from automl.demo import load_demo_table

    demo = load_demo_table()
    demo.train.to_csv(tmp_path / "train.csv", index=False)
    process = subprocess.Popen(
        [sys.executable, "-m", "automl", "fit", "train.csv", "-t", demo.target, "--time-budget", "5m", "--out", "run"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if "best" in line:
            break
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 130, stderr
    assert "Interrupted; the best so far is saved in" in stderr
    assert "folder:" in stdout
    assert len(automl.load(tmp_path / "run").leaderboard) > 0
