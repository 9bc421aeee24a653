"""The user folder for AMLB: what can be checked without it, and a real run where ``AMLB_DIR`` points to a checkout."""

from __future__ import annotations

import ast
import csv
import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest
from harness.errors import BadInput
from harness.tables import Table, find_tables, split

from automl.evaluation.metrics import METRICS

AMLB = Path(__file__).resolve().parents[2] / "benchmarks" / "amlb"
EXTENSION = AMLB / "extensions" / "tabular_search"
PARTS = ("config.yaml", "frameworks.yaml", "constraints.yaml", "benchmarks/local_example.yaml")


@pytest.fixture(scope="module")
def writer() -> ModuleType:
    """Return ``write_tables.py`` as a module."""
    spec = importlib.util.spec_from_file_location("write_tables", AMLB / "write_tables.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", PARTS)
def test_definitions_are_there(name: str) -> None:
    """Every definition that AMLB reads is there and names nothing of this machine."""
    text = (AMLB / name).read_text(encoding="utf-8")
    assert "\t" not in text
    assert "/home/" not in text
    assert "---" in text


def test_definitions_fit_together() -> None:
    """The framework's module is the folder that is there, and the folder's parts are those that AMLB calls."""
    assert "module: extensions.tabular_search" in (AMLB / "frameworks.yaml").read_text()
    entry = {node.name for node in ast.parse((EXTENSION / "__init__.py").read_text()).body if hasattr(node, "name")}
    assert {"setup", "run", "version"} <= entry
    assert os.access(EXTENSION / "setup.sh", os.X_OK)
    subprocess.run(["bash", "-n", str(EXTENSION / "setup.sh")], check=True)


def test_metrics_are_the_engines() -> None:
    """Every metric of AMLB's is translated into one that the engine has."""
    tree = ast.parse((EXTENSION / "exec.py").read_text())
    (names,) = [
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "METRICS"
    ]
    assert set(names.values()) <= set(METRICS)
    assert {"auc", "logloss", "rmse"} <= set(names)


def test_the_example_is_what_the_script_writes(writer: ModuleType, tmp_path: Path) -> None:
    """The committed definition is rebuilt by the script, and every file that it names is written."""
    assert writer.main(["--to", str(tmp_path)]) == 0
    text = (tmp_path / "benchmarks" / "local_example.yaml").read_text()
    assert text == (AMLB / "benchmarks" / "local_example.yaml").read_text()
    named = [line.split("'")[1] for line in text.splitlines() if "{user}" in line]
    assert len(named) == 6
    assert all((tmp_path / each.removeprefix("{user}/")).is_file() for each in named)


def test_written_rows_are_the_split(writer: ModuleType, tmp_path: Path) -> None:
    """A CSV file holds the rows that compare.py would give for that seed."""
    (table,) = find_tables(["diabetes"])
    writer.write([table], 2, ["csv"], tmp_path)
    for fold in range(2):
        train, test = split(table, fold)
        pd.testing.assert_frame_equal(pd.read_csv(tmp_path / f"diabetes/diabetes_train_{fold}.csv"), train)
        pd.testing.assert_frame_equal(pd.read_csv(tmp_path / f"diabetes/diabetes_test_{fold}.csv"), test)


def test_arff_can_be_read_again(writer: ModuleType, tmp_path: Path) -> None:
    """SciPy's reader finds the numbers, the gaps and the labels again, quotes and spaces included."""
    from scipy.io import arff

    rows = pd.DataFrame({"a b": [1.5, None, 3.0], "y": ["good one", "bad", "bad"]})
    (tmp_path / "toy.arff").write_text(writer.arff(rows, Table("toy", "binary", "y", lambda: rows)))
    found, _ = arff.loadarff(tmp_path / "toy.arff")
    frame = pd.DataFrame(found)
    assert frame.iloc[:, 0].tolist() == pytest.approx([1.5, float("nan"), 3.0], nan_ok=True)
    assert [label.decode() for label in frame.iloc[:, 1]] == ["good one", "bad", "bad"]


def test_the_example_is_not_overwritten(writer: ModuleType, tmp_path: Path) -> None:
    """Other tables need another name, and unknown ones are refused with the closest."""
    with pytest.raises(BadInput, match="give your tables another name"):
        writer.main(["--tables", "iris", "--to", str(tmp_path)])
    with pytest.raises(BadInput, match="Did you mean 'iris'"):
        writer.main(["--name", "own", "--tables", "irsi", "--to", str(tmp_path)])


def test_the_pipe_is_held_open(tmp_path: Path) -> None:
    """A program's output ends after the program, not before: AMLB takes the other order for a program that hangs."""
    keep = str(EXTENSION / "outlast.py")
    code = f"import os, subprocess, sys; subprocess.Popen([sys.executable, {keep!r}, str(os.getpid())])"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as program:
        assert program.stdout is not None
        assert program.stdout.read() == b""
        assert program.poll() == 0


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_amlb_runs_the_engine(writer: ModuleType, tmp_path: Path) -> None:
    """AMLB's own program sets the engine up and gets a score for a table of each kind, as CSV and as ARFF."""
    place = os.environ.get("AMLB_DIR")
    if not place or not (Path(place) / "runbenchmark.py").is_file():
        pytest.skip("no AMLB: AMLB_DIR names no checkout with a runbenchmark.py; see benchmarks/amlb/README.md")
    python = Path(place) / "venv" / "bin" / "python"
    if not python.exists():
        pytest.skip(f"no AMLB: {python} is missing; see benchmarks/amlb/README.md")
    writer.main([])
    command = [str(python), "runbenchmark.py", "tabular_search", "local_example", "60s2c"]
    command += ["-u", str(AMLB), "-o", str(tmp_path)]
    done = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    with (tmp_path / "results.csv").open(newline="") as file:
        found = {row["task"]: row for row in csv.DictReader(file)}
    assert set(found) == {"breast_cancer", "wine", "diabetes"}
    assert not any(row["info"] for row in found.values())
    assert float(found["breast_cancer"]["auc"]) > 0.95
    assert float(found["wine"]["logloss"]) < 0.5
    assert float(found["diabetes"]["rmse"]) < 75
