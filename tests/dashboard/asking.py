"""What the dashboard's server answers, asked without a port."""

from __future__ import annotations

import io
import json
from typing import Any
from wsgiref.util import setup_testing_defaults

from optuna.storages import BaseStorage
from optuna_dashboard import wsgi


def ask(storage: BaseStorage, path: str, artifacts: Any = None) -> tuple[str, dict[str, str], bytes]:
    """Return status, headers and body of a GET, from a server that has just been started: nothing is cached."""
    environ: dict[str, Any] = {"PATH_INFO": path, "wsgi.input": io.BytesIO(), "HTTP_ACCEPT_ENCODING": "identity"}
    setup_testing_defaults(environ)
    answered: list[Any] = []

    def start(status: str, headers: list[tuple[str, str]], error: Any = None) -> Any:
        answered.append((status, dict(headers)))
        return lambda data: None

    chunks = wsgi(storage, artifacts)(environ, start)
    body = b"".join(chunks)
    getattr(chunks, "close", lambda: None)()
    return (*answered[-1], body)


def detail(storage: BaseStorage, study_id: int = 0, artifacts: Any = None) -> dict[str, Any]:
    """Return what the pages of a study are drawn from."""
    status, _, body = ask(storage, f"/api/studies/{study_id}", artifacts)
    assert status.startswith("200"), (status, body)
    said: dict[str, Any] = json.loads(body)
    return said
