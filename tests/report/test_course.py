"""The search, told: each part follows from what happened in the search."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from made_up import make_evaluation, make_plan, make_view, spaces_of
from views_by_hand import MIDDLE, around, failed, guessed, seen, tried

import automl
from automl.dashboard.standing import Standing
from automl.dashboard.view import SearchView
from automl.report.course.course import tell_course
from automl.report.course.outlook import look_ahead
from automl.report.course.ranges import locate
from automl.report.course.untried import find_untried
from automl.search.portfolio import portfolio
from automl.values.space import SearchSpace

PARTS = ("progress", "families", "influence", "untried", "ranges", "outlook")


def improving(losses: list[float], seconds: float = 100.0) -> SearchView:
    """Return a search whose trials, evenly spaced in time, have these losses."""
    step = seconds / len(losses)
    trials = [tried(k + 1, "boosting", *around(loss, 0.001), ended=step * (k + 1)) for k, loss in enumerate(losses)]
    return seen(guessed(), *trials, seconds=seconds)


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("name", ["demo_run", "bought_run"])
def test_parts_have_numbers_a_picture_and_words(part: str, name: str, request: pytest.FixtureRequest) -> None:
    """Every part answers ``frame()``, ``plot()`` and ``str``, also of a search of two trials."""
    told = getattr(request.getfixturevalue(name).course(), part)
    assert list(told.frame().columns)
    assert told._repr_png_().startswith(b"\x89PNG")
    assert str(told).endswith(".")


def test_course_is_told_whole(bought_run: automl.Run) -> None:
    """The course itself has numbers, a picture and the sentences of its parts."""
    course = bought_run.course()
    assert course.frame()["best"].is_monotonic_increasing
    assert course._repr_png_().startswith(b"\x89PNG")
    assert course.outlook.sentence in str(course)


def test_progress_never_gets_worse() -> None:
    """The best so far is that of the complete trials up to then, in the metric's own direction."""
    view = seen(
        guessed(),
        tried(1, "boosting", *around(-0.7), ended=5.0),
        tried(2, "linear", *around(-0.6), ended=3.0),
        tried(3, "linear", -0.9, state="stopped", ended=6.0),
        failed(4, "svm", "crashed", ended=7.0),
        tried(5, "boosting", *around(-0.8), ended=9.0),
    )
    frame = tell_course(view).progress.frame()
    assert frame["trial"].tolist() == ["linear-2", "boosting-1", "linear-3", "boosting-5"]
    assert frame["best"].round(2).tolist() == [0.6, 0.7, 0.7, 0.8]


def test_time_goes_by_family() -> None:
    """Seconds, trials and states are summed by family; the dummy is none."""
    view = seen(
        guessed(),
        tried(1, "boosting", *around(-0.7), seconds=3.0),
        tried(2, "linear", *around(-0.6), seconds=1.0),
        failed(3, "linear", "crashed"),
    )
    frame = tell_course(view).families.frame().set_index("algorithm")
    assert frame.index.tolist() == ["boosting", "linear"]
    assert frame["seconds"].tolist() == [12.0, 5.0]
    assert frame.loc["linear", ["trials", "complete", "failed"]].tolist() == [2, 1, 1]
    assert frame["share"].sum() == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("losses", "verdict", "said"),
    [
        ([-0.9] + [-0.8] * 40, "none", "No gain to be expected: in twice the time (3m20s)"),
        ([-0.5 - 0.02 * k for k in range(20)], "likely", "More time is likely worth it: in twice the time (3m20s)"),
        ([-0.5, -0.6, -0.7], "unknown", "Whether more time would help can't be told: 3 trials with a known time"),
    ],
)
def test_outlook_follows_the_curve(losses: list[float], verdict: str, said: str) -> None:
    """A search that settled promises nothing, one that goes on improving does, a short one can't be judged."""
    outlook = look_ahead(Standing.of(improving(losses)))
    assert outlook.verdict == verdict
    assert outlook.sentence.startswith(said)


def test_outlook_frame_goes_on_from_the_best() -> None:
    """What is expected begins at the best score so far, at the end of the search, and lies inside its interval."""
    frame = look_ahead(Standing.of(improving([-0.5 - 0.02 * k for k in range(20)]))).frame()
    coming = frame.dropna(subset="expected")
    assert coming["seconds"].tolist()[:: len(coming) - 1] == [100.0, 200.0]
    assert coming["expected"].iloc[0] == pytest.approx(frame["best"].max())
    assert (coming["low"] <= coming["expected"] + 1e-12).all()
    assert (coming["expected"] <= coming["high"] + 1e-12).all()
    assert coming["expected"].is_monotonic_increasing


def test_never_tried_has_its_reason() -> None:
    """Left out, not asked for, not reached, without a score, settings not reached: each thing once, with its reason."""
    spaces = spaces_of("lightgbm", "linear", "xgboost", "dummy")
    plan = make_plan(spaces)
    opening = portfolio(spaces, plan.task.kind, plan.n_rows)
    lightgbm = next(each for each in opening if each.algorithm == "lightgbm")
    linear = next(each for each in opening if each.algorithm == "linear")
    evaluations = [make_evaluation(0, lightgbm, -0.8), make_evaluation(1, linear, math.nan, state="failed")]
    view = seen(*evaluations, algorithms=plan.algorithms, left_out={"catboost": "is not installed"})
    frame = find_untried(view).frame()
    kinds = frame.groupby("kind")["algorithm"].agg(set).to_dict()
    assert kinds["left out"] == {"catboost"}
    assert kinds["not reached"] == {"xgboost"}
    assert kinds["without a score"] == {"linear"}
    assert {"svm", "mlp", "random_forest"} <= kinds["not asked for"]
    settings = frame[frame["kind"] == "setting not reached"]
    reached = [each.candidate for each in evaluations]
    expected = [each.algorithm for each in opening if each.algorithm != "xgboost" and each not in reached]
    assert sorted(settings["algorithm"]) == sorted(each for each in expected if each != "dummy")
    told = " ".join(find_untried(view).sentences)
    assert "Left out: `catboost`, which is not installed." in told
    assert "Never reached in the time: `xgboost`" in told


def test_everything_tried_is_said() -> None:
    """A search that tried all families and all settings has nothing to list."""
    spaces = spaces_of()
    plan = make_plan(spaces)
    told = seen(algorithms=plan.algorithms).plan
    opening = portfolio(spaces, told.task.kind, told.n_rows)
    view = seen(*(make_evaluation(k, each, -0.7) for k, each in enumerate(opening)), algorithms=plan.algorithms)
    assert find_untried(view).sentences == ("Everything that is known for such a table was tried.",)


@pytest.mark.parametrize(("value", "wider"), [(0.0995, "learning_rate=(0.005, 0.45)"), (0.00501, "(0.0011, 0.1)")])
def test_edge_of_a_range_asks_for_more(value: float, wider: str) -> None:
    """A best value at an edge is told with a wider range in the direction of the edge, ready to be typed."""
    config = {**MIDDLE, "learning_rate": value}
    view = seen(
        guessed(),
        tried(1, "boosting", *around(-0.9), config=config),
        *(tried(k, "boosting", *around(-0.7), config=MIDDLE) for k in (2, 3, 4)),
    )
    ranges = locate(Standing.of(view))
    assert [each.hyperparameter for each in ranges.found] == ["learning_rate"]
    assert wider in " ".join(ranges.sentences)
    assert ranges.frame().set_index("hyperparameter")["at_edge"].to_dict() == {
        "learning_rate": True,
        "leaves": False,
        "subsample": False,
    }


def test_inside_of_the_ranges_is_said() -> None:
    """Without a value at an edge the ranges are wide enough; after few trials that can't be told."""
    trials = [tried(k, "boosting", *around(-0.7 - 0.01 * k), config=MIDDLE) for k in range(1, 5)]
    assert "wide enough" in locate(Standing.of(seen(guessed(), *trials))).sentences[0]
    assert "tried too rarely" in locate(Standing.of(seen(guessed(), trials[0]))).sentences[0]


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (lambda family, config, rng: {"lightgbm": -0.9}.get(family, -0.6) + 0.001 * rng.normal(), "mattered most"),
        (lambda family, config, rng: -0.7 + 0.05 * rng.normal(), "mattered little"),
    ],
)
def test_influence_follows_the_losses(rule: Any, said: str) -> None:
    """Where families differ the algorithm mattered; where they don't it mattered little."""
    spaces = spaces_of("lightgbm", "linear", "extra_trees")
    view = make_view(120, rule, spaces)
    assert said in tell_course(view).influence.sentences[0]


def test_space_comes_back_from_its_plan() -> None:
    """Every shipped space is the same after a way through JSON, conditions and choices included."""
    for name, space in spaces_of().items():
        assert SearchSpace.from_json(space.to_json()) == space, name


def test_contradiction_is_left_out() -> None:
    """What was learned of the course of the search is told once, by the outlook."""
    course = tell_course(improving(list(-0.9 + 0.1 * np.arange(20) / 20)))
    assert not any("settled" in each.sentence or "still improving" in each.sentence for each in course.findings)
