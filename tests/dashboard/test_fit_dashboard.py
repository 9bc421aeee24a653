"""``fit(..., dashboard=True)`` shows the search while it runs, costs it nothing, and leaves nothing behind."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from serving import ask

import automl
from automl.dashboard import process
from automl.errors import AutoMLWarning, PlanError
from automl.values.progress import Update

pytestmark = pytest.mark.end_to_end
Search = Callable[..., automl.Run]
FAST: dict[str, Any] = {"algorithms": ["dummy", "naive_bayes"], "n_trials": 3, "ensemble": False}


class Viewer:
    """A callback that looks at the dashboard after each candidate."""

    def __init__(self) -> None:
        self.kinds: list[str] = []
        self.address = ""
        self.n_trials: list[int] = []

    def __call__(self, update: Update) -> None:
        self.kinds.append(update.kind)
        if update.kind == "dashboard":
            assert update.text.startswith("Dashboard: http://127.0.0.1:")
            self.address = update.text.removeprefix("Dashboard: ")
        if update.kind == "evaluated":
            path = "/api" + self.address.partition("/dashboard")[2]
            self.n_trials.append(len(ask(self.address, path).said["trials"]))


@pytest.mark.parametrize("storage", [None, "memory"])
def test_search_is_shown_as_it_goes(search: Search, tmp_path: Path, storage: str | None) -> None:
    """The address comes before the first candidate, answers while the search runs, and is gone when fit returns."""
    viewer = Viewer()
    before = set(psutil.Process().children(recursive=True))
    run = search(out=tmp_path / "run", storage=storage, dashboard=True, callbacks=[viewer], **FAST)
    assert viewer.kinds.index("dashboard") < viewer.kinds.index("started")
    assert viewer.n_trials[0] >= 1
    assert len(viewer.n_trials) == len(run.evaluations) == 3
    assert set(psutil.Process().children(recursive=True)) <= before
    with pytest.raises(OSError, match="refused"):
        ask(viewer.address, "/")
    with run.dashboard(browser=False) as again:
        assert len(ask(again.url, "/api" + again.url.partition("/dashboard")[2]).said["trials"]) == 3


def test_it_is_told_on_the_screen(search: Search, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A person reads the address where progress is told, and no browser is opened where nobody sits."""
    search(out=tmp_path / "run", dashboard=True, verbose=1, **FAST)
    assert [line for line in capsys.readouterr().err.splitlines() if line.startswith("Dashboard: http://127.0.0.1:")]


def test_nothing_is_shown_unasked(search: Search, tmp_path: Path) -> None:
    """By default there is no server."""
    viewer = Viewer()
    search(out=tmp_path / "run", callbacks=[lambda update: viewer.kinds.append(update.kind)], **FAST)
    assert "dashboard" not in viewer.kinds


def test_search_goes_on_without_it(search: Search, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A dashboard that can't be served costs one warning and not the search."""
    monkeypatch.setattr(process, "command_of", lambda *given: [sys.executable, "-c", "raise SystemExit('no luck')"])
    with pytest.warns(AutoMLWarning) as told:
        run = search(out=tmp_path / "run", dashboard=True, **FAST)
    assert len(run.evaluations) == 3
    assert [str(each.message) for each in told if "dashboard" in str(each.message)] == [
        "There was no dashboard during the search: its process ended with exit code 1: no luck"
    ]


def test_search_goes_on_without_a_port(search: Search, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which nothing may listen costs one warning and not the search."""

    def refuse(*given: object) -> Any:
        raise PlanError("Port 8080 is for the system's own programs.")

    monkeypatch.setattr(process, "listen", refuse)
    with pytest.warns(AutoMLWarning, match=r"There is no dashboard; the search goes on without it\. Port 8080 is for"):
        run = search(out=tmp_path / "run", dashboard=True, **FAST)
    assert len(run.evaluations) == 3


def test_what_is_neither_yes_nor_no(search: Search, tmp_path: Path) -> None:
    """It is shown or not."""
    with pytest.raises(PlanError, match="dashboard=8080; give True or False"):
        search(out=tmp_path / "run", dashboard=8080)
