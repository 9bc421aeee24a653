"""Where tasks run: one small protocol, killable warm processes on this machine, and the calling process itself.

``protocol`` says what an engine promises; ``local`` keeps that promise with processes, ``inprocess`` as far as one
process can. ``shelf`` hands large values over once. ``forking`` (with its ``nursery``) and ``spawning`` bring workers
to life without ever forking the caller or running its script again; ``processes`` is what these two have in common, and
``worker`` what a worker does. ``machine`` counts cores and memory.
"""

from automl.machine import available_cores, available_memory
from automl.search.engines.inprocess import InProcessEngine
from automl.search.engines.local import PRELOAD, LocalEngine
from automl.search.engines.protocol import Engine, Ref

__all__ = [
    "PRELOAD",
    "Engine",
    "InProcessEngine",
    "LocalEngine",
    "Ref",
    "available_cores",
    "available_memory",
]
