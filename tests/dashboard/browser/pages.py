"""What a person must see on each page of the dashboard, as checks that raise an AssertionError.

Each check opens its page, waits until it is drawn, takes a screenshot and compares what is shown with what the run
says. They know nothing of how a study is written.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import automl

STUDY = "/studies/1"
N_FIGURES = 6
PATIENCE = 60_000  # milliseconds; a loaded machine draws slowly
STATES = {"complete": "Complete", "stopped": "Pruned", "failed": "Fail"}
SORTABLE = ("score_std", "fit_seconds", "one_row_ms", "size_mb", "complexity")
FIGURES = ("leaderboard", "importance")  # of ours, at least
# What is drawn in a plot: its title, and how many marks of data a person can see (of parallel coordinates, whose lines
# are pixels, the axes that have values).
LOOK = """plot => {
    const marks = '.trace path, .points path, .trace rect, .trace image, .heatmaplayer image, .slice path';
    const seen = [...plot.querySelectorAll(marks)].map(mark => mark.getBoundingClientRect());
    const axes = (plot._fullData || []).filter(trace => trace.type === 'parcoords' && trace.visible === true)
        .flatMap(trace => trace.dimensions).filter(axis => axis.visible && axis.values && axis.values.length);
    const canvas = plot.querySelector('canvas');
    const title = plot.querySelector('.gtitle');
    return {
        title: title ? title.textContent : '',
        is_cut: !!title && title.getBoundingClientRect().right > plot.getBoundingClientRect().right,
        marks: seen.filter(box => box.width + box.height > 0).length + (canvas && canvas.width ? axes.length : 0),
        names: [...plot.querySelectorAll('text')].map(text => text.textContent),
    };
}"""


class Watch:
    """A window of the browser on a dashboard, and everything that went wrong in it.

    Attributes
    ----------
    page
        Playwright's page.
    address
        Where the dashboard is.
    """

    def __init__(self, page: Any, address: str, output: Path) -> None:
        self.page = page
        self.address = address
        self._output = output
        self._troubles: list[str] = []
        page.set_default_timeout(PATIENCE)
        page.on("console", lambda said: self._note("console", said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: self._note("error in the page", str(error)))
        page.on("requestfailed", lambda request: self._note("request failed", f"{request.url}: {request.failure}"))
        page.on("request", self._check_host)
        page.on(
            "response",
            lambda answer: self._note("answer", f"{answer.status} {answer.url}") if answer.status >= 400 else None,
        )

    def _note(self, kind: str, text: str) -> None:
        self._troubles.append(f"{kind}: {text}")

    def _check_host(self, request: Any) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in ("data", "blob") and parts.netloc != urlsplit(self.address).netloc:
            self._note("request to another host", request.url)

    def go(self, path: str) -> Any:
        """Open a page of the dashboard, wait until nothing more is loaded, and return Playwright's page."""
        self.page.goto(f"{self.address}/dashboard{path}", wait_until="networkidle")
        return self.page

    def keep(self, name: str) -> None:
        """Keep what is shown as a screenshot; what is scrolled inside the page is shown whole."""
        self._output.mkdir(parents=True, exist_ok=True)
        self.page.evaluate("scrollTo(0, 0)")
        self.page.screenshot(path=self._output / f"{name}.png", full_page=True, animations="disabled")

    def check_quiet(self) -> None:
        """Nothing went wrong so far: no error in the console, no failed request, none to another host."""
        assert not self._troubles, "\n".join(self._troubles)


def text_of(page: Any) -> str:
    """Return all text that is shown."""
    shown: str = page.inner_text("body")
    return shown


def wait_for(page: Any, text: str) -> None:
    """Wait until this text is shown."""
    page.get_by_text(text).first.wait_for(state="visible")


def drawn(page: Any, plot_id: str) -> dict[str, Any]:
    """Wait until a plot is drawn, and return what is seen of it."""
    plot = page.locator(f'[id="{plot_id}"]')
    plot.locator(".main-svg").first.wait_for(state="attached")
    plot.scroll_into_view_if_needed()
    seen: dict[str, Any] = plot.evaluate(LOOK)
    assert seen["marks"] > 0, f"the plot {plot_id} is empty"
    return seen


def best_row(run: automl.Run) -> Any:
    """Return the first row of the leaderboard that is one trial's."""
    return run.leaderboard.query("algorithm != 'ensemble'").iloc[0]


def states_of(run: automl.Run) -> Counter[str]:
    """Return how many trials must be shown in which state."""
    return Counter(STATES[each.state] for each in run.evaluations)


def check_list(watch: Watch, run: automl.Run) -> None:
    """The list of studies names the study and the direction, and leads to it."""
    page = watch.go("")
    name = run.study.study_name
    card = page.locator("a", has_text=name)
    card.wait_for()
    watch.keep("list")
    assert run.study.direction.name in card.inner_text()
    card.click()
    page.wait_for_url(re.compile(r"/dashboard/studies/\d+"))
    wait_for(page, "Best Trial (number=")
    watch.check_quiet()


def check_history(watch: Watch, run: automl.Run) -> None:
    """The first page shows the best trial, the metric by its name, each trial, and when it ran and ended."""
    page = watch.go(STUDY)
    wait_for(page, "Best Trial (number=")
    best = best_row(run)
    card = page.locator(".MuiCardContent-root", has_text="Best Trial (number=").last
    history = drawn(page, "plot-history")
    timeline = drawn(page, "graph-timeline")
    drawn(page, "graph-intermediate-values")
    watch.keep("history")
    assert f"(number={best['id'].rpartition('-')[2]})" in card.inner_text()
    value = card.locator("h3")
    assert value.inner_text() == f"{best['score']:.9g}"
    assert value.evaluate("value => value.scrollWidth <= value.clientWidth"), "the best value is cut off"
    assert f"algorithm: {best['algorithm']}" in card.inner_text()
    assert run.metric.name in history["names"]
    assert history["marks"] >= sum(bool(each.losses) for each in run.evaluations)
    assert set(states_of(run)) <= set(timeline["names"])
    check_is_said(page)
    watch.check_quiet()


def check_figures(watch: Watch, run: automl.Run) -> None:
    """Our own figures have titles and are not empty, and name every algorithm that has a score."""
    page = watch.go(STUDY)
    wait_for(page, "Best Trial (number=")
    ids = page.locator('[id^="user-defined-plot:"]').evaluate_all("plots => plots.map(plot => plot.id)")
    assert {f"user-defined-plot:{name}" for name in FIGURES} <= set(ids)
    assert len(ids) >= N_FIGURES
    seen = {each.partition(":")[2]: drawn(page, each) for each in ids}
    watch.keep("figures")
    assert all(each["title"].strip() for each in seen.values()), {name: each["title"] for name, each in seen.items()}
    assert len({each["title"] for each in seen.values()}) == len(seen)
    assert not [each["title"] for each in seen.values() if each["is_cut"]]
    words = " ".join(name for each in seen.values() for name in each["names"])
    assert {each.candidate.algorithm for each in run.evaluations if each.state == "complete"} <= set(
        re.findall(r"\w+", words)
    )
    assert "algorithm" in " ".join(seen["importance"]["names"])
    watch.check_quiet()


def check_artifacts(watch: Watch, run: automl.Run) -> None:
    """Pictures are seen, the leaderboard opens as a table, and each file that is there can be had."""
    page = watch.go(STUDY)
    files = page.locator(".MuiCardContent-root", has_text="Study Artifacts").last
    files.scroll_into_view_if_needed()
    page.wait_for_load_state("networkidle")
    pictures = files.locator("img")
    assert pictures.count() > 0
    widths = pictures.evaluate_all("pictures => pictures.map(each => each.complete && each.naturalWidth)")
    assert all(widths), "a picture can't be seen"
    board = list(csv.reader(io.StringIO(downloaded(page, "leaderboard.csv"))))
    assert [row[board[0].index("id")] for row in board[1:]] == list(run.leaderboard["id"])
    assert json.loads(downloaded(page, "plan.json"))["metric"] == run.metric.name
    card = files.locator(".MuiCard-root", has_text="leaderboard.csv")
    card.get_by_label("show artifact table").click()
    table = page.locator('[role="dialog"], .MuiModal-root').last.locator("table")
    table.wait_for()
    watch.keep("leaderboard")
    assert run.leaderboard["id"].iloc[0] in table.inner_text()
    watch.check_quiet()


def downloaded(page: Any, name: str) -> str:
    """Return the text of a file that the page offers."""
    card = page.locator(".MuiCard-root", has_text=name).last
    with page.expect_download() as waiting:
        card.get_by_label("download artifact").click()
    assert waiting.value.suggested_filename == name
    return Path(waiting.value.path()).read_text(encoding="utf-8")


def check_analytics(watch: Watch, run: automl.Run) -> None:
    """Each plot of the page of relationships shows something, by the names of our hyperparameters."""
    page = watch.go(f"{STUDY}/analytics")
    seen = {name: drawn(page, name) for name in ("plot-slice", "graph-contour", "graph-rank", "plot-edf-0")}
    watch.keep("analytics")
    algorithms = {each.candidate.algorithm for each in run.evaluations if each.state == "complete"}
    assert algorithms <= set(seen["plot-slice"]["names"])
    assert "algorithm" in seen["graph-contour"]["names"]
    wait_for(page, f"EDF for {run.metric.name}")
    watch.check_quiet()


def check_trials(watch: Watch, run: automl.Run) -> None:
    """The list of trials has each of them in its state, and marks the best."""
    page = watch.go(f"{STUDY}/trials")
    title = page.locator("li", has_text=re.compile(r"^\d+ Trials$")).first
    title.wait_for()
    page.get_by_label("Filter").click()
    page.get_by_role("menuitem").first.wait_for()
    watch.keep("trials")
    assert title.inner_text() == f"{len(run.evaluations)} Trials"
    entries = page.get_by_role("menuitem").all_inner_texts()
    counts = {name: int(count) for entry in entries for name, count in re.findall(r"^(\w+) \((\d+)\)", entry.strip())}
    assert {name: count for name, count in counts.items() if count} == dict(states_of(run))
    watch.check_quiet()


def check_failed_trial(watch: Watch, run: automl.Run) -> None:
    """The page of a failed trial tells in words why it failed, and what it was."""
    failed = next(each for each in run.evaluations if each.state == "failed")
    page = watch.go(f"{STUDY}/trials?numbers={failed.number}")
    page.get_by_role("heading", name=f"Trial {failed.number} (trial_id=").wait_for()
    detail = page.locator("div", has=page.get_by_role("heading", name=f"Trial {failed.number} (trial_id=")).last
    watch.keep("failed")
    note = detail.get_by_role("heading", name="Note", exact=True).locator("xpath=following-sibling::*[1]").inner_text()
    assert failed.candidate.algorithm in note, f"the note of trial {failed.number} does not tell what it was"
    cause = failed.reason.partition(": ")[2]
    assert cause in note, f"the note of trial {failed.number} does not tell why it failed"
    said = detail.inner_text()
    assert f"reason {failed.reason}" in said
    for name, value in failed.candidate.params.items():
        assert f"{name} {value}" in said
    watch.check_quiet()


def check_selection(watch: Watch, run: automl.Run) -> None:
    """The selection shows parallel coordinates without a click, and a table that sorts numbers as numbers."""
    page = watch.go(f"{STUDY}/smartSelection")
    seen = drawn(page, "plot-parallel-coordinate")
    headers = page.locator("table thead th")
    headers.first.wait_for()
    watch.keep("selection")
    assert {run.metric.name, "algorithm"} <= set(seen["names"])
    spoken = re.compile(r"\s*sorted (as|des)cending")  # for screen readers
    titles = [" ".join(spoken.sub("", text).split()) for text in headers.all_inner_texts()]
    names = {f"Param {name}" for each in run.evaluations if each.losses for name in each.candidate.params}
    assert {"Param algorithm", *names} <= set(titles)
    for name in SORTABLE:
        check_sorts(page, titles.index(f"UserAttribute {name}"))
    watch.check_quiet()


def check_sorts(page: Any, column: int) -> None:
    """Clicking a column's title sorts by its numbers, downwards and upwards; rows without one stay together."""
    header = page.locator("table thead th").nth(column)
    title = " ".join(header.inner_text().split())
    label = header.locator(".MuiTableSortLabel-root")
    assert label.count() == 1, f"{title} can't be sorted"
    orders = []
    for _ in range(2):
        label.click()
        cells = page.locator(f"table tbody tr td:nth-child({column + 1})").all_inner_texts()
        shown = [float(cell) for cell in cells if cell.strip()]
        assert len(set(shown)) > 1, f"{title} says nothing"
        has_value = "".join("x" if cell.strip() else " " for cell in cells)
        assert " " not in has_value.strip(), f"{title} has gaps"
        orders.append(shown)
    assert sorted(orders, key=lambda shown: shown[0]) == [sorted(orders[0]), sorted(orders[0], reverse=True)], title


def check_note(watch: Watch, run: automl.Run) -> None:
    """The study's note says what is predicted, how it is judged, and how good the best is."""
    page = watch.go(f"{STUDY}/note")
    page.get_by_role("heading", name="Note", exact=True).wait_for()
    watch.keep("note")
    said = " ".join(text_of(page).split())
    assert f"Predicting {run.plan.task.target}" in said, "the note does not say what is predicted"
    assert run.metric.name in said
    assert f"{len(run.evaluations)} trials ended" in said
    assert f"{best_row(run)['score']:.4g}" in said
    check_is_said(page)
    watch.check_quiet()


def check_compare(watch: Watch, run: automl.Run) -> None:
    """Beside other studies, ours has its name and its history."""
    page = watch.go("/compare-studies")
    wait_for(page, run.study.study_name)
    history = drawn(page, "plot-history")
    drawn(page, "plot-edf-0")
    watch.keep("compare")
    assert run.metric.name in history["names"]
    watch.check_quiet()


def check_is_said(page: Any) -> None:
    """No word that only a program would say."""
    for word in ("NaN", "undefined", "[object", "&nbsp;", "np.float64"):
        assert word not in text_of(page), word
