"""The guides keep their word: their Python runs, their command lines can be read, their links lead somewhere."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from automl.cli import main

GUIDES = sorted((Path(__file__).parents[1] / "docs" / "guides").glob("*.md"))

OWN_TESTS = {"comparing", "explaining"}  # run by tests/comparison and tests/explain, on the tables that they need


def blocks(guide: Path, language: str) -> list[str]:
    """Return a guide's code blocks in a language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```", guide.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)


def command_lines() -> list[str]:
    """Return the guides' lines that call the command."""
    lines = [line for guide in GUIDES for block in blocks(guide, "sh") for line in block.splitlines()]
    return [line for line in lines if line.startswith("automl ")]


@pytest.mark.parametrize("line", command_lines())
def test_command_line_can_be_read(line: str) -> None:
    """Every command and option in a guide exists."""
    _, name, *arguments = shlex.split(line, comments=True)
    main.commands[name].make_context(name, arguments)


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.stem)
def test_link_leads_somewhere(guide: Path) -> None:
    """Links stay inside the project and lead to files."""
    for target in re.findall(r"\]\(([^)#]+)\)", guide.read_text(encoding="utf-8")):
        assert (guide.parent / target).exists(), target


RUN_HERE = [each for each in GUIDES if each.stem not in OWN_TESTS and blocks(each, "python")]


@pytest.mark.end_to_end
@pytest.mark.thorough
@pytest.mark.parametrize("guide", RUN_HERE, ids=lambda guide: guide.stem)
def test_python_runs(guide: Path, tmp_path: Path) -> None:
    """The Python blocks, one after the other, are a program that runs, with smaller budgets and a real table."""
    from automl.demo import load_demo_table

    demo = load_demo_table()
    demo.train.rename(columns={demo.target: "income"}).to_csv(tmp_path / "train.csv", index=False)
    demo.new.drop(columns=demo.target).to_csv(tmp_path / "new.csv", index=False)
    short = 'time_budget="20s", n_trials=4'
    program = re.sub(r'time_budget="\d+m"', short, "\n".join(blocks(guide, "python")))
    (tmp_path / "guide.py").write_text(program, encoding="utf-8")
    done = subprocess.run([sys.executable, "guide.py"], cwd=tmp_path, capture_output=True, text=True, timeout=180)
    assert done.returncode == 0, done.stderr
