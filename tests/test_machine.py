"""Cores and memory are those of the container, not of the machine."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from automl.machine import available_cores, available_memory


def _machine(folder: Path, membership: str, **files: str) -> tuple[Path, Path]:
    """Lay out control group files; ``__`` stands for a folder, ``_DOT_`` for a dot."""
    for name, text in files.items():
        path = folder / "cgroup" / name.replace("__", "/").replace("_DOT_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")
    (folder / "membership").write_text(membership + "\n")
    return folder / "cgroup", folder / "membership"


def test_a_quota_limits_cores(tmp_path: Path) -> None:
    """Half a core of quota is one core to plan with, in both versions of control groups."""
    (tmp_path / "v2").mkdir()
    (tmp_path / "v1").mkdir()
    assert available_cores(*_machine(tmp_path / "v2", "0::/", cpu_DOT_max="50000 100000")) == 1
    v1 = _machine(
        tmp_path / "v1",
        "4:cpu,cpuacct:/job",
        cpu__job__cpu_DOT_cfs_quota_us="50000",
        cpu__job__cpu_DOT_cfs_period_us="100000",
    )
    assert available_cores(*v1) == 1


def test_no_quota_leaves_all_cores(tmp_path: Path) -> None:
    """``max`` is no limit, and neither is a system without control groups."""
    unlimited = available_cores(tmp_path / "none", tmp_path / "none")
    assert unlimited >= 1
    assert available_cores(*_machine(tmp_path, "0::/", cpu_DOT_max="max 100000")) == unlimited


def test_an_enclosing_group_counts(tmp_path: Path) -> None:
    """A limit on a group around ours holds for us."""
    machine = _machine(tmp_path, "0::/pod/box", cpu_DOT_max="max 100000", pod__cpu_DOT_max="10000 100000")
    assert available_cores(*machine) == 1


@pytest.mark.parametrize(
    ("membership", "prefix", "limit", "usage", "cache"),
    [
        ("0::/box", "box__", "memory_DOT_max", "memory_DOT_current", "inactive_file 20"),
        (
            "7:memory:/box",
            "memory__box__",
            "memory_DOT_limit_in_bytes",
            "memory_DOT_usage_in_bytes",
            "total_inactive_file 20",
        ),
    ],
)
def test_memory_left_of_a_limit(
    tmp_path: Path, membership: str, prefix: str, limit: str, usage: str, cache: str
) -> None:
    """What a container may still take is its limit less what it uses, cached files not counted as used."""
    files = {prefix + limit: "1000", prefix + usage: "300", prefix + "memory_DOT_stat": f"anon 280\n{cache}"}
    assert available_memory(*_machine(tmp_path, membership, **files)) == 720


def test_memory_without_a_limit(tmp_path: Path) -> None:
    """Without a limit it is what the machine has free."""
    free = available_memory(*_machine(tmp_path, "0::/", memory_DOT_max="max"))
    assert free == pytest.approx(psutil.virtual_memory().available, rel=0.3)
