"""Memory of a process tree: shared pages once, descendants included, nothing once they are gone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from harness.memory import tree_memory


def test_proportional_sizes_are_added(tmp_path: Path) -> None:
    """The line ``Pss`` of every process in the tree counts, in kB."""
    own = psutil.Process()
    for process in (own, *own.children(recursive=True)):
        folder = tmp_path / str(process.pid)
        folder.mkdir()
        (folder / "smaps_rollup").write_text("00400000-7fff r-xp\nRss:   999 kB\nPss:   100 kB\nPss_Anon:  50 kB\n")
    assert tree_memory(os.getpid(), tmp_path) == 100 * 1024 * len(list(tmp_path.iterdir()))


def test_resident_sizes_stand_in(tmp_path: Path) -> None:
    """Where the system tells no proportional size, resident sizes are added."""
    assert tree_memory(os.getpid(), tmp_path) >= 0.5 * psutil.Process().memory_info().rss


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="proportional sizes are told by Linux only")
def test_a_child_counts() -> None:
    """What a child process takes is part of its parent's tree."""
    before = tree_memory(os.getpid())
    code = "block = bytearray(50_000_000); print(len(block), flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        assert tree_memory(os.getpid()) - before > 45_000_000
        assert tree_memory(child.pid) > 45_000_000
        child.communicate(b"\n")
    assert tree_memory(child.pid) == 0
