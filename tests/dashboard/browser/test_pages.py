"""Each page of the dashboard, opened in a real browser on the study of a real search."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import optuna
import pytest
from browser import pages
from browser.pages import Watch
from optuna_dashboard import save_note, save_plotly_graph_object
from plotly.graph_objects import Figure

import automl

pytestmark = [pytest.mark.end_to_end, pytest.mark.thorough]

Check = Callable[[Watch, automl.Run], None]
CHECKS: list[Check] = [
    pages.check_list,
    pages.check_history,
    pages.check_figures,
    pages.check_artifacts,
    pages.check_analytics,
    pages.check_trials,
    pages.check_failed_trial,
    pages.check_selection,
    pages.check_note,
    pages.check_compare,
]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_page(check: Check, watch: Callable[[str], Watch], seen_at: str, seen_run: automl.Run) -> None:
    """A person sees on it what the run says."""
    check(watch(seen_at), seen_run)


def empty_note(study: optuna.Study, folder: Path) -> None:
    save_note(study, "")


def empty_note_of_a_failed_trial(study: optuna.Study, folder: Path) -> None:
    trial = next(each for each in study.trials if each.state is optuna.trial.TrialState.FAIL)
    save_note(optuna.Trial(study, trial._trial_id), "")


def empty_figure(study: optuna.Study, folder: Path) -> None:
    save_plotly_graph_object(study, Figure(layout={"title": "What mattered"}), graph_object_id="importance")


def another_trial(study: optuna.Study, folder: Path, **changes: Any) -> None:
    one = study.best_trial
    said = {"params": one.params, "distributions": one.distributions, "user_attrs": one.user_attrs, **changes}
    study.add_trial(optuna.trial.create_trial(**{"value": 0.1, **said}))


def text_among_the_numbers(study: optuna.Study, folder: Path) -> None:
    another_trial(study, folder, user_attrs={"size_mb": "small"})


def trial_without_an_algorithm(study: optuna.Study, folder: Path) -> None:
    another_trial(study, folder, params={}, distributions={})


def better_trial(study: optuna.Study, folder: Path) -> None:
    another_trial(study, folder, value=2.0)


def empty_files(study: optuna.Study, folder: Path) -> None:
    for path in (folder / "artifacts").iterdir():
        path.write_bytes(b"")


DEFECTS: list[tuple[Callable[[optuna.Study, Path], None], Check, str]] = [
    (empty_note, pages.check_note, "does not say what is predicted"),
    (empty_note_of_a_failed_trial, pages.check_failed_trial, "does not tell what it was"),
    (empty_figure, pages.check_figures, "importance is empty"),
    (trial_without_an_algorithm, pages.check_selection, "'algorithm'"),
    (text_among_the_numbers, pages.check_selection, "size_mb can't be sorted"),
    (better_trial, pages.check_history, r"\(number="),
    (another_trial, pages.check_trials, "Trials"),
    (empty_files, pages.check_artifacts, "a picture can't be seen"),
]


@pytest.mark.parametrize(("seed", "check", "words"), DEFECTS, ids=[seed.__name__ for seed, _, _ in DEFECTS])
def test_a_seeded_defect_is_seen(
    seed: Callable[[optuna.Study, Path], None],
    check: Check,
    words: str,
    watch: Callable[[str], Watch],
    serve: Callable[[Path], Any],
    seen_run: automl.Run,
    tmp_path: Path,
) -> None:
    """The checks are worth something: on a copy of the run with a defect they fail, and for that reason."""
    shutil.copytree(seen_run.folder, tmp_path / "run")
    with serve(tmp_path / "run") as (address, study):
        seed(study, tmp_path / "run")
        with pytest.raises(AssertionError, match=words):
            check(watch(address), seen_run)
