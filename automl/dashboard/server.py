"""Serving optuna-dashboard: a listening socket, a thread for each request, and a guard in front.

The socket is opened before anything else, so the address is known, and a browser that asks early waits for its answer
instead of being turned away.
"""

from __future__ import annotations

import errno
import socket
import sys
from collections.abc import Callable
from http.server import HTTPServer
from pathlib import Path
from socketserver import TCPServer, ThreadingMixIn
from typing import Any, BinaryIO
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from optuna.artifacts import FileSystemArtifactStore
from optuna.storages import BaseStorage

from automl.dashboard.guard import Guard
from automl.errors import PlanError

LOOPBACK = "127.0.0.1"
USUAL_PORT = 8080
_POLL_SECONDS = 0.1  # how soon the server notices that it is to end
_IDLE_SECONDS = 30.0  # how long a connection may stay open without asking for anything


def listen(host: str = LOOPBACK, port: int | None = None) -> socket.socket:
    """Return a socket that listens; the port 8080 or, if it is taken, any free one, unless one is given.

    Raises
    ------
    PlanError
        If the port is in use, may not be used or is none, or the host is no address of this machine.
    """
    if port is not None and (isinstance(port, bool) or not isinstance(port, int) or not 0 <= port < 1 << 16):
        raise PlanError(f"port={port!r} is no port; give a whole number from 1 to 65535, or leave it out.")
    try:
        found = socket.getaddrinfo(host, port or 0, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise PlanError(f"host={host!r} is no address of this machine ({error.strerror}). Leave it out.") from None
    family, *_, address = min(found, key=lambda each: each[0] != socket.AF_INET)
    if port is not None:
        return _bound(family, host, (address[0], port))
    try:
        return _bound(family, host, (address[0], USUAL_PORT))
    except _PortTaken:
        return _bound(family, host, (address[0], 0))


class _PortTaken(PlanError):
    """The port is not to be had."""


def _bound(family: int, host: str, address: tuple[Any, int]) -> socket.socket:
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # not to wait for connections that just ended
        listening.bind(address)
        listening.listen(128)
    except OSError as error:
        listening.close()
        port = address[1]
        advice = "Give another one (--port, or port= in Python), or leave it out for a free one."
        if error.errno == errno.EADDRINUSE:
            raise _PortTaken(f"Port {port} on {host} is in use by another program. {advice}") from None
        if error.errno in (errno.EACCES, errno.EPERM):
            raise _PortTaken(f"Port {port} is for the system's own programs. {advice}") from None
        raise PlanError(f"host={host!r} is no address of this machine ({error.strerror}). Leave it out.") from None
    return listening


def address(host: str, listening: socket.socket, study_id: int | None) -> str:
    """Return what to type into a browser: the page of a study, or the list of studies.

    Examples
    --------
    >>> with listen(port=0) as listening:
    ...     address("127.0.0.1", listening, 3).replace(str(listening.getsockname()[1]), "8080")
    'http://127.0.0.1:8080/dashboard/studies/3'
    """
    bound, port = listening.getsockname()[:2]
    name = socket.gethostname() if bound in ("0.0.0.0", "::") else host
    page = "dashboard" if study_id is None else f"dashboard/studies/{study_id}"
    return f"http://{f'[{name}]' if ':' in name else name}:{port}/{page}"


class _Artifacts(FileSystemArtifactStore):
    """Files of a study in a folder that is made when the first one comes."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._folder = folder

    def write(self, artifact_id: str, content_body: BinaryIO) -> None:
        """Keep a file."""
        self._folder.mkdir(exist_ok=True)
        super().write(artifact_id, content_body)


def make_app(storage: BaseStorage, artifacts: Path | None, *, is_local: bool = True) -> Guard:
    """Return the guarded application that shows a storage, and the files of its studies where there is their folder."""
    from optuna_dashboard import wsgi

    app = wsgi(storage, artifact_store=None if artifacts is None else _Artifacts(artifacts))
    return Guard(app, storage, is_local=is_local)


class _Handler(WSGIRequestHandler):
    timeout = _IDLE_SECONDS

    def log_message(self, format: str, *args: Any) -> None:
        """Keep quiet about requests."""


class Server(ThreadingMixIn, WSGIServer):
    """A web server on a socket that listens already, with a thread for each request.

    Parameters
    ----------
    listening
        The socket; closed with the server.
    app
        The WSGI application.
    """

    daemon_threads = True

    def __init__(self, listening: socket.socket, app: Callable[..., Any]) -> None:
        bound, port = listening.getsockname()[:2]
        TCPServer.__init__(self, (bound, port), _Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listening
        self.server_name, self.server_port = str(bound), port  # no name server is asked, which may take seconds
        self.setup_environ()
        self.set_app(app)

    def serve(self) -> None:
        """Answer until :meth:`shutdown` is called from another thread, or an exception comes."""
        self.serve_forever(_POLL_SECONDS)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Tell of an error in the server itself; a browser that went away is none."""
        if not isinstance(sys.exception(), OSError):
            HTTPServer.handle_error(self, request, client_address)
