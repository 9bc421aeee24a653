"""The main program of a worker that is an interpreter of its own (where workers are not forked from a nursery)."""

from __future__ import annotations

import faulthandler
import json
import sys

from automl.search.engines.nursery import preload
from automl.search.engines.worker import serve, settle

if sys.platform == "win32":
    from multiprocessing.connection import PipeConnection as Connection
else:
    from multiprocessing.connection import Connection


def main(settings: str) -> None:
    """Be a worker until the coordinator hangs up."""
    told = json.loads(settings)
    settle(told["memory_limit"], told["parent"])
    faulthandler.enable()
    preload(tuple(told["preload"]))
    with Connection(told["handle"]) as connection:
        serve(connection)
