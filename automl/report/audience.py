"""Who reads a page: which sections it has, in which order, and how deep they go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from automl.errors import PlanError, suggest

Audience = Literal["technical", "executive", "audit"]
AUDIENCES: tuple[Audience, ...] = get_args(Audience)


@dataclass(frozen=True, slots=True)
class Depth:
    """What a page holds.

    Attributes
    ----------
    audience
        Whom it is for.
    title
        What it calls itself.
    sections
        Keys of its sections, in order.
    leaderboard_rows, schema_rows
        Rows of these tables at most.
    n_effects
        How many columns' effects are drawn.
    """

    audience: Audience
    title: str
    sections: tuple[str, ...]
    leaderboard_rows: int
    schema_rows: int
    n_effects: int


DEPTHS: dict[Audience, Depth] = {
    "technical": Depth(
        "technical",
        "Report",
        ("summary", "leaderboard", "validation", "explanations", "fairness", "data", "search", "reproduction"),
        leaderboard_rows=15,
        schema_rows=60,
        n_effects=4,
    ),
    "executive": Depth(
        "executive",
        "Summary",
        ("summary", "pictures", "next"),
        leaderboard_rows=0,
        schema_rows=0,
        n_effects=1,
    ),
    "audit": Depth(
        "audit",
        "Audit report",
        (
            *("summary", "data", "validation", "fairness", "limits"),
            *("explanations", "search", "leaderboard", "reproduction"),
        ),
        leaderboard_rows=200,
        schema_rows=500,
        n_effects=6,
    ),
}


def depth_for(audience: str) -> Depth:
    """Return what a page for these readers holds.

    Raises
    ------
    PlanError
        If there are no such readers.
    """
    for known, depth in DEPTHS.items():
        if known == audience:
            return depth
    raise PlanError(f"Unknown audience {audience!r}. {suggest(audience, AUDIENCES)}")
