"""An algorithm of the caller's own in ten lines, and a shipped one changed in one."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import ElasticNet, SGDClassifier

import automl
from automl import ArtifactError, PlanError

pytestmark = pytest.mark.end_to_end

Options = dict[str, Any]

# A classifier as a data scientist writes one, for a module of theirs or a script.
MODEL = '''
import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin

class Centres(ClassifierMixin, BaseEstimator):
    """Predict the label whose rows' mean is near."""

    def __init__(self, power=2.0):
        self.power = power

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.centres_ = np.stack([X[y == label].mean(axis=0) for label in self.classes_])
        return self

    def predict_proba(self, X):
        near = np.exp(-(np.abs(X[:, None] - self.centres_) ** self.power).sum(axis=2)) + 1e-9
        return near / near.sum(axis=1, keepdims=True)

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]
'''
DECLARED = """
centres = automl.Algorithm(
    name="centres",
    space=lambda shape: automl.SearchSpace(automl.Float("power", 1.0, 3.0)),
    build=lambda config, context: Centres(**config),
    needs=automl.Needs(scaling="standard"),
    tasks=("binary", "multiclass"),
)
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return the caller's module with the classifier, importable by its name."""
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "my_models.py").write_text(MODEL)
    monkeypatch.syspath_prepend(tmp_path / "code")
    monkeypatch.delitem(sys.modules, "my_models", raising=False)
    import my_models

    yield my_models
    del sys.modules["my_models"]


def run_script(body: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a program in a fresh interpreter, in which a warning is an error."""
    (folder / "script.py").write_text(textwrap.dedent(body))
    root = str(Path(__file__).parents[2])
    command = [sys.executable, "-W", "error::UserWarning", "script.py"]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, env={"PYTHONPATH": root, "PATH": ""}, check=False
    )
    assert done.returncode == 0, done.stderr
    return done


def test_an_estimator_of_the_callers_module(module: Any, people: pd.DataFrame, fast: Options, tmp_path: Path) -> None:
    """It is tuned in its own space, ranked, and its pipeline can be refitted."""
    names: dict[str, Any] = {"automl": automl, "Centres": module.Centres}
    exec(DECLARED, names)
    run = automl.fit(
        people, "income", **{**fast, "algorithms": [names["centres"]], "n_trials": 5}, out=tmp_path / "run"
    )
    board = run.leaderboard.set_index("id")
    powers = [board.loc[name, "params"]["power"] for name in board.index if name.startswith("centres")]
    assert len(set(powers)) == 4
    assert all(1 <= power <= 3 for power in powers)
    assert 2.0 in powers  # the default, in the middle, comes first
    assert run.leaderboard["algorithm"].iloc[0] in ("centres", "ensemble")
    assert run.score(people) > 0.8
    rows = people.drop(columns="income")
    assert set(run.refit(people).predict(rows)) == {"high", "low"}


def test_a_saved_own_class_must_be_trusted(module: Any, people: pd.DataFrame, fast: Options, tmp_path: Path) -> None:
    """A fresh program refuses the file and names the class; with the class named it predicts the same."""
    names: dict[str, Any] = {"automl": automl, "Centres": module.Centres}
    exec(DECLARED, names)
    one = {**fast, "algorithms": [names["centres"]], "n_trials": 2, "ensemble": False}
    run = automl.fit(people, "income", **one, out=tmp_path / "code" / "run")
    path = run.save(tmp_path / "code" / "model")
    rows = people.drop(columns="income")
    rows.to_parquet(tmp_path / "code" / "rows.parquet")
    told = r"It holds my_models\.Centres, which this .* Nothing was loaded\. .* pass trusted=\['my_models\.Centres'\]\."
    with pytest.raises(ArtifactError, match=told):
        automl.load(path)
    with pytest.raises(ArtifactError, match=told):
        automl.load(run.folder).predict(rows)
    with pytest.raises(
        PlanError, match=r"trusted='my_models\.Centres' is no list; write trusted=\['my_models\.Centres'\]"
    ):
        automl.load(path, trusted="my_models.Centres")
    expected = run.predict_proba(rows).to_numpy()
    assert np.array_equal(automl.load(path, trusted=[module.Centres]).predict_proba(rows), expected)
    with pytest.raises(
        PlanError, match="The algorithm 'centres' was declared by the caller of fit and is not known here"
    ):
        automl.load(run.folder, trusted=["my_models.Centres"]).refit(people)
    body = """
    import sys
    import automl, numpy as np, pandas as pd
    rows = pd.read_parquet("rows.parquet")
    try:
        automl.load("model")
    except automl.ArtifactError as error:
        assert "my_models" not in sys.modules
        print(error)
    np.save("model.npy", automl.load("model", trusted=["my_models.Centres"]).predict_proba(rows))
    np.save("run.npy", automl.load("run", trusted=["my_models.Centres"]).predict_proba(rows).to_numpy())
    """
    assert "It holds my_models.Centres, which" in run_script(body, tmp_path / "code").stdout
    for name in ("model.npy", "run.npy"):
        assert np.array_equal(np.load(tmp_path / "code" / name), expected)


@pytest.mark.parametrize("engine", ["inprocess", "local"])
def test_an_estimator_of_the_running_script(engine: str, people: pd.DataFrame, tmp_path: Path) -> None:
    """A class in ``__main__`` works with every engine; saving says that only this program can load it again."""
    people.to_csv(tmp_path / "people.csv", index=False)
    body = f"""
    import warnings
    import automl
    {textwrap.indent(MODEL, "    ").strip()}
    {textwrap.indent(DECLARED, "    ").strip()}
    run = automl.fit("people.csv", "income", algorithms=[centres], n_trials=3, time_budget=None, engine={engine!r},
                     n_jobs=1, cv=3, ensemble=False, out="run", verbose=0)
    assert run.leaderboard["algorithm"].iloc[0] == "centres", run
    assert set(run.predict("people.csv")) == {{"high", "low"}}
    assert run.refit("people.csv").predict_proba(automl.read("people.csv").drop(columns="income")).shape == (80, 2)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        run.save("model")
    print(told[0].message)
    automl.load("model", trusted=[Centres])
    """
    said = run_script(body, tmp_path).stdout
    assert said.startswith(
        "The pipeline holds __main__.Centres, which the running program defines: only a program that"
    )
    with pytest.raises(ArtifactError, match="model can't be loaded"):
        automl.load(tmp_path / "model", trusted=["__main__.Centres"])


def test_ten_lines_for_an_estimator_of_scikit_learn(people: pd.DataFrame, fast: Options, tmp_path: Path) -> None:
    """The README's example, and a regressor; conditions between hyperparameters hold in every trial."""
    sgd = automl.Algorithm(
        name="my_sgd",
        space=lambda shape: automl.SearchSpace(
            automl.Categorical("penalty", ("l2", "elasticnet")),
            automl.Float("alpha", 1e-6, 1e-1, log=True),
            automl.Float("l1_ratio", 0.0, 1.0, when={"penalty": "elasticnet"}),
        ),
        build=lambda config, context: SGDClassifier(loss="log_loss", random_state=context.seed, **config),
        needs=automl.Needs(scaling="standard"),
        tasks=("binary", "multiclass"),
    )
    run = automl.fit(people, "income", **{**fast, "algorithms": [sgd], "n_trials": 9}, out=tmp_path / "a")
    params = run.leaderboard.query("algorithm == 'my_sgd'")["params"]
    assert len(params) == 8
    assert {each["penalty"] for each in params} == {"l2", "elasticnet"}
    assert all(("l1_ratio" in each) == (each["penalty"] == "elasticnet") for each in params)
    net = automl.Algorithm(
        name="net",
        space=lambda shape: automl.SearchSpace(automl.Float("alpha", 1e-3, 10.0, log=True)),
        build=lambda config, context: ElasticNet(random_state=context.seed, **config),
        needs=automl.Needs(scaling="robust"),
        tasks=("regression",),
    )
    rows = people.drop(columns="income").assign(y=people["age"] / 9 + people["size"] ** 2)
    regression = automl.fit(rows, "y", **{**fast, "algorithms": net}, out=tmp_path / "b")
    assert regression.leaderboard["algorithm"].iloc[-1] == "dummy"
    with pytest.raises(PlanError, match="net: does not do binary"):
        automl.plan(people, "income", algorithms=[net])


@pytest.mark.parametrize(
    ("change", "is_right"),
    [
        ({"C": 0.5}, lambda params: params["C"] == 0.5),
        ({"C": (0.1, 0.2)}, lambda params: 0.1 <= params["C"] <= 0.2),
        ({"C": (1e-9, 1e9)}, lambda params: 1e-9 <= params["C"] <= 1e9),
        ({"penalty": ["l2"]}, lambda params: params["penalty"] == "l2"),
        (
            {"penalty": "l1", "scaling": "standard"},
            lambda params: (params["penalty"], params["scaling"]) == ("l1", "standard"),
        ),
        ({"C": automl.Categorical("C", (1.0, 3.0))}, lambda params: params["C"] in (1.0, 3.0)),
    ],
)
def test_a_shipped_algorithm_changed_in_one_line(
    change: Options, is_right: Any, people: pd.DataFrame, fast: Options, tmp_path: Path
) -> None:
    """A value fixes, a pair sets the range, a list the choices, and a hyperparameter takes the place of another."""
    linear = automl.algorithm("linear", **change)
    run = automl.fit(people, "income", **{**fast, "algorithms": [linear], "n_trials": 4}, out=tmp_path)
    params = run.leaderboard.query("algorithm == 'linear'")["params"]
    assert len(params) == 3
    assert all(is_right(each) for each in params)
    assert all(
        each.candidate.config == run.leaderboard.set_index("id").loc[f"linear-{each.number}", "params"]
        for each in run.evaluations[1:]
    )


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"c": 1}, "'linear' has no hyperparameter 'c'. Did you mean 'C'?"),
        ({"C": (2, 1)}, "Float('C') has the range [2, 1]; low must be finite and at most high."),
        ({"penalty": []}, "Categorical('penalty') has no choices; give at least one."),
    ],
)
def test_a_change_that_can_not_be(change: Options, told: str) -> None:
    """It is refused where it is written."""
    with pytest.raises(PlanError) as refused:
        automl.algorithm("linear", **change)
    assert str(refused.value) == told
    with pytest.raises(PlanError, match=r"There is no algorithm 'linera'\. Did you mean 'linear'\?"):
        automl.algorithm("linera")


@pytest.mark.parametrize("declared", [True, False])
def test_a_model_that_takes_no_weights(
    declared: bool, people: pd.DataFrame, fast: Options, tmp_path: Path, module: Any
) -> None:
    """It is fitted without them, whether or not the declaration says so; what it predicts is weighted all the same."""
    names: dict[str, Any] = {"automl": automl, "Centres": module.Centres}
    exec(DECLARED.replace("tasks=", f"weights={declared}, tasks="), names)
    weights = np.linspace(0.1, 1.9, 80)
    several = {**fast, "algorithms": [names["centres"], "nearest_neighbors", "discriminant_analysis"], "n_trials": 4}
    with pytest.warns(automl.AutoMLWarning, match="discriminant_analysis can't be fitted with them") as told:
        run = automl.fit(people, "income", sample_weight=weights, **several, out=tmp_path / "run")
    assert ("but centres, nearest_neighbors" in str(told[0].message)) is not declared
    assert {each.state for each in run.evaluations} <= {"complete", "stopped"}
    plain = automl.fit(people, "income", **several, out=tmp_path / "plain")
    scores = [each.leaderboard.set_index("algorithm")["score"]["centres"] for each in (run, plain)]
    assert scores[0] != scores[1]
    name = run.leaderboard.set_index("algorithm")["id"]["centres"]
    assert run.refit(people, which=name).predict(people.drop(columns="income")).shape == (80,)


def test_a_local_class_is_a_row_with_its_reason(people: pd.DataFrame, fast: Options, tmp_path: Path) -> None:
    """A class that no import can find can't be kept; that is said on the leaderboard, and the search goes on."""

    class Hidden(SGDClassifier):
        pass

    hidden = automl.Algorithm(
        "hidden",
        space=lambda shape: automl.SearchSpace(),
        build=lambda config, context: Hidden(loss="log_loss"),
        tasks=("binary",),
    )
    run = automl.fit(people, "income", **{**fast, "algorithms": [hidden, "linear"]}, out=tmp_path)
    row = run.leaderboard.set_index("algorithm").loc["hidden"]
    assert row["state"] == "failed"
    assert row["reason"].startswith("crashed: ArtifactError: ")
    assert row["reason"].endswith(
        "Hidden can't be stored: it can't be found by its name. Define it at the top of a module."
    )
