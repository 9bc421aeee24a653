"""A plan is a file to edit: what is written is read back, and what is wrong is told with its line and key."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import automl
from automl.cli import main
from automl.errors import DataError, PlanError, StorageError
from automl.plan_file import read_plan
from automl.request import Request
from automl.storage.folder import RunFolder
from automl.values.plan import Plan


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a small table of loans."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"age": rng.integers(18, 80, 90), "sum": rng.uniform(1, 9, 90).round(2)})
    frame["sex"] = rng.choice(["f", "m"], 90)
    frame["late"] = rng.integers(0, 30, 90)
    frame["paid"] = np.where(frame["age"] + rng.normal(size=90) * 9 > 45, "yes", "no")
    path = tmp_path_factory.mktemp("plan") / "loans.csv"
    frame.to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def plan(table: Path) -> Plan:
    """Plan with most of what can be said."""
    return automl.plan(
        table,
        "paid",
        costs={"no": {"yes": 5}, "yes": {"no": 1}},
        available_at={"late": "after"},
        roles={"sex": "category"},
        constraints={"size_mb": 50, "monotone": {"age": "increasing"}},
        algorithms=["lightgbm", "linear"],
        n_trials=4,
    )


def written(path: Path, text: str) -> Path:
    """Write a plan's file."""
    path.write_text(text, encoding="utf-8")
    return path


def test_a_plan_tells_what_a_score_is_worth(plan: Plan) -> None:
    """In words and as plain data: the floor, a point, what decides, what is left out and how far the budget gets."""
    told = str(plan)
    for words in (
        "Metric: cost, lower is better ('no' taken for 'yes' costs 5, 'yes' taken for 'no' costs 1).",
        "Giving every row the same label, the best one, costs",
        "One point (0.01) less a row is 10 on 1,000 rows",
        "Likely enough for about 4 candidates",
        "'yes' is given from a probability of 0.833 on.",
        "Left out: linear, which can't keep age monotone (constraints).",
        "column 'late', ignored (not known when the prediction is made (available_at))",
    ):
        assert words in told
    assert Plan.from_json(json.loads(json.dumps(plan.to_json()))) == plan


def test_what_is_written_is_read_back(plan: Plan, tmp_path: Path) -> None:
    """The file asks for what the plan asked for, and making the plan of it gives the same plan."""
    path = plan.save(tmp_path / "plan.yaml")
    found = read_plan(path, {})
    assert {name: found[name] for name in plan.request} == json.loads(json.dumps(dict(plan.request)))
    again = automl.plan(path)
    assert (str(again), again.fingerprints) == (str(plan), plan.fingerprints)
    assert again.save(tmp_path / "again.yml").read_text(encoding="utf-8") == path.read_text(encoding="utf-8")


def test_every_line_of_example_can_be_used(plan: Plan, table: Path, tmp_path: Path) -> None:
    """Taking the mark off a line that is commented out leaves a file that can be read."""
    text = automl.plan(table, "paid").to_yaml()
    examples = re.findall(
        r"^# ((?:n_trials|patience|constraints|costs|keep|groups|available_at|join|unlabeled|test): .*)$",
        text,
        re.M,
    )
    assert len(examples) == 10
    for example in examples:
        path = written(tmp_path / "plan.yaml", text.replace(f"# {example}", example))
        assert example.partition(":")[0] in read_plan(path, {})


def test_no_limit_of_time_is_said_as_on_the_command_line(tmp_path: Path) -> None:
    """``none`` takes the limit away, as YAML's own ``null`` does."""
    for word in ("none", "null"):
        path = written(tmp_path / "plan.yaml", f"data: d.csv\ntime_budget: {word}\nn_trials: 2\n")
        assert read_plan(path, {})["time_budget"] is None


def test_changes_stand_above_the_file(plan: Plan, tmp_path: Path) -> None:
    """What is given beside a plan takes the place of what it says."""
    path = plan.save(tmp_path / "plan.yaml")
    assert read_plan(path, {"n_trials": 9})["n_trials"] == 9
    assert automl.plan(path, n_trials=9).budget.n_trials == 9


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("data: d.csv\ntime_bugdet: 5m\n", "line 2: there is no key 'time_bugdet'. Did you mean 'time_budget'?"),
        ("data: d.csv\ntime_budget: 5x\n", "line 2, time_budget: '5x' is no duration"),
        (
            "data: d.csv\nconstraints:\n  size_mb: 3\n  one_row: 5\n",
            "line 4, constraints: Unknown constraint 'one_row'",
        ),
        ("data: d.csv\nn_jobs: no\n", "line 2, n_jobs: n_jobs='no'; give the number of cores"),
        (
            "data: d.csv\ncosts: [1, 2\nkeep: []\n",
            "line 3, keep: expected ',' or ']', but got ':', to end what begins in line 2. Write key: value",
        ),
        ("data: nowhere.csv\ntarget: y\n", "line 1, data: There is no file 'nowhere.csv'."),
        ("data: d.csv\ndata: e.csv\n", 'line 2, data: found duplicate key "data"'),
        ("data: d.csv\n\ttarget: y\n", "line 2, data: found character '\\t' that cannot start any token"),
        ("data: !!python/object/apply:os.getcwd []\n", "line 1, data: could not determine a constructor for the tag"),
        (
            "data: d.csv\njoin:\n  a.csv: id\n  b.csv: {on: id, keys: number}\n",
            "line 4, join: join of 'b.csv': There is no part 'keys' of a join. Did you mean 'key'?",
        ),
        ("data: d.csv\njoin: {b.csv: {key: id}}\n", "line 2, join: join of 'b.csv': on= is missing: name the column"),
        ("- data\n", "holds list instead of keys"),
        ("", "is empty. Write key: value"),
        ("target: y\n", "names no table: the key 'data' is missing"),
        ("needs: [metric]\ndata: d.csv\n", "line 1: metric was an object, which a file can't hold. Give it again"),
    ],
)
def test_a_malformed_file_is_told_with_line_and_key(text: str, told: str, tmp_path: Path) -> None:
    """Whatever is wrong in the file itself is found before the table is read."""
    path = written(tmp_path / "plan.yaml", text)
    with pytest.raises((PlanError, DataError)) as error:
        automl.fit_plan(path)
    assert told in str(error.value)
    assert str(error.value).startswith(str(path))


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (
            "roles:\n  age: numeric\n  sexx: category",
            "line 5, roles: roles names the column 'sexx', which doesn't exist.",
        ),
        ("costs: [[1, 2, 3], [1, 2, 3]]", "line 3, costs: costs must be 2 lines of 2 amounts"),
        ("available_at: {paid: before}", "line 3, available_at: available_at names 'paid', which is the target"),
        (
            "constraints:\n  monotone: {sex: increasing}",
            "line 3, constraints: constraints: monotone asks predictions to be",
        ),
        ("constraints:\n  fairness_gap: {sx: 0.1}", "line 3, constraints: constraints: fairness_gap names the column"),
        (
            "constraints: {interpretable: true}\nalgorithms: [lightgbm]",
            "None of the algorithms can be used for this table: lightgbm: makes no models that a person can read",
        ),
    ],
)
def test_what_the_table_contradicts_is_told_where_it_stands(line: str, told: str, table: Path, tmp_path: Path) -> None:
    """A column, a shape or a constraint that the table shows to be wrong is told with its line where one says so."""
    path = written(tmp_path / "plan.yaml", f"data: {table}\ntarget: paid\n{line}\n")
    with pytest.raises(PlanError) as error:
        automl.plan(path)
    assert told in str(error.value)


def test_objects_are_asked_for_again(table: Path, tmp_path: Path) -> None:
    """A table in memory and a function can't be written; the file says so and is run with them."""
    frame = pd.read_csv(table)

    def right(y_true: Any, y_pred: Any) -> float:
        return float((y_true == y_pred).mean())

    plan = automl.plan(frame, "paid", metric=right)
    assert plan.unwritten == ("data", "metric")
    path = plan.save(tmp_path / "plan.yaml")
    with pytest.raises(PlanError, match=r"data, metric were objects, which a file can't hold\. Give them again"):
        automl.plan(path)
    assert read_plan(path, {"metric": right, "data": frame})["metric"] is right


def test_a_password_is_not_written() -> None:
    """An address that holds one counts as an object, also as the place of a table to join."""
    address = "postgresql://me:secret@host/db"
    written, unwritten = Request("d.csv", "y", n_trials=1, storage=address, join={address: "id"}).told()
    assert not {"storage", "join"} & set(written)
    assert unwritten == ("join", "storage")


@pytest.mark.end_to_end
def test_joins_and_rows_without_a_target_stand_in_the_file(table: Path, tmp_path: Path) -> None:
    """All parts of a join and the place of unlabelled rows are written, read back, and run as they were asked for."""
    loans = pd.read_csv(table).reset_index(names="loan")
    paths = {name: tmp_path / f"{name}.csv" for name in ("main", "more", "calls")}
    loans.head(60).drop(columns="age").to_csv(paths["main"], index=False)
    loans[["loan", "age"]].rename(columns={"loan": "number"}).to_csv(paths["more"], index=False)
    loans.tail(30).drop(columns=["age", "paid"]).to_csv(paths["calls"], index=False)
    join = {str(paths["more"]): automl.Join("loan", key="number", unique=True)}
    plan = automl.plan(paths["main"], "paid", join=join, unlabeled=paths["calls"], n_trials=2, time_budget=None)
    path = plan.save(tmp_path / "plan.yaml")
    found = read_plan(path, {})
    assert found["join"] == {str(paths["more"]): {"on": "loan", "key": "number", "unique": True}}
    assert found["unlabeled"] == str(paths["calls"])
    again = automl.plan(path)
    assert (again.joins, again.n_unlabeled) == (plan.joins, 30)
    run = automl.fit_plan(
        path, algorithms=["linear"], keep=["more.age"], engine="inprocess", out=tmp_path / "run", verbose=0
    )
    assert "more.age" in [column.name for column in run.plan.schema]
    assert "30 unlabelled rows" in run.self_training


def test_a_plan_is_no_table(tmp_path: Path) -> None:
    """``fit`` names what runs a plan; a name that is none is refused; an absent file is told."""
    with pytest.raises(PlanError, match=r"plan\.yaml is a plan, not a table; run it with automl\.fit_plan"):
        automl.fit("plan.yaml")
    with pytest.raises(StorageError, match="does not exist"):
        automl.fit_plan(tmp_path / "none.yaml")
    with pytest.raises(PlanError, match=r"There is no parameter 'n_trial'\. Did you mean 'n_trials'\?"):
        automl.fit_plan(tmp_path / "none.yaml", n_trial=3)


def test_a_plan_is_saved_as_yaml_only(plan: Plan, tmp_path: Path) -> None:
    """A file of another ending would not be known as a plan; nothing is written."""
    with pytest.raises(PlanError, match="a plan's file ends in"):
        plan.save(tmp_path / "plan.txt")
    with pytest.raises(StorageError):
        plan.save(tmp_path / "nowhere" / "plan.yaml")
    assert not list(tmp_path.iterdir())


def test_the_command_line_writes_and_runs_a_plan(table: Path, tmp_path: Path) -> None:
    """``automl plan -o`` writes the file, which ``automl fit`` runs; options stand above what it says."""
    path, folder = tmp_path / "plan.yaml", tmp_path / "run"
    options = ["--target", "paid", "--time-budget", "none", "--n-trials", "2", "--algorithms", "linear"]
    made = CliRunner().invoke(main, ["plan", str(table), *options, "-o", str(path)])
    assert made.exit_code == 0, made.output
    assert "then: automl fit" in made.stderr
    path.write_text(path.read_text(encoding="utf-8") + "engine: inprocess\n", encoding="utf-8")
    ran = CliRunner().invoke(main, ["fit", str(path), "--seed", "3", "--out", str(folder), "--quiet"])
    assert ran.exit_code == 0, ran.output
    plan = Plan.from_json(RunFolder.open(folder).read_plan())
    assert (plan.seed, plan.budget.n_trials, plan.source) == (3, 2, str(table))
