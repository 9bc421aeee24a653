"""What the model is: what it predicts, from what, learned from how much."""

from __future__ import annotations

from automl.dashboard.wording import count, listed, name, percent, plain
from automl.report.material import Material
from automl.report.sentence import Sentence


def purpose(material: Material) -> list[Sentence]:
    """Return what is predicted, from what, and by what."""
    plan = material.run.plan
    rows = f"{count(plan.n_rows, 'row')} of {plain(plan.source, 120)}"
    columns = count(len(plan.schema.used), "column")
    return [
        Sentence(f"It predicts {predicted(material)} from {columns}. It learned from {rows}."),
        Sentence(f"The model is {model(material)}."),
    ]


def predicted(material: Material) -> str:
    """Return what is predicted, in a clause of Markdown."""
    task = material.run.task
    target = name(task.target)
    if not task.is_classification:
        return f"{target}, a number,"
    labels = [name(label, 40) for label in task.classes]
    if task.kind == "binary":
        return f"whether {target} is {labels[1]} or {labels[0]}"
    return f"which of {len(labels):,} labels {target} has ({listed(labels, 5)})"


def model(material: Material) -> str:
    """Return what predicts, in a clause of Markdown."""
    members = material.members
    n_folds = [len(evaluation.losses) for evaluation, _ in members]
    if len(members) == 1:
        family = members[0][0].candidate.algorithm
        if n_folds[0] == 1:
            return f"a {name(family)} model"
        return f"the mean of {n_folds[0]} {name(family)} models, one of each fold"
    shares: dict[str, float] = {}
    for evaluation, weight in members:
        family = evaluation.candidate.algorithm
        shares[family] = shares.get(family, 0.0) + weight
    total = sum(shares.values())
    ordered = sorted(shares.items(), key=lambda each: (-each[1], each[0]))
    parts = [f"{name(family)} {percent(share / total)}" for family, share in ordered]
    return f"an ensemble of {count(len(members), 'pipeline')} ({listed(parts, 6)}), {sum(n_folds):,} models in all"
