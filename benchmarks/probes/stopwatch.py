"""A stopwatch for the parts of a program, put around its functions from outside."""

from __future__ import annotations

import functools
import importlib
import threading
import time
from collections.abc import Callable
from typing import Any

PARTS = (
    ("automl.session.call", "prepare", "preparation"),
    ("automl.search.engines", "LocalEngine.start", "workers"),
    ("automl.search.engines", "LocalEngine.put", "workers"),
    ("automl.search.engines", "LocalEngine.close", "workers"),
    ("automl.search.loop", "wait", "waiting for folds"),
    ("automl.session.call", "search", "coordinator"),
    ("automl.storage.study", "StudyMirror.open", "study"),
    ("automl.storage.study", "StudyMirror.start", "study"),
    ("automl.storage.study", "StudyMirror.report", "study"),
    ("automl.storage.study", "StudyMirror.finish", "study"),
    ("automl.storage.study", "StudyMirror.finished", "study"),
    ("automl.storage.study", "StudyMirror.close", "study"),
    ("automl.storage.folder", "RunFolder.write_json", "run folder"),
    ("automl.storage.folder", "RunFolder.write_bytes", "run folder"),
    ("automl.storage.folder", "RunFolder.write_text", "run folder"),
    ("automl.dashboard.publishing", "Publisher.update", "notes and figures"),
    ("automl.dashboard.publishing", "Publisher.finish", "notes and figures"),
    ("automl.dashboard.publishing", "Publisher._publish", "notes and figures"),
    ("automl.session.call", "build_ensemble", "ensemble"),
    ("automl.session.call", "end", "end of probabilities"),
    ("automl.session.call", "judge", "honest scores"),
    ("automl.session.call", "finish", "finish"),
)


class Stopwatch:
    """Adds up seconds by part, each part's own only.

    Attributes
    ----------
    seconds, beside
        Seconds by part, of the thread that made the stopwatch and of all others.
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self.seconds: dict[str, float] = {}
        self.beside: dict[str, float] = {}
        self._clock = clock
        self._thread = threading.get_ident()
        self._within = threading.local()

    def timed(self, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function with its time counted."""

        @functools.wraps(function)
        def measured(*args: Any, **kwargs: Any) -> Any:
            inner: list[float] = self._within.__dict__.setdefault("inner", [])
            inner.append(0.0)
            began = self._clock()
            try:
                return function(*args, **kwargs)
            finally:
                taken = self._clock() - began
                own = taken - inner.pop()
                if inner:
                    inner[-1] += taken
                kept = self.seconds if threading.get_ident() == self._thread else self.beside
                kept[part] = kept.get(part, 0.0) + own

        return measured

    def wrap(self, module: str, name: str, part: str) -> bool:
        """Put a timed function in place of ``name`` of a module; return whether there is one."""
        *path, last = name.split(".")
        try:
            holder = functools.reduce(getattr, path, importlib.import_module(module))
            raw = vars(holder)[last]
        except (ImportError, AttributeError, KeyError):
            return False
        if isinstance(raw, classmethod):
            setattr(holder, last, classmethod(self.timed(part, raw.__func__)))
        else:
            setattr(holder, last, self.timed(part, raw))
        return True
