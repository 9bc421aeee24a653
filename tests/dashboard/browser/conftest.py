"""A headless browser, and a real run's study served to it as a user would serve it.

What a person would see is checked by the functions of :mod:`browser.pages`. Screenshots are kept in ``test-output/``
beside the tests, or in the folder that AUTOML_TEST_OUTPUT names.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import optuna
import pytest

import automl
from automl.dashboard.opening import open_studies
from automl.dashboard.server import Server, listen, make_app
from automl.storage.existing import disconnect

pytest.register_assert_rewrite("browser.pages")
from browser.pages import Watch  # noqa: E402

OUTPUT = Path(os.environ.get("AUTOML_TEST_OUTPUT") or Path(__file__).parents[3] / "test-output")
SIZE = {"width": 1280, "height": 900}  # a laptop's


@pytest.fixture(scope="session")
def seen_at(seen_run: automl.Run) -> Iterator[str]:
    """Serve the study of the real search with the command that a user would give, and say where."""
    command = [sys.executable, "-W", "error", "-m", "automl", "dashboard", str(seen_run.folder), "--no-browser"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert server.stdout is not None
    said = []
    try:
        for line in server.stdout:
            said.append(line)
            if "http://" in line:
                yield "http://" + line.partition("http://")[2].partition("/dashboard")[0]
                break
        else:
            raise AssertionError("".join(said))
    finally:
        server.terminate()
        server.communicate()


@contextmanager
def served(folder: Path) -> Iterator[tuple[str, optuna.Study]]:
    """Serve a run folder from a thread of this process, which starts at once, and give its study to be changed."""
    opened = open_studies(str(folder))
    with Server(listen(), make_app(opened.storage, opened.artifacts)) as server:
        thread = threading.Thread(target=server.serve)
        thread.start()
        study = automl.load(folder).study
        yield f"http://127.0.0.1:{server.server_port}", study
        server.shutdown()
        thread.join()
    disconnect(study._storage)
    disconnect(opened.storage)


@pytest.fixture
def serve() -> Callable[[Path], Any]:
    """Return what serves a run folder as long as a ``with`` lasts."""
    return served


@pytest.fixture
def watch(chromium: Any, request: pytest.FixtureRequest) -> Iterator[Callable[[str], Watch]]:
    """Open a fresh window on an address, under watch; its last sight is kept as a screenshot, named by the test."""
    opened: list[Watch] = []

    def open_window(address: str) -> Watch:
        context = chromium.new_context(viewport=SIZE, accept_downloads=True)
        opened.append(Watch(context.new_page(), address, OUTPUT / "dashboard" / request.node.callspec.id))
        return opened[-1]

    yield open_window
    for each in opened:
        each.page.context.close()
