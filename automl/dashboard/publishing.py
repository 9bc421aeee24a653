"""Puts what a person should see into a study: notes, figures and files, while the search runs and when it ends.

Making a figure and committing it takes time that the search's coordinator has better use for, so a publisher works in
a thread of its own, at most every ten seconds and for at most a twentieth of the time. What is unchanged is not written
again: a dashboard reads all attributes of a study at every poll, and each of them is a commit. Files belong to the
study, not to its trials, because a finished trial takes none.
"""

from __future__ import annotations

import contextlib
import io
import logging
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import optuna
from optuna.artifacts import FileSystemArtifactStore, get_all_artifact_meta, upload_artifact

from automl.dashboard.view import SearchView
from automl.errors import telling, warn

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

LOG = logging.getLogger("automl")
EVERY = 10.0  # seconds between two publications, at least
SHARE = 0.05  # of the time that publishing may take
ENOUGH = 0.3  # seconds that must be left for another part at the end of a search

Files = tuple[str, float, Callable[[], Mapping[str, bytes]]]


class Publisher:
    """Writes a view of a search into its study, now and then.

    Parameters
    ----------
    study
        The study that people see.
    folder
        Where the files of the study lie.
    clock
        Seconds that only grow.

    Examples
    --------
    >>> study = optuna.create_study()
    >>> with Publisher(study, tmp_path / "artifacts") as publisher:
    ...     publisher.write_note(None, "Which iris is it?")
    ...     publisher.write_file("plan.json", b"{}")
    >>> [each.filename for each in get_all_artifact_meta(study)]
    ['plan.json']
    """

    def __init__(self, study: optuna.Study, folder: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._study = study
        self._folder = folder
        self._clock = clock
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="publisher")
        self._writing: Future[float] | None = None
        self._is_ending = threading.Event()
        self._due = clock() + EVERY
        self._notes: dict[int | None, str] = {}
        self._figures: dict[str, str] = {}

    def __enter__(self) -> Publisher:
        """Return the publisher itself."""
        return self

    def __exit__(self, *error: object) -> None:
        """Wait for what is being written."""
        self._thread.shutdown(wait=True, cancel_futures=True)

    def update(self, view: Callable[[], SearchView]) -> None:
        """Publish the search as it stands if it is time to, without waiting for it.

        Parameters
        ----------
        view
            Makes the view; called in the publisher's thread.
        """
        if self._clock() < self._due or not self._is_free():
            return
        self._due = self._clock() + EVERY
        self._writing = self._thread.submit(self._publish, view)

    def finish(
        self, view: SearchView, files: Sequence[Files] = (), may_go_on: Callable[[float], bool] = lambda seconds: True
    ) -> tuple[str, ...]:
        """Publish the end of a search, and return what there was no time for.

        Parameters
        ----------
        files
            What is to be kept beside it, last: what it is called, the seconds that making it takes, and a function that
            returns contents by file name.
        may_go_on
            Asked before each part whether so many seconds are left.
        """
        self._is_ending.set()
        if self._writing is not None:
            self._tell_error(self._writing)
        writing = self._thread.submit(self._conclude, view, files, may_go_on)
        return ("everything",) if self._tell_error(writing) else writing.result()

    def add(self, name: str, data: bytes, note: Callable[[str], str]) -> bool:
        """Add a file to the study after its search, and write a note that leads to it; tell whether that worked.

        What goes wrong costs a warning.

        Parameters
        ----------
        note
            Makes the study's note from the address of the file.
        """
        return not self._tell_error(self._thread.submit(self._add, name, data, note))

    def _add(self, name: str, data: bytes, note: Callable[[str], str]) -> None:
        with self._connected():
            self.write_file(name, data)
            names = {each.filename: each.artifact_id for each in get_all_artifact_meta(self._study)}
            self.write_note(None, note(f"/artifacts/{self._study._study_id}/{names[name]}"))

    def _is_free(self) -> bool:
        """Whether nothing is being written; what took long makes the next time later."""
        if self._writing is None:
            return True
        if not self._writing.done():
            return False
        writing, self._writing = self._writing, None
        if not self._tell_error(writing):
            self._due = max(self._due, self._clock() + writing.result() / SHARE)
        return self._clock() >= self._due

    def _tell_error(self, writing: Future[Any]) -> bool:
        """Warn of what went wrong in writing, which is no reason to lose a search; tell whether something did."""
        error = writing.exception()
        if error is None:
            return False
        warn(f"The study's notes and figures could not be written: {error}")
        LOG.error("publishing failed", exc_info=error)
        return True

    def _publish(self, view: Callable[[], SearchView]) -> float:
        began = self._clock()
        with self._connected():
            for _, write in _parts(view(), self):
                if self._is_ending.is_set():
                    break  # the last view is about to be written
                write()
        return self._clock() - began

    def _conclude(
        self, view: SearchView, files: Sequence[Files], may_go_on: Callable[[float], bool]
    ) -> tuple[str, ...]:
        left_out: dict[str, None] = {}
        with self._connected():
            for name, write in _parts(view, self):
                if may_go_on(ENOUGH):
                    write()
                else:
                    left_out[name] = None
            for name, seconds, make in files:
                if not may_go_on(seconds):
                    left_out[name] = None
                    continue
                for file, data in make().items():
                    self.write_file(file, data)
        return tuple(left_out)

    @contextlib.contextmanager
    def _connected(self) -> Iterator[None]:
        """Give this thread's connection to the database back afterwards."""
        try:
            yield
        finally:
            backend = getattr(self._study._storage, "_backend", None)
            if isinstance(backend, optuna.storages.RDBStorage):
                backend.remove_session()

    def write_note(self, number: int | None, text: str) -> None:
        """Write the note of a trial, or of the study."""
        from optuna_dashboard import save_note

        if self._notes.get(number) == text:
            return
        if number is None:
            save_note(self._study, text)
        else:
            storage = self._study._storage
            trial_id = storage.get_trial_id_from_study_id_trial_number(self._study._study_id, number)
            save_note(optuna.Trial(self._study, trial_id), text)
        self._notes[number] = text

    def write_figure(self, name: str, figure: Figure) -> None:
        """Write a figure under its id."""
        from optuna_dashboard import save_plotly_graph_object

        text = figure.to_json()
        if self._figures.get(name) != text:
            save_plotly_graph_object(self._study, figure, graph_object_id=name)
            self._figures[name] = text

    def write_file(self, name: str, data: bytes) -> None:
        """Write a file of the study; one of the same name, of an earlier session, gives way."""
        with telling(self._folder, "written"):
            self._folder.mkdir(parents=True, exist_ok=True)
            store = FileSystemArtifactStore(self._folder)
            known = {each.filename: each.artifact_id for each in get_all_artifact_meta(self._study)}
            if name in known:
                store.write(known[name], io.BytesIO(data))
                return
            with tempfile.TemporaryDirectory(dir=self._folder, prefix=".new-") as place:
                path = Path(place) / name
                path.write_bytes(data)
                upload_artifact(artifact_store=store, file_path=str(path), study_or_trial=self._study)


def _parts(view: SearchView, publisher: Publisher) -> Iterator[tuple[str, Callable[[], None]]]:
    """Yield the parts of a publication, the most telling first: what each is called, and how to write it."""
    from automl.dashboard.figures import make_figures
    from automl.dashboard.notes import noted, study_note, trial_note

    yield "the study's note", lambda: publisher.write_note(None, study_note(view))
    for name, figure in make_figures(view).items():
        yield "figures", partial(publisher.write_figure, name, figure)
    told = {each.number: each for each in view.evaluations}
    for number in noted(view):
        yield "notes of trials", partial(publisher.write_note, number, trial_note(told[number], view))
