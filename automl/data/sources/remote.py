"""Files elsewhere: copied into a temporary folder while they are read, and gone afterwards.

``http`` and ``https`` need nothing; every other scheme (``s3``, ``gs``, ``az``, ``ftp``, …) is fsspec's, and
needs the library that fsspec names. A name and password in a page's address are sent as HTTP asks; neither appears in a
message.
"""

from __future__ import annotations

import base64
import http.client
import re
import shutil
import sys
import urllib.error
import urllib.parse
import urllib.request
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from automl.errors import DataError, MissingDependency
from automl.values.address import cause, shown

WEB = ("http", "https")
_EXTRAS = {"s3": "s3", "s3a": "s3"}
_SECONDS = 60
_FAILURES: tuple[type[BaseException], ...] = (OSError, ValueError, RuntimeError)
_PATTERN = re.compile(r"[*?\[]")


def download(address: str, folder: Path) -> list[tuple[Path, str]]:
    """Copy what is at an address into ``folder``; return each file with the name to show for it.

    Raises
    ------
    DataError
        If nothing can be got from there.
    MissingDependency
        If the library for this kind of address is absent.
    """
    scheme = urllib.parse.urlsplit(address).scheme
    return [_page(address, folder)] if scheme in WEB else _stored(address, scheme, folder)


def _page(address: str, folder: Path) -> tuple[Path, str]:
    parts = urllib.parse.urlsplit(address)
    user, _, place = parts.netloc.rpartition("@")
    request = urllib.request.Request(parts._replace(netloc=place, fragment="").geturl())
    if user:
        plain = urllib.parse.unquote(user).encode()
        request.add_header("Authorization", "Basic " + base64.b64encode(plain).decode("ascii"))
    copy = folder / (Path(parts.path).name or "page")
    try:
        # An opener of its own: the shared one keeps the certificates of whoever in this process used it first.
        opener = urllib.request.build_opener()
        with opener.open(request, timeout=_SECONDS) as answer, copy.open("wb") as file:
            shutil.copyfileobj(answer, file)
    except (OSError, ValueError, http.client.HTTPException) as error:
        why = cause(error, address)
        if isinstance(error, urllib.error.HTTPError):
            error.close()
        raise DataError(f"{shown(address)!r} can't be downloaded ({why}); check the address.") from None
    return copy, shown(address)


def _stored(address: str, scheme: str, folder: Path) -> list[tuple[Path, str]]:
    if find_spec("fsspec") is None:
        raise MissingDependency(f"Reading {shown(address)!r} needs fsspec; install the extra 'remote'.")
    import fsspec

    try:
        system, place = fsspec.core.url_to_fs(address)
    except ImportError as error:
        extra = _EXTRAS.get(scheme)
        install = f"install the extra {extra!r}" if extra else f"install it ({cause(error, address)})"
        raise MissingDependency(f"Reading {shown(address)!r} needs a library that is absent; {install}.") from None
    except ValueError as error:
        raise DataError(f"{shown(address)!r} can't be read ({cause(error, address)}); check how it begins.") from None
    try:
        return _copied(system, place, f"{scheme}://", folder, address)
    except DataError:
        raise
    except (*_FAILURES, *_errors_of_s3()) as error:
        why = cause(error, address) or type(error).__name__
        raise DataError(f"{shown(address)!r} can't be read ({why}); check the address and your rights.") from None


def _errors_of_s3() -> tuple[type[BaseException], ...]:
    """Return what only the library of S3 raises; it descends from nothing but Exception."""
    module = sys.modules.get("botocore.exceptions")
    return () if module is None else (module.BotoCoreError,)


def _copied(system: Any, place: str, head: str, folder: Path, address: str) -> list[tuple[Path, str]]:
    found = sorted(map(str, system.glob(place))) if _PATTERN.search(place) else [place]
    if not _PATTERN.search(place) and system.isdir(place):
        found = sorted(map(str, system.find(place)))
    found = [each for each in found if not Path(each).name.startswith((".", "_")) and system.isfile(each)]
    if not found:
        raise DataError(f"There is no file {shown(address)!r}; check the address.")
    copies = []
    for number, each in enumerate(found):
        copy = folder / str(number) / Path(each).name
        copy.parent.mkdir()
        system.get_file(each, str(copy))
        copies.append((copy, head + each.lstrip("/")))
    return copies
