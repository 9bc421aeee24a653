"""Serving a dashboard as all that a program does, until a person ends it: the command ``automl dashboard``."""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable
from typing import Any, NoReturn

import optuna

from automl.dashboard.guard import is_loopback
from automl.dashboard.opening import OpenStudies
from automl.dashboard.server import LOOPBACK, Server, address, listen, make_app
from automl.errors import warn
from automl.storage.existing import disconnect


def serve(
    opened: OpenStudies, announce: Callable[[str], object], *, host: str = LOOPBACK, port: int | None = None
) -> None:
    """Serve what is open until Ctrl-C or SIGTERM comes; afterwards the port is free and the store is closed.

    Parameters
    ----------
    opened
        What to show.
    announce
        Is given the address when it answers.
    host, port
        Where to listen; see :func:`~automl.dashboard.server.listen`.

    Raises
    ------
    PlanError
        If the port or the host can't be had.
    """
    quieten()
    is_local = is_loopback(host)
    if not is_local:
        warn(
            f"The dashboard asks nobody for a password: whoever reaches {host} can read the study and write notes in "
            "it. Leave --host out to serve this machine only."
        )
    if opened.others:
        count = f"{len(opened.others)} studies" if len(opened.others) > 1 else f"The study {opened.others[0]!r}"
        warn(f"{count} in {opened.name} made by another program can be read here, but not changed.")
    try:
        with Server(listen(host, port), make_app(opened.storage, opened.artifacts, is_local=is_local)) as server:
            signal.signal(signal.SIGTERM, interrupt)
            announce(address(host, server.socket, opened.study_id))
            server.serve()
    except KeyboardInterrupt:
        return  # that is how it ends
    finally:
        disconnect(opened.storage)


def interrupt(number: int, frame: Any) -> NoReturn:
    """End the work at hand as Ctrl-C does; a second signal changes nothing."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise KeyboardInterrupt


def quieten() -> None:
    """Keep what libraries tell of each poll off the screen; errors are told."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    logging.getLogger("optuna_dashboard").setLevel(logging.ERROR)
