"""Where a report goes: into a file, and with the run into its study."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from automl.dashboard.notes import study_note
from automl.dashboard.publishing import Publisher
from automl.errors import StorageError, warn
from automl.report.absent import Absent, attempt
from automl.report.audience import depth_for
from automl.report.material import gather
from automl.report.page import make_sections, render
from automl.storage.disk import write_bytes

if TYPE_CHECKING:
    from automl.run import Run

NAME = "report.html"


def write_report(
    run: Run,
    path: str | Path | None,
    audience: str,
    which: int | str,
    data: Any,
    *,
    is_interactive: bool,
    fairness: str | Sequence[str],
) -> Path:
    """Write a page and return its path; without a path it goes into the run's folder, and into its study.

    Raises
    ------
    PlanError
        If there are no such readers, no such row, or the test table lacks the target.
    StorageError
        If the file can't be written.
    """
    depth = depth_for(audience)
    place = run.folder / NAME if path is None else Path(path).expanduser()
    if place.is_dir():
        raise StorageError(f"{place} is a folder; a report is one file. Give a file's path, such as {place / NAME}.")
    material = gather(
        run,
        which,
        data,
        fairness=fairness,
        n_effects=depth.n_effects,
        is_deep=depth.audience != "executive",
    )
    page = render(material, depth, make_sections(material, depth), is_interactive=is_interactive).encode()
    write_bytes(place, page)
    if path is None:
        publish(run, page)
    return place


def publish(run: Run, page: bytes) -> None:
    """Put a page among the files of the run's study, and a link to it into the study's note."""
    study = attempt(lambda: run.study)
    if isinstance(study, Absent):
        warn(f"The report lies in {run.folder}, but not in the study. {study.reason}")
        return
    with Publisher(study, run.folder / "artifacts") as publisher:
        publisher.add(NAME, page, lambda link: f"{study_note(run.view)}\n[The report of this run]({link})\n")
