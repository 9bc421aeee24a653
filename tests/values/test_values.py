"""The other frozen values: budgets, candidates, evaluations, schemas, tasks, plans."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automl.errors import DataError, PlanError
from automl.values.algorithm import Algorithm, DataShape
from automl.values.budget import Budget, format_duration, overrun_allowed, parse_duration
from automl.values.candidate import Candidate
from automl.values.evaluation import Evaluation, Failure, FoldResult
from automl.values.plan import AlgorithmPlan, FoldPlan, Plan
from automl.values.schema import Column, Schema
from automl.values.space import Int, SearchSpace
from automl.values.task import Task


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (60, 60),
        (1.5, 1.5),
        ("90", 90),
        ("90s", 90),
        ("5m", 300),
        ("1h30m", 5400),
        ("1 h 30 min", 5400),
        ("250ms", 0.25),
    ],
)
def test_durations_are_read_as_people_write_them(text, seconds):
    """Numbers are seconds; units may be combined."""
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "5x", "-3", 0, -1, math.nan, math.inf, True, None, "m5"])
def test_what_is_no_duration_is_refused(text):
    """The message repeats the value and shows how to write one."""
    with pytest.raises(PlanError, match="is no duration; write seconds"):
        parse_duration(text)


@given(st.integers(1, 10**6))
def test_a_formatted_duration_reads_back(seconds):
    """Writing and reading a whole number of seconds is lossless."""
    assert parse_duration(format_duration(seconds)) == seconds


def test_the_overrun_allowed_is_one_second_or_two_percent():
    """Short budgets may overrun by a second, long ones by 2 %."""
    assert overrun_allowed(10) == 1.0
    assert overrun_allowed(600) == 12.0


@pytest.mark.parametrize(
    ("limits", "text"),
    [
        ({}, "Neither time_budget nor n_trials is given"),
        ({"n_trials": 0}, "n_trials=0; it must be a whole number of at least 1"),
        ({"n_trials": 1.5}, "n_trials=1.5"),
        ({"seconds": 5, "patience": -1}, "patience=-1"),
        ({"seconds": -5}, "not above zero"),
    ],
)
def test_a_budget_that_never_ends_or_is_empty_is_refused(limits, text):
    """One sentence says which limit is wrong."""
    with pytest.raises(PlanError) as caught:
        Budget(**limits)
    assert text in str(caught.value)


def test_a_candidate_is_identified_by_what_it_says():
    """The order of names doesn't matter; a changed value makes another candidate."""
    one = Candidate.of("a", {"x": 1, "y": 2})
    assert one == Candidate.of("a", {"y": 2, "x": 1})
    assert one.id == Candidate.of("a", {"y": 2, "x": 1}).id
    assert one.id != Candidate.of("a", {"x": 1, "y": 3}).id
    assert one.id != Candidate.of("b", {"x": 1, "y": 2}).id


def test_an_evaluation_tells_mean_deviation_and_failure():
    """Failed folds don't count into the mean; the first failure is the evaluation's."""
    folds = (
        FoldResult(0, 1.0, fit_seconds=2.0, further=(("accuracy", 0.5),)),
        FoldResult(1, math.nan, fit_seconds=1.0, failure=Failure("crashed", "no luck")),
        FoldResult(2, 3.0, further=(("accuracy", 1.0),)),
    )
    evaluation = Evaluation(0, Candidate.of("a", {}), folds, "failed")
    assert evaluation.loss == 2.0
    assert evaluation.std == math.sqrt(2)
    assert evaluation.fit_seconds == 3.0
    assert evaluation.further == {"accuracy": 0.75}
    assert str(evaluation.failure) == "crashed: no luck"
    assert math.isnan(Evaluation(1, Candidate.of("a", {}), (), "failed").loss)


def test_a_role_that_does_not_exist_is_refused():
    """The closest role is offered."""
    with pytest.raises(DataError, match=r"Unknown role 'categroy' for column 'zip'. Did you mean 'category'\?"):
        Column("zip", "categroy", "")


def test_column_names_are_unique():
    """A name that stands twice is named."""
    with pytest.raises(DataError, match="stand more than once: a"):
        Schema((Column("a", "numeric", ""), Column("a", "text", "")))


def test_a_task_and_its_labels_agree():
    """A binary task has two labels."""
    with pytest.raises(PlanError, match="A binary task has two labels; the target 'y' has 3"):
        Task("binary", "y", (1, 2, 3))
    with pytest.raises(PlanError, match=r"Unknown task 'regresion'. Did you mean 'regression'\?"):
        Task("regresion", "y")


def test_a_plan_survives_json():
    """A plan written and read back is equal, and prints the same words."""
    plan = Plan(
        source="a DataFrame",
        n_rows=10,
        task=Task("binary", "y", ("no", "yes"), "2 distinct values"),
        metric="roc_auc",
        metric_reason="for two labels",
        greater_is_better=True,
        schema=Schema((Column("a", "numeric", "numbers", tokens=("?",)), Column("id", "identifier", "unique"))),
        folds=FoldPlan(5, "5-fold stratified", "Five folds."),
        algorithms=(AlgorithmPlan("ridge", tuple(SearchSpace(Int("k", 1, 3)).to_json())),),
        left_out={"svm": "takes at most 5 rows"},
        notes=("one",),
        budget=Budget(60.0),
        workers=2,
        threads=1,
        seed=0,
        ensemble=True,
        fingerprints={"data": "abc"},
        roles={"target": "y"},
    )
    again = Plan.from_json(json.loads(json.dumps(plan.to_json())))
    assert again == plan
    for words in ("Predict 'y'", "higher is better", "Left out: svm", "Set aside: column 'id'", "Note: one", "1m"):
        assert words in str(again)


def test_an_algorithm_says_why_it_can_not_be_used():
    """Limits on kind, rows and columns are told in words."""
    algorithm = Algorithm(
        "x", lambda shape: SearchSpace(), lambda config, context: None, tasks=("regression",), max_rows=5
    )
    assert algorithm.why_not(DataShape("binary", 3, 3)) == "does not do binary"
    assert algorithm.why_not(DataShape("regression", 6, 3)) == "takes at most 5 rows, the table has 6"
    assert algorithm.why_not(DataShape("regression", 5, 3)) is None
    with pytest.raises(PlanError, match="use lower-case letters"):
        Algorithm("My:Model", algorithm.space, algorithm.build)


def test_enormous_losses_have_a_deviation() -> None:
    """A diverging model's losses are numbers like others."""
    folds = tuple(FoldResult(number, loss) for number, loss in enumerate((1e200, 3e200)))
    assert Evaluation(0, Candidate.of("mlp", {}), folds, "complete").std == pytest.approx(2**0.5 * 1e200)
