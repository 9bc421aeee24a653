"""A model card: what a person should read before using a model (Mitchell et al. 2019), as Markdown.

The sections are theirs: intended use, data, training, evaluation, limits, fairness, and how to load it. Sentences are
those of the report, so the two never say different things.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from automl._version import __version__
from automl.assess.assessment import Assessment
from automl.assess.scores import meaning_of
from automl.dashboard.wording import count, duration, name, number, percent, plain, table
from automl.explain.fairness import Fairness
from automl.report.absent import Absent
from automl.report.claims.certainty import certainty
from automl.report.claims.dependence import columns
from automl.report.claims.purpose import model, predicted
from automl.report.claims.quality import quality
from automl.report.material import Material, gather
from automl.report.sections.data import findings as data_sentences
from automl.report.sections.fairness import unasked, verdicts
from automl.report.sections.limits import known_limits
from automl.report.sections.reproduction import settings
from automl.report.sentence import Sentence
from automl.report.tables import records
from automl.storage.disk import write_bytes
from automl.storage.versions import installed_versions

if TYPE_CHECKING:
    from automl.run import Run

_MOST_SLICES = 10


def write_card(run: Run, path: str | Path | None, which: int | str, data: Any, fairness: str | Sequence[str]) -> str:
    """Return the model card of a row, and write it where a path is given.

    Raises
    ------
    PlanError
        If there is no such row, or the test table lacks the target.
    StorageError
        If the file can't be written.
    """
    text = make_card(gather(run, which, data, fairness=fairness, n_effects=0))
    if path is not None:
        write_bytes(Path(path).expanduser(), text.encode())
    return text


def make_card(material: Material) -> str:
    """Return the card."""
    kind = "tabular-regression" if material.run.task.kind == "regression" else "tabular-classification"
    parts = [
        f"---\nlibrary_name: automl\ntags:\n- {kind}\n---",
        f"# Model card: {name(material.run.task.target)}",
        *_section("Intended use", _use(material)),
        *_section("Data", data_sentences(material)),
        *_section("Training", _training(material)),
        *_section("Evaluation", [*quality(material), *certainty(material)], *_metrics(material)),
        *_section("What it depends on", _depends(material)),
        *_section("Limits", known_limits(material)),
        *_section("Fairness", _fairness(material)),
        "## How to load it",
        _loading(material),
    ]
    return "\n\n".join(parts) + "\n"


def _section(title: str, said: Iterable[Sentence], *more: str) -> list[str]:
    lines = [f"- {each.markdown}" for each in said]
    return [f"## {title}", *(["\n".join(lines)] if lines else []), *more]


def _use(material: Material) -> list[Sentence]:
    plan = material.run.plan
    return [
        Sentence(f"It predicts {predicted(material)} for one row of a table at a time."),
        Sentence(f"It is meant for rows of the kind of {plain(plan.source, 120)}, and for nothing else."),
    ]


def _training(material: Material) -> list[Sentence]:
    run, view = material.run, material.course.view
    return [
        Sentence(f"The model is {model(material)}."),
        *_ends(material),
        Sentence(
            f"It was found by a search of {count(len(view.evaluations), 'trial')} in {duration(view.seconds)}, which "
            f"optimised {name(run.plan.metric)}."
        ),
        Sentence.of_text(run.plan.folds.reason),
        *(Sentence(f"{plain(key)}: {plain(value)}") for key, value in settings(run).items()),
        Sentence(f"Versions: {plain(', '.join(f'{key} {each}' for key, each in _versions(run).items()), 600)}."),
    ]


def _ends(material: Material) -> list[Sentence]:
    finish = material.run.finish(str(material.row["id"])).told(material.run.task.classes)
    told = f"Learned from out-of-fold predictions at the end of the search: {plain(finish)}."
    return [Sentence(told)] if finish else []


def _versions(run: Run) -> dict[str, str]:
    return run.versions or installed_versions()


def _metrics(material: Material) -> list[str]:
    found = material.assessment
    if isinstance(found, Absent):
        return []
    level = f"{percent(found.level)} interval"
    rows = [
        [name(each), number(value), f"{number(low)} to {number(high)}", meaning_of(each)]
        for each, value in found.values.items()
        if np.isfinite(value)
        for low, high in [found.bounds[each]]
    ]
    told = [f"Metrics by {plain(found.judged.source)}, {len(found.judged):,} rows:"]
    told.append("\n".join(table(["metric", "value", level, "what it says"], rows)))
    return told + _slices(material, found)


def _slices(material: Material, found: Assessment) -> list[str]:
    worst = material.slices
    if isinstance(worst, Absent) or worst.empty:
        return []
    rows = [
        [
            name(each["column"], 40),
            name(each["slice"], 40),
            f"{each['rows']:,}",
            *map(number, (each["score"], each["rest"])),
        ]
        for each in records(worst.head(_MOST_SLICES))
    ]
    header = ["column", "part", "rows", found.metric.name, "elsewhere"]
    return ["Parts of the rows that are predicted clearly worse:", "\n".join(table(header, rows))]


def _depends(material: Material) -> list[Sentence]:
    found = material.importance
    return [found.because("What it depends on")] if isinstance(found, Absent) else [columns(found)]


def _fairness(material: Material) -> list[Sentence]:
    if not material.fairness:
        return unasked(material)
    told: list[Sentence] = []
    for each in material.fairness:
        told += verdicts(each) if isinstance(each, Fairness) else [each.because("Fairness")]
    return told


def _loading(material: Material) -> str:
    row = str(material.row["id"])
    get = "run.best_pipeline" if material.is_best else f"run.pipeline({row!r})"
    return (
        "```python\n"
        "import automl\n\n"
        f"run = automl.load({material.run.folder.name!r})  # the run's folder\n"
        f'predicted = {get}.predict(automl.read("new.csv"))\n'
        "```\n\n"
        f'Made by automl {__version__}. A saved file (`run.save("model.automl")`) is loaded by '
        '`automl.load("model.automl")`.'
    )
