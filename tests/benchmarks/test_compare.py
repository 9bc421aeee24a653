"""``compare.py``: stand-in systems that behave badly in every way become records; bad input is told in a sentence."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import compare
import numpy as np
import pandas as pd
import psutil
import pytest
from harness import errors, machine, systems, tables
from harness.environments import ensure
from harness.records import Record, append_record, read_records
from harness.running import Job, run_job

STAND_INS = Path(__file__).resolve().parent / "stand_ins"
FIELDS = [
    *("system", "setting", "version", "versions", "table", "table_hash", "task", "metric", "seed", "budget", "cores"),
    *("n_train", "n_test", "import_seconds", "fit_seconds", "predict_seconds", "cpu_seconds", "peak_memory_mb"),
    *("score", "scores", "rows_per_second", "one_row_ms", "size_mb", "failure", "extra", "machine"),
    *("calibration_seconds", "batch", "started"),
]


@pytest.fixture(scope="module")
def toy_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a table of labels, one of quantities, and one that can't be compared on."""
    folder = tmp_path_factory.mktemp("data")
    generator = np.random.default_rng(0)
    rows = pd.DataFrame({"size": generator.normal(size=80), "colour": generator.choice(["red", "blue"], size=80)})
    rows.assign(label=generator.choice(["no", "yes"], size=80, p=[0.7, 0.3])).to_parquet(folder / "labels.parquet")
    rows.assign(price=generator.normal(size=80)).to_parquet(folder / "prices.parquet")
    entries = [("labels", "binary", "label"), ("prices", "regression", "price"), ("seeds", "clustering", "kind")]
    index = [{"name": n, "task": t, "target": y, "file": f"{n}.parquet"} for n, t, y in entries]
    (folder / "index.json").write_text(json.dumps({"datasets": index}))
    return folder


@pytest.fixture(autouse=True)
def fast_calibration(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the machine as measured."""
    monkeypatch.setattr(machine, "calibrate", lambda: 1.25)


@pytest.fixture(scope="module")
def arguments(toy_folder: Path) -> list[str]:
    """Return what all comparisons here are called with."""
    return ["--systems-from", str(STAND_INS), "--data", str(toy_folder), "--budgets", "1", "--cores", "1"]


@pytest.fixture(scope="module")
def batch(arguments: list[str], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Record]]:
    """Return the record file of all stand-ins but the one that never ends on one table, and the records by system."""
    out = tmp_path_factory.mktemp("records") / "new" / "records.jsonl"
    names = "constant,raising,unimportable,unbuildable,lingering,hungry,silent,short"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(machine, "calibrate", lambda: 1.25)
        given = ["--systems", names, "--tables", "prices", "--memory-limit", "700", "--out", str(out)]
        assert compare.main([*arguments, *given]) == 0
    return out, {record["system"]: record for record in read_records(out)}


def test_a_record_tells_all(batch: tuple[Path, dict[str, Record]]) -> None:
    """A run that went well has every field of a record, measured."""
    record = batch[1]["constant"]
    assert list(record) == FIELDS
    assert record["failure"] is None
    assert record["version"] == "1.0"
    assert (record["task"], record["metric"], record["n_train"], record["n_test"]) == ("regression", "rmse", 60, 20)
    assert record["score"] == record["scores"]["rmse"] > 0
    measured = ("import_seconds", "fit_seconds", "predict_seconds", "peak_memory_mb", "rows_per_second", "one_row_ms")
    assert all(record[name] > 0 for name in measured)
    assert record["cpu_seconds"] >= 0
    assert record["size_mb"] == 0.5
    assert record["calibration_seconds"] == 1.25
    assert record["versions"] == {"pandas": pd.__version__}
    assert record["machine"]["cores"] == record["cores"] == 1
    assert record["extra"]["validation"] is None


@pytest.mark.parametrize(
    ("system", "kind", "reason"),
    [
        ("raising", "fit", "ValueError: the solver gave up"),
        ("unimportable", "import", "ModuleNotFoundError: No module named 'a_module_that_nobody_has'"),
        ("silent", "crashed", "ended with code 3 in the phase 'fit': a native library says goodbye"),
        ("short", "prediction", "19 predictions for 20 rows"),
        ("hungry", "memory", "its processes held more than 700 MB in the phase 'fit'"),
    ],
)
def test_a_failure_is_a_record(batch: tuple[Path, dict[str, Record]], system: str, kind: str, reason: str) -> None:
    """What a system does wrong is told in its record, without a score, and the rest goes on."""
    record = batch[1][system]
    assert record["failure"] == {"kind": kind, "reason": reason}
    assert record["score"] is None


def test_an_environment_that_cannot_be_built_is_a_record(batch: tuple[Path, dict[str, Record]]) -> None:
    """A system that can't run has a record with the reason, and nothing measured."""
    record = batch[1]["unbuildable"]
    assert record["failure"]["kind"] == "environment"
    assert "9.9" in record["failure"]["reason"]
    assert record["version"] == "1.0"
    assert record["fit_seconds"] is None


def test_what_fails_after_the_predictions_costs_no_score(batch: tuple[Path, dict[str, Record]]) -> None:
    """A system that has predicted has its score; what could not be measured then is null, with the reason."""
    record = batch[1]["lingering"]
    assert record["failure"] is None
    assert record["score"] > 0
    assert record["one_row_ms"] is record["size_mb"] is None
    assert record["extra"] == {"not_measured": "one row: RuntimeError: answers once only"}


def test_nothing_is_left_behind(batch: tuple[Path, dict[str, Record]]) -> None:
    """What a system puts into the temporary folder is gone after its run."""
    assert not Path(batch[1]["constant"]["extra"]["temporary"]).exists()


def test_a_comparison_goes_on(
    batch: tuple[Path, dict[str, Record]], arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Runs that are recorded are not done again, but those whose last line was cut off or whose environment failed."""
    out = tmp_path / "records.jsonl"
    shutil.copy(batch[0], out)
    content = out.read_bytes()
    out.write_bytes(content[: content.rindex(b"\n", 0, -1) + 50])  # the last system's line is cut
    given = ["--systems", "raising,unbuildable,short", "--tables", "prices", "--out", str(out)]
    assert compare.main([*arguments, *given]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0] == "The last line of records.jsonl was cut off; that run is done again."
    assert told[1] == "1 of 3 runs are in records.jsonl already."
    assert [record["system"] for record in read_records(out)][-2:] == ["unbuildable", "short"]
    assert [line.split(" · ")[0] for line in told if line.startswith("[")] == ["[1/2] unbuildable", "[2/2] short"]
    assert told[-3].endswith(" s left")
    assert len(read_records(out)) == 9


def test_failed_runs_can_be_done_again(
    batch: tuple[Path, dict[str, Record]], arguments: list[str], tmp_path: Path
) -> None:
    """With --again-failed a failed run is done again and one that went well is not."""
    out = tmp_path / "records.jsonl"
    shutil.copy(batch[0], out)
    given = ["--systems", "raising,constant", "--tables", "prices", "--out", str(out), "--again-failed"]
    assert compare.main([*arguments, *given]) == 0
    assert [record["system"] for record in read_records(out)[8:]] == ["raising"]


def test_other_versions_count_on_request(
    batch: tuple[Path, dict[str, Record]], arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A record of another version is another run, unless any version will do."""
    out = tmp_path / "records.jsonl"
    append_record(out, batch[1]["short"] | {"version": "0.9"})
    given = [*arguments, "--systems", "short", "--tables", "prices", "--out", str(out)]
    assert compare.main([*given, "--any-version"]) == 0
    assert "1 of 1 runs are in records.jsonl already." in capsys.readouterr().out
    assert compare.main(given) == 0
    assert [record["version"] for record in read_records(out)] == ["0.9", "1.0"]


def test_an_overrun_is_ended_with_all_its_processes(arguments: list[str], tmp_path: Path) -> None:
    """A run that takes too long is a record, and what it started elsewhere is ended too."""
    out = tmp_path / "records.jsonl"
    given = ["--systems", "sleeping", "--tables", "labels", "--grace", "3", "--logs", str(tmp_path / "logs")]
    assert compare.main([*arguments, *given, "--out", str(out)]) == 0
    (record,) = read_records(out)
    assert record["failure"]["kind"] == "overrun"
    assert record["failure"]["reason"].startswith("ended after 6 s in the phase '")
    printed = (tmp_path / "logs" / "sleeping-default-labels-0-1s.txt").read_text().split()
    assert not printed or not psutil.pid_exists(int(printed[0]))


def test_settings_reach_the_adapter(toy_folder: Path) -> None:
    """A job's options go to the adapter, and its setting into the record."""
    (system,) = systems.find_systems(["constant"], STAND_INS)
    (table,) = tables.find_tables(["labels"], toy_folder)
    job = Job(system, table, seed=1, budget=1, cores=1, setting="deep", options={"depth": 7})
    record = run_job(job, ensure(system), batch="b", calibration_seconds=2.0)
    assert record["failure"] is None
    assert (record["setting"], record["extra"]["depth"]) == ("deep", 7)
    assert (record["metric"], record["score"]) == ("auc", 0.5)
    assert set(record["scores"]) == {"auc", "log_loss", "accuracy"}


def test_the_list_names_systems_and_tables(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """--list shows every system with its version and every table that can be compared on."""
    assert compare.main([*arguments, "--list"]) == 0
    told = capsys.readouterr().out
    assert "constant         1.0" in told
    assert "unbuildable      1.0                environment is made on first use" in told
    assert "breast_cancer" in told
    assert "prices" in told
    assert "seeds" not in told


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--systems", "flamel"], "There is no system 'flamel'. Did you mean 'flaml'? Known are: autogluon, "),
        (["--tables", "irish"], "There is no table 'irish' to compare on. Did you mean 'iris'? --list shows all."),
        (["--systems", ","], "--systems is empty; give at least one name, or leave it out."),
        (
            ["--budgets", "10,soon"],
            "--budgets 10,soon: 'soon' can't be used; give seconds from 1",
        ),
        (["--budgets", "0"], "--budgets 0: '0' can't be used; give seconds from 1, with commas between."),
        (["--budgets", "nan"], "--budgets nan: 'nan' can't be used; give seconds from 1, with commas between."),
        (["--seeds", "1.5"], "--seeds 1.5: '1.5' can't be used; give whole numbers from 0, with commas between."),
        (["--seeds", ""], "--seeds is empty; give at least one number."),
        (["--cores", "4096"], "--cores 4096 is more than the "),
        (
            ["--openml", "adult"],
            "--openml adult: 'adult' can't be used; give whole numbers",
        ),
        (["--budget", "10"], "Unrecognized arguments: --budget 10; see --help."),
        (["--systems-from", "/nowhere"], "There is no folder '/nowhere' to take systems from."),
        (["--data", "/nowhere"], "'/nowhere' has no index.json; name a folder whose index lists its tables"),
        (["--out", "/proc/records.jsonl"], "Records can't be written to '/proc/records.jsonl': "),
    ],
)
def test_bad_input_is_told_in_a_sentence(
    given: list[str], said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What can't be done as asked ends with code 2 and one sentence, before anything runs."""
    monkeypatch.setattr(sys, "argv", ["compare.py", *given])
    with pytest.raises(SystemExit) as ended:
        errors.script(compare.main)
    assert ended.value.code == 2
    told = capsys.readouterr()
    assert told.err.startswith(said)
    assert told.err.count("\n") == 1
    assert told.out == ""


def test_defaults_are_small() -> None:
    """Without options three systems run on scikit-learn's tables; --quick takes less than five minutes."""
    asked = compare.jobs(compare.parser().parse_args([]))
    assert {job.system.name for job in asked} == {"automl", "flaml", "random_forest"}
    assert {job.table.name for job in asked} == set(tables.BUNDLED)
    quick = compare.jobs(compare.parser().parse_args(["--quick"]))
    assert sum(job.budget + 20 for job in quick) <= 300


def test_systems_meet_a_table_side_by_side() -> None:
    """All systems run on a table before the next table's turn, so that a change of the machine hits all alike."""
    asked = compare.jobs(compare.parser().parse_args(["--seeds", "0,1,1", "--tables", "iris,wine"]))
    assert [(job.seed, job.table.name) for job in asked[::3]] == [(0, "iris"), (0, "wine"), (1, "iris"), (1, "wine")]


def test_a_folder_of_systems_may_be_named_from_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative folder is that of the caller, wherever an adapter is run."""
    monkeypatch.chdir(STAND_INS.parent)
    (system,) = systems.find_systems(["constant"], Path(STAND_INS.name))
    assert system.adapter == STAND_INS / "constant" / "adapter.py"


def test_every_shipped_system_can_be_read() -> None:
    """Each system has an adapter, a Python and a pinned version; nothing in its requirements is left loose."""
    for system in systems.find_systems():
        assert system.adapter.is_file(), system.name
        assert system.pinned or system.checkout is not None, system.name
        loose = [line for line in system.requirements.splitlines() if "==" not in line]
        assert loose == [], system.name
    (best,) = systems.find_systems(["autogluon_best"])
    assert best.options == {"presets": "best_quality"}
    assert best.pinned == systems.find_systems(["autogluon"])[0].pinned
