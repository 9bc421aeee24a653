"""How many cores and how much memory there are for us, which in a container is less than the machine has.

A container's limits are not what the operating system answers when asked for cores or free memory; they stand in
control group files (``cpu.max`` and ``memory.max`` in version 2, ``cpu.cfs_quota_us`` and ``memory.limit_in_bytes`` in
version 1). A limit on any enclosing group counts.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from pathlib import Path

import psutil

_CGROUPS = Path("/sys/fs/cgroup")
_MEMBERSHIP = Path("/proc/self/cgroup")


def available_cores(cgroups: Path = _CGROUPS, membership: Path = _MEMBERSHIP) -> int:
    """Return the number of cores that this process may keep busy: at least 1.

    The smallest of: cores that it may be scheduled on, the CPU quota of its control groups (rounded up).
    """
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity is not None else os.cpu_count() or 1
    for folder in _groups("cpu", cgroups, membership):
        quota, period = _cpu_quota(folder)
        if quota is not None and period:
            cores = min(cores, math.ceil(quota / period))
    return max(1, cores)


def available_memory(cgroups: Path = _CGROUPS, membership: Path = _MEMBERSHIP) -> int:
    """Return the bytes of memory that can still be taken: free on the machine, or left of the container's limit."""
    free: int = psutil.virtual_memory().available
    for folder in _groups("memory", cgroups, membership):
        limit = _first_number(folder / "memory.max", folder / "memory.limit_in_bytes")
        used = _first_number(folder / "memory.current", folder / "memory.usage_in_bytes")
        if limit is not None and used is not None:
            free = min(free, max(0, limit - used + _reclaimable(folder)))
    return free


def _groups(controller: str, cgroups: Path, membership: Path) -> Iterator[Path]:
    """Yield the folders of our control group and of those around it, the root included."""
    try:
        lines = membership.read_text().splitlines()
    except OSError:  # not Linux
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers and controller not in controllers.split(","):
            continue
        root = cgroups / controller if controllers else cgroups
        group = root / path.lstrip("/")
        yield group
        for parent in group.parents:
            if not parent.is_relative_to(root):
                break
            yield parent


def _cpu_quota(folder: Path) -> tuple[int | None, int | None]:
    """Return microseconds of CPU time per period of microseconds; ``None`` where there is no limit."""
    words = _text(folder / "cpu.max").split()
    if len(words) == 2:
        return _number(words[0]), _number(words[1])
    return _first_number(folder / "cpu.cfs_quota_us"), _first_number(folder / "cpu.cfs_period_us")


def _reclaimable(folder: Path) -> int:
    """Return bytes of cached files, which count as used but are given back when memory gets short."""
    for line in _text(folder / "memory.stat").splitlines():
        name, _, value = line.partition(" ")
        if name in ("inactive_file", "total_inactive_file"):
            return _number(value) or 0
    return 0


def _first_number(*paths: Path) -> int | None:
    return next((number for path in paths if (number := _number(_text(path))) is not None), None)


def _number(text: str) -> int | None:
    """Return a positive number; ``max`` and -1, which mean no limit, are none."""
    return int(text) if text.strip().isdigit() else None


def _text(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:  # this version of control groups has no such file
        return ""
