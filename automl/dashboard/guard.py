"""What stands between a browser and optuna-dashboard, which lets anyone who reaches it delete and rename studies.

Three rules. Only who is asked for by a name of this machine answers, because a page on the web may point a name of its
own at this machine. Nothing that another site's page sends may write. And of what is left, a study of ours takes notes,
files and the failing of a trial, but is neither deleted nor renamed: its run would not find it again. A study that
another program made takes nothing at all.

What may write is a closed list; whatever is not on it, or is written in an unusual way, is refused.
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit
from wsgiref.headers import Headers

from optuna.storages import BaseStorage

from automl.storage.existing import is_ours

Environ = Mapping[str, Any]
StartResponse = Callable[..., Any]
App = Callable[[Any, StartResponse], Iterable[bytes]]

_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_QUESTIONS = re.compile(r"/api/llm/[a-z_]+")  # a POST because the question is long; nothing is written
_ALLOWED = tuple(
    (method, re.compile(pattern))
    for method, pattern in (
        ("PUT", r"/api/studies/(?P<study>[0-9]+)/note"),
        ("PUT", r"/api/studies/(?P<study>[0-9]+)/(?P<trial>[0-9]+)/note"),
        ("POST", r"/api/artifacts/(?P<study>[0-9]+)"),
        ("POST", r"/api/artifacts/(?P<study>[0-9]+)/(?P<trial>[0-9]+)"),
        ("DELETE", r"/api/artifacts/(?P<study>[0-9]+)/[0-9a-fA-F-]+"),
        ("DELETE", r"/api/artifacts/(?P<study>[0-9]+)/(?P<trial>[0-9]+)/[0-9a-fA-F-]+"),
        ("POST", r"/api/trials/(?P<trial>[0-9]+)/tell"),
        ("POST", r"/api/trials/(?P<trial>[0-9]+)/user-attrs"),
    )
)
_OF_STUDY = re.compile(r"/api/studies/(?P<study>[0-9]+)(?P<rename>/rename)?")
_MOST_READ = 1 << 20  # bytes of a refused request that are read, so that its sender hears the answer
# Own scripts of a report run in a box of their own; they can't speak to the dashboard in the viewer's name.
_BOX = "sandbox allow-scripts allow-popups allow-downloads"


class Guard:
    """A WSGI application in front of another one.

    Parameters
    ----------
    app
        The application of optuna-dashboard.
    storage
        What it shows.
    is_local
        Whether it is served to this machine only, so that only this machine's names may be asked for.

    Examples
    --------
    >>> from optuna.storages import InMemoryStorage
    >>> from wsgiref.util import setup_testing_defaults
    >>> guard = Guard(lambda environ, start: [b"shown"], InMemoryStorage(), is_local=True)
    >>> def answer(**environ):
    ...     setup_testing_defaults(environ)
    ...     return guard(environ, lambda status, headers: print(status))[0].decode()
    >>> answer(HTTP_HOST="localhost:8080")
    'shown'
    >>> answer(HTTP_HOST="example.com")
    403 Forbidden
    '{"reason": "This dashboard answers to names of its own machine only, such as 127.0.0.1, not to example.com."}'
    """

    def __init__(self, app: App, storage: BaseStorage, *, is_local: bool) -> None:
        self._app = app
        self._storage = storage
        self._is_local = is_local

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Pass a request on, or refuse it with one sentence."""
        reason = self.objection(environ)
        if reason:
            return _refuse(environ, start_response, reason)

        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            return start_response(status, _safer(environ, headers), *more)

        return self._app(environ, start)

    def objection(self, environ: Environ) -> str:
        """Return why a request is refused; empty if it is not."""
        host = environ.get("HTTP_HOST", "")
        name = urlsplit(f"//{host}").hostname if _is_sane(host) else None
        if self._is_local and not is_loopback(name or ""):
            return f"This dashboard answers to names of its own machine only, such as 127.0.0.1, not to {name}."
        method, path = environ["REQUEST_METHOD"].upper(), environ.get("PATH_INFO", "").rstrip("/")
        if method in _READING or (method == "POST" and _QUESTIONS.fullmatch(path)):
            return ""
        origin, site = environ.get("HTTP_ORIGIN"), environ.get("HTTP_SEC_FETCH_SITE", "same-origin")
        if site not in ("same-origin", "none") or (origin is not None and urlsplit(origin).netloc != host):
            return "Another site's page may not change anything here."
        return self._objection_to_writing(method, path)

    def _objection_to_writing(self, method: str, path: str) -> str:
        found = next((match for verb, each in _ALLOWED if verb == method and (match := each.fullmatch(path))), None)
        asked = found or _OF_STUDY.fullmatch(path)
        if asked is None:
            return "Studies are made by automl.fit and by Optuna, not here: this dashboard makes and upgrades none."
        parts = asked.groupdict()
        study = self._study_of(parts.get("study"), parts.get("trial"))
        if study is None:
            return "There is no such study or trial."
        if not is_ours(self._storage.get_study_user_attrs(study)):
            name = self._storage.get_study_name_from_id(study)
            return f"The study {name!r} was made by another program, so it is shown read-only."
        if found is not None:
            return ""
        if parts.get("rename"):
            return "A run finds its study by its name, so it can't be renamed here."
        return "A run's study holds its results, so it can't be deleted here. Delete the run's folder instead."

    def _study_of(self, study: str | None, trial: str | None) -> int | None:
        """Return the id of the study that a request means; ``None`` if there is none or the trial isn't its."""
        ids = [each._study_id for each in self._storage.get_all_studies()]
        if study is not None:
            ids = [each for each in ids if each == int(study)]
        if trial is not None:
            ids = [each for each in ids if self._has_trial(each, int(trial))]
        return ids[0] if ids else None

    def _has_trial(self, study: int, trial: int) -> bool:
        return any(each._trial_id == trial for each in self._storage.get_all_trials(study, deepcopy=False))


def is_loopback(name: str) -> bool:
    """Tell whether a host's name or address is this machine's, whatever a name server says.

    Examples
    --------
    >>> [is_loopback(name) for name in ("localhost", "127.0.0.1", "::1", "example.com", "0.0.0.0")]
    [True, True, True, False, False]
    """
    if name.lower().rstrip(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _is_sane(host: str) -> bool:
    return re.fullmatch(r"(\[[0-9a-fA-F:.]+\]|[\w.-]+)(:[0-9]+)?", host) is not None


def _safer(environ: Environ, given: list[tuple[str, str]]) -> list[tuple[str, str]]:
    headers = Headers(list(given))
    headers["X-Content-Type-Options"] = "nosniff"
    headers["X-Frame-Options"] = "SAMEORIGIN"
    if environ.get("PATH_INFO", "").startswith("/artifacts/"):
        del headers["Access-Control-Allow-Origin"]
        if any(each in (headers["Content-Type"] or "").lower() for each in ("html", "xml")):
            headers["Content-Security-Policy"] = _BOX
    return headers.items()


def _refuse(environ: Environ, start_response: StartResponse, reason: str) -> Iterable[bytes]:
    length = environ.get("CONTENT_LENGTH") or "0"
    if length.isdecimal() and int(length):
        environ["wsgi.input"].read(min(int(length), _MOST_READ))
    body = json.dumps({"reason": reason}).encode()
    status = HTTPStatus.FORBIDDEN
    start_response(
        f"{status.value} {status.phrase}", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    )
    return [body]
