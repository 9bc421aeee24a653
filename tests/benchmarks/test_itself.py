"""The scripts that measure the engine against itself: what they run, and what they say of hand-made records."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from functools import reduce
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import ablation
import anytime
import numpy as np
import overhead
import pytest
import scaling
from harness.errors import BadInput
from harness.systems import CURRENT, System
from probes.curve import curve
from probes.flaml_log import logged_points
from probes.stopwatch import PARTS, Stopwatch
from probing import Grid, engine
from reporting.blocks import to_html, to_markdown
from reporting.curves import best_until

import automl

STAND_IN = """
from adapting import Adapter, run, probabilities
import numpy as np

class StandIn(Adapter):
    def fit(self, X, y, job):
        self.job, self.labels = job, sorted(set(y))
    def predict(self, X):
        if self.job["task"] == "regression":
            return np.zeros(len(X))
        return probabilities(np.full((len(X), len(self.labels)), 1 / len(self.labels)), self.labels)
    def save(self, folder):
        (folder / "model").write_text("model")
    def told(self):
        return {"options": self.job["options"], **EXTRA}

run(StandIn)
"""


@pytest.fixture
def stand_in(tmp_path: Path) -> Callable[[ModuleType, dict[str, Any]], None]:
    """Return what puts a system in the engine's place that predicts the same for all rows and tells what it is told."""
    patch = pytest.MonkeyPatch()

    def put(script: ModuleType, extra: dict[str, Any]) -> None:
        folder = tmp_path / "stand_in"
        folder.mkdir()
        (folder / "adapter.py").write_text(f"EXTRA = {extra!r}\n{STAND_IN}")
        system = System("automl", folder, CURRENT, "stand-in")
        patch.setattr(script, "engine", lambda *_, **__: system)

    yield put
    patch.undo()


def record(table: str, score: float, seed: int = 0, **changes: Any) -> dict[str, Any]:
    """Return a record of the engine."""
    made = {
        "system": "automl",
        "setting": None,
        "version": "1.0",
        "table": table,
        "table_hash": "0" * 12,
        "task": "binary",
        "metric": "auc",
        "seed": seed,
        "budget": 20.0,
        "cores": 2,
        "n_train": 300,
        "n_test": 100,
        "import_seconds": 0.5,
        "fit_seconds": 20.0,
        "cpu_seconds": 34.0,
        "peak_memory_mb": 500.0,
        "one_row_ms": 10.0,
        "score": score,
        "failure": None,
        "extra": {"trials": 10},
        "machine": {"cpu": "a processor", "cores": changes.get("cores", 2)},
        "calibration_seconds": 1.0,
        "batch": "one",
    }
    return made | changes


def cells(markdown: str, first: str) -> list[str]:
    """Return the cells of the row that begins with ``first``."""
    (row,) = [line for line in markdown.splitlines() if line.startswith(f"| {first} |")]
    return [cell.strip() for cell in row.strip("|").split("|")]


def rerun(script: ModuleType, arguments: Sequence[str], capsys: pytest.CaptureFixture[str]) -> str:
    """Run a script twice and then its summary; return what the summary prints."""
    assert script.main(arguments) == 0
    first = capsys.readouterr().out
    assert script.main(arguments) == 0
    assert "already" in capsys.readouterr().out
    assert script.main([*arguments, "--summary"]) == 0
    told: str = capsys.readouterr().out
    assert told
    assert first.endswith(told)
    return told


# Ablation


def test_settings_by_name() -> None:
    """The default is always there and first; a family alone is a setting."""
    assert list(ablation.settings(None, [])) == list(ablation.SETTINGS)
    assert ablation.settings("only_linear,no_racing", []) == {
        "default": {},
        "only_linear": {"algorithms": ["linear"]},
        "no_racing": {"strategy": {"racing": False}},
    }
    own = 'fast={"algorithms": ["linear"], "strategy": {"racing": false}}'
    assert list(ablation.settings(None, [own])) == ["default", "fast"]


def test_every_setting_is_one_that_fit_takes() -> None:
    """What the settings say are parameters of fit and parts of its strategy, so that none is silently the default."""
    for name, options in ablation.settings(None, []).items():
        ablation._check(name, options, list(automl.fit.__kwdefaults__))
        assert (
            name == "default"
            or automl.Strategy(**options.get("strategy", {})) != automl.Strategy()
            or len(options) == 1
        )


@pytest.mark.parametrize(
    ("named", "own", "said"),
    [
        ("no_ensembel", [], "There is no setting 'no_ensembel'. Did you mean 'no_ensemble'?"),
        (None, ["fast"], "--setting fast: write a name and options as JSON"),
        (None, ["fast=[1]"], "write a name and options as JSON"),
        (None, ['default={"cv": 3}'], "'default' is what all others are compared with"),
        (None, ['x={"ensembel": false}'], "there is no option 'ensembel' to set. Did you mean 'ensemble'?"),
        (None, ['x={"time_budget": 3}'], "there is no option 'time_budget' to set."),
        (None, ['x={"strategy": {"bandits": false}}'], "there is no option 'bandits' to set. Did you mean 'bandit'?"),
    ],
)
def test_wrong_settings(named: str | None, own: list[str], said: str) -> None:
    """A wrong setting is refused in one sentence, with the closest name."""
    with pytest.raises(BadInput) as caught:
        ablation.settings(named, own)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_settings_take_turns() -> None:
    """Every table and seed meets all settings side by side, and another setting begins each time."""
    asked = Grid([engine_table("a"), engine_table("b")], [0, 1], [20.0], [2])
    made = ablation.interleaved(engine(), asked, {"default": {}, "x": {"cv": 3}, "y": {"cv": 4}})
    assert [(job.table.name, job.seed) for job in made[::3]] == [("a", 0), ("b", 0), ("a", 1), ("b", 1)]
    assert [job.setting for job in made[::3]] == ["default", "x", "y", "default"]
    assert all({job.setting for job in made[i : i + 3]} == {"default", "x", "y"} for i in range(0, 12, 3))
    assert made[1].options == {"cv": 3}


def engine_table(name: str) -> Any:
    """Return a made-up table."""
    return ablation.grid.__globals__["Table"](name, "binary", "y", lambda: scaling.made(100, 5))


def test_ablation_by_hand() -> None:
    """A setting's errors are divided by the default's, on common runs; the wins are counted per table."""
    records = []
    for table, default, other in (("a", 0.9, 0.8), ("b", 0.9, 0.85), ("c", 0.8, 0.9)):
        records.append(record(table, default, setting="default"))
        records.append(record(table, other, setting="no_racing", extra={"trials": 5}))
    records.append(record("d", 0.9, setting="default"))
    row = cells(to_markdown(ablation.blocks(records)), "no_racing")
    assert row == ["no_racing", "3", "1.500", "1", "2", "0", "1.000", "1.67", "0.50", "0"]


def test_ablation_without_a_default() -> None:
    """Nothing is compared where the default did not run."""
    assert "nothing to compare with" in to_markdown(ablation.blocks([record("a", 0.9, setting="no_racing")]))


def test_ablation_runs(tmp_path: Path, stand_in: Callable[..., None], capsys: pytest.CaptureFixture[str]) -> None:
    """The settings' options reach the adapter, runs that are recorded are not made again, and the page is written."""
    stand_in(ablation, {"trials": 3})
    out, page = tmp_path / "records.jsonl", tmp_path / "page.html"
    arguments = [
        "--tables",
        "iris",
        "--budgets",
        "5",
        "--settings",
        "no_racing",
        "--out",
        str(out),
        "--html",
        str(page),
    ]
    told = rerun(ablation, arguments, capsys)
    assert cells(told, "no_racing")[:7] == ["no_racing", "1", "1.000", "0", "0", "1", "1.000"]
    runs = [json.loads(line) for line in out.read_text().splitlines()]
    assert {run["setting"]: run["extra"]["options"] for run in runs} == {
        "default": {},
        "no_racing": {"strategy": {"racing": False}},
    }
    assert page.read_text().startswith("<!DOCTYPE html>")


# Anytime


def test_the_curve_of_a_run(demo_run: automl.Run) -> None:
    """Every trial has a point, times and the best score never go back, and the last best is the board's best trial."""
    told = curve(demo_run)
    points = told["points"]
    assert len(points) == len(demo_run.evaluations)
    assert [point["seconds"] for point in points] == sorted(point["seconds"] for point in points)
    best = [point["best"] for point in points if point["best"] is not None]
    assert best == sorted(best, reverse=True)  # the log loss falls
    assert best[-1] == pytest.approx(float(demo_run.leaderboard["score"].iloc[0]))
    assert told["ensemble"] is None


def test_a_folder_is_shown(demo_run: automl.Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A run that was made already is shown from its folder, as a table and as a page."""
    page = tmp_path / "page.html"
    assert anytime.main(["--from", str(demo_run.folder), "--html", str(page)]) == 0
    row = cells(capsys.readouterr().out, demo_run.folder.name)
    assert row[1:3] == ["automl", "log_loss"]
    assert row[-2] == f"{demo_run.leaderboard['score'].iloc[0]:.5g}"
    assert "data:image/svg+xml" in page.read_text()


def test_a_folder_without_a_run(tmp_path: Path) -> None:
    """A folder that holds no run is refused in one sentence."""
    with pytest.raises(BadInput, match=r"^--from "):
        anytime.main(["--from", str(tmp_path)])


def course(*points: tuple[float, float | None]) -> dict[str, Any]:
    """Return what a record keeps of a run: seconds and best scores."""
    listed = [
        {"seconds": seconds, "trial": number, "algorithm": "linear", "score": best, "best": best}
        for number, (seconds, best) in enumerate(points)
    ]
    return {"points": listed, "validation_metric": "roc_auc", "ensemble": 0.97, "seconds": 20.0, "trials": len(listed)}


def test_best_until_by_hand() -> None:
    """The best score holds until a better one comes; before the first there is none."""
    made = record("a", 0.9, extra=course((3.0, None), (4.0, 0.8), (15.0, 0.9)))
    assert [best_until(made, seconds) for seconds in (2.0, 3.5, 4.0, 14.9, 15.0, 99.0)] == [
        None,
        None,
        0.8,
        0.8,
        0.9,
        0.9,
    ]
    row = cells(to_markdown(anytime.blocks([made])), "a")
    assert row == ["a", "automl", "roc_auc", "0", "20", "4.0", "–", "0.8", "0.8", "0.9", "0.97"]


def test_the_log_of_flaml() -> None:
    """Its losses become scores of the metric, at the times of its improvements; the last line is no record."""
    said = {"record_id": 0, "wall_clock_time": 1.2345, "validation_loss": 0.25, "learner": "lgbm"}
    lines = [json.dumps(said), json.dumps({**said, "record_id": 3, "validation_loss": 0.125}), '{"curr_best": 3}']
    found = logged_points(lines, "roc_auc")
    assert [(point["seconds"], point["best"], point["algorithm"]) for point in found] == [
        (1.234, 0.75, "lgbm"),
        (1.234, 0.875, "lgbm"),
    ]
    assert [point["best"] for point in logged_points(lines, "rmse")] == [0.25, 0.125]


def test_a_system_that_tells_no_times_is_refused() -> None:
    """Those that can be asked are named."""
    with pytest.raises(BadInput, match=r"^'h2o' does not tell when it found what; --systems takes automl and flaml\.$"):
        anytime.main(["--systems", "automl,h2o", "--tables", "iris"])


@pytest.mark.thorough
def test_anytime_runs(tmp_path: Path, stand_in: Callable[..., None], capsys: pytest.CaptureFixture[str]) -> None:
    """The script runs on a toy table, goes on where it was, and its summary is what it printed."""
    stand_in(anytime, course((1.0, 0.5)))
    told = rerun(anytime, ["--tables", "iris", "--budgets", "5", "--out", str(tmp_path / "records.jsonl")], capsys)
    assert cells(told, "iris")[-1] == "0.97"


# Overhead


def test_the_stopwatch_counts_a_part_once() -> None:
    """The time of a part is without what a timed function within it takes, and adds up over calls."""
    now = [0.0]
    watch = Stopwatch(lambda: now[0])

    def pass_time(seconds: float) -> None:
        now[0] += seconds

    inner = watch.timed("inner", pass_time)

    def both() -> None:
        pass_time(1.0)
        inner(2.0)
        inner(3.0)

    watch.timed("outer", both)()
    assert watch.seconds == {"inner": 5.0, "outer": 1.0}


def test_the_stopwatch_counts_what_fails() -> None:
    """A part that raises is counted, and the error goes on."""
    now = [0.0]
    watch = Stopwatch(lambda: now[0])

    def fail() -> None:
        now[0] += 4.0
        raise ValueError("no luck")

    with pytest.raises(ValueError, match="no luck"):
        watch.timed("part", fail)()
    assert watch.seconds == {"part": 4.0}


def test_other_threads_are_counted_apart() -> None:
    """What another thread does is beside the calling thread's time, not part of it."""
    now = [0.0]
    watch = Stopwatch(lambda: now[0])

    def work() -> None:
        now[0] += 1.0

    thread = threading.Thread(target=watch.timed("part", work))
    thread.start()
    thread.join()
    assert watch.seconds == {}
    assert watch.beside == {"part": 1.0}


def test_wrapping_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Functions, methods and class methods are wrapped; a name that is not there is told."""
    watch = Stopwatch()
    module = ModuleType("stand_in_module")
    code = """
class A:
    @classmethod
    def make(cls): return cls.__name__
    def say(self): return "said"
def f(): return 1
"""
    exec(code, module.__dict__)
    monkeypatch.setitem(import_module("sys").modules, "stand_in_module", module)
    assert all(watch.wrap("stand_in_module", name, name) for name in ("f", "A.make", "A.say"))
    assert (module.f(), module.A.make(), module.A().say()) == (1, "A", "said")
    assert list(watch.seconds) == ["f", "A.make", "A.say"]
    assert not watch.wrap("stand_in_module", "A.gone", "x")
    assert not watch.wrap("no_such_module", "f", "x")


@pytest.mark.parametrize(("module", "name"), [(module, name) for module, name, _ in PARTS])
def test_the_parts_are_there(module: str, name: str) -> None:
    """Every function that the overhead probe times is one of the engine's."""
    *path, last = name.split(".")
    assert last in vars(reduce(getattr, path, import_module(module)))


def parts(**changes: Any) -> dict[str, Any]:
    """Return what the overhead probe tells."""
    told = {
        "trials": 12,
        "parts": {"libraries": 2.0, "preparation": 1.0, "waiting for folds": 16.0, "other": 1.0},
        "beside": {"notes and figures": 0.5},
        "lacking": [],
        "coordinator_cpu_seconds": 4.0,
        "fold_seconds": 32.0,
        "first_fold_seconds": {"lightgbm": 0.25},
        "columns": 6,
    }
    return told | changes


def test_overhead_by_hand() -> None:
    """Busy is the workers' CPU over the cores' wall time; the parts are medians over runs."""
    text = to_markdown(overhead.blocks([record("a", 0.9, extra=parts())]))
    rows = [line for line in text.splitlines() if line.startswith("| a |")]
    assert rows[0].startswith("| a | 20 | 2 | 20.0 | 2.00 | 1.00 | 0.00 | 16.00 |")
    assert rows[1] == "| a | 20 | 2 | 0.50 | 4.00 | 30.0 | 75 % | 80 % | 0.50 | 12 |"


def test_overhead_tells_what_it_could_not_time() -> None:
    """A part of the engine that has another name now is told, so its time is not taken for something else's."""
    text = to_markdown(overhead.blocks([record("a", 0.9, extra=parts(lacking=["automl.session.prepare"]))]))
    assert "The engine has no automl.session.prepare any more" in text


@pytest.mark.thorough
def test_overhead_runs(tmp_path: Path, stand_in: Callable[..., None], capsys: pytest.CaptureFixture[str]) -> None:
    """The script runs on a toy table, goes on where it was, and its summary is what it printed."""
    stand_in(overhead, parts())
    told = rerun(overhead, ["--tables", "iris", "--budgets", "5", "--out", str(tmp_path / "records.jsonl")], capsys)
    assert told.count("| iris | 5 | 2 |") == 2


# Scaling


def test_made_tables_are_the_same_each_time() -> None:
    """A made-up table depends on its size only; it has numbers, categories, gaps, and both labels."""
    one, again = scaling.made(500, 10), scaling.made(500, 10)
    assert one.equals(again)
    assert one.shape == (500, 11)
    assert one.dtypes.map(lambda kind: kind.kind == "f").sum() == 8
    assert 0.05 < one.drop(columns="y").isna().to_numpy().mean() < 0.15
    assert set(one["y"]) == {"yes", "no"}


def test_sizes_grow_one_at_a_time() -> None:
    """Rows grow at the fewest columns, columns at the second number of rows."""
    names = [table.name for table in scaling.made_tables([100, 200, 300], [5, 50])]
    assert names == ["made_100x5", "made_200x5", "made_300x5", "made_200x50"]
    assert scaling.made_tables([100, 200], [5, 50])[-1].frame.shape == (200, 51)


def test_thinning_keeps_to_the_table() -> None:
    """A real table is thinned to each number of rows, and no number beyond its own is run twice."""
    whole = scaling.made_tables([300], [5])[0]
    thin = scaling.thinned(whole, [100, 500, 900])
    assert [len(table.frame) for table in thin] == [100, 300]
    assert np.isin(thin[0].frame["x0"].dropna(), whole.frame["x0"]).all()


def test_scaling_by_hand() -> None:
    """More cores are told beside fewer: trials, and the workers' CPU seconds."""
    one = record("made", 0.9, cores=1, cpu_seconds=20.0, extra=parts(trials=10))
    two = record("made", 0.9, cores=2, cpu_seconds=36.0, extra=parts(trials=19))
    text = to_markdown(scaling.blocks([one, two]))
    assert "| made | 20 | 1 → 2 | 10 | 19 | 1.90 | 2.00 |" in text
    assert "The median ratio of trials is 1.90." in text
    assert "| made | 300 | 6 | 1 | 20 | 20.0 | 1.00 | 0.25 | 10 | 500 | 10.0 | auc 0.9 |" in text
    assert "numbers of cores" not in text


def test_the_same_trials_by_hand() -> None:
    """Runs of the same trials are told by their seconds, and are not mixed with searches of the same time."""
    told = {"setting": scaling.SAME, "extra": parts(trials=24)}
    one, two = (
        record("made", 0.9, cores=cores, fit_seconds=seconds, **told) for cores, seconds in ((1, 76.0), (2, 40.0))
    )
    text = to_markdown(scaling.blocks([one, two]))
    assert "| made | 24 | 1 → 2 | 76.0 | 40.0 | 1.90 |" in text
    assert "1.90 times as many in a second" in text
    assert "Trials in the same time" not in text


@pytest.mark.thorough
def test_scaling_runs(tmp_path: Path, stand_in: Callable[..., None], capsys: pytest.CaptureFixture[str]) -> None:
    """The script runs on toy tables, goes on where it was, and its summary is what it printed."""
    stand_in(scaling, parts())
    sizes = ["--rows", "120", "--columns", "5", "--cores", "1", "--budgets", "5"]
    told = rerun(scaling, [*sizes, "--out", str(tmp_path / "records.jsonl")], capsys)
    assert cells(told, "made_120x5")[1] == "90"


# All of them


@pytest.mark.parametrize("script", [ablation, anytime, overhead, scaling])
def test_bad_input(script: ModuleType, tmp_path: Path) -> None:
    """An unknown table, a folder without an index and a record file that is not there are told in a sentence."""
    (tmp_path / "records.jsonl").write_text("")
    for arguments, said in (
        (["--tables", "irsi"], "Did you mean 'iris'?"),
        (["--tables", "iris", "--data", str(tmp_path)], "has no index.json"),
        (["--tables", "iris", "--cores", "999"], "more than the"),
        (["--tables", "iris", "--seeds", "x"], "'x' can't be used"),
        (["--summary", "--out", str(tmp_path / "record.jsonl")], "Did you mean 'records.jsonl'?"),
    ):
        with pytest.raises(BadInput) as caught:
            script.main(["--out", str(tmp_path / "out.jsonl"), *arguments])
        assert said in str(caught.value)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("script", [ablation, anytime, overhead, scaling])
def test_nothing_recorded(script: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An empty record file gives a sentence; a line that was cut off is left out."""
    out = tmp_path / "records.jsonl"
    out.write_text('{"system": "automl", "sett')
    assert script.main(["--summary", "--out", str(out)]) == 0
    assert "No runs are recorded yet." in capsys.readouterr().out


def test_pages_are_rebuilt() -> None:
    """The pages of all scripts are the same for the same records."""
    made = [record("a", 0.9, extra=parts() | course((1.0, 0.5)), setting="default")]
    for script in (ablation, anytime, overhead, scaling):
        assert to_html(script.blocks(made)) == to_html(script.blocks(made))


@pytest.mark.slow
@pytest.mark.parametrize("script", [anytime, overhead])
def test_probes_of_the_engine(script: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The probes measure the engine itself: every part is found, and the parts add up to the fit."""
    out = tmp_path / "records.jsonl"
    assert script.main(["--here", "--tables", "iris", "--budgets", "30", "--out", str(out)]) == 0
    (run,) = map(json.loads, out.read_text().splitlines())
    assert run["failure"] is None
    extra = run["extra"]
    if script is anytime:
        assert len(extra["points"]) == extra["trials"]
    else:
        assert extra["lacking"] == []
        assert sum(extra["parts"].values()) == pytest.approx(run["fit_seconds"], abs=0.1)
        assert 0 < extra["coordinator_cpu_seconds"] < run["cpu_seconds"]
        assert extra["fold_seconds"] > 0
