"""Pictures of a report, as SVG texts; the same figures always give the same text.

Drawn with matplotlib's object interface, which keeps no figure alive. A system has the same colour in every picture.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Mapping, Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from reporting.standing import Pair, Ranking, cliques

COLOURS = ("#0b6e99", "#d1495b", "#3c8d2f", "#edae49", "#6a4c93", "#8d6e63", "#00a19d", "#555555", "#c2185b", "#7cb342")
_PARAMS = {"svg.fonttype": "path", "font.family": "DejaVu Sans", "font.size": 9.0, "axes.spines.top": False}
_OUTSIDE = re.compile(r"<\?xml.*?\?>\s*|<!DOCTYPE.*?>\s*|<metadata>.*?</metadata>\s*", re.DOTALL)


def colours(systems: Sequence[str]) -> dict[str, str]:
    """Return each system's colour."""
    return {system: COLOURS[index % len(COLOURS)] for index, system in enumerate(sorted(systems))}


def critical_difference_picture(ranking: Ranking) -> str:
    """Draw the mean ranks on a line; a bar joins systems that do not differ significantly.

    The layout is Demšar's: the best rank is left, names hang below the line, half on each side.
    """
    ordered = sorted(ranking.ranks, key=lambda system: (ranking.ranks[system], system))
    groups = cliques(ranking)
    half = (len(ordered) + 1) // 2
    depth = 0.6 + 0.25 * len(groups) + 0.42 * half
    figure, axes = _figure(7.6, 0.75 + 0.62 * depth)
    highest = len(ordered)
    axes.set_xlim(1 - 0.45 * (highest - 1) - 0.4, highest + 0.45 * (highest - 1) + 0.4)
    axes.set_ylim(-depth - 0.2, 0.9)
    axes.axis("off")
    axes.plot([1, highest], [0, 0], color="black", lw=1)
    for tick in range(1, highest + 1):
        axes.plot([tick, tick], [0, 0.12], color="black", lw=1)
        axes.text(tick, 0.2, str(tick), ha="center", va="bottom")
    if not math.isnan(ranking.critical_difference):
        width = min(ranking.critical_difference, highest - 1.0)
        axes.plot([1, 1 + width], [0.72, 0.72], color="black", lw=1.5)
        told = f"critical difference {ranking.critical_difference:.2f}"
        axes.text(1 + width / 2, 0.76, told, ha="center", va="bottom")
    for place, group in enumerate(groups):
        height = -0.25 * (place + 1)
        ends = ranking.ranks[group[0]] - 0.03, ranking.ranks[group[-1]] + 0.03
        axes.plot(ends, [height, height], color="#555555", lw=3, solid_capstyle="butt")
    for place, system in enumerate(ordered):
        is_left = place < half
        row = place if is_left else len(ordered) - 1 - place
        height = -0.35 - 0.25 * len(groups) - 0.42 * row
        x, edge = ranking.ranks[system], (1 - 0.1 * (highest - 1) if is_left else highest + 0.1 * (highest - 1))
        axes.plot([x, x, edge], [0, height, height], color="#0b6e99", lw=1)
        axes.text(edge, height, f" {system} ({x:.2f}) ", ha="right" if is_left else "left", va="center", clip_on=False)
    return _svg(figure)


def scaled_picture(scaled: Mapping[str, Mapping[str, float]], reference: str) -> str:
    """Draw every system's scaled score on every table, the systems with the best mean on top."""
    means = {system: sum(each.values()) / len(each) for system, each in scaled.items() if each}
    ordered = sorted(means, key=lambda system: (means[system], system))
    chosen = colours(list(scaled))
    figure, axes = _figure(7.6, 0.9 + 0.36 * len(ordered))
    for height, system in enumerate(ordered):
        values = [scaled[system][table] for table in sorted(scaled[system])]
        spread = np.linspace(-0.16, 0.16, len(values)) if len(values) > 1 else np.zeros(1)
        axes.scatter(values, height + spread, s=14, color=chosen[system], alpha=0.75, lw=0)
        axes.plot([means[system]] * 2, [height - 0.32, height + 0.32], color=chosen[system], lw=2.5)
    axes.axvline(0, color="#999999", lw=0.8)
    axes.axvline(1, color="#999999", lw=0.8)
    axes.set_yticks(range(len(ordered)), ordered)
    axes.set_xlim(-1.08, 1.08)
    axes.set_xlabel(f"scaled score: 0 is {reference}, 1 the best observed; a point a table, the line is the mean")
    return _svg(figure)


def pairs_picture(pairs: Sequence[Pair], systems: Sequence[str]) -> str:
    """Draw, for each pair, on which share of the common tables the row's system is ahead of the column's."""
    share = np.full((len(systems), len(systems)), np.nan)
    told = {}
    for pair in pairs:
        i, j, played = systems.index(pair.first), systems.index(pair.second), pair.wins + pair.losses + pair.ties
        if played:
            share[i, j] = (pair.wins + 0.5 * pair.ties) / played
            share[j, i] = 1 - share[i, j]
            told[i, j], told[j, i] = (pair.wins, pair.losses), (pair.losses, pair.wins)
    size = 0.62 * len(systems)
    figure, axes = _figure(1.9 + size, 1.3 + size)
    cells = np.arange(len(systems) + 1) - 0.5
    axes.pcolormesh(cells, cells, np.ma.masked_invalid(share), cmap="RdBu", vmin=0, vmax=1)
    axes.invert_yaxis()
    for (i, j), (wins, losses) in told.items():
        colour = "white" if abs(share[i, j] - 0.5) > 0.3 else "black"
        axes.text(j, i, f"{wins}:{losses}", ha="center", va="center", color=colour)
    axes.set_xticks(range(len(systems)), systems, rotation=40, ha="right")
    axes.set_yticks(range(len(systems)), systems)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    return _svg(figure)


def budget_picture(shares: Mapping[str, Sequence[float]], limit: float) -> str:
    """Draw each run's seconds as a share of its budget; the line is what is allowed."""
    ordered = sorted(shares, reverse=True)
    chosen = colours(list(shares))
    figure, axes = _figure(7.6, 0.9 + 0.32 * len(ordered))
    for height, system in enumerate(ordered):
        values = sorted(shares[system])
        spread = np.linspace(-0.15, 0.15, len(values)) if len(values) > 1 else np.zeros(len(values))
        axes.scatter(values, height + spread, s=14, color=chosen[system], alpha=0.75, lw=0)
    axes.axvline(1, color="#999999", lw=0.8)
    axes.axvline(limit, color="#b3541e", lw=1.2)
    axes.set_yticks(range(len(ordered)), ordered)
    axes.set_xlim(left=0)
    axes.set_xlabel("seconds of the fit ÷ budget; a point a run, the thick line is what is allowed")
    return _svg(figure)


def trade_picture(points: Mapping[str, tuple[float, float]], across: str, up: str) -> str:
    """Draw a point a system: what it costs (logarithmic) against how good it is."""
    chosen = colours(list(points))
    figure, axes = _figure(7.0, 3.6)
    for system in sorted(points):
        x, y = points[system]
        axes.scatter([x], [y], s=36, color=chosen[system])
        axes.annotate(system, (x, y), xytext=(5, 4), textcoords="offset points")
    axes.set_xscale("log")
    axes.margins(x=0.18, y=0.12)
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    return _svg(figure)


def ratios_picture(ratios: Mapping[str, Sequence[float]], across: str) -> str:
    """Draw each name's ratios on a logarithmic axis, with their median; 1 is marked."""
    ordered = sorted(ratios, reverse=True)
    figure, axes = _figure(7.6, 0.9 + 0.34 * max(1, len(ordered)))
    for height, name in enumerate(ordered):
        values = sorted(ratios[name])
        spread = np.linspace(-0.15, 0.15, len(values)) if len(values) > 1 else np.zeros(len(values))
        axes.scatter(values, height + spread, s=14, color=COLOURS[0], alpha=0.75, lw=0)
        if values:
            axes.plot([float(np.median(values))] * 2, [height - 0.32, height + 0.32], color=COLOURS[1], lw=2)
    axes.axvline(1, color="#999999", lw=0.8)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter("{x:.3g}")
    axes.xaxis.set_minor_formatter("{x:.3g}")
    axes.tick_params(axis="x", which="minor", labelsize=7)
    axes.set_yticks(range(len(ordered)), ordered)
    axes.set_xlabel(across)
    return _svg(figure)


Line = tuple[Sequence[float], Sequence[float]]  # the values across and up


def lines_picture(lines: Mapping[str, Line], across: str, up: str, *, steps: bool) -> str:
    """Draw lines by name: as stairs where a value holds until the next one, else with a mark at each point."""
    chosen = colours(list(lines))
    figure, axes = _figure(7.6, 3.6)
    for name in sorted(lines):
        x, y = lines[name]
        if steps:
            axes.step(x, y, where="post", color=chosen[name], lw=1.5, label=name)
        else:
            axes.plot(x, y, marker="o", ms=4, color=chosen[name], lw=1.5, label=name)
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    axes.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1.01, 0.5))
    return _svg(figure)


def bars_picture(rows: Mapping[str, Mapping[str, float]], across: str) -> str:
    """Draw a stacked bar a row; parts have one colour throughout."""
    parts = list(dict.fromkeys(part for row in rows.values() for part in row))
    figure, axes = _figure(7.6, 1.0 + 0.34 * len(rows))
    ordered = list(rows)[::-1]
    for index, part in enumerate(parts):
        left = [sum(rows[row].get(each, 0.0) for each in parts[:index]) for row in ordered]
        width = [rows[row].get(part, 0.0) for row in ordered]
        axes.barh(range(len(ordered)), width, left=left, height=0.7, color=COLOURS[index % len(COLOURS)], label=part)
    axes.set_yticks(range(len(ordered)), ordered)
    axes.set_xlabel(across)
    axes.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1.01, 0.5))
    return _svg(figure)


def _figure(width: float, height: float) -> tuple[Figure, Axes]:
    with mpl.rc_context(_PARAMS):
        figure = Figure(figsize=(width, height))
        axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _svg(figure: Figure) -> str:
    written = io.StringIO()
    with mpl.rc_context({**_PARAMS, "svg.hashsalt": "report"}):
        FigureCanvasSVG(figure).print_figure(written, format="svg", bbox_inches="tight", metadata={"Date": None})
    lines = _OUTSIDE.sub("", written.getvalue()).splitlines()
    return "\n".join(line.rstrip() for line in lines) + "\n"
