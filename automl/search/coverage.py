"""How many candidates of which families a budget is likely enough for, from what families declare of their speed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from automl.search.bench import BAG, is_dear
from automl.search.cost import CostModel
from automl.search.planning import Layout
from automl.values.budget import Budget
from automl.values.candidate import Candidate
from automl.values.prospect import Coverage
from automl.values.space import SearchSpace

SEARCHING = 0.8  # share of the budget that candidates get; the rest is reading, combining and writing
STARTING = 3.0  # seconds until workers are warm
MOST = 10_000


def coverage(
    spaces: Mapping[str, SearchSpace],
    costs: CostModel,
    layout: Layout,
    n_folds: int,
    budget: Budget,
    opening: Sequence[Candidate],
    *,
    by_first_fold: bool = False,
) -> Coverage:
    """Return how far the budget is likely to get.

    Parameters
    ----------
    costs
        Seconds of folds, as declared.
    opening
        What is tried first, in order.
    by_first_fold
        Whether dear candidates are judged on their first fold.

    Examples
    --------
    >>> from automl.values.algorithm import Algorithm, DataShape
    >>> from automl.values.space import Float
    >>> ridge = Algorithm("ridge", lambda shape: SearchSpace(Float("a", 0, 1)), dict, seconds=lambda shape: 1.0)
    >>> spaces = {"ridge": SearchSpace(Float("a", 0, 1))}
    >>> costs = CostModel({"ridge": ridge}, spaces, DataShape("binary", 900, 9), threads=1)
    >>> print(coverage(spaces, costs, Layout(2, 1), 5, Budget(60), [Candidate.of("ridge", {"a": 0.5})]))
    about 18 candidates: ridge, then 17 chosen by what did well
    """
    left = float("inf") if budget.seconds is None else _seconds(budget.seconds) * layout.workers
    most = MOST if budget.n_trials is None else budget.n_trials
    first: dict[str, int] = {}
    spent: list[float] = []
    for candidate in opening:
        seconds = costs.fold_seconds(candidate)
        waits = by_first_fold and budget.seconds is not None
        waits = waits and is_dear(n_folds, seconds, budget.seconds or 0.0, layout.workers)
        seconds *= min(BAG, n_folds) if waits else n_folds
        if len(spent) >= most or (spent and seconds > left):
            continue  # a cheaper one further on may still fit
        first[candidate.algorithm] = first.get(candidate.algorithm, 0) + 1
        spent.append(seconds)
        left -= seconds
    typical = sum(spent[1:] or spent) / max(1, len(spent[1:] or spent))
    free = spaces.keys() - {"dummy"}  # a family without hyperparameters has one candidate
    searched = 0
    if any(len(list(spaces[name])) for name in free):
        searched = int(max(0.0, min(most - len(spent), left / typical if typical else most)))
    candidates = len(spent) + searched
    return Coverage(
        candidates,
        first,
        searched,
        tuple(name for name in spaces if name not in first),
        is_sure=budget.seconds is None and candidates == budget.n_trials,
    )


def _seconds(budget: float) -> float:
    return max(0.0, SEARCHING * budget - STARTING)
