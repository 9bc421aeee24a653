"""``import automl`` and ``automl --help`` come at once, and the public names are the ones that were promised."""

from __future__ import annotations

import subprocess
import sys

import pytest

import automl

HEAVY = {"sklearn", "optuna", "pandas", "pydantic", "scipy", "lightgbm", "xgboost", "catboost", "skops", "matplotlib"}
PUBLIC = {
    "ABTest",
    "Algorithm",
    "ArtifactError",
    "AutoMLClassifier",
    "AutoMLError",
    "AutoMLRegressor",
    "AutoMLWarning",
    "BuildContext",
    "Categorical",
    "Comparison",
    "DataError",
    "DataShape",
    "Fitted",
    "Float",
    "Guardrail",
    "Int",
    "Join",
    "Metric",
    "MissingDependency",
    "Needs",
    "PlanError",
    "Rows",
    "Run",
    "SearchError",
    "SearchSpace",
    "StorageError",
    "Strategy",
    "__version__",
    "algorithm",
    "algorithms",
    "compare",
    "compare_all",
    "fit",
    "fit_plan",
    "load",
    "plan",
    "profile",
    "read",
    "rebuild",
}


def modules_after(statement: str) -> set[str]:
    """Return the top-level modules that a fresh interpreter has loaded after a statement."""
    code = f"import sys\n{statement}\nprint(*sorted({{name.partition('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("name", ["automl", "automl.cli", "automl.api", "automl.values.algorithm", "search_spaces"])
def test_import_is_light(name: str) -> None:
    """Importing the package, its vocabulary, command line or the list of algorithms loads no model library."""
    assert not modules_after(f"import {name}") & HEAVY


def test_import_of_command_line_loads_no_numpy() -> None:
    """``automl --help`` needs click and nothing else."""
    assert "numpy" not in modules_after("import automl.cli")


def test_public_names_are_pinned() -> None:
    """A name that enters or leaves the package's face is a decision."""
    assert set(automl.__all__) == PUBLIC
    assert dir(automl) == sorted(PUBLIC)


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_public_name_resolves(name: str) -> None:
    """Every promised name is there."""
    assert getattr(automl, name) is not None


def test_unknown_name_is_an_attribute_error() -> None:
    """A name that isn't there is reported as Python does."""
    with pytest.raises(AttributeError, match="module 'automl' has no attribute 'fitt'"):
        automl.fitt  # noqa: B018


def test_workers_begin_to_load_before_this_process_does() -> None:
    """When ``fit`` starts its workers it has loaded nothing heavy itself, so that both load at the same time."""
    loaded = modules_after(
        "import automl, automl.workplace, contextlib\n"
        "def started(request, folder): raise SystemExit(print(*sorted(n.partition('.')[0] for n in sys.modules)))\n"
        "automl.workplace.engine_for = started\n"
        "automl.fit('no.csv', 'y', time_budget=5)\n"
    )
    assert "automl" in loaded
    assert not loaded & HEAVY
