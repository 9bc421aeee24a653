"""How a text file holds its table: separator, encoding, decimal mark, header; found from the file where not said.

The first 256 KiB are looked at, for the encoding the whole file, as one foreign letter may stand anywhere in it.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from automl.data.numbers import is_missing_token, parse_number
from automl.data.sources.packing import opened
from automl.errors import DataError

Header = Literal["auto"] | bool
SEPARATORS = ("\t", ";", "|", ",")
"""In the order in which they are believed: a comma may be a decimal mark, and stands in texts."""
_BLANKS = r"\s+"
_NONE = "\x1f"  # stands in no text, so that all of a line is one field
_SAMPLE_BYTES = 1 << 18
_SAMPLE_ROWS = 200
_CHUNK = 1 << 20
_REGULAR = 0.98  # of the rows have the same number of fields
_DECIMAL_COMMA = re.compile(r"[+-]?\d+(\.\d{3})*,\d+")
_GROUPED = re.compile(r"[+-]?\d{1,3}(\.\d{3})+(,\d+)?")
_DECIMAL_POINT = re.compile(r"[+-]?\d+\.\d+")
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a text file is to be read."""

    separator: str
    encoding: str
    decimal: str
    thousands: str | None
    names: tuple[str, ...]
    has_header: bool
    has_blank_after_separator: bool


def detect_dialect(
    source: Path,
    suffix: str,
    where: str,
    separator: str | None = None,
    encoding: str | None = None,
    decimal: str | None = None,
    header: Header = "auto",
) -> Dialect:
    """Return how to read the file, found where it isn't said."""
    with opened(source, suffix, where) as stream:
        head = stream.read(_SAMPLE_BYTES)
    if not head.strip():
        raise DataError(f"{where} is empty; give a table with a line of names and at least one row.")
    if encoding is None:
        encoding = _find_encoding(lambda: opened(source, suffix, where), head)
    if b"\0" in head and not re.match("utf[-_]?(16|32)", encoding.lower()):
        raise DataError(f"{where} is not a text file (it holds zero bytes); give a table, or name its encoding.")
    text = _decoded(head, encoding, where)
    lines = [line for line in text.split("\n") if line.strip()]
    if len(head) == _SAMPLE_BYTES and len(lines) > 1:
        lines.pop()  # cut off in the middle
    chosen = separator or _find_separator(lines)
    rows = _rows(lines, chosen)
    _refuse_shifted(rows, chosen, where)
    headed = has_header(rows) if header == "auto" else bool(header)
    names = _names(rows, headed, where)
    body = rows[1:] if headed else rows
    dialect = Dialect(chosen, encoding, ".", None, names, headed, _has_blanks(lines, chosen))
    return replace(dialect, decimal=decimal) if decimal else _with_decimal(dialect, body)


def _find_encoding(reopen: Callable[[], Any], head: bytes) -> str:
    for bom, name in _BOMS:
        if head.startswith(bom):
            return name
    decoder = codecs.getincrementaldecoder("utf-8")()
    with reopen() as stream:
        try:
            while chunk := stream.read(_CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return _one_byte_encoding(reopen)
    return "utf-8"


def _one_byte_encoding(reopen: Callable[[], Any]) -> str:
    """Windows' encoding if every byte means something in it, else latin-1, in which all do."""
    undefined = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
    with reopen() as stream:
        while chunk := stream.read(_CHUNK):
            if undefined.search(chunk):
                return "latin-1"
    return "cp1252"


def _decoded(head: bytes, encoding: str, where: str) -> str:
    try:
        decoder = codecs.getincrementaldecoder(encoding)()
        text = decoder.decode(head)
    except LookupError as error:
        raise DataError(f"There is no encoding {encoding!r}; use a name such as 'utf-8' or 'latin-1'.") from error
    except UnicodeDecodeError as error:
        raise DataError(undecodable(where, encoding, error)) from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _rows(lines: Sequence[str], separator: str) -> list[list[str]]:
    if separator == _BLANKS:
        return [line.split() for line in lines[: _SAMPLE_ROWS + 1]]
    if len(separator) > 1:
        return [re.split(separator, line) for line in lines[: _SAMPLE_ROWS + 1]]
    rows = []
    reader = csv.reader((line + "\n" for line in lines), delimiter=separator, skipinitialspace=True)
    try:
        for row in reader:
            rows.append([field.strip() for field in row])
            if len(rows) > _SAMPLE_ROWS:
                break
    except csv.Error:  # a quotation mark that is never closed; what stands before it is sample enough
        return rows or [[lines[0]]]
    return rows


def _find_separator(lines: Sequence[str]) -> str:
    """Return the separator that cuts the most lines into the same number of fields, and that is more than one."""
    best, best_share = ",", 0.0
    for candidate in SEPARATORS:
        widths = Counter(len(row) for row in _rows(lines, candidate))
        width, count = widths.most_common(1)[0]
        share = count / widths.total()
        if width > 1 and share >= _REGULAR and len(_rows(lines[:1], candidate)[0]) == width:
            return candidate
        if width > 1 and share > best_share:
            best, best_share = candidate, share
    blank_widths = {len(line.split()) for line in lines[:_SAMPLE_ROWS]}
    if best_share == 0 and len(lines) > 1 and len(blank_widths) == 1 and blank_widths != {1}:
        return _BLANKS
    is_alone = all(len(_rows(lines[:1], each)[0]) == 1 for each in SEPARATORS)
    return _NONE if is_alone and best_share < _REGULAR else best


def _refuse_shifted(rows: Sequence[Sequence[str]], separator: str, where: str) -> None:
    """Refuse rows that all are longer than the line of names: no one can tell which field has no name."""
    width, count = Counter(len(row) for row in rows[1:] or rows).most_common(1)[0]
    if width > len(rows[0]) and count > len(rows) / 2:
        raise DataError(
            f"{where} has {len(rows[0])} names in its first line but {width} fields in the rows (separator "
            f"{separator!r}); name every column, or name the separator."
        )


def has_header(rows: Sequence[Sequence[str]]) -> bool:
    """Tell whether the first row names the columns, by comparing it with what stands below, column by column.

    A word above numbers is a name; a number above numbers, or a text that comes again below, is not; nor are names
    that stand twice. Numbers that count on from 0, or years, may be names. In doubt there is a header.
    """
    first, body = rows[0], rows[1:]
    if not body or _counts_on(first):
        return True
    given = [each for each in first if each]
    if len(set(given)) < len(given) and any(_is_number(each) for each in given):
        return False
    votes = 0
    for position, cell in enumerate(first):
        below = [row[position] for row in body if position < len(row) and not is_missing_token(row[position])]
        if not below or not cell:
            continue
        if sum(map(_is_number, below)) >= 0.9 * len(below):
            votes += -1 if _is_number(cell) else 0 if is_missing_token(cell) else 1
        elif cell in below:
            votes -= 1
    return votes >= 0


def _is_number(text: str) -> bool:
    return parse_number(text) == parse_number(text) or parse_number(text, ",") == parse_number(text, ",")


def _counts_on(first: Sequence[str]) -> bool:
    """Tell whether whole numbers in a first row are names: 0, 1, 2, … all along, or consecutive years."""
    digits = [int(each) for each in first if each.isascii() and each.isdigit()]
    if len(digits) < 2 or digits != list(range(digits[0], digits[0] + len(digits))):
        return False
    return (digits[0] == 0 and len(digits) >= len(first) - 1) or (digits[0] >= 1900 and digits[-1] <= 2100)


def _names(rows: Sequence[Sequence[str]], has_header: bool, where: str) -> tuple[str, ...]:
    if not has_header:
        return tuple(str(position) for position in range(max(map(len, rows))))
    if len(rows) == 1:
        raise DataError(f"{where} has a line of names and no rows; give at least one row.")
    names = [name or f"Unnamed: {position}" for position, name in enumerate(rows[0])]
    refuse_twice(names, where)
    return tuple(names)


def refuse_twice(names: Sequence[str], where: str) -> None:
    """Refuse column names that stand more than once."""
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        shown = ", ".join(map(repr, twice[:5]))
        raise DataError(f"Column names stand more than once in {where}: {shown}. Rename or drop the copies.")


def _has_blanks(lines: Sequence[str], separator: str) -> bool:
    """Tell whether blanks follow most separators (``a, b, c``) and so don't belong to the values."""
    if len(separator) > 1 or separator == "\t":
        return False
    some = lines[:_SAMPLE_ROWS]
    followed = sum(line.count(separator + " ") for line in some)
    return followed > 0.5 * sum(line.count(separator) for line in some)


def _with_decimal(dialect: Dialect, body: Sequence[Sequence[str]]) -> Dialect:
    """Find whether numbers have a decimal comma, and points between thousands."""
    if dialect.separator == ",":
        return dialect
    cells = [cell for row in body for cell in row]
    commas = sum(bool(_DECIMAL_COMMA.fullmatch(cell)) for cell in cells)
    points = sum(bool(_DECIMAL_POINT.fullmatch(cell)) and not _GROUPED.fullmatch(cell) for cell in cells)
    if commas <= points:
        return dialect
    grouped = any(_GROUPED.fullmatch(cell) and "," in cell for cell in cells)
    return replace(dialect, decimal=",", thousands="." if grouped else None)


def undecodable(where: str, encoding: str, error: UnicodeDecodeError) -> str:
    """Say that a file can't be decoded, and what to do."""
    byte = error.object[error.start]
    return f"{where} can't be decoded as {encoding} (byte 0x{byte:02x}); name its encoding, such as 'latin-1'."
