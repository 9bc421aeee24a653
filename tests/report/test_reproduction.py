"""How to get the same again: the call of a search, and the command."""

from __future__ import annotations

import ast
import shlex
from dataclasses import replace

import automl
from automl.cli import main
from automl.report.sections.reproduction import call_of, command_of


def test_call_is_a_program_with_what_was_asked(bought_run: automl.Run) -> None:
    """The call names target, metric, folds, limits, seed and algorithms as they were."""
    call = ast.parse(call_of(bought_run.plan)).body[-1].value  # type: ignore[attr-defined]
    words = {each.arg: ast.literal_eval(each.value) for each in call.keywords}
    assert ast.literal_eval(call.args[1]) == "bought"
    assert words["n_trials"] == 3
    assert words["time_budget"] is None
    assert words["cv"] == 3
    assert words["random_state"] == 0
    assert words["algorithms"] == [each.name for each in bought_run.plan.algorithms]


def test_command_is_one_that_the_command_line_takes(bought_run: automl.Run) -> None:
    """Of a file the same search is a command whose options are understood; of a frame there is none."""
    assert command_of(bought_run.plan) is None
    plan = replace(bought_run.plan, source="my data/train.csv", ensemble=False)
    program, name, *words = shlex.split(str(command_of(plan)).replace("\\\n", " "))
    assert (program, name) == ("automl", "fit")
    with main.make_context("automl", ["fit"]) as outer:
        command = main.get_command(outer, "fit")
    assert command is not None
    given = command.make_context("fit", words).params
    assert given["data"] == "my data/train.csv"
    assert given["target"] == "bought"
    assert given["ensemble"] is False
    assert given["time_budget"] == "none"
    assert (given["n_trials"], given["cv"], given["random_state"]) == (3, "3", 0)
    assert given["algorithms"].split(",") == [each.name for each in plan.algorithms]
