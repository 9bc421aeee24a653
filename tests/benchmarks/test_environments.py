"""Environments: named by what they are made of, made once, and a reason in a line where that fails."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from harness import environments
from harness.environments import ensure, find_python, is_made, source_hash
from harness.errors import EnvironmentFailure
from harness.systems import System

VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder in which environments are made here."""
    monkeypatch.setenv("AUTOML_BENCH_ENVIRONMENTS", str(tmp_path / "environments"))
    return tmp_path / "environments"


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Return the commands that would have been run."""
    commands: list[list[str]] = []

    def call(command: list[str]) -> None:
        commands.append(command)
        if "venv" in command:
            Path(command[-1]).mkdir(parents=True)

    monkeypatch.setattr(environments, "_call", call)
    return commands


def system(tmp_path: Path, requirements: str = "thing==1.2\ntorch==2.0\n", python: str = VERSION) -> System:
    (tmp_path / "thing").mkdir(exist_ok=True)
    (tmp_path / "thing" / "requirements.txt").write_text(requirements)
    return System("thing", tmp_path / "thing", python, "thing")


def test_an_environment_is_made_once(tmp_path: Path, folder: Path, called: list[list[str]]) -> None:
    """The first use makes it, the next takes it; other requirements make another beside it."""
    said: list[str] = []
    first = ensure(system(tmp_path), said.append)
    assert said == [f"Making the environment of thing (Python {VERSION}) …"]
    count = len(called)
    assert is_made(system(tmp_path))
    assert ensure(system(tmp_path), said.append) == first
    assert len(called) == count
    assert first.version == "1.2"
    assert first.python.parent.parent.parent == folder
    other = ensure(system(tmp_path, "thing==1.3\n"), said.append)
    assert (other.version, other.python == first.python) == ("1.3", False)


def test_pip_does_it_where_uv_is_not(tmp_path: Path, called: list[list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    """Without uv the environment is made by venv and filled by its own pip."""
    monkeypatch.setattr(environments, "_uv", lambda: None)
    made = ensure(system(tmp_path))
    assert called[0][1:3] == ["-m", "venv"]
    assert called[1][:4] == [str(made.python), "-m", "pip", "install"]


def test_a_smaller_torch_is_tried_first(
    tmp_path: Path, called: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the build for processors can't be had, the other is installed."""
    monkeypatch.setattr(environments, "_uv", lambda: "uv")
    plain = environments._call

    def call(command: list[str]) -> None:
        plain(command)
        if "--torch-backend" in command:
            raise EnvironmentFailure("no such host")

    monkeypatch.setattr(environments, "_call", call)
    ensure(system(tmp_path))
    assert ["--torch-backend" in command for command in called] == [False, True, False]


def test_what_fails_is_not_kept(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failed installation leaves no half an environment; the next use tries again."""

    def call(command: list[str]) -> None:
        if "venv" in command:
            Path(command[-1]).mkdir(parents=True)
        else:
            raise EnvironmentFailure("no such version")

    monkeypatch.setattr(environments, "_call", call)
    for _ in range(2):
        with pytest.raises(EnvironmentFailure, match="no such version"):
            ensure(system(tmp_path))
    assert [path.suffix for path in folder.iterdir()] == [".lock"]
    assert not is_made(system(tmp_path))


def test_the_reason_is_what_the_installer_says(tmp_path: Path) -> None:
    """A Python that isn't there is told as the program that looked for it tells it, in a line."""
    with pytest.raises(EnvironmentFailure) as caught:
        ensure(system(tmp_path, python="9.9"))
    assert "9.9" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            "  × No solution found\n  ╰─▶ Because a==9\n      was not found",
            "No solution found Because a==9 was not found",
        ),
        ("Collecting a\nERROR: no a\nERROR: really\n", "ERROR: really"),
        ("warning: w\nerror: it failed\n  Caused by: x", "error: it failed Caused by: x"),
        ("", ""),
    ],
)
def test_a_complaint_is_shortened(text: str, reason: str) -> None:
    """Of an installer's output the last error counts, or everything where none is marked, without drawing."""
    assert environments._complaint(text) == reason


def test_sources_have_a_version(tmp_path: Path) -> None:
    """The version of this checkout changes with any file of its packages, and not with compiled ones."""
    for name in ("automl", "search_spaces"):
        (tmp_path / name / "__pycache__").mkdir(parents=True)
        (tmp_path / name / "a.py").write_text("1")
    (tmp_path / "pyproject.toml").write_text("")
    first = source_hash(tmp_path)
    (tmp_path / "automl" / "__pycache__" / "a.pyc").write_text("2")
    assert source_hash(tmp_path) == first
    (tmp_path / "search_spaces" / "a.py").write_text("2")
    assert source_hash(tmp_path) != first


def test_this_python_is_found() -> None:
    """The interpreter that runs is taken for its own version; a version that nobody has isn't found."""
    assert find_python(VERSION) == sys.executable
    assert find_python("9.9") is None
