"""A wheel that is built from the tree and installed elsewhere has everything: code, search spaces, types, licence."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
N_SHIPPED = len([path for path in (ROOT / "search_spaces").glob("[a-z]*.py") if path.stem != "portfolio"])


def run(*arguments: str | Path, cwd: Path) -> str:
    """Run a program with an environment that points nowhere near the tree, and return its output."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(arguments, cwd=cwd, env=clean, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from a copy of what git would ship."""
    folder = tmp_path_factory.mktemp("wheel")
    tree = folder / "tree"
    for name in ("automl", "search_spaces"):
        shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tree)
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, tree, cwd=folder)
    [path] = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def python(wheel: Path) -> Path:
    """Install the wheel into a new environment that has the libraries of this one, but nothing of the tree."""
    folder = wheel.parent / "env"
    venv.create(folder, with_pip=False)
    scripts = folder / ("Scripts" if sys.platform == "win32" else "bin")
    python = scripts / ("python.exe" if sys.platform == "win32" else "python")
    site = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder).strip())
    run(
        *(sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps", "--no-index", wheel),
        cwd=folder,
    )
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return python


def test_wheel_holds_both_packages_types_and_licence(wheel: Path) -> None:
    """What is not in the wheel is not there for a user."""
    names = zipfile.ZipFile(wheel).namelist()
    assert wheel.name.startswith("tabular_search-")
    assert {name.partition("/")[0] for name in names if not name.startswith("tabular_search-")} == {
        "automl",
        "search_spaces",
    }
    assert {"automl/py.typed", "search_spaces/py.typed"} <= set(names)
    assert {"automl/report/templates/page.html", "automl/report/templates/style.css"} <= set(names)
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_installed_wheel_finds_its_search_spaces(python: Path, tmp_path: Path) -> None:
    """From another folder, the installed package is the one that runs, and knows every shipped algorithm."""
    said = run(python, "-c", "import automl; print(automl.__file__, len(automl.algorithms()))", cwd=tmp_path).split()
    assert Path(said[0]).is_relative_to(python.parents[1])
    assert int(said[1]) == N_SHIPPED


def test_installed_command(python: Path, tmp_path: Path) -> None:
    """The wheel brings the command ``automl``."""
    said = run(python.with_name("automl"), "--version", cwd=tmp_path)
    assert said.startswith("automl ")


@pytest.mark.end_to_end
def test_installed_wheel_fits(python: Path, tmp_path: Path) -> None:
    """The installed package searches from a folder that knows nothing of the tree."""
    code = (
        "import automl; from sklearn.datasets import load_iris\n"
        "run = automl.fit(load_iris(as_frame=True).frame, 'target', n_trials=2, time_budget='40s', verbose=0)\n"
        "print(len(run.leaderboard))"
    )
    assert int(run(python, "-c", code, cwd=tmp_path)) >= 2
