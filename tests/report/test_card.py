"""Model cards, command line, notebook, and where reports go."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner
from markdown_it import MarkdownIt
from optuna.artifacts import FileSystemArtifactStore, get_all_artifact_meta

import automl
from automl.cli import main
from automl.errors import AutoMLWarning

SECTIONS = [
    "Intended use",
    "Data",
    "Training",
    "Evaluation",
    "What it depends on",
    "Limits",
    "Fairness",
    "How to load it",
]


def headings(markdown: str) -> list[str]:
    """Return the second-level headings of a Markdown text."""
    tokens = MarkdownIt().parse(markdown)
    return [
        tokens[k + 1].content for k, token in enumerate(tokens) if token.type == "heading_open" and token.tag == "h2"
    ]


@pytest.mark.parametrize("name", ["bought_run", "price_run", "demo_run"])
def test_card_has_its_sections_and_intervals(name: str, request: pytest.FixtureRequest) -> None:
    """A card tells use, data, training, evaluation with intervals, limits, fairness, and how to load the model."""
    run = request.getfixturevalue(name)
    card = run.model_card()
    assert headings(card.split("---", 2)[2]) == SECTIONS
    assert "| metric | value | 95 % interval |" in card
    assert f"automl.load('{run.folder.name}')" in card
    assert "No groups were named" in card


def test_card_is_written_and_asked_for_fairness(bought_run: automl.Run, tmp_path: Path) -> None:
    """With a path the card is a file as well, and named groups are compared."""
    card = bought_run.model_card(tmp_path / "card.md", fairness="sex")
    assert (tmp_path / "card.md").read_text(encoding="utf-8") == card
    assert "No groups were named" not in card
    assert "out-of-fold predictions of 640 training rows" in card


def test_card_of_a_hostile_table_is_harmless(hostile_run: automl.Run) -> None:
    """Names that are HTML or Markdown make no markup in the card."""
    body = hostile_run.model_card().split("---", 2)[2]
    page = MarkdownIt("commonmark", {"html": True}).enable("table").render(body)
    assert "<script" not in page
    assert "<img" not in page
    assert headings(body) == SECTIONS


def test_report_without_a_path_goes_into_the_run_and_its_study(bought: pd.DataFrame, tmp_path: Path) -> None:
    """It lies in the run's folder, is a file of the study, and the study's note leads to it; twice it is one file."""
    run = automl.fit(
        bought, "bought", n_trials=1, time_budget=None, engine="inprocess", algorithms=["linear"], cv=2,
        out=tmp_path / "run", verbose=0,
    )  # fmt: skip
    for _ in range(2):
        path = run.report(audience="executive")
    assert path == run.folder / "report.html"
    files = [each for each in get_all_artifact_meta(run.study) if each.filename == "report.html"]
    assert len(files) == 1
    with FileSystemArtifactStore(run.folder / "artifacts").open_reader(files[0].artifact_id) as kept:
        assert kept.read() == path.read_bytes()
    note = "".join(str(each) for each in run.study._storage.get_study_system_attrs(run.study._study_id).values())
    assert f"/artifacts/{run.study._study_id}/{files[0].artifact_id}" in note


def test_study_that_cannot_be_written_costs_a_warning(price_run: automl.Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page stands in the folder although the study takes no files."""

    def refuse(*given: Any, **words: Any) -> None:
        raise OSError("read-only")

    monkeypatch.setattr("automl.dashboard.publishing.upload_artifact", refuse)
    with pytest.warns(AutoMLWarning, match="could not be written"):
        path = price_run.report(audience="executive")
    assert path.exists()
    path.unlink()


@pytest.mark.parametrize(
    ("name", "begins"),
    [("r.html", "<!DOCTYPE html>"), ("card.md", "---\nlibrary_name"), ("pipeline.py", '"""Fit ')],
)
def test_command_writes_what_the_ending_says(
    name: str, begins: str, bought_run: automl.Run, bought: pd.DataFrame, tmp_path: Path
) -> None:
    """``automl report`` writes a page, a card or a script, and prints where."""
    bought.head(200).to_csv(tmp_path / "test.csv", index=False)
    out = tmp_path / name
    given = [] if name.endswith("py") else ["--data", str(tmp_path / "test.csv"), "--fairness", "sex"]
    done = CliRunner().invoke(main, ["report", str(bought_run.folder), "-o", str(out), "--pick", "1", *given])
    assert done.exit_code == 0, done.output
    assert done.stdout == f"{out}\n"
    assert out.read_text(encoding="utf-8").startswith(begins)


def test_command_refuses_in_a_sentence(bought_run: automl.Run, tmp_path: Path) -> None:
    """An ending that means nothing, and readers that don't exist, are refused with exit code 2."""
    for words, said in (
        (["-o", str(tmp_path / "r.doc")], "has the ending '.doc'"),
        (["-o", str(tmp_path / "r.html"), "--audience", "boss"], "Unknown audience 'boss'"),
    ):
        done = CliRunner().invoke(main, ["report", str(bought_run.folder), *words])
        assert done.exit_code == 2
        assert said in done.stderr
    assert not list(tmp_path.iterdir())


def test_notebook_shows_a_picture_and_a_table(bought_run: automl.Run, hostile_run: automl.Run) -> None:
    """A run in a notebook is a summary, a drawing and the leaderboard; nothing foreign becomes markup."""
    shown = bought_run._repr_html_()
    assert shown.index("<pre>") < shown.index("<svg") < shown.index("<table")
    assert all(each in shown for each in bought_run.leaderboard["id"])
    assert "NaN" not in shown
    assert "<script" not in hostile_run._repr_html_()


def test_recipe_is_plain_data(bought_run: automl.Run) -> None:
    """A recipe is JSON: it says the same after a way through text."""
    recipe = bought_run.recipe()
    assert json.loads(json.dumps(recipe)) == recipe
