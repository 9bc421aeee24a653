"""Everything that can go wrong, drawn before anything is written that could fail.

::

    AutoMLError
    ├─ DataError (ValueError)             the table can't be used as it is
    ├─ PlanError (ValueError)             what was asked for contradicts itself or the table
    ├─ MissingDependency (ImportError)    an optional library is absent; the extra is named
    ├─ SearchError (RuntimeError)         no candidate could be fitted
    ├─ StorageError (OSError)             a run folder or study can't be read or written
    └─ ArtifactError (RuntimeError)       a model file is foreign, damaged or not trusted

Each error also is the builtin in brackets, so that code written against builtins keeps working. A message
says what happened with the offending value, then what to do. A candidate that fails is not an error: it is
a row of the leaderboard (:mod:`automl.values.evaluation`).
"""

from __future__ import annotations

import difflib
import errno
import sys
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path


class AutoMLError(Exception):
    """Root of all errors that this package raises on purpose."""


class DataError(AutoMLError, ValueError):
    """The table, its target or one of its columns can't be used as it is."""


class PlanError(AutoMLError, ValueError):
    """What was asked for contradicts itself, the table or what this version can do."""


class MissingDependency(AutoMLError, ImportError):
    """An optional library is not installed; the message names the extra that brings it."""


class SearchError(AutoMLError, RuntimeError):
    """The search ended without a single usable model; the causes are grouped in the message."""


class StorageError(AutoMLError, OSError):
    """A run folder or a study store can't be read or written."""


class ArtifactError(AutoMLError, RuntimeError):
    """A model file is not ours, is damaged, or holds classes that are not trusted."""


class AutoMLWarning(UserWarning):
    """Something was decided or noticed that the caller should know; the work goes on."""


class FindingWarning(AutoMLWarning):
    """A finding about the table that a plan lists as well (``plan.findings``)."""


_PASSED_OVER = frozenset(
    {"automl", "search_spaces", "sklearn", "contextlib"}
)  # scikit-learn wraps what we call through


def warn(text: str, category: type[AutoMLWarning] = AutoMLWarning) -> None:
    """Give an :class:`AutoMLWarning`, or a kind of it, that points at the caller's line, not at one of this package.

    Examples
    --------
    >>> with warnings.catch_warnings(record=True) as told:
    ...     warnings.simplefilter("always")
    ...     warn("Two columns are ignored.")
    >>> told[0].category.__name__
    'AutoMLWarning'
    """
    level, frame = 2, sys._getframe(1)
    while frame.f_back is not None and str(frame.f_globals.get("__name__")).partition(".")[0] in _PASSED_OVER:
        level, frame = level + 1, frame.f_back
    warnings.warn(text, category, stacklevel=level)


def suggest(name: object, known: Iterable[str]) -> str:
    """One sentence that offers the closest known name, or lists the known ones.

    Examples
    --------
    >>> suggest("roc-auc", ["roc_auc", "log_loss"])
    "Did you mean 'roc_auc'?"
    >>> suggest("zzz", ["roc_auc", "log_loss"])
    'Known: log_loss, roc_auc.'
    """
    names = sorted({str(each) for each in known})
    lowered = {each.lower(): each for each in reversed(names)}
    close = difflib.get_close_matches(str(name).lower(), lowered, n=1, cutoff=0.6)
    if close:
        return f"Did you mean {lowered[close[0]]!r}?"
    shown = ", ".join(names[:20]) + (", …" if len(names) > 20 else "")
    return f"Known: {shown}." if names else "There is none."


_FULL = {errno.ENOSPC, errno.EDQUOT}
_FORBIDDEN = {errno.EROFS, errno.EACCES, errno.EPERM}
_NOT_A_FOLDER = {errno.ENOTDIR, errno.EEXIST}


def storage_error(error: OSError, path: Path, verb: str) -> StorageError:
    """Return the error that tells a person what ``error`` means for ``path``; it keeps the ``errno``.

    Examples
    --------
    >>> print(storage_error(OSError(errno.ENOSPC, "No space left"), Path("runs/a"), "written"))
    runs/a can't be written: the disk is full. Free some space, or give a folder on another disk.
    """
    if error.errno in _FULL:
        cause = "the disk is full. Free some space, or give a folder on another disk."
    elif error.errno in _FORBIDDEN:
        cause = "the folder is read-only or belongs to someone else. Give a folder that you may write to."
        if verb == "read":
            cause = "you lack the permission. Ask its owner for it."
    elif error.errno in _NOT_A_FOLDER:
        cause = "a part of the path is a file, not a folder. Give another path."
    elif error.errno == errno.ENOENT:
        cause = "it does not exist. Check the path."
    else:
        cause = f"{error.strerror or error}. Give another path, or try again."
    told = StorageError(f"{path} can't be {verb}: {cause}")
    told.errno = error.errno
    return told


@contextmanager
def telling(path: Path, verb: str) -> Iterator[None]:
    """Turn any ``OSError`` inside into the :class:`StorageError` of :func:`storage_error`.

    Raises
    ------
    StorageError
        Instead of an ``OSError``.
    """
    try:
        yield
    except StorageError:
        raise
    except OSError as error:
        raise storage_error(error, path, verb) from error
