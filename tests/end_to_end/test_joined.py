"""A run of several tables: new rows are joined as the training rows were, wherever the run is used."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import automl
from automl.cli import main


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> automl.Run:
    """Search on a table whose answer stands in two others."""
    folder = tmp_path_factory.mktemp("shop")
    random = np.random.default_rng(0)
    customers = pd.DataFrame({"id": range(40), "age": random.integers(20, 60, 40)})
    orders = pd.DataFrame({"id": random.integers(0, 40, 200), "paid": random.exponential(10, 200).round(2)})
    visits = pd.DataFrame({"id": np.arange(160) % 40, "length": random.normal(size=160)})
    old = visits["id"].map(customers["age"]) > 40
    often = visits["id"].map(orders.groupby("id").size()) > 4
    visits["bought"] = np.where((old & often) ^ (random.random(160) < 0.1), "yes", "no")
    for name, table in {"customers": customers, "orders": orders, "visits": visits}.items():
        table.to_csv(folder / f"{name}.csv", index=False)
    visits.drop(columns="bought").to_csv(folder / "new.csv", index=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        return automl.fit(
            "visits.csv",
            "bought",
            join={"customers.csv": "id", "orders.csv": automl.Join("id")},
            algorithms=["lightgbm"],
            n_trials=2,
            time_budget=None,
            engine="inprocess",
            out="run",
            verbose=0,
        )


@pytest.mark.end_to_end
def test_the_run_sees_the_other_tables(run: automl.Run) -> None:
    """The answer can be told from them, the plan says what was joined, and a loaded run knows it."""
    assert run.leaderboard["score"].iloc[0] > 0.7
    assert {"customers.age", "orders (rows)", "orders.paid (mean)"} <= {column.name for column in run.plan.schema}
    assert "Joined: customers by id (1 column looked up)." in str(run.plan)
    assert automl.load(run.folder).plan.joins == run.plan.joins


@pytest.mark.end_to_end
def test_new_rows_are_joined(run: automl.Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """From another folder, as a file, a frame or joined already: predictions are the same, one for each row."""
    monkeypatch.chdir(tmp_path)
    home = run.folder.parent
    new = pd.read_csv(home / "new.csv")
    predicted = run.predict(home / "new.csv")
    assert len(predicted) == len(new)
    pd.testing.assert_series_equal(run.predict(new), predicted)
    pd.testing.assert_series_equal(run.predict(automl.read(new, join=run.plan.joins)), predicted)
    assert run.score(home / "visits.csv") > 0.7
    rebuilt = automl.rebuild(home / "visits.csv", run.recipe())
    assert (rebuilt.predict(automl.read(new, join=run.plan.joins)) == predicted.to_numpy()).all()
    assert "customers.age" in str(run.explain(new.iloc[[0]]).frame())


@pytest.mark.end_to_end
def test_the_command_joins_as_well(run: automl.Run, tmp_path: Path) -> None:
    """``automl predict`` does so for a run and for a saved model, in chunks; a table may have moved."""
    home = run.folder.parent
    model = run.save(tmp_path / "m.automl")
    expected = run.predict(home / "new.csv").tolist()
    for source in (run.folder, model):
        words = ["predict", str(source), str(home / "new.csv"), "-o", str(tmp_path / "out.csv"), "--chunk-rows", "50"]
        done = CliRunner().invoke(main, words)
        assert done.exit_code == 0, done.output
        assert pd.read_csv(tmp_path / "out.csv")["prediction"].tolist() == expected
    (home / "orders.csv").rename(tmp_path / "moved.csv")
    try:
        done = CliRunner().invoke(main, words)
        assert (done.exit_code, "There is no file" in done.output) == (2, True)
        done = CliRunner().invoke(main, [*words, "--table", f"orders={tmp_path / 'moved.csv'}"])
        assert done.exit_code == 0, done.output
        done = CliRunner().invoke(main, [*words, "--table", "order=x.csv"])
        assert "No table 'order' was joined. Did you mean 'orders'?" in done.output
    finally:
        (tmp_path / "moved.csv").rename(home / "orders.csv")


@pytest.mark.end_to_end
def test_the_command_plans_joins_and_queries(tmp_path: Path, run: automl.Run) -> None:
    """``--join FILE=COL`` and ``--query`` are the words of ``fit``."""
    home = run.folder.parent
    words = ["plan", str(home / "visits.csv"), "-t", "bought", "--json"]
    done = CliRunner().invoke(main, [*words, "--join", f"{home / 'customers.csv'}=id"])
    assert [each["name"] for each in json.loads(done.stdout)["joins"]] == ["customers"]
    done = CliRunner().invoke(main, [*words, "--join", "customers.csv"])
    assert "--join 'customers.csv' is not of the form FILE=COL" in done.output
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(tmp_path / "shop.db")) as connection:
        pd.read_csv(home / "visits.csv").to_sql("visits", connection, index=False)
    words = ["plan", f"sqlite:///{tmp_path}/shop.db", "-t", "bought", "--json", "--query", "visits"]
    done = CliRunner().invoke(main, words)
    assert json.loads(done.stdout)["source"] == f"a query of sqlite:///{tmp_path}/shop.db"


@pytest.mark.end_to_end
def test_no_password_is_kept(run: automl.Run, postgresql: object, tmp_path: Path) -> None:
    """Tables of a database with a password: it stands neither in the run folder nor in what the plan prints."""
    from postgres import PASSWORD, PostgreSQL

    assert isinstance(postgresql, PostgreSQL)
    url = postgresql.make("joined")
    import sqlalchemy

    engine = sqlalchemy.create_engine(url)
    for name in ("visits", "customers"):
        pd.read_csv(run.folder.parent / f"{name}.csv").to_sql(name, engine, index=False)
    engine.dispose()
    again = automl.fit(
        url,
        "bought",
        query="visits",
        join={url: automl.Join("id", query="customers")},
        algorithms=["linear"],
        n_trials=1,
        time_budget=None,
        engine="inprocess",
        out=tmp_path / "run",
        verbose=0,
    )
    assert "customers.age" in [column.name for column in again.plan.schema]
    secrets = [PASSWORD, url.split(":")[2].split("@")[0]]
    written = b"".join(path.read_bytes() for path in (tmp_path / "run").rglob("*") if path.is_file())
    for secret in secrets:
        assert secret.encode() not in written
        assert secret not in str(again.plan) + json.dumps(again.plan.to_json())
