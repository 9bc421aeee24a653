"""What is to be predicted: the kind of problem, its target and, for a classifier, its labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

from automl.errors import PlanError, suggest

TaskKind = Literal["binary", "multiclass", "regression"]
TASK_KINDS: tuple[TaskKind, ...] = get_args(TaskKind)


@dataclass(frozen=True, slots=True)
class Task:
    """A problem: predict ``target``, which is of this kind.

    Attributes
    ----------
    kind
        ``"binary"``, ``"multiclass"`` or ``"regression"``.
    target
        Name of the target column.
    classes
        The original labels in sorted order; class ``k`` is encoded as ``k``. Empty for regression. For a binary
        task the second label is the positive one.
    reason
        Why this kind, in one clause.

    Raises
    ------
    PlanError
        If the kind doesn't exist or doesn't go with the number of labels.
    """

    kind: TaskKind
    target: str
    classes: tuple[Any, ...] = ()
    reason: str = ""

    def __post_init__(self) -> None:
        """Refuse a kind that its labels contradict."""
        if self.kind not in TASK_KINDS:
            raise PlanError(f"Unknown task {self.kind!r}. {suggest(self.kind, TASK_KINDS)}")
        if self.kind == "binary" and len(self.classes) != 2:
            raise PlanError(f"A binary task has two labels; the target {self.target!r} has {len(self.classes)}.")
        if self.kind == "multiclass" and len(self.classes) < 2:
            raise PlanError(f"A multiclass task has several labels; {self.target!r} has {len(self.classes)}.")

    @property
    def is_classification(self) -> bool:
        """Whether labels, not quantities, are predicted."""
        return self.kind != "regression"

    @property
    def n_classes(self) -> int:
        """Number of labels; 0 for regression."""
        return len(self.classes)

    @property
    def width(self) -> int:
        """Columns of a prediction: one per label, or one for regression."""
        return len(self.classes) or 1
