"""What a callback is told while a search runs: small, frozen, already worked out.

The search loop makes one :class:`Update` for each thing that a person may want to see. Callbacks read them and do
as they like: the console draws a line, a notebook a picture, a test keeps a list.

>>> from automl.values.progress import Update
>>> def shout(update: Update) -> None:
...     if update.kind == "evaluated":
...         print(update.algorithm, update.score)
>>> shout(Update("evaluated", number=3, algorithm="ridge", score=0.5))
ridge 0.5
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

UpdateKind = Literal["planned", "dashboard", "started", "evaluated", "self_trained", "ensembled", "finished"]
UPDATE_KINDS: tuple[UpdateKind, ...] = get_args(UpdateKind)


@dataclass(frozen=True, slots=True)
class Update:
    """One event of a search, and how the search stands.

    Attributes
    ----------
    kind
        ``"planned"``, ``"dashboard"`` (its address, where one is shown), ``"started"`` and ``"evaluated"`` (a
        candidate), ``"self_trained"`` (what came of unlabelled rows), ``"ensembled"`` or ``"finished"``.
    text
        A sentence for a person; empty where the other attributes say it all.
    number, algorithm
        Which candidate; ``None`` and ``""`` where it is about none.
    score
        Its score in the metric's own direction; ``None`` while it has none, or if it failed.
    best_score
        The best score so far; ``None`` before there is one.
    n_finished, n_failed
        Candidates evaluated so far, failed ones included; and how many of them failed.
    seconds_used, seconds_left
        Wall seconds since the call; wall seconds of the budget that remain, ``None`` without a budget.
    """

    kind: UpdateKind
    text: str = ""
    number: int | None = None
    algorithm: str = ""
    score: float | None = None
    best_score: float | None = None
    n_finished: int = 0
    n_failed: int = 0
    seconds_used: float = 0.0
    seconds_left: float | None = None
