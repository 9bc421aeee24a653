"""The settings that pictures are drawn and saved with, for as long as that takes.

matplotlib reads its settings from one place for the whole program: when an axis is made, when a tick is first drawn,
when a file is written. :func:`look` puts ours there, on top of the library's defaults, and puts the caller's back. A
lock keeps two of our threads from putting back each other's.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import matplotlib as mpl
from cycler import cycler

from automl.plotting.colours import COLOURS, GRID, INK

SETTINGS: dict[str, Any] = {
    "axes.axisbelow": True,
    "axes.edgecolor": INK,
    "axes.grid": True,
    "axes.labelcolor": INK,
    "axes.prop_cycle": cycler(color=COLOURS),
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 11.0,
    "axes.titleweight": "bold",
    "figure.facecolor": "white",
    "figure.constrained_layout.use": True,
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],  # comes with matplotlib: the same picture on every machine
    "font.size": 9.5,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "image.cmap": "cividis",
    "legend.fontsize": 9.0,
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "savefig.facecolor": "white",
    "svg.fonttype": "none",  # text stays text: it can be searched, read aloud, and is in any script
    "svg.hashsalt": "automl",
    "text.color": INK,
    "text.parse_math": False,  # a column may be called "price $ per $unit"
    "text.usetex": False,
    "xtick.color": INK,
    "ytick.color": INK,
}

_LOCK = threading.RLock()


@contextmanager
def look() -> Iterator[None]:
    """Let matplotlib use our settings in a block or, as a decorator, in a function; afterwards it has its own again.

    Examples
    --------
    >>> with look():
    ...     mpl.rcParams["font.size"]
    9.5
    >>> mpl.rcParams["font.size"] == 9.5
    False
    """
    with _LOCK, mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(cast(Any, SETTINGS))  # its stub wants literal names
        yield


def one_line(text: object, most: int = 32) -> str:
    r"""Return a text for a label: on one line, and no longer than ``most`` characters.

    Examples
    --------
    >>> one_line("a\nlong name", most=8)
    'a long …'
    """
    flat = " ".join(str(text).split())
    return flat if len(flat) <= most else flat[: most - 1] + "…"
