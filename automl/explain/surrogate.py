"""A small tree that imitates a pipeline, for people who want rules, with how far it can be believed.

The tree learns what the pipeline *predicts*, not what is true, on two thirds of the rows, and its fidelity is measured
on the rest: the share of the predictions' variance that it explains (R²) and, for labels, the share of rows that it
gives the same label. A low fidelity means that the rules don't tell what the pipeline does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.metrics import r2_score
from sklearn.tree import DecisionTreeRegressor

from automl.errors import DataError, PlanError
from automl.explain.questions import Question, answers, make_questions
from automl.explain.subject import Subject
from automl.explain.surrogate_picture import draw_surrogate
from automl.explain.wording import number
from automl.plotting.figure import Picture
from automl.values.algorithm import FloatArray
from automl.values.task import Task

MOST_ROWS = 5_000
DEEPEST = 6
_FEWEST = 10


@dataclass(frozen=True, slots=True)
class Node:
    """A question with two answers, or a leaf.

    Attributes
    ----------
    prediction
        Mean prediction of the rows here, ``(width,)``.
    share
        Of the rows that the tree learned from.
    yes, no
        What is asked, as the answer that leads to each side; empty at a leaf.
    then, otherwise
        The sides, or ``None``.
    """

    prediction: FloatArray
    share: float
    yes: str = ""
    no: str = ""
    then: Node | None = None
    otherwise: Node | None = None


@dataclass(frozen=True, slots=True)
class Surrogate:
    """A small tree in the place of a pipeline.

    Attributes
    ----------
    task
        What is predicted.
    root
        The tree.
    r2, agreement
        Fidelity on rows kept from the tree: R² of the predictions, and the share of rows with the same label (NaN for
        a regression).
    n_fitted, n_judged
        Rows that it learned from and was judged on.
    depth
        Questions on the longest way.

    Examples
    --------
    >>> demo_run.surrogate(max_depth=2).agreement > 0.8
    True
    """

    task: Task
    root: Node
    r2: float
    agreement: float
    n_fitted: int
    n_judged: int
    depth: int

    def text(self) -> str:
        """Return the rules, indented."""
        return "\n".join(_lines(self.root, self.task, 0))

    def frame(self) -> pd.DataFrame:
        """Return one row a leaf: ``rule share prediction``, and ``P(label)`` of each label."""
        return pd.DataFrame(_leaves(self.root, self.task, []))

    def plot(self) -> Picture:
        """Draw the tree."""
        return draw_surrogate(self)

    def __str__(self) -> str:
        """Tell how far the rules can be believed, and the rules."""
        same = "" if np.isnan(self.agreement) else f" and gives {self.agreement:.0%} of rows the same label"
        told = (
            f"A tree of depth {self.depth} explains {max(self.r2, 0.0):.0%} of the variance of the predictions{same} "
            f"(on {self.n_judged:,} rows kept from it)."
        )
        if self.r2 < 0.7:
            told += " That is little: its rules tell only a part of what the pipeline does."
        return f"{told}\n{self.text()}"


def fit_surrogate(subject: Subject, max_depth: int = 3, *, data: Any = None, random_state: int = 0) -> Surrogate:
    """Return a tree that imitates what the pipeline predicts.

    Raises
    ------
    PlanError
        If the depth is not from 1 to 6.
    DataError
        If there are fewer than ten rows, or only free text to ask about.
    """
    if not 1 <= max_depth <= DEEPEST:
        raise PlanError(
            f"max_depth={max_depth!r}: a tree that people can read has from 1 to {DEEPEST} questions in a row."
        )
    frame = subject.rows(subject.kept_rows()[1] if data is None else subject.read(data))
    if len(frame) < _FEWEST:
        raise DataError(f"A surrogate needs at least {_FEWEST} rows, and there are {len(frame)}. Give more with data=.")
    if len(frame) > MOST_ROWS:
        frame = frame.sample(MOST_ROWS, random_state=random_state).reset_index(drop=True)
    questions = make_questions(frame, subject.columns)
    if not questions:
        raise DataError("All columns that the models see are free text, which a tree can't ask about.")
    X = answers(frame, subject.columns, questions)
    said = subject.predict(subject.encode(frame))
    order = np.random.default_rng(random_state).permutation(len(frame))
    fitted, judged = np.split(order, [round(len(frame) * 2 / 3)])
    targets = said[:, 1:] if subject.task.kind == "binary" else said
    tree = DecisionTreeRegressor(max_depth=max_depth, min_samples_leaf=max(1, len(fitted) // 200), random_state=0)
    tree.fit(X[fitted], targets[fitted])
    found = tree.predict(X[judged]).reshape(len(judged), -1)
    full = np.column_stack([1 - found, found]) if subject.task.kind == "binary" else found
    agreement = float((full.argmax(1) == said[judged].argmax(1)).mean()) if subject.task.is_classification else np.nan
    return Surrogate(
        task=subject.task,
        root=_node(tree.tree_, 0, questions, np.asarray(np.isnan(X[fitted]).any(axis=0)), subject.task),
        r2=float(r2_score(targets[judged], found, multioutput="variance_weighted")),
        agreement=agreement,
        n_fitted=len(fitted),
        n_judged=len(judged),
        depth=int(tree.get_depth()),
    )


def _node(tree: Any, place: int, questions: tuple[Question, ...], gaps: npt.NDArray[np.bool_], task: Task) -> Node:
    value = np.asarray(tree.value[place]).reshape(-1)
    prediction = np.array([1 - value[0], value[0]]) if task.kind == "binary" else value
    share = float(tree.n_node_samples[place] / tree.n_node_samples[0])
    if tree.children_left[place] < 0:
        return Node(prediction, share)
    question, threshold = questions[tree.feature[place]], float(tree.threshold[place])
    missing, below = bool(gaps[tree.feature[place]]), bool(tree.missing_go_to_left[place])
    yes = question.ask(threshold, is_below=True, or_missing=missing and below)
    no = question.ask(threshold, is_below=False, or_missing=missing and not below)
    left, right = int(tree.children_left[place]), int(tree.children_right[place])
    then, otherwise = (_node(tree, each, questions, gaps, task) for each in (left, right))
    if question.kind == "level":
        return Node(prediction, share, no, yes, otherwise, then)  # "is" comes before "is not"
    return Node(prediction, share, yes, no, then, otherwise)


def outcome(prediction: FloatArray, task: Task) -> str:
    """Return a leaf's prediction in words.

    Examples
    --------
    >>> outcome(np.array([0.2, 0.8]), Task("binary", "bought", ("no", "yes")))
    "'yes' (0.80)"
    """
    if not task.is_classification:
        return number(float(prediction[0]))
    k = int(prediction.argmax())
    return f"{task.classes[k]!r} ({prediction[k]:.2f})"


def _lines(node: Node, task: Task, depth: int) -> list[str]:
    indent = "    " * depth
    if node.then is None or node.otherwise is None:
        return [f"{indent}→ {outcome(node.prediction, task)}, {node.share:.0%} of rows"]
    return [
        f"{indent}{node.yes}",
        *_lines(node.then, task, depth + 1),
        f"{indent}{node.no}",
        *_lines(node.otherwise, task, depth + 1),
    ]


def _leaves(node: Node, task: Task, way: list[str]) -> list[dict[str, Any]]:
    if node.then is not None and node.otherwise is not None:
        return _leaves(node.then, task, [*way, node.yes]) + _leaves(node.otherwise, task, [*way, node.no])
    leaf: dict[str, Any] = {"rule": " and ".join(way) or "always", "share": node.share}
    if not task.is_classification:
        return [{**leaf, "prediction": float(node.prediction[0])}]
    leaf["prediction"] = task.classes[int(node.prediction.argmax())]
    return [{**leaf, **{f"P({label})": float(node.prediction[k]) for k, label in enumerate(task.classes)}}]
