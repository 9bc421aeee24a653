"""Numbers, counts, lists and foreign text as notes write them in Markdown.

What a table or a library brings into a note (names of columns and labels, messages of errors) is never trusted to be
plain: :func:`name` and :func:`plain` give back text that reads the same and means nothing to Markdown, neither in a
paragraph nor in a table's cell: no markup, no link, no picture, no HTML, no line break. Both keep to a number of
bytes, so that a note's size has a bound whatever stands in it.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from automl.values.budget import format_duration

_SAFE_NAME = re.compile(r"[\w ./+=%°,:()'#@-]+")  # may stand in a code span, in a cell as well
_ENTITIES: Mapping[int, str] = MappingProxyType({ord(sign): f"&#{ord(sign)};" for sign in "\\`*[]<>|~$&!"})
_BREAK = "\u200b"  # a space of no width, which keeps an address from being made a link
_ADDRESS = re.compile(r"(?<=:)(?=//)|(?<=www)(?=\.)|(?<=@)", re.IGNORECASE)
_UNDERSCORE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")  # inside a word it marks nothing
_BLOCK = re.compile(r"[#+=-]|\d+[.)]")  # at the beginning of a line it would make a heading or a list
_REPLACEMENT = "\ufffd"


def number(value: float, digits: int = 4) -> str:
    """Return a number with so many significant digits; one just below 1 is not rounded to 1.

    Examples
    --------
    >>> [number(each) for each in (0.912345, 123456.0, -0.0, 0.00001234, 0.999987, float("nan"))]
    ['0.9123', '123,500', '0', '1.234e-05', '0.99999', 'unknown']
    """
    if math.isnan(value):
        return "unknown"
    if math.isinf(value):
        return "infinite" if value > 0 else "minus infinite"
    rounded = float(f"{value:.{digits}g}")
    if abs(rounded) == 1 and abs(value) < 1 and digits < 9:
        return number(value, digits + 1)
    if rounded == 0:
        return "0"
    if not 1e-4 <= abs(rounded) < 1e12:
        return f"{value:.{digits}g}"
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(rounded))))
    text = f"{rounded:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def score_with_spread(score: float, std: float) -> str:
    """Return a score and the deviation of its folds, where there is one.

    Examples
    --------
    >>> score_with_spread(0.91234, 0.0123), score_with_spread(0.9, float("nan"))
    ('0.9123 ± 0.012', '0.9')
    """
    return f"{number(score)} ± {number(std, 2)}" if math.isfinite(std) else number(score)


def percent(share: float) -> str:
    """Return a share in hundredths; what is nearly all is not told as all, nor what is nearly nothing as nothing.

    Examples
    --------
    >>> [percent(each) for each in (0.834, 1.0, 0.999, 0.004, 0.0)]
    ['83 %', '100 %', 'over 99 %', 'under 1 %', '0 %']
    """
    hundredths = 100 * share
    if 99 < hundredths < 100:
        return "over 99 %"
    if 0 < hundredths < 1:
        return "under 1 %"
    return f"{hundredths:,.0f} %"


def duration(seconds: float) -> str:
    """Return a duration as people write it, or ``"unknown"``.

    Examples
    --------
    >>> duration(90.0), duration(2.345), duration(0.00455), duration(float("nan"))
    ('1m30s', '2.3s', 'under 0.01s', 'unknown')
    """
    if not math.isfinite(seconds):
        return "unknown"
    return format_duration(float(f"{seconds:.2g}") if seconds < 10 else seconds) if seconds >= 0.01 else "under 0.01s"


def count(n: int, noun: str, plural: str = "") -> str:
    """Return how many there are of a thing.

    Examples
    --------
    >>> count(1, "trial"), count(1234, "trial"), count(0, "family", "families")
    ('1 trial', '1,234 trials', '0 families')
    """
    return f"{n:,} {noun if n == 1 else plural or noun + 's'}"


def listed(parts: Sequence[str], most: int = 5) -> str:
    """Return a list in words; of more than ``most`` parts the first ones and how many follow.

    Examples
    --------
    >>> listed(["a"]), listed(["a", "b", "c"]), listed(["a", "b", "c", "d"], most=2)
    ('a', 'a, b and c', 'a, b and 2 more')
    """
    shown = list(parts) if len(parts) <= most else [*parts[:most], f"{len(parts) - most:,} more"]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}" if shown else ""


def name(text: object, most: int = 60) -> str:
    """Return a name as code if it can stand there as it is, else as harmless text in quotation marks.

    Examples
    --------
    >>> print(name("mean radius"), name("a|b"), name(""))
    `mean radius` “a&#124;b” “”
    """
    clean = _one_line(str(text)[: 4 * most])
    if _SAFE_NAME.fullmatch(clean):
        return f"`{shortened(clean, most)}`"
    return f"“{plain(clean, most)}”"


def plain(text: object, most: int = 200) -> str:
    r"""Return text that Markdown shows as it stands, in at most ``most`` bytes; what is longer ends in ``…``.

    Examples
    --------
    >>> print(plain("<b>5 * 3</b>\n| a_b | _c_"))
    &#60;b&#62;5 &#42; 3&#60;/b&#62; &#124; a_b &#124; &#95;c&#95;
    >>> plain("x" * 300, 12)
    'xxxxxxxxx…'
    """
    clean = _ADDRESS.sub(_BREAK, _one_line(str(text)[: 4 * most]))
    marked = {match.start() for match in _UNDERSCORE.finditer(clean)}
    pieces = ["&#95;" if at in marked else sign.translate(_ENTITIES) for at, sign in enumerate(clean)]
    if _BLOCK.match(clean):
        pieces[0] = f"&#{ord(clean[0])};"
    return _within(pieces, most)


def shortened(text: str, most: int) -> str:
    """Return text of at most ``most`` bytes; what is longer ends in ``…``.

    Examples
    --------
    >>> shortened("house", 5), shortened("houses", 5)
    ('house', 'ho…')
    """
    return _within(list(text), most)


def _within(pieces: Sequence[str], most: int) -> str:
    """Join as many whole pieces as fit."""
    sizes = [len(piece.encode()) for piece in pieces]
    if sum(sizes) <= most:
        return "".join(pieces)
    room, kept = most - len("…".encode()), 0
    for size in sizes:
        if size > room:
            break
        room -= size
        kept += 1
    return "".join(pieces[:kept]) + "…"


def _one_line(text: str) -> str:
    """Drop what can't be seen (control signs, changes of direction, halves of a sign), and fold blanks."""
    return " ".join("".join(map(_visible, text)).split())


def _visible(sign: str) -> str:
    if sign.isspace():
        return " "
    kind = unicodedata.category(sign)
    return "" if kind in ("Cc", "Cf") else _REPLACEMENT if kind == "Cs" else sign


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of a Markdown table; cells are harmless already.

    Examples
    --------
    >>> table(["fold", "score"], [["0", "0.9"]])
    ['| fold | score |', '|---|---|', '| 0 | 0.9 |']
    """
    return [_row(header), "|" + "---|" * len(header), *map(_row, rows)]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
