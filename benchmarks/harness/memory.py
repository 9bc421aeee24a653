"""How much memory a process and its descendants hold together.

Workers share the table and the libraries' code, so adding up resident sizes counts those pages once per process.
The proportional set size divides a shared page among the processes that map it; summed over a tree it is what the
tree costs the machine. Linux tells it; elsewhere resident sizes are added, which is too much rather than too little.
"""

from __future__ import annotations

from pathlib import Path

import psutil

_PROC = Path("/proc")


def tree_memory(pid: int, proc: Path = _PROC) -> int:
    """Return the bytes that the process ``pid`` and all its descendants hold; 0 once they are gone.

    Parameters
    ----------
    proc
        Where the operating system describes processes.
    """
    try:
        root = psutil.Process(pid)
        tree = [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0
    return sum(held(process, proc) for process in tree)


def held(process: psutil.Process, proc: Path = _PROC) -> int:
    """Return the bytes that one process holds, its share of shared pages included; 0 once it is gone."""
    try:
        lines = (proc / str(process.pid) / "smaps_rollup").read_text().splitlines()
    except OSError:  # no Linux, another user's process, or gone since
        lines = []
    for line in lines:
        name, _, size = line.partition(":")
        if name == "Pss":
            return int(size.split()[0]) * 1024
    try:
        return int(process.memory_info().rss)
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return 0
