"""The README keeps its word: its Python runs, its command lines can be read, its links lead somewhere."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from automl.cli import main

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """Return the README's code blocks in a language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```", README, flags=re.DOTALL | re.MULTILINE)


def command_lines() -> list[str]:
    """Return the README's lines that call the command."""
    return [line for block in blocks("sh") for line in block.splitlines() if line.startswith("automl ")]


def test_two_commands_come_first() -> None:
    """What a newcomer types stands before anything else."""
    assert [line.split("#")[0].strip() for line in blocks("sh")[0].splitlines()] == ["make demo", "make test"]


@pytest.mark.parametrize("line", command_lines())
def test_command_line_can_be_read(line: str) -> None:
    """Every command and option in the README exists."""
    _, name, *arguments = shlex.split(line)
    main.commands[name].make_context(name, arguments)


@pytest.mark.parametrize("target", re.findall(r"\]\(([^)#]+)\)", README))
def test_link_leads_somewhere(target: str) -> None:
    """Links stay inside the project and lead to files."""
    assert (ROOT / target).exists()


def test_own_algorithm_takes_ten_lines() -> None:
    """An algorithm of one's own is ten lines, the call of ``fit`` not counted."""
    block = blocks("python")[2]
    declared = block[block.index("mine = ") : block.index("\n)\n") + 2]
    assert len(declared.splitlines()) + 1 <= 10  # and one import


@pytest.mark.end_to_end
@pytest.mark.alone
def test_python_runs(tmp_path: Path) -> None:
    """The Python blocks, one after the other, are a program that runs, with smaller budgets and a real table."""
    from automl.demo import load_demo_table

    demo = load_demo_table()
    demo.train.rename(columns={demo.target: "income"}).to_csv(tmp_path / "train.csv", index=False)
    demo.new.drop(columns=demo.target).to_csv(tmp_path / "new.csv", index=False)
    program = "\n".join(blocks("python"))
    program, n_budgets = re.subn(r'time_budget="\d+m"', 'time_budget="15s"', program)
    assert n_budgets == 2
    script = tmp_path / "readme.py"
    script.write_text(program + "\nassert len(predicted) and len(run.leaderboard)\n", encoding="utf-8")
    done = subprocess.run([sys.executable, script], cwd=tmp_path, capture_output=True, text=True, timeout=180)
    assert done.returncode == 0, done.stderr
    assert "rank" in done.stdout


def test_every_decision_is_in_the_index_once() -> None:
    """The index of decisions names each page once, in order, by its number."""
    folder = ROOT / "docs" / "decisions"
    named = re.findall(
        r"^- \[(\d{4}) .*\]\((\1-[a-z0-9-]+\.md)\)$", (folder / "README.md").read_text(), flags=re.MULTILINE
    )
    assert [page for _, page in named] == sorted(path.name for path in folder.glob("0*.md"))
