"""The registry finds declarations without importing a model library, and its refusals say what to do."""

import subprocess
import sys
import types
from dataclasses import replace

import cloudpickle
import pytest

import automl
from automl import registry
from automl.errors import MissingDependency, PlanError
from automl.registry import algorithm, algorithms, resolve
from automl.values.algorithm import Algorithm, DataShape
from automl.values.space import Float, SearchSpace

MINE = Algorithm(
    name="mine",
    space=lambda shape: SearchSpace(Float("alpha", 0.1, 1.0)),
    build=lambda config, context: None,
)
ABSENT = replace(MINE, name="absent", requires=("no_such_library",), extra="catboost")


@pytest.fixture
def _afresh():
    """Forget what was found, before and after."""
    registry._known.cache_clear()
    yield
    registry._known.cache_clear()


def test_all_families_are_found_in_order():
    """Every file of the folder is one algorithm of the file's name, sorted, and marked as shipped."""
    found = algorithms()
    assert list(found) == sorted(found)
    assert {"lightgbm", "xgboost", "catboost", "linear", "dummy", "gaussian_process", "additive"} <= set(found)
    assert all(each.is_shipped and each.name == name for name, each in found.items())


def test_only_those_for_a_kind_are_given():
    """Asked for a kind, the registry leaves out families that don't do it."""
    assert set(algorithms()) - set(algorithms("regression")) == {"discriminant_analysis", "naive_bayes"}
    with pytest.raises(PlanError, match=r"Unknown task 'regresion'\. Did you mean 'regression'\?"):
        algorithms("regresion")


def test_no_model_library_is_imported():
    """Finding the algorithms and reading their spaces imports neither scikit-learn nor a booster."""
    program = (
        "import sys; from automl.registry import algorithms, resolve; from automl.values.algorithm import DataShape\n"
        "for each in algorithms().values(): each.space(DataShape(each.tasks[0], 1000, 10, 2, 2)).default()\n"
        "resolve('auto')\n"
        "heavy = ('sklearn', 'lightgbm', 'xgboost', 'catboost', 'pandas', 'scipy')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_hyperparameters_change_in_one_line():
    """A value fixes, a pair sets the range, a list the choices; the rest of the space stays."""
    changed = algorithm("lightgbm", num_leaves=31, learning_rate=(0.01, 0.3), extra_trees=[True])
    space = changed.space(DataShape("binary", 1_000, 10, 0, 2))
    assert space["num_leaves"].choices == (31,)
    assert (space["learning_rate"].low, space["learning_rate"].high) == (0.01, 0.3)
    assert space["extra_trees"].choices == (True,)
    assert len(space) == len(algorithms()["lightgbm"].space(DataShape("binary", 1_000, 10, 0, 2)))
    assert automl.algorithm("linear") == algorithms()["linear"]


def test_a_conditional_hyperparameter_changes_where_it_exists():
    """A hyperparameter that only some tables have can be changed without knowing the table."""
    changed = algorithm("lightgbm", cat_smooth=5.0)
    assert changed.space(DataShape("binary", 1_000, 10, 3, 2)).default()["cat_smooth"] == 5.0
    assert "cat_smooth" not in changed.space(DataShape("binary", 1_000, 10, 0, 2)).default()


def test_a_changed_algorithm_travels():
    """A narrowed algorithm can be sent to a worker."""
    changed = cloudpickle.loads(cloudpickle.dumps(algorithm("linear", C=1.0)))
    assert changed.space(DataShape("binary", 100, 3, 0, 2)).default()["C"] == 1.0


@pytest.mark.parametrize(
    ("name", "changes", "text"),
    [
        ("lightgmb", {}, r"There is no algorithm 'lightgmb'\. Did you mean 'lightgbm'\?"),
        ("lightgbm", {"num_leafs": 3}, r"'lightgbm' has no hyperparameter 'num_leafs'\. Did you mean 'num_leaves'\?"),
        ("lightgbm", {"learning_rate": (1.0, 0.1)}, r"range \[1\.0, 0\.1\]"),
    ],
)
def test_impossible_changes_are_refused_at_once(name, changes, text):
    """A wrong name or range is refused when it is written, not when the search runs."""
    with pytest.raises(PlanError, match=text):
        algorithm(name, **changes)


def test_names_and_objects_are_resolved_in_order():
    """A name, an object or a list of both gives algorithms in the order asked for."""
    assert [each.name for each in resolve("linear")[0]] == ["linear"]
    assert resolve(MINE) == ((MINE,), ())
    chosen, absent = resolve(["svm", MINE, "dummy"])
    assert [each.name for each in chosen] == ["svm", "mine", "dummy"]
    assert absent == ()


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ("ligthgbm", r"There is no algorithm 'ligthgbm'\. Did you mean 'lightgbm'\?"),
        (["linear", "linear"], r"'linear' was given twice"),
        (["linear", 3], r"3 in algorithms is no algorithm"),
        ([], r"names no algorithm"),
        (7, r"algorithms=7 names no algorithm"),
    ],
)
def test_what_is_no_choice_of_algorithms_is_refused(asked, text):
    """Unknown names, repetitions and other objects are refused with what to give instead."""
    with pytest.raises(PlanError, match=text):
        resolve(asked)


@pytest.mark.usefixtures("_afresh")
def test_an_absent_library_leaves_a_family_out(monkeypatch):
    """Under "auto" a family whose library is absent is named and left out; asked for by name it is an error."""
    monkeypatch.setattr(registry, "_offered", lambda: [("a test", ABSENT)])
    present, absent = resolve("auto")
    assert absent == ("absent",)
    assert "absent" not in {each.name for each in present}
    assert "dummy" in {each.name for each in present}
    wanted = r"'absent' needs no_such_library, which is not installed\. Install it with: pip install .*\[catboost\]"
    with pytest.raises(MissingDependency, match=wanted):
        resolve(["dummy", "absent"])
    with pytest.raises(MissingDependency, match="pip install no_such_library"):
        resolve(replace(ABSENT, extra=""))


@pytest.mark.usefixtures("_afresh")
def test_entry_points_add_algorithms(monkeypatch):
    """Other distributions declare algorithms, which are not marked as shipped."""
    entry = types.SimpleNamespace(name="mine", dist=None, load=lambda: MINE)
    monkeypatch.setattr(registry, "entry_points", lambda group: [entry])
    assert algorithms()["mine"] is MINE


@pytest.mark.usefixtures("_afresh")
@pytest.mark.parametrize(
    ("offered", "text"),
    [
        (replace(MINE, name="linear"), r"declares the algorithm 'linear', a name that is taken; rename it"),
        ("linear", r"The entry point 'mine' of an unknown distribution is a str, no automl\.Algorithm"),
        (None, r"The entry point 'mine' of an unknown distribution can't be loaded: no module"),
    ],
)
def test_bad_entry_points_are_named(monkeypatch, offered, text):
    """An entry point that takes a name, holds something else or can't be loaded is named in the error."""

    def load():
        if offered is None:
            raise ImportError("no module")
        return offered

    monkeypatch.setattr(
        registry, "entry_points", lambda group: [types.SimpleNamespace(name="mine", dist=None, load=load)]
    )
    with pytest.raises(PlanError, match=text):
        algorithms()


@pytest.mark.usefixtures("_afresh")
def test_a_stranger_of_the_same_name_is_refused(monkeypatch):
    """A package called search_spaces that isn't ours is named with its place."""
    stranger = types.ModuleType("search_spaces")
    stranger.__path__ = ["/somewhere/search_spaces"]
    monkeypatch.setitem(sys.modules, "search_spaces", stranger)
    with pytest.raises(PlanError, match=r"'search_spaces' at /somewhere/search_spaces is not the one that comes with"):
        algorithms()
