"""The style sheet: what is written on what can be read, in the light and in the dark."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

STYLE = (files("automl.report") / "templates" / "style.css").read_text(encoding="utf-8")


def palettes() -> list[dict[str, str]]:
    """Return the colours by name, first the light ones, then the dark ones, then those on paper."""
    return [
        dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", block)) for block in re.findall(r":root \{(.*?)\}", STYLE, re.S)
    ]


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour, as WCAG 2 defines it."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (each / 12.92 if each <= 0.03928 else ((each + 0.055) / 1.055) ** 2.4 for each in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, from 1 to 21."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("place", range(3))
def test_texts_have_contrast(place: str) -> None:
    """Every text colour has a contrast of at least 4.5 with every background, in each of the three palettes."""
    colours = palettes()[int(place)]
    for text in ("ink", "quiet", "link", "good", "caution"):
        for ground in ("paper", "panel"):
            assert contrast(colours[text], colours[ground]) >= 4.5, (text, ground)


def test_nothing_is_fetched() -> None:
    """The style sheet names no other file."""
    assert not re.search(r"url\(|@import|https?:", STYLE)
