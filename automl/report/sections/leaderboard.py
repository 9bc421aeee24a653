"""The leaderboard: the best rows, the members of an ensemble, and which differences mean anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from automl.assess.honest_scores import HonestScores
from automl.dashboard.findings import combining, lead, simple_model
from automl.dashboard.wording import count, plain
from automl.evaluation.leaderboard import pipeline_id
from automl.report.audience import Depth
from automl.report.blocks import Block, Heading, Section, told
from automl.report.figures import figure_of
from automl.report.material import Material
from automl.report.sentence import Sentence
from automl.report.tables import table_of
from automl.values.candidate import Candidate

if TYPE_CHECKING:
    from automl.plotting import Picture

_SHOWN = ["rank", "id", "score", "std", "fit_seconds", "one_row_ms", "size_mb", "state"]
_HONEST = ["honest_score", "honest_low", "honest_high", "tied"]
_HONEST_SHORT = ["honest_score", "tied"]
_DRAWN = 12
_SETTINGS = 600  # characters of a member's hyperparameters


def leaderboard(material: Material, depth: Depth) -> Section:
    """Return the section."""
    board = material.run.leaderboard
    view = material.standing.view
    found = [combining(material.standing), lead(material.standing), simple_model(material.standing)]
    said = [Sentence(each.sentence) for each in found if each is not None]
    honest = material.honest if isinstance(material.honest, HonestScores) else None
    if honest is not None:
        said.append(ties(honest))
    blocks: list[Block | Heading] = [told(*said)]
    top = board[board["score"].notna()].head(_DRAWN)
    if len(top) > 1:
        first = f"{top['id'].iloc[0]}, has {top['score'].iloc[0]:.4g}"
        alt = f"The best {len(top)} rows by {view.metric.name}; the first, {first}."
        frame = top[["id", "score", "std", *(_HONEST if honest else ())]]
        blocks.append(figure_of(draw_leaderboard(board, view.metric.name), "leaderboard", "Scores", alt, frame))
    is_short = depth.audience == "technical"
    honestly = (_HONEST_SHORT if is_short else _HONEST) if honest else ()
    columns = [*_SHOWN[:4], *honestly, *_SHOWN[4:], *(() if is_short else ("reason",))]
    columns = [*columns, "finish"] if "finish" in board and (board["finish"] != "").any() else columns
    table = table_of(board[columns], "Leaderboard", key="board", most=depth.leaderboard_rows, first=True)
    blocks.append(table)
    if len(material.members) > 1:
        blocks += [
            Heading(f"Members of {material.row['id']}"),
            table_of(_members(material), "Members", key="members", longest=_SETTINGS),
        ]
    return Section("leaderboard", "Leaderboard", tuple(blocks))


def ties(honest: HonestScores) -> Sentence:
    """Return which rows can't be told from the first, and the fastest of them."""
    others = [each for each in honest.tied if each != honest.best]
    if not others:
        return Sentence(f"No other row is statistically tied with {plain(honest.best)}.")
    told = f"{count(len(others), 'other row')} can't be told from {plain(honest.best)} by these rows"
    if honest.simplest == honest.best:
        return Sentence(f"{told}; it is the fastest of them.")
    return Sentence(f"{told}; the fastest of them is {plain(honest.simplest)} (`run.simplest()`).")


def _members(material: Material) -> pd.DataFrame:
    score_of = material.run.metric.score_of
    total = sum(weight for _, weight in material.members)
    rows = [
        (pipeline_id(each), weight / total, score_of(each.loss), len(each.losses), _settings(each.candidate))
        for each, weight in material.members
    ]
    return pd.DataFrame(rows, columns=["id", "share", "score", "models", "hyperparameters"])


def _settings(candidate: Candidate) -> str:
    told = (f"{key}={value:.4g}" if isinstance(value, float) else f"{key}={value}" for key, value in candidate.settings)
    return ", ".join(told)


def draw_leaderboard(board: pd.DataFrame, metric: str) -> Picture:
    """Return a dot for each of the best rows, with the deviation over its folds; a stroke is the honest score."""
    from automl.plotting import COLOURS, MUTED, look, new_figure, one_line

    top = board[board["score"].notna()].head(_DRAWN)
    honest = top["honest_score"]
    with look():
        figure = new_figure(6.4, 1.1 + 0.28 * max(len(top), 2))
        axes = figure.subplots()
        places = range(len(top))
        spread = top["std"].fillna(0.0)
        axes.errorbar(top["score"], places, xerr=spread, fmt="none", ecolor=MUTED, elinewidth=1.2)
        colours = [COLOURS[1] if each == "ensemble" else COLOURS[0] for each in top["algorithm"]]
        axes.scatter(top["score"], places, color=colours, s=34, zorder=3)
        axes.scatter(honest, places, color="black", marker="|", s=90, zorder=4)
        axes.set_yticks(places, [one_line(each) for each in top["id"]])
        axes.invert_yaxis()
        told = "; | without the luck of the choice" if honest.notna().any() else ""
        axes.set(xlabel=f"{metric}, with the deviation over folds{told}", title="The best of the leaderboard")
    return figure
