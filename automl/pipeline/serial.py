"""Fitted objects as bytes, and back, without running anything that the bytes bring along.

The format is skops': a zip of arrays and a JSON description that names the classes to be made. Before the first
object exists all names are compared with :data:`~automl.pipeline.allowlist.ALLOWED` and the names that the caller
trusts; one unknown name and nothing is loaded. Nothing is ever unpickled. Fitted objects therefore consist of NumPy
arrays, numbers, texts, lists, dicts and estimators of importable classes: no lambdas, no pandas objects.
"""

from __future__ import annotations

import io
import re
import struct
import sys
import warnings
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import skops.io
from sklearn.exceptions import InconsistentVersionWarning
from skops.io.exceptions import UntrustedTypesFoundException

from automl.errors import ArtifactError
from automl.pipeline.allowlist import ALLOWED

Trusted = Sequence[str | type[Any]]

_SCHEMA = "schema.json"
_FILE = re.compile(rb'"file": "([^"]+)"')  # inside of a text the quotes would be escaped
_ID = re.compile(rb'"__id__": (\d+)')

# What parsing and rebuilding objects from someone else's bytes may raise.
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    ImportError,
    OSError,
    RuntimeError,  # RecursionError and NotImplementedError included
)


def to_bytes(obj: Any, level: int = 1) -> bytes:
    """Return a fitted object as bytes.

    Parameters
    ----------
    obj
        The object.
    level
        How hard to compress, 1 to 9. Level 1 makes trees five times smaller in a fifth more time; 6 takes twice the
        time for another fifth of the size.

    Raises
    ------
    ArtifactError
        If a part of it can't be stored.

    Examples
    --------
    >>> from_bytes(to_bytes({"weights": [0.5, 0.5]}))
    {'weights': [0.5, 0.5]}
    """
    try:
        data: bytes = skops.io.dumps(obj)
    except (TypeError, AttributeError, ValueError, RecursionError, LookupError) as error:
        raise ArtifactError(
            f"A fitted {type(obj).__name__} can't be stored: {_first_line(error)}. Let its attributes be arrays, "
            "numbers, texts, lists, dicts or estimators of importable classes."
        ) from error
    return _tidied(data, level)


def _tidied(data: bytes, level: int) -> bytes:
    """Return a zip of skops' compressed, its parts numbered as they come.

    skops names parts by memory address and by chance, and stamps them with the time. Numbered parts make equal objects
    equal bytes, so that a model's hash and size are those of its content.
    """
    tidied = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as parts, zipfile.ZipFile(tidied, "w", zipfile.ZIP_DEFLATED) as target:
        names = {name: f"{number}{Path(name).suffix}" for number, name in enumerate(parts.namelist())}
        numbers: dict[bytes, int] = {}
        names[_SCHEMA] = _SCHEMA
        for name, tidy in names.items():
            content = parts.read(name)
            if name == _SCHEMA:
                content = _FILE.sub(lambda found: b'"file": "%s"' % names[found[1].decode()].encode(), content)
                content = _ID.sub(lambda found: b'"__id__": %d' % numbers.setdefault(found[1], len(numbers)), content)
            target.writestr(zipfile.ZipInfo(tidy), content, zipfile.ZIP_DEFLATED, level)
    return tidied.getvalue()


def from_bytes(data: bytes, trusted: Trusted = ()) -> Any:
    """Return the object that :func:`to_bytes` stored.

    Parameters
    ----------
    data
        Its bytes.
    trusted
        Classes, or their full names, that may be made in addition to the ones that we ship.

    Raises
    ------
    ArtifactError
        If it names any other class, or is damaged.
    """
    names = _names(trusted)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", InconsistentVersionWarning)  # model files are compared by their manifest
            return skops.io.loads(data, trusted=sorted(ALLOWED.union(names)))
    except UntrustedTypesFoundException:
        unknown = [name for name in foreign_types(data) if name not in names]
        raise ArtifactError(_refusal(unknown)) from None
    except _DAMAGE as error:
        raise ArtifactError(
            f"A stored object can't be read ({_first_line(error)}). It is damaged, or was made with other versions of "
            "the libraries that it needs."
        ) from error


def foreign_types(data: bytes) -> tuple[str, ...]:
    """Return the full names of the classes in ``data`` that only the caller can trust, sorted; makes no object.

    Raises
    ------
    ArtifactError
        If the bytes are no stored object.

    Examples
    --------
    >>> foreign_types(to_bytes([1, 2]))
    ()
    """
    try:
        names: list[str] = skops.io.get_untrusted_types(data=data)
    except _DAMAGE as error:
        raise ArtifactError(f"This is no stored object ({_first_line(error)}).") from error
    return tuple(name for name in names if name not in ALLOWED)


def check_findable(names: Sequence[str]) -> None:
    """Refuse names of classes and functions that no program could find again.

    Raises
    ------
    ArtifactError
        If there is one, such as a lambda, or a class that lives inside a function.
    """
    for name in names:
        module, _, attribute = name.rpartition(".")
        if module in sys.modules and not hasattr(sys.modules[module], attribute):
            raise ArtifactError(
                f"{name} can't be stored: it can't be found by its name. Define it at the top of a module."
            )


def _names(trusted: Trusted) -> list[str]:
    if isinstance(trusted, str | type):
        raise ArtifactError(f"trusted={trusted!r} is no list; write trusted=[{trusted!r}].")
    return [each if isinstance(each, str) else f"{each.__module__}.{each.__qualname__}" for each in trusted]


def _refusal(names: Sequence[str]) -> str:
    shown = ", ".join(names)
    return (
        f"It holds {shown}, which this version doesn't know. Nothing was loaded. If you trust the author and know what "
        f"these names do, pass trusted={list(names)!r}."
    )


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0].strip().rstrip('.')}" if lines else type(error).__name__
