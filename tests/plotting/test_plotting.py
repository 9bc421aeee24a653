"""Pictures look the same everywhere, say what is written, and leave the caller's matplotlib alone."""

from __future__ import annotations

import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import matplotlib as mpl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from automl.plotting import COLOURS, Picture, look, new_figure, one_line, to_png, to_svg


def picture(title: str = "A title") -> Picture:
    """Return a small picture with every kind of text."""
    figure = new_figure(4, 3)
    axes = figure.subplots()
    axes.plot([0, 1, 2], [1, 3, 2], label=title)
    axes.set(title=title, xlabel=title, ylabel=title)
    axes.text(0.5, 1.5, title)
    axes.set_xticks([0, 1], [title, "other"])
    axes.legend()
    return figure


def test_same_figure_gives_same_bytes() -> None:
    """Neither dates nor chance get into a file."""
    assert to_svg(picture()) == to_svg(picture())
    assert to_png(picture()) == to_png(picture())


def test_saving_twice_is_saving_once() -> None:
    """A figure that was shown is still the same figure."""
    figure = picture()
    first = to_svg(figure)
    to_png(figure)
    assert to_svg(figure) == first


@pytest.mark.parametrize("text", ["price $5$ to $10", "$\\frac{1}{0}", "a_b^c", "<b> & 'x'", "naïve Größe", "年齢 🚀"])
def test_texts_are_never_mathematics(text: str) -> None:
    """A name with dollar signs is written as it stands, in any script, and costs no warning."""
    drawn = ElementTree.fromstring(to_svg(picture(text)))
    texts = [each.text for each in drawn.iter("{http://www.w3.org/2000/svg}text")]
    assert texts.count(text) == 6  # title, two axes, the text inside, a tick, the legend
    assert to_png(picture(text)).startswith(b"\x89PNG")


def test_svg_can_be_put_into_a_page() -> None:
    """No prologue, no date; names begin with the prefix, and references follow them."""
    text = to_svg(picture(), title='Say "hi" & <go>', prefix="roc-")
    root = ElementTree.fromstring(text)
    assert root.get("aria-label") == 'Say "hi" & <go>'
    assert "<?xml" not in text
    assert "<metadata" not in text
    assert "http://www.w3.org/1999/02/22-rdf" not in text
    names = {each.get("id") for each in root.iter() if each.get("id")}
    assert names
    assert all(name.startswith("roc-") for name in names)
    used = {part.split(")")[0] for part in text.split("url(#")[1:]}
    assert used <= names


def test_settings_of_the_caller_count_for_nothing_and_are_kept() -> None:
    """Whatever style the caller has, our pictures are ours; and the style is still there afterwards."""
    with look():
        plain = to_svg(picture())
    with mpl.rc_context({"font.size": 20, "axes.facecolor": "black", "text.parse_math": True, "lines.linewidth": 9}):
        with look():
            styled = picture()
        assert to_svg(styled) == plain
        assert mpl.rcParams["font.size"] == 20
        assert mpl.rcParams["axes.facecolor"] == "black"


def test_drawing_needs_no_pyplot() -> None:
    """No figure is registered anywhere, so none is kept alive."""
    code = (
        "import sys; from automl.plotting import new_figure, to_png, to_svg\n"
        "figure = new_figure(2, 2); figure.subplots().plot([1, 2]); to_png(figure); to_svg(figure)\n"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_notebook_shows_it() -> None:
    """A figure without pyplot shows itself."""
    assert picture()._repr_png_() == to_png(picture())


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour (WCAG)."""
    channels = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_first_two_colours_differ_in_grey() -> None:
    """What is compared most often, two lines, can be told apart by lightness alone."""
    first, second = sorted(luminance(colour) for colour in COLOURS[:2])
    assert (second + 0.05) / (first + 0.05) > 2


@given(st.text(), st.integers(min_value=2, max_value=50))
def test_label_is_one_short_line(text: str, most: int) -> None:
    """A label has no line breaks and no more than so many characters."""
    label = one_line(text, most)
    assert len(label) <= most
    assert len(label.splitlines()) <= 1
