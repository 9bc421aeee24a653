"""``run.dashboard()`` leaves the program free, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from optuna.storages import InMemoryStorage
from serving import ask, free_port, write_ours

import automl
from automl.dashboard import process
from automl.dashboard.process import Dashboard, show
from automl.errors import PlanError, StorageError
from automl.storage.archive import open_study
from automl.storage.existing import disconnect

PATIENCE = 60.0
Start = Callable[..., Dashboard]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Return what serves a small study of ours from a store; all is closed afterwards."""
    made: list[Any] = []

    def start(store: object = None, **options: Any) -> Dashboard:
        where: Any = tmp_path / "study.db" if store is None else store
        write_ours(where)
        study = open_study(where, "ours", tmp_path)
        dashboard = show(study, tmp_path / "artifacts", **options)
        disconnect(study._storage)
        made.append(dashboard.close)
        return dashboard

    yield start
    for each in made:
        each()


def children() -> list[psutil.Process]:
    """Return the processes that this one has started and that live."""
    return [each for each in psutil.Process().children(recursive=True) if each.status() != psutil.STATUS_ZOMBIE]


@pytest.mark.parametrize("name", ["study.db", "study.journal"])
def test_child_process_serves_a_file(start: Start, tmp_path: Path, name: str) -> None:
    """The study is served by one process of its own, and nothing is left when it is closed."""
    before = len(children())
    with start(tmp_path / name).wait() as dashboard:
        study = dashboard.url.rpartition("/")[2]
        assert len(ask(dashboard.url, f"/api/studies/{study}").said["trials"]) == 2
        assert len(children()) == before + 1
        assert dashboard.is_alive
    assert not dashboard.is_alive
    assert len(children()) == before
    assert sorted(each.name for each in tmp_path.iterdir()) == [name]
    with pytest.raises(OSError, match="refused"):
        ask(dashboard.url, "/")
    dashboard.close()


def test_child_keeps_to_itself(start: Start, tmp_path: Path) -> None:
    """The store's address, which may hold a password, is in no list of processes; a search has the processor first."""
    before = {each.pid for each in children()}
    start(niceness=3).wait()
    (child,) = (each for each in children() if each.pid not in before)
    seen = {name: value for name, value in child.environ().items() if not name.startswith("PYTEST")}
    assert str(tmp_path) not in " ".join(child.cmdline()) + repr(seen)
    assert child.nice() == psutil.Process().nice() + 3


def test_thread_serves_what_is_in_memory(start: Start) -> None:
    """What no other process can reach is served all the same."""
    before = len(children())
    with start(InMemoryStorage()).wait() as dashboard:
        assert len(ask(dashboard.url, "/api/studies/0").said["trials"]) == 2
        assert len(children()) == before
    with pytest.raises(OSError, match="refused"):
        ask(dashboard.url, "/")


@pytest.mark.parametrize("store", [None, InMemoryStorage()])
def test_closing_before_it_answers(start: Start, store: object) -> None:
    """What is closed while it still comes up is gone as well."""
    before = len(children())
    start(store).close()
    assert len(children()) == before


def test_what_it_tells_of_itself(start: Start) -> None:
    """It shows its address, as a link in a notebook, and says when it is closed."""
    dashboard = start(InMemoryStorage()).wait()
    assert repr(dashboard) == f"Dashboard at {dashboard.url}"
    assert dashboard._repr_html_() == f'Dashboard: <a href="{dashboard.url}" target="_blank">{dashboard.url}</a>'
    dashboard.close()
    assert repr(dashboard) == dashboard._repr_html_() == f"Dashboard, closed (was at {dashboard.url})"


def test_store_that_goes_away(tmp_path: Path) -> None:
    """What can't be opened by the serving process is told in one sentence."""
    write_ours(tmp_path / "study.db")
    study = open_study(tmp_path / "study.db", "ours", tmp_path)
    disconnect(study._storage)
    (tmp_path / "study.db").rename(tmp_path / "moved.db")
    dashboard = show(study, tmp_path)
    with pytest.raises(StorageError) as told:
        dashboard.wait()
    assert str(told.value) == (f"The dashboard can't be shown: There is no file {tmp_path}/study.db. Check the path.")
    assert not dashboard.is_alive


def test_process_that_crashes(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """A serving process that ends by itself is told with its exit code and its last words."""
    monkeypatch.setattr(process, "command_of", lambda *given: [sys.executable, "-c", "raise SystemExit('no luck')"])
    with pytest.raises(StorageError, match="can't be shown: its process ended with exit code 1: no luck"):
        start().wait()


def test_process_that_cannot_be_started(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that starts no process is told as well."""
    monkeypatch.setattr(process, "command_of", lambda *given: ["/no/such/program"])
    with pytest.raises(StorageError, match=r"can't be shown: .*No such file"):
        start().wait()


@pytest.mark.thorough
def test_run_has_one_dashboard(seen_run: automl.Run) -> None:
    """A cell that is run again shows the same address; another port is another dashboard."""
    port = free_port()
    with seen_run.dashboard(browser=False) as first:
        assert first.url.endswith(f"/dashboard/studies/{seen_run.study._study_id}")
        assert seen_run.dashboard(browser=False) is first
        assert seen_run.dashboard(first.port, browser=False) is first
        with seen_run.dashboard(port, browser=False) as second:
            assert second.port == port != first.port
            assert seen_run.dashboard(port, browser=False) is second
    with seen_run.dashboard(browser=False) as third:
        assert third not in (first, second)


def test_port_in_use_is_told(seen_run: automl.Run, start: Start) -> None:
    """A port that was asked for is not exchanged for another."""
    taken = start(InMemoryStorage()).port
    with pytest.raises(PlanError, match=f"Port {taken} on 127.0.0.1 is in use"):
        seen_run.dashboard(taken, browser=False)


def test_loaded_run_is_shown(seen_run: automl.Run) -> None:
    """A run that was reopened years later is shown like one that has just ended."""
    loaded = automl.load(seen_run.folder)
    assert isinstance(loaded, automl.Run)
    with loaded.dashboard(browser=False) as dashboard:
        study = dashboard.url.rpartition("/")[2]
        assert len(ask(dashboard.url, f"/api/studies/{study}").said["trials"]) == len(seen_run.evaluations)
    disconnect(loaded.study._storage)


PROGRAM = """
import os, signal, sys, threading
from pathlib import Path
from automl.dashboard.process import show
from automl.storage.archive import open_study

study = open_study(Path("study.db"), "ours", Path("."))
opened = []
thread = threading.Thread(target=lambda: opened.append(show(study, Path("artifacts")).wait()))
thread.start()
thread.join()  # the dashboard outlives the thread that asked for it
print(opened[0].url, flush=True)
if sys.argv[1] == "killed":
    signal.pause()
"""


@pytest.mark.thorough
@pytest.mark.parametrize("how", ["ended", "killed"])
def test_it_ends_with_its_program(tmp_path: Path, how: str) -> None:
    """Neither the end of a program that closed nothing nor its violent death leaves a process."""
    write_ours(tmp_path / "study.db")
    mark = {"AUTOML_TEST_MARK": str(tmp_path)}
    command = [sys.executable, "-c", textwrap.dedent(PROGRAM), how]
    with subprocess.Popen(
        command, cwd=tmp_path, env={**os.environ, **mark}, stdout=subprocess.PIPE, text=True
    ) as program:
        assert program.stdout is not None
        url = program.stdout.readline().strip()
        assert url.startswith("http://127.0.0.1:")
        if how == "killed":
            assert ask(url, "/api/studies").status == 200
            program.send_signal(signal.SIGKILL)
        assert program.wait(PATIENCE) == (-signal.SIGKILL if how == "killed" else 0)
    until = time.monotonic() + PATIENCE
    while left(mark) and time.monotonic() < until:
        time.sleep(0.05)
    assert not left(mark)


def left(mark: dict[str, str]) -> list[int]:
    """Return the processes that carry a mark in their environment."""
    found = []
    for each in psutil.process_iter():
        try:
            if mark.items() <= each.environ().items() and each.status() != psutil.STATUS_ZOMBIE:
                found.append(each.pid)
        except psutil.Error:
            continue
    return found
