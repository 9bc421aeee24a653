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
from collections.abc import Iterable


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
