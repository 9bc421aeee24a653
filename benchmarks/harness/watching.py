"""Watching a run from outside: its process tree's memory and CPU seconds, and ending all of it.

A tree is the adapter's process with all its descendants, sampled twice a second. Systems start servers and workers
that outlive the process that started them; every process of a run carries the run's mark in its environment, by which
such strays are found and ended.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from harness.memory import held

MARK = "AUTOML_BENCH_RUN"
EVERY = 0.5
_STRAYS_EVERY = 10  # samples


@dataclass(frozen=True)
class Sample:
    """What a tree held and had used at a moment (seconds since the epoch, bytes, CPU seconds)."""

    at: float
    memory: int
    cpu: float


class Watch:
    """Samples a process tree until it is told to stop.

    Attributes
    ----------
    samples
        What was seen, in order.
    """

    def __init__(self, pid: int, mark: str) -> None:
        self.samples: list[Sample] = []
        self._root = psutil.Process(pid)
        self._mark = mark
        self._strays: list[psutil.Process] = []
        self._cpu: dict[tuple[int, float], float] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watch", daemon=True)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    @property
    def peak(self) -> int:
        """The most bytes that the tree held in any sample."""
        return max((sample.memory for sample in self.samples), default=0)

    def cpu_between(self, began: float, ended: float) -> float:
        """Return the CPU seconds that were seen being used between two moments."""
        before = [sample.cpu for sample in self.samples if sample.at <= began + EVERY]
        inside = [sample.cpu for sample in self.samples if sample.at <= ended + EVERY]
        return (inside[-1] if inside else 0.0) - (before[-1] if before else 0.0)

    def _watch(self) -> None:
        number = 0
        while not self._stop.is_set():
            if number % _STRAYS_EVERY == _STRAYS_EVERY - 1:
                self._strays = marked(self._mark)
            self._sample()
            number += 1
            self._stop.wait(EVERY)

    def _sample(self) -> None:
        try:
            tree = {self._root, *self._root.children(recursive=True), *self._strays}
        except psutil.NoSuchProcess:
            tree = set(self._strays)
        memory = 0
        for process in tree:
            memory += held(process)
            try:
                times = process.cpu_times()
                born = process.create_time()
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue
            self._cpu[process.pid, born] = times.user + times.system
        self.samples.append(Sample(time.time(), memory, sum(self._cpu.values())))


def marked(mark: str) -> list[psutil.Process]:
    """Return the processes that carry a run's mark."""
    found = []
    for process in psutil.process_iter():
        try:
            if f"{MARK}={mark}\0".encode() in (Path("/proc") / str(process.pid) / "environ").read_bytes() + b"\0":
                found.append(process)
        except OSError:  # gone, another user's, or no Linux
            continue
    return found


def end_tree(pid: int, mark: str) -> None:
    """End a process, its descendants, and whatever else carries the run's mark."""
    for _ in range(5):  # what starts while others are ended is ended in the next round
        try:
            root = psutil.Process(pid)
            tree = {root, *root.children(recursive=True), *marked(mark)}
        except psutil.NoSuchProcess:
            tree = set(marked(mark))
        alive = [process for process in tree if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]
        if not alive:
            return
        for process in alive:
            try:
                process.kill()
            except psutil.NoSuchProcess:
                continue
        psutil.wait_procs([process for process in alive if process.pid != pid], timeout=2)
