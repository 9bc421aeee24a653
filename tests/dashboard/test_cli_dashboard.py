"""``automl dashboard``: one command shows a run, and Ctrl-C ends it as if it had never been there."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from serving import ask, free_port, write_ours, write_theirs

import automl
from automl.cli import main
from automl.dashboard.browser import open_browser
from automl.dashboard.server import listen

PATIENCE = 60.0


def call(*arguments: object) -> Result:
    """Call the command in this process."""
    return CliRunner().invoke(main, ["dashboard", *map(str, arguments)])


class Command:
    """The command as a person types it, until it ends."""

    def __init__(self, folder: Path, *arguments: object, **environment: str) -> None:
        quiet = {
            name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
        }
        self.process = subprocess.Popen(
            [sys.executable, "-W", "error", "-m", "automl", "dashboard", *map(str, arguments)],
            cwd=folder,
            env={**quiet, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )
        assert self.process.stdout is not None
        self.line = self.process.stdout.readline()

    @property
    def url(self) -> str:
        """The address that it printed."""
        if not self.line:
            raise AssertionError(self.process.communicate())
        return self.line.split()[-1]

    def end(self, how: signal.Signals = signal.SIGINT) -> tuple[int, str]:
        """Send a signal and return the exit code and what was told besides results."""
        self.process.send_signal(how)
        _, told = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, told


@pytest.fixture
def place(seen_run: automl.Run, tmp_path: Path) -> Path:
    """Return a folder in which there is a run."""
    shutil.copytree(seen_run.folder, tmp_path / "runs" / "demo")
    return tmp_path


@pytest.fixture
def browser(tmp_path: Path) -> Path:
    """Return a browser that writes down what it is asked to open."""
    script = tmp_path / "browser"
    script.write_text(f'#!/bin/sh\necho "$1" > {tmp_path}/seen.part && mv {tmp_path}/seen.part {tmp_path}/seen\n')
    script.chmod(0o755)
    return script


def seen(browser: Path) -> str:
    """Wait for what the browser was asked to open."""
    until = time.monotonic() + PATIENCE
    while not (browser.parent / "seen").exists() and time.monotonic() < until:
        time.sleep(0.05)
    return (browser.parent / "seen").read_text().strip()


@pytest.mark.end_to_end
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_command_from_start_to_end(place: Path, browser: Path, how: signal.Signals) -> None:
    """The newest run is shown and opened; a signal ends it with exit code 0, silently, and the port is free at once."""
    port = free_port()
    before = sorted(each.name for each in (place / "runs" / "demo").iterdir())
    command = Command(place, "--port", port, BROWSER=f"{browser} %s")
    assert command.line == f"Dashboard of runs/demo: http://127.0.0.1:{port}/dashboard/studies/1\n"
    assert b"<html" in ask(command.url, "/dashboard/studies/1").body.lower()
    assert ask(command.url, "/api/meta").said["artifact_is_available"]
    assert ask(command.url, "/api/studies/1").said["trials"]
    assert seen(browser) == command.url
    with pytest.raises(automl.PlanError, match=f"Port {port}"):
        listen(port=port)
    assert command.end(how) == (0, "Ctrl-C ends it.\nThe dashboard is closed.\n")
    listen(port=port).close()
    assert sorted(each.name for each in (place / "runs" / "demo").iterdir()) == before


@pytest.mark.end_to_end
def test_two_commands_beside_each_other(place: Path, browser: Path) -> None:
    """Without a port there is always one; without a browser none is opened."""
    commands = [Command(place, "runs/demo", "--no-browser", BROWSER=f"{browser} %s") for _ in range(2)]
    assert len({each.url for each in commands}) == 2
    assert [each.end()[0] for each in commands] == [0, 0]
    assert not (browser.parent / "seen").exists()


@pytest.mark.end_to_end
def test_store_of_others_is_announced_as_read_only(tmp_path: Path) -> None:
    """A study that another program made is shown with a word about it."""
    write_theirs(f"sqlite:///{tmp_path}/their.db")
    command = Command(tmp_path, "their.db", "--no-browser")
    assert ask(command.url, "/api/studies/1").status == 200
    code, told = command.end()
    assert code == 0
    assert told.splitlines()[0] == (
        "Note: The study 'theirs' in their.db made by another program can be read here, but not changed."
    )


@pytest.mark.end_to_end
def test_open_to_others_is_warned_of(place: Path) -> None:
    """Whoever opens it to others is told that there is no password."""
    command = Command(place, "--no-browser", "--host", "0.0.0.0")
    port = command.url.rpartition(":")[2].partition("/")[0]
    assert ask(f"http://127.0.0.1:{port}", "/api/studies", Host="somewhere.example.com").status == 200
    code, told = command.end()
    assert code == 0
    assert told.startswith("Note: The dashboard asks nobody for a password: whoever reaches 0.0.0.0 can read the study")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ((), 1, "There are no runs in"),
        (("typo",), 1, "There is nothing at typo."),
        (("sqlite:///typo.db",), 1, "There is no file typo.db."),
        ((".",), 1, ". is not the folder of a run"),
        (("nosuch://x",), 2, "which SQLAlchemy doesn't know"),
        (("a.db", "--storage", "sqlite:///b.db"), 2, "goes with a run folder"),
        (("a.db", "--host", "192.0.2.1"), 2, "host='192.0.2.1' is no address of this machine"),
        (("a.db", "--port", "70000"), 2, "70000 is not in the range 1<=x<=65535"),
    ],
)
def test_bad_input_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], code: int, words: str
) -> None:
    """What can't be shown ends with a sentence and the exit code of its kind."""
    monkeypatch.chdir(tmp_path)
    write_ours("a.db")
    done = call(*arguments)
    assert (done.exit_code, done.stdout) == (code, "")
    assert words in done.stderr
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a.db"]


def test_port_in_use_is_one_sentence(tmp_path: Path) -> None:
    """A port that was asked for and is taken is named."""
    write_ours(tmp_path / "a.db")
    with listen(port=0) as taken:
        port = taken.getsockname()[1]
        done = call(tmp_path / "a.db", "--port", port, "--no-browser")
    assert done.exit_code == 2
    assert done.stderr.startswith(
        f"Error: Port {port} on 127.0.0.1 is in use by another program. Give another one (--port"
    )


def test_machine_without_a_screen_opens_nothing(monkeypatch: pytest.MonkeyPatch, browser: Path) -> None:
    """A browser for text would take over the terminal; one that a person named is used."""
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    assert not open_browser("http://127.0.0.1:1/")
    monkeypatch.setenv("BROWSER", f"{browser} %s")
    monkeypatch.setattr("webbrowser._tryorder", None)
    assert open_browser("http://127.0.0.1:1/")
    assert seen(browser) == "http://127.0.0.1:1/"
