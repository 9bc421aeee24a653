"""Addresses that may hold a password: what of them may be shown or kept, and what a failure says of them.

Every message, log line and plan that names the address of a database, a bucket or a page goes through here, so that a
password, a token or a signed link appears in none of them.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

_PASSWORD = re.compile(r"(://[^:/@\s]*):.*@")  # a password that is not quoted may hold any mark, also @ and /
_TOKEN = re.compile(r"(?i)\b((?:password|passwd|pwd|token|secret|sig|signature|key)=)[^&\s]*")
_PAGE = re.compile(r"(https?://)(?:[^/]*@)?([^?#]*)(?:[?#].*)?", re.DOTALL)
_UNQUOTED = re.compile(r"(https?://)[^/:@]*:(?!\d+/).*@", re.DOTALL)  # such a page can't be asked for, but be named


def shown(address: object) -> str:
    """Return an address for a message: without password, and of a page without what stands behind its path.

    Examples
    --------
    >>> shown("postgresql+psycopg://ada:secret@db.example/studies")
    'postgresql+psycopg://ada:***@db.example/studies'
    >>> shown("https://ada:secret@data.example/t.csv?signature=abc"), shown("data/t.csv")
    ('https://data.example/t.csv', 'data/t.csv')
    """
    text = _UNQUOTED.sub(r"\1", str(address))
    page = _PAGE.fullmatch(text)
    if page is not None:
        return "".join(page.groups())
    if "://" not in text:
        return text
    return _TOKEN.sub(r"\1***", _PASSWORD.sub(r"\1:***@", text))


def without_password(address: str) -> str:
    """Return an address that may be kept: it works again where the password is known from elsewhere.

    Examples
    --------
    >>> without_password("postgresql+psycopg://ada:secret@db.example/shop?password=x&sslmode=require")
    'postgresql+psycopg://ada@db.example/shop?sslmode=require'
    """
    if "://" not in address:
        return address
    if _PAGE.fullmatch(address):
        return shown(address)
    place, mark, more = _PASSWORD.sub(r"\1@", address).partition("?")
    kept = [each for each in more.split("&") if each and not _TOKEN.match(each)]
    return place + (mark + "&".join(kept) if kept else "")


def secrets(address: object) -> list[str]:
    """Return what of an address must not be shown.

    Examples
    --------
    >>> secrets("postgresql+psycopg://ada:se@cret@db.example/studies?sslmode=require")
    ['se@cret']
    """
    text = str(address)
    if "://" not in text:
        return []
    found = re.findall(r"://[^:/@\s]*:(.*)@", text)
    found += [unquote(each) for each in found]
    found += [each.partition("=")[2] for each in (match.group() for match in _TOKEN.finditer(text))]
    if _PAGE.fullmatch(text):
        found += [text.partition("?")[2], *re.findall(r"://(.*)@", text)]
    return list(dict.fromkeys(each for each in found if each))


def cause(error: BaseException, address: object) -> str:
    """Return the first line of what a library said of a failure, without a secret of the address."""
    while isinstance(error.__cause__, Exception):
        error = error.__cause__
    lines = str(getattr(error, "orig", None) or error).strip().splitlines() or [type(error).__name__]
    text = lines[0].strip().rstrip(".")
    for secret in secrets(address):
        text = text.replace(secret, "***")
    return text
