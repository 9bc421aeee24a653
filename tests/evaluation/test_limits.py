"""Whatever goes wrong in a candidate becomes a failure with a kind and one short line."""

from __future__ import annotations

import pickle
import sys
from concurrent.futures import CancelledError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automl.evaluation.limits import (
    LONGEST_MESSAGE,
    BadPrediction,
    Cancelled,
    Caught,
    TaskTimedOut,
    WorkerDied,
    WorkerOutOfMemory,
    attempt,
    cap_memory,
    describe,
    failure_of,
    guarded,
)
from automl.values.evaluation import Failure


def _raise(error: BaseException) -> None:
    raise error


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (ValueError("bad\nmore"), Failure("crashed", "ValueError: bad")),
        (RuntimeError(), Failure("crashed", "RuntimeError")),
        (MemoryError(), Failure("out_of_memory", "MemoryError")),
        (RuntimeError("std::bad_alloc"), Failure("out_of_memory", "RuntimeError: std::bad_alloc")),
        (
            BadPrediction("3 of 9 predictions are not finite"),
            Failure("bad_prediction", "3 of 9 predictions are not finite"),
        ),
        (TaskTimedOut(2.5), Failure("timed_out", "ran past its limit of 2.5s and was killed")),
        (WorkerDied(3), Failure("crashed", "its process ended with exit code 3")),
        (WorkerDied(-11), Failure("crashed", "its process was killed by SIGSEGV (exit code -11)")),
        (WorkerDied(None), Failure("crashed", "its process vanished; its exit code is not known")),
        (
            WorkerDied(None, "no worker process could be started"),
            Failure("crashed", "no worker process could be started"),
        ),
        (
            WorkerOutOfMemory("its process held 2.0 GiB and was killed", 2**30),
            Failure("out_of_memory", "its process held 2.0 GiB and was killed (its worker may use 1.0 GiB)"),
        ),
        (Cancelled(), Failure("cancelled", "stopped on request before it ended")),
        (CancelledError(), Failure("cancelled", "stopped on request before it ended")),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_every_outcome_has_its_failure(error: Exception, failure: Failure) -> None:
    """Each way to fail has its kind, and a message for people."""
    assert failure_of(error) == failure
    assert guarded(_raise, error) == failure


def test_sigkill_hints_at_memory() -> None:
    """A worker that someone killed outright was most likely in the way of a machine short of memory."""
    assert "short of memory" in str(WorkerDied(-9))


def test_results_pass() -> None:
    """What doesn't fail comes through unchanged."""
    assert guarded(max, 1, 2) == 2
    assert attempt(sorted, [2, 1], reverse=True) == [2, 1]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(1)])
def test_interruptions_pass(error: BaseException) -> None:
    """Ctrl-C and sys.exit are not about the candidate: they are not turned into values."""
    with pytest.raises(type(error)):
        guarded(_raise, error)


def test_attempt_keeps_the_exception() -> None:
    """An attempt that failed holds the very exception."""
    error = ValueError("x")
    assert attempt(_raise, error) == Caught(error)


@pytest.mark.parametrize(
    "error", [TaskTimedOut(2.5), WorkerDied(-9), WorkerOutOfMemory("hog", 5), Cancelled()], ids=repr
)
def test_outcomes_can_be_pickled(error: Exception) -> None:
    """Outcomes survive a trip between processes with their text."""
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert str(again) == str(error)


def test_outcomes_are_builtins_too() -> None:
    """Code that knows only builtins can catch the outcomes of an engine."""
    assert issubclass(TaskTimedOut, TimeoutError)
    assert issubclass(WorkerDied, RuntimeError)
    assert issubclass(WorkerOutOfMemory, MemoryError)
    assert issubclass(Cancelled, CancelledError)


@given(st.text())
def test_descriptions_are_short_lines(text: str) -> None:
    """A description is one line of at most 300 characters, whatever the exception says."""
    described = describe(ValueError(text))
    assert described.startswith("ValueError")
    assert len(described) <= LONGEST_MESSAGE
    assert len(described.splitlines()) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="the limit exists on Linux only")
def test_no_limit_is_no_change() -> None:
    """Without a number the limit of the process stays."""
    import resource

    before = resource.getrlimit(resource.RLIMIT_DATA)
    cap_memory(None)
    assert resource.getrlimit(resource.RLIMIT_DATA) == before


def test_a_message_can_always_be_stored() -> None:
    """Half a character in a library's message is written out, not passed on to files and tables that refuse it."""
    assert describe(ValueError("odd \ud800 text")) == "ValueError: odd \\ud800 text"
