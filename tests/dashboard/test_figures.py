"""The figures of a study: what they say, that they are never empty, small, and alike in their looks."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up import make_evaluation, make_plan, make_view, spaces_of
from optuna_dashboard._custom_plot_data import is_valid_graph_object_id

from automl.dashboard.figures import all_figures, make_figures
from automl.dashboard.figures.accuracy_against_latency import pareto_front
from automl.dashboard.figures.axes import hyperparameter_axis
from automl.dashboard.figures.scale import Scale
from automl.dashboard.figures.style import looks
from automl.dashboard.figures.thinning import thinned
from automl.dashboard.figures.time_by_algorithm import seconds_of
from automl.dashboard.importance import importance_of
from automl.dashboard.palette import COLOURS
from automl.dashboard.view import SearchView
from automl.evaluation.leaderboard import FREE, pipeline_id
from automl.values.candidate import Candidate
from automl.values.evaluation import Evaluation, FoldResult
from automl.values.metric import Metric
from automl.values.space import Categorical, Float, Int, SearchSpace
from automl.values.task import Task

IDS = {
    "leaderboard",
    "score-over-time",
    "importance",
    "parallel-coordinates",
    "time-by-algorithm",
    "accuracy-against-latency",
}


def rule(name: str, config: Mapping[str, Any], rng: np.random.Generator) -> float:
    """Return losses as a search has them: families differ, some trials fail, some are given up."""
    luck = rng.random()
    if luck < 0.1:
        return math.inf if luck < 0.05 else 11.0
    level = -0.93 + 0.002 * len(name)
    rate = config.get("learning_rate")
    return level + (0.03 * abs(math.log10(rate) + 2) if rate else 0.02) + 0.002 * rng.standard_normal()


@pytest.fixture(scope="module")
def view() -> SearchView:
    """Return a search of 250 trials over all families, with an ensemble."""
    return make_view(250, rule, has_ensemble=True)


@pytest.fixture(scope="module")
def figures(view: SearchView) -> dict[str, dict[str, Any]]:
    """Return its figures as what a browser gets."""
    return {name: json.loads(figure.to_json()) for name, figure in make_figures(view).items()}


def title(figure: dict[str, Any]) -> str:
    """Return the title and what stands below it as plain text."""
    return " ".join(re.sub(r"<[^>]+>", " ", figure["layout"]["title"]["text"]).split())


def n_points(figure: dict[str, Any]) -> int:
    """Return how many things a figure draws that are not text or rulers."""
    drawn = [trace for trace in figure["data"] if trace.get("mode") != "text" and trace.get("hoverinfo") != "skip"]
    return sum(x is not None and x != 0 for trace in drawn for x in trace["x"])


def trace_of(figure: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the trace of this name."""
    found: dict[str, Any] = next(trace for trace in figure["data"] if trace.get("name") == name)
    return found


def values_in(data: Any) -> Iterator[Any]:
    """Yield every key and every value of JSON."""
    if isinstance(data, dict):
        for key, value in data.items():
            yield key
            yield from values_in(value)
    elif isinstance(data, list):
        for value in data:
            yield from values_in(value)
    else:
        yield data


def test_ids_are_the_same_for_ever(figures: dict[str, Any]) -> None:
    """A study overwrites a figure by its id; each is an id that a page can have."""
    assert set(figures) == IDS
    assert all(map(is_valid_graph_object_id, figures))
    assert all(re.fullmatch(r"[a-z][a-z-]*", name) for name in figures)


def test_figures_of_a_large_search_are_small() -> None:
    """1,000 trials of 14 families: under 30 kB each, plain lists, no template, and no number that JSON lacks."""
    for name, figure in make_figures(make_view(1000, rule, has_ensemble=True)).items():
        text = figure.to_json()
        assert len(text) < 30_000, name
        made = json.loads(text, parse_constant=lambda constant: pytest.fail(f"it holds {constant}"))
        assert "bdata" not in set(values_in(made)), name
        assert "template" not in made["layout"], name
        numbers = [value for value in values_in(made["data"]) if isinstance(value, float)]
        assert all(float(f"{value:.5g}") == value for value in numbers), name


@pytest.mark.parametrize("n_trials", [0, 1, 2, 3, 5, 9, 17, 30])
def test_no_figure_is_empty(n_trials: int) -> None:
    """At every stage of a search a figure shows something or is left out with a sentence that says why."""
    made = all_figures(make_view(n_trials, rule, has_dummy=n_trials > 0))
    assert set(made) == IDS
    for name, figure in made.items():
        if isinstance(figure, str):
            assert figure[0].isupper(), name
            assert figure.endswith("."), name
        else:
            assert n_points(json.loads(figure.to_json())) > 0, name


def test_a_search_of_failures_shows_where_the_time_went() -> None:
    """Without a score there is nothing to show but the time."""
    made = make_figures(make_view(20, lambda *of: math.inf, has_dummy=False))
    assert set(made) == {"time-by-algorithm"}
    assert "100 % of all went into trials without a result" in title(json.loads(made["time-by-algorithm"].to_json()))


def test_a_family_looks_the_same_everywhere(view: SearchView, figures: dict[str, Any]) -> None:
    """One colour a family in all figures, and no two families of the same colour and shape."""
    look = looks(view)
    assert len({(each.colour, each.shape) for each in look.values()}) == len(look)
    for name in ("score-over-time", "accuracy-against-latency"):
        for trace in figures[name]["data"]:
            if trace["name"] in look:
                assert trace["marker"]["color"] == look[trace["name"]].colour
    board, spent, important = (figures[name]["data"][0] for name in ("leaderboard", "time-by-algorithm", "importance"))
    for labels, colours in ((board["y"], board["marker"]["color"]), (spent["y"], spent["marker"]["color"])):
        assert [look[label.rpartition("-")[0] or label].colour for label in labels] == colours
    for label, colour in zip(important["y"][1:], important["marker"]["color"][1:], strict=True):
        assert colour == look[label.partition(":")[0]].colour


def test_a_look_does_not_change_while_the_search_runs(view: SearchView) -> None:
    """The colour of a family depends on the plan, not on what was tried so far."""
    early = SearchView.of(view.plan, view.metric, view.evaluations[:5], FREE)
    assert looks(early) == looks(view)
    assert set(COLOURS) >= {each.colour for name, each in looks(view).items() if name not in ("dummy", "ensemble")}


def test_figures_suit_light_and_dark_pages(figures: dict[str, Any]) -> None:
    """No background of their own; text in a grey that has a contrast of at least 3.5 to 1 to both pages."""

    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    for figure in figures.values():
        layout = figure["layout"]
        assert layout["paper_bgcolor"] == layout["plot_bgcolor"] == "rgba(0,0,0,0)"
        text = luminance(layout["font"]["color"])
        assert (1 + 0.05) / (text + 0.05) > 3.5  # white
        assert (text + 0.05) / (luminance("#1e1e1e") + 0.05) > 3.5


def test_the_leaderboard_is_the_leaderboard(view: SearchView, figures: dict[str, Any]) -> None:
    """The best rows in their order, scores in the metric's direction, the ensemble among them."""
    trace, layout = figures["leaderboard"]["data"][0], figures["leaderboard"]["layout"]
    best = view.leaderboard.head(20)
    assert trace["y"] == best["id"].tolist()
    assert trace["y"][0] == "ensemble"
    assert trace["x"] == pytest.approx(best["score"].tolist(), rel=1e-4)
    assert layout["yaxis"]["categoryarray"] == best["id"].tolist()[::-1]  # from the bottom
    assert layout["xaxis"]["title"]["text"] == "roc_auc (higher is better)"
    assert title(figures["leaderboard"]).startswith("ensemble is ahead: roc_auc 0.9")


def test_intervals_allow_for_shared_rows(view: SearchView, figures: dict[str, Any]) -> None:
    """The interval is std·√(1/folds + validation rows/training rows): five folds of 1,000 rows among 5,000 here."""
    trace = figures["leaderboard"]["data"][0]
    std = dict(zip(view.leaderboard["id"], view.leaderboard["std"], strict=True))
    wanted = [std[name] * math.sqrt(1 / 5 + 1000 / 4000) for name in trace["y"]]
    assert trace["error_x"]["array"] == pytest.approx(wanted, rel=1e-4)
    assert "one standard error" in title(figures["leaderboard"])


def test_the_dummy_is_a_line_if_it_is_near() -> None:
    """The floor is drawn where that leaves room for the differences, else told in words."""
    near = all_figures(make_view(30, lambda *of: -0.51, spaces_of("dummy", "linear")))["leaderboard"]
    far = all_figures(make_view(30, lambda *of: -0.95, spaces_of("dummy", "linear")))["leaderboard"]
    assert [shape.x0 for shape in near.layout.shapes] == [0.5]
    assert "Dashed: guessing (the dummy), 0.5." in title(json.loads(near.to_json()))
    assert not far.layout.shapes
    assert "scores 0.5, beyond the axis" in title(json.loads(far.to_json()))


def test_where_lower_is_better_the_lowest_is_ahead() -> None:
    """An error's leaderboard begins with the lowest, its axis says so, and hopeless rows lie at the right edge."""
    task = Task("regression", "price")
    view = make_view(
        40,
        lambda name, config, rng: 9.9 if name == "mlp" else 1.0 + rng.random() / 10,
        {name: SearchSpace(Float("k", 0, 1)) for name in ("linear", "mlp", "svm", "additive")},
        shares=[0.3, 0.1, 0.3, 0.3],
        has_dummy=False,
        task=task,
        metric="rmse",
    )
    figures = {name: json.loads(figure.to_json()) for name, figure in make_figures(view).items()}
    board = figures["leaderboard"]
    assert board["data"][0]["x"][0] == min(board["data"][0]["x"])
    assert board["layout"]["xaxis"]["title"]["text"] == "rmse (lower is better)"
    course = figures["score-over-time"]
    assert trace_of(course, "worse than the axis")["marker"]["symbol"] == "triangle-up-open"
    assert trace_of(course, "best so far")["y"] == sorted(trace_of(course, "best so far")["y"], reverse=True)


def test_the_line_is_the_best_so_far(view: SearchView, figures: dict[str, Any]) -> None:
    """The line steps up at each complete trial that beats all before it, when it ended, and ends with the search."""
    line = trace_of(figures["score-over-time"], "best so far")
    best, steps = -math.inf, []
    for each in sorted(view.evaluations, key=lambda each: each.ended):
        if each.state == "complete" and -each.loss > best:
            best = -each.loss
            steps.append((each.ended / 60, best))
    assert line["x"] == pytest.approx([*(x for x, _ in steps), view.seconds / 60], rel=1e-4)
    assert line["y"] == pytest.approx([*(y for _, y in steps), best], rel=1e-4)
    assert line["line"]["shape"] == "hv"
    assert figures["score-over-time"]["layout"]["xaxis"]["title"]["text"] == "time searched (minutes)"


def test_without_times_trials_stand_by_number() -> None:
    """A study that does not know when its trials ended has their numbers on the axis."""
    figure = json.loads(make_figures(make_view(30, rule, is_timed=False))["score-over-time"].to_json())
    assert figure["layout"]["xaxis"]["title"]["text"] == "number of the trial"
    points = [trace for trace in figure["data"] if trace.get("customdata")]
    assert all(trace["x"] == trace["customdata"] for trace in points)
    assert "was trial" in title(figure)


def test_what_was_given_up_is_an_open_point(view: SearchView) -> None:
    """A trial that saw fewer folds can be told from a complete one, and is never the best so far."""
    two = (
        make_evaluation(0, Candidate.of("linear", {}), -0.9, ended=1.0),
        make_evaluation(1, Candidate.of("linear", {"C": 1.0}), -0.95, n_folds=2, state="stopped", ended=2.0),
    )
    made = make_figures(SearchView.of(view.plan, view.metric, two, FREE))["score-over-time"]
    shape = looks(view)["linear"].shape
    assert list(made.data[1].marker.symbol) == [shape, f"{shape}-open"]
    assert list(made.data[0].y) == [0.9, 0.9]


def test_importance_shows_what_was_found(view: SearchView, figures: dict[str, Any]) -> None:
    """The first bar is the algorithm's share, then each family's own largest ones by their names in the study."""
    found = importance_of(view)
    bars = figures["importance"]["data"][0]
    assert bars["y"][0] == "algorithm"
    assert bars["x"][0] == pytest.approx(found.algorithm, rel=1e-4)
    for label, share in zip(bars["y"][1:], bars["x"][1:], strict=True):
        family, _, name = label.partition(":")
        assert share == pytest.approx(found.within[family][name], rel=1e-4)
    assert len(bars["y"]) > 1


def test_opposite_searches_have_opposite_titles() -> None:
    """What the title says of the algorithm follows from the losses."""
    spaces = {name: SearchSpace(Float("k", 0, 1)) for name in ("a", "b", "c")}
    families = make_view(150, lambda name, config, rng: ord(name) + 0.01 * rng.random(), spaces, has_dummy=False)
    settings = make_view(150, lambda name, config, rng: config["k"], spaces, has_dummy=False)
    first, second = (title(json.loads(make_figures(view)["importance"].to_json())) for view in (families, settings))
    assert "makes most of the difference: over 99 %" in first
    assert re.search(r"algorithm makes (under 1|\d) % of the difference", second)


def test_panels_have_only_the_familys_own_axes(view: SearchView, figures: dict[str, Any]) -> None:
    """Each panel names hyperparameters of its own family, what matters most first, and the metric last."""
    figure = figures["parallel-coordinates"]
    spaces = {each.name: [one["name"][:16] for one in each.space] for each in view.plan.algorithms}
    panels = [note["text"] for note in figure["layout"]["annotations"]]
    labels = [trace for trace in figure["data"] if trace["mode"] == "text"]
    assert len(panels) == len(labels) == 2
    found = importance_of(view)
    for text, trace in zip(panels, labels, strict=True):
        family = re.match(r"<b>(\w+)</b>", text).group(1)  # type: ignore[union-attr]
        names = [label[3:-4] for label in trace["text"] if label.startswith("<b>")]
        assert names[-1] == "roc_auc"
        assert all(name.rstrip("…")[:16] in spaces[family] for name in names[:-1])
        if family in found.within:
            assert next(iter(found.within[family])).startswith(names[0].rstrip("…"))


def test_what_matters_most_is_the_first_axis() -> None:
    """Axes stand in the order of importance, not of declaration, where the importance is known."""
    space = SearchSpace(Float("first", 0, 1), Float("second", 0, 1), Float("third", 0, 1))
    view = make_view(60, lambda name, config, rng: config["second"] + 0.2 * config["third"], {"own": space})
    made = make_figures(view)["parallel-coordinates"]
    names = [text for trace in made.data if trace.mode == "text" for text in trace.text if text.startswith("<b>")]
    assert names == ["<b>second</b>", "<b>third</b>", "<b>first</b>", "<b>roc_auc</b>"]


def test_every_line_crosses_every_axis_inside(figures: dict[str, Any]) -> None:
    """Heights lie between foot and top, and the thick line is the best trial, at the top of the last axis."""
    lines = [trace for trace in figures["parallel-coordinates"]["data"] if trace["mode"] == "lines+markers"]
    assert all(0 <= y <= 1 for trace in lines for y in trace["y"] if y is not None)
    thick = [trace for trace in lines if trace["line"]["width"] == 3]
    assert [trace["y"][-1] for trace in thick] == [1.0, 1.0]


def test_axes_are_logarithmic_where_the_space_is() -> None:
    """A logarithmic axis is in powers of ten with round ticks; another one has its ends; choices have their names."""
    log, plain, choice, whole = SearchSpace(
        Float("rate", 0.001, 1.0, log=True),
        Float("share", 0.5, 1.0),
        Categorical("mode", ("auto", None, True)),
        Int("layers", 1, 3),
    ).to_json()
    configs = [{"rate": 0.01, "share": 0.75, "mode": None, "layers": 2}, {"rate": 1.0, "share": 1.0, "layers": 3}]
    axis = hyperparameter_axis(log, configs)
    assert axis.values == (-2.0, 0.0)
    assert [text for _, text in axis.ticks] == ["0.001", "0.01", "0.1", "1"]
    assert [axis.height(value) for value in axis.values] == pytest.approx([1 / 3, 1.0])
    assert [text for _, text in hyperparameter_axis(plain, configs).ticks] == ["0.5", "0.75", "1"]
    assert [text for _, text in hyperparameter_axis(whole, configs).ticks] == ["1", "2", "3"]
    partly = hyperparameter_axis(choice, configs)
    assert [text for _, text in partly.ticks] == ["–", "auto", "None", "True"]
    assert partly.texts == ("None", "–")
    assert partly.height(partly.values[1]) == 0  # inactive: at the foot, below all choices
    assert [place for place, _ in partly.ticks] == sorted({place for place, _ in partly.ticks})


def test_time_adds_up(view: SearchView, figures: dict[str, Any]) -> None:
    """Both kinds of bars together are all seconds of work; what was lost is what stopped and failed trials took."""
    kept, lost = figures["time-by-algorithm"]["data"]
    unit = 60 if "minutes" in figures["time-by-algorithm"]["layout"]["xaxis"]["title"]["text"] else 1
    total = sum(seconds_of(each) for each in view.evaluations)
    wasted = sum(seconds_of(each) for each in view.evaluations if each.state in ("stopped", "failed"))
    assert unit * (sum(kept["x"]) + sum(lost["x"])) == pytest.approx(total, rel=1e-3)
    assert unit * sum(lost["x"]) == pytest.approx(wasted, rel=1e-3)
    assert kept["y"] == lost["y"]
    assert len(lost["text"]) == len(lost["y"])


def test_a_killed_fold_took_at_least_as_long_as_it_was_there() -> None:
    """A fold that was killed tells no seconds; the trial's wall time stands for it."""
    killed = Evaluation(0, Candidate.of("svm", {}), (FoldResult(0, math.nan),), "failed", seconds=7.0)
    assert seconds_of(killed) == 7.0
    assert seconds_of(replace(killed, folds=(FoldResult(0, 0.5, fit_seconds=2.0, predict_seconds=1.0),))) == 3.0


def test_only_complete_rows_are_compared_in_speed(view: SearchView, figures: dict[str, Any]) -> None:
    """A bag of fewer folds is quicker for having fewer models, and the dummy's speed is no merit."""
    complete = {pipeline_id(each) for each in view.evaluations if each.state == "complete"} | {"ensemble"}
    figure = figures["accuracy-against-latency"]
    points = [trace for trace in figure["data"] if trace["mode"] == "markers"]
    shown = {text.partition("<br>")[0] for trace in points for text in trace["text"]}
    assert shown <= complete - {"dummy-0"}
    assert figure["layout"]["xaxis"]["type"] == "log"
    assert "ms a row" in title(figure)


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(0, 9)), min_size=1))
def test_nothing_beats_the_front(points: list[tuple[int, int]]) -> None:
    """No row is at least as quick and at least as good as one of the front, and every other row is beaten by one."""
    rows = [{"one_row_ms": ms, "loss": loss} for ms, loss in points]
    front = [(row["one_row_ms"], row["loss"]) for row in pareto_front(rows)]
    for ms, loss in points:
        beaten = any(a <= ms and b <= loss and (a, b) != (ms, loss) for a, b in front)
        assert beaten != ((ms, loss) in front)
    assert front == sorted(front)


@given(st.lists(st.floats(-1, 1), max_size=60), st.integers(4, 40), st.data())
def test_thinning_keeps_the_best(losses: list[float], most: int, data: st.DataObject) -> None:
    """At most so many points are left, in order, with those to be kept and the best one."""
    kept = data.draw(st.lists(st.integers(0, max(0, len(losses) - 1)), max_size=3)) if losses else []
    places = thinned(losses, kept, most)
    assert places == sorted(set(places))
    assert len(places) == min(len(losses), most)
    assert set(kept) <= set(places)
    if losses and not kept:
        assert min(losses) in [losses[at] for at in places]


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=50), st.booleans())
def test_three_quarters_are_on_the_scale(losses: list[float], is_score: bool) -> None:
    """The axis holds the best and at least three quarters of all, whatever the rest."""
    metric = Metric("m", lambda y, p, w: 0.0, is_score)
    scale = Scale.of(metric, losses)
    low, high = scale.range
    assert low < high
    assert sum(map(scale.holds, losses)) >= 0.75 * len(losses) - 1
    assert scale.holds(min(losses))


def test_names_are_no_markup() -> None:
    """A metric named ``<lambda>`` and a family with brackets are shown as they are."""
    metric = Metric("<lambda>", lambda y, p, w: 0.0)
    spaces = {"my<b>": SearchSpace(Float("k<i>", 0, 1))}
    candidates = [Candidate.of("my<b>", {"k<i>": at / 20}) for at in range(20)]
    evaluations = [make_evaluation(at, each, -at / 20, ended=at) for at, each in enumerate(candidates)]
    made = make_figures(SearchView.of(make_plan(spaces), metric, evaluations, FREE))
    for name, figure in made.items():
        texts = [value for value in values_in(json.loads(figure.to_json())) if isinstance(value, str)]
        assert not any("<lambda>" in text or "my<b>" in text or "k<i>" in text for text in texts), name
    assert "&lt;lambda&gt;" in made["leaderboard"].layout.xaxis.title.text


def test_a_real_run_has_figures(demo_view: SearchView) -> None:
    """A search of two trials has what two trials can show."""
    assert set(make_figures(demo_view)) >= {"leaderboard", "score-over-time", "time-by-algorithm"}
