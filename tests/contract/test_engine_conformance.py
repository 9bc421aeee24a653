"""Every engine keeps the promises of the protocol."""

from __future__ import annotations

import sys

import pytest

from automl.search.engines import Engine, InProcessEngine, LocalEngine
from automl.testing.engines import ENGINE_CHECKS, KILLING_CHECKS, Check, check_engine, check_exit, check_put

pytestmark = pytest.mark.contract


def _forked() -> Engine:
    return LocalEngine(2, preload=("numpy",), method="fork")


def _spawned() -> Engine:
    return LocalEngine(2, preload=(), method="spawn")


@pytest.mark.skipif(sys.platform != "linux", reason="workers are forked from a nursery on Linux only")
@pytest.mark.parametrize("check", ENGINE_CHECKS + KILLING_CHECKS, ids=lambda check: check.__name__)
def test_forking_engine(check: Check) -> None:
    """The local engine with forked workers keeps every promise."""
    check(_forked)


@pytest.mark.parametrize("check", [check_exit, check_put, *KILLING_CHECKS[:2]], ids=lambda check: check.__name__)
def test_spawning_engine(check: Check) -> None:
    """The local engine of systems without a safe fork keeps the promises that its launcher could break."""
    check(_spawned)


def test_in_process_engine() -> None:
    """The in-process engine keeps every promise that doesn't take a second process."""
    check_engine(InProcessEngine, can_kill=False)
