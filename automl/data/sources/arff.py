"""ARFF, the format of Weka and OpenML: a header that names and types the attributes, then rows.

Numbers become floats (whole ones integers where no row lacks one), a listed set of values a category with these levels,
everything else text. ``?`` is missing. Rows may be dense or sparse (``{2 5.1, 7 yes}``: attributes that are not listed
are 0 or the first level). Read here rather than with SciPy, whose reader knows neither texts nor sparse rows.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import IO, NamedTuple

import pandas as pd

from automl.data.sources.dialects import refuse_twice
from automl.data.sources.packing import opened
from automl.errors import DataError

_ATTRIBUTE = re.compile(r"""(?i)@attribute\s+('(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|[^\s{]+)\s*(.+)""")
_CELL = re.compile(r"""\s*('(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|[^,]*)\s*(?:,|$)""")
_NUMBERS = ("numeric", "real", "integer")
_OTHERS = ("string", "date")


class _Attribute(NamedTuple):
    name: str
    kind: str  # numeric, nominal or text
    levels: tuple[str, ...] = ()


def arff_pieces(path: Path, packing: str, where: str, rows: int | None) -> Iterator[pd.DataFrame]:
    """Yield the table whole (``rows=None``) or in pieces.

    Raises
    ------
    DataError
        If a line of the header or of the rows can't be understood; it is named.
    """
    with opened(path, packing, where) as stream:
        encoding = "utf-8"
        try:
            for line in stream:
                line.decode(encoding)
        except UnicodeDecodeError:
            encoding = "latin-1"
    with opened(path, packing, where) as stream, io.TextIOWrapper(stream, encoding) as text:
        numbered = _Numbered(text)
        attributes = _header(numbered, where)
        refuse_twice([each.name for each in attributes], where)
        cells = _rows(numbered, attributes, where)
        batch = list(islice(cells, rows))
        if not batch:
            yield pd.DataFrame(columns=[each.name for each in attributes])
        while batch:
            yield _frame(batch, attributes, where)
            batch = list(islice(cells, rows))


class _Numbered:
    """Lines that say something, and the number of the last one."""

    def __init__(self, text: IO[str]) -> None:
        self.number = 0
        self._text = text

    def __iter__(self) -> Iterator[str]:
        for line in self._text:
            self.number += 1
            line = line.strip()
            if line and not line.startswith("%"):
                yield line


def _header(lines: _Numbered, where: str) -> list[_Attribute]:
    attributes: list[_Attribute] = []
    for line in lines:
        word = line.split(None, 1)[0].lower()
        if word == "@data":
            if not attributes:
                raise DataError(f"{where} declares no attribute; an ARFF file has @attribute lines before @data.")
            return attributes
        if word == "@attribute":
            attributes.append(_attribute(line, f"{where}, line {lines.number}"))
        elif word != "@relation":
            raise DataError(f"{where} is no ARFF file: line {lines.number} begins with {line[:40]!r} before @data.")
    raise DataError(f"{where} has no @data line; check that it is complete.")


def _attribute(line: str, where: str) -> _Attribute:
    found = _ATTRIBUTE.match(line)
    if found is None:
        raise DataError(f"{where}: {line[:60]!r} is no attribute; it needs a name and a type.")
    name, kind = _unquoted(found[1]), found[2].strip()
    if kind.startswith("{") and kind.endswith("}"):
        return _Attribute(name, "nominal", tuple(dict.fromkeys(_cells(kind[1:-1]))))
    word = kind.split()[0].lower()
    if word in _NUMBERS:
        return _Attribute(name, "numeric")
    if word in _OTHERS:
        return _Attribute(name, "text")
    raise DataError(
        f"{where}: the attribute {name!r} has the type {word!r}, which can't be read. Save it as a CSV file."
    )


def _rows(lines: _Numbered, attributes: list[_Attribute], where: str) -> Iterator[list[str | None]]:
    for line in lines:
        if line.startswith("{"):
            yield _sparse(line, attributes, f"{where}, line {lines.number}")
            continue
        cells = _cells(line)
        if len(cells) != len(attributes):
            raise DataError(
                f"{where} has {len(cells)} values in line {lines.number} where {len(attributes)} were expected; mend "
                "the line."
            )
        yield [None if cell == "?" else cell for cell in cells]


def _sparse(line: str, attributes: list[_Attribute], where: str) -> list[str | None]:
    row: list[str | None] = [each.levels[0] if each.levels else "0" for each in attributes]
    for entry in _entries(line.strip("{} \t")):
        position, _, cell = entry.partition(" ")
        if not position.isdigit() or int(position) >= len(attributes):
            raise DataError(f"{where}: {entry!r} names no attribute; they go from 0 to {len(attributes) - 1}.")
        row[int(position)] = None if cell.strip() == "?" else _unquoted(cell.strip())
    return row


def _entries(text: str) -> list[str]:
    return [each.strip() for each in re.findall(r"""(?:'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|[^,])+""", text)]


def _cells(line: str) -> list[str]:
    if "'" not in line and '"' not in line:
        return [each.strip() for each in line.split(",")]
    cells: list[str] = []
    at = 0
    while at <= len(line):
        found = _CELL.match(line, at)
        if found is None:  # something behind a closing quotation mark: not ARFF, and told by the number of values
            return cells
        cells.append(_unquoted(found[1].strip()))
        if found.end() == len(line) and not line.endswith(","):
            return cells
        at = found.end()
        if at == len(line):
            return [*cells, ""]
    return cells


def _unquoted(text: str) -> str:
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        return re.sub(r"\\(.)", r"\1", text[1:-1])
    return text


def _frame(rows: list[list[str | None]], attributes: list[_Attribute], where: str) -> pd.DataFrame:
    columns = {}
    for attribute, cells in zip(attributes, zip(*rows, strict=True), strict=True):
        if attribute.kind == "nominal":
            columns[attribute.name] = _category(cells, attribute, where)
        elif attribute.kind == "numeric":
            columns[attribute.name] = _numbers(cells, attribute.name, where)
        else:
            columns[attribute.name] = pd.Series(cells, dtype="str")
    return pd.DataFrame(columns)


def _category(cells: tuple[str | None, ...], attribute: _Attribute, where: str) -> pd.Series:
    foreign = next((each for each in cells if each is not None and each not in attribute.levels), None)
    if foreign is not None:
        known = ", ".join(map(repr, attribute.levels[:5]))
        raise DataError(f"{where}: {foreign!r} is no value of the attribute {attribute.name!r}, which lists {known}.")
    return pd.Series(pd.Categorical(cells, categories=list(attribute.levels)))


def _numbers(cells: tuple[str | None, ...], name: str, where: str) -> pd.Series:
    try:
        return pd.to_numeric(pd.Series(cells, dtype="str"))
    except ValueError as error:
        raise DataError(f"{where}: the numeric attribute {name!r} holds something else ({error}).") from error
