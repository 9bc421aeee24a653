"""The picture of a surrogate tree: questions from left to right, answers on the lines, predictions at the ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from automl.plotting import COLOURS, INK, MUTED, look, new_figure, one_line
from automl.plotting.figure import Picture

if TYPE_CHECKING:
    from automl.explain.surrogate import Node, Surrogate


@look()
def draw_surrogate(surrogate: Surrogate) -> Picture:
    """Return the tree; the longer a bar, the more rows end there."""
    n_leaves = _count(surrogate.root)
    figure = new_figure(2.6 + 2.4 * max(surrogate.depth, 1), 0.9 + 0.5 * max(n_leaves, 2))
    axes = figure.add_subplot()
    _draw(axes, surrogate, surrogate.root, 0, iter(range(n_leaves)), surrogate.depth)
    axes.set_xlim(-0.1, surrogate.depth + 0.9)
    axes.set_ylim(n_leaves - 0.4, -0.6)
    axes.set_axis_off()
    same = "" if np.isnan(surrogate.agreement) else f", same label in {surrogate.agreement:.0%}"
    axes.set_title(f"Rules that imitate the pipeline (R² {surrogate.r2:.2f}{same})")
    return figure


def _count(node: Node) -> int:
    return 1 if node.then is None or node.otherwise is None else _count(node.then) + _count(node.otherwise)


def _draw(axes: Any, surrogate: Surrogate, node: Node, x: int, lines: Any, depth: int) -> float:
    """Draw what follows from a node and return its height."""
    from automl.explain.surrogate import outcome

    if node.then is None or node.otherwise is None:
        y = float(next(lines))
        axes.barh(y, 0.75 * node.share, left=depth + 0.05, height=0.7, color=COLOURS[5], alpha=0.55)
        text = f"{one_line(outcome(node.prediction, surrogate.task), 28)}\n{node.share:.0%} of rows"
        axes.text(depth + 0.08, y, text, va="center", fontsize=8, color=INK)
        if x < depth:
            axes.plot([x, depth + 0.05], [y, y], color=MUTED, linewidth=0.7, linestyle=":")
        return y
    heights = [_draw(axes, surrogate, child, x + 1, lines, depth) for child in (node.then, node.otherwise)]
    y = sum(heights) / 2
    for height, words in zip(heights, (node.yes, node.no), strict=True):
        axes.plot([x, x + 0.06, x + 1], [y, height, height], color=MUTED, linewidth=1.0)
        axes.text(x + 0.1, height - 0.06, one_line(words, 38), va="bottom", fontsize=7.5, color=INK)
    return y
