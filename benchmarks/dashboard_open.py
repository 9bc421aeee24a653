"""How long a study of 1,000 trials takes to open in the dashboard.

    python benchmarks/dashboard_open.py [--trials 1000] [--repeats 5] [--out FILE] [--into benchmarks/README.md]

Writes a made-up search of that many candidates (shipped algorithms and spaces, five folds) into a run folder, in the
way that a real search does, serves it with ``automl dashboard`` and opens the study in headless Chromium, each time
in a new browser and with a new server, until the first figure is drawn and until all are. Seconds of the processor are
told beside those of the clock, because the clock's depend on what else the machine does. One JSON line a repeat is
appended to the record file. Needs Playwright and Chromium (``.ci/install-chromium``).
"""

from __future__ import annotations

import argparse
import json
import math
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psutil

import automl
from automl.dashboard.publishing import Publisher
from automl.dashboard.view import SearchView
from automl.evaluation.leaderboard import FREE, to_csv
from automl.registry import algorithms
from automl.storage.folder import RunFolder
from automl.storage.study import StudyMirror
from automl.testing.algorithms import RandomSuggester
from automl.values.algorithm import DataShape
from automl.values.candidate import Candidate
from automl.values.evaluation import Evaluation, Failure, FoldResult, State
from automl.values.metric import Metric
from automl.values.plan import Plan

HERE = Path(__file__).resolve().parent
SKILL = {  # the AUC that a family's candidates have on average
    "lightgbm": 0.92,
    "xgboost": 0.915,
    "catboost": 0.925,
    "hist_gradient_boosting": 0.91,
    "random_forest": 0.9,
    "extra_trees": 0.89,
    "mlp": 0.88,
    "linear": 0.87,
}
FURTHER = ("accuracy", "balanced_accuracy", "f1", "precision", "recall", "log_loss", "brier", "mcc")
FOLDS = 5
DRAWN = """() => [...document.querySelectorAll('.js-plotly-plot')].filter(plot =>
    plot.querySelector('.main-svg') && plot.data && plot.data.length).map(plot => plot.id)"""


def made_up_plan() -> Plan:
    """Return the plan of a search for a label in a table of 600 rows."""
    random = np.random.default_rng(0)
    table = pd.DataFrame(random.normal(size=(600, 12)), columns=[f"measure_{each}" for each in range(12)])
    table["bought"] = np.where(table.sum(axis=1) + random.normal(size=600) > 0, "yes", "no")
    return automl.plan(table, "bought", metric="roc_auc", cv=FOLDS)


def made_up(number: int, spaces: Mapping[str, Any], random: np.random.Generator) -> Evaluation:
    """Return a candidate and what came of it: one in twelve fails, one in six is stopped."""
    name = str(random.choice(list(SKILL)))
    candidate = Candidate.of(name, spaces[name].suggest(RandomSuggester(random)))
    chance, state, reason = random.random(), "complete", ""
    score = SKILL[name] + random.normal(0, 0.01)
    n_folds = FOLDS
    if chance < 1 / 12:
        state, reason, n_folds = "failed", "out_of_memory: a fold took 3.1 GB of 3 GB", 1
    elif chance < 1 / 4:
        state, reason, n_folds = "stopped", f"hopeless after 1 of {FOLDS} folds against lightgbm (trial 7)", 1
    failure = Failure("out_of_memory", "a fold took 3.1 GB of 3 GB") if state == "failed" else None
    seconds = float(random.lognormal(0, 1))
    folds = [
        FoldResult(
            fold,
            math.nan if failure else -float(score + random.normal(0, 0.005)),
            fit_seconds=seconds * float(random.uniform(0.9, 1.1)),
            predict_seconds=seconds / 50,
            n_predicted=120,
            one_row_seconds=float(random.lognormal(-7, 0.5)),
            size_bytes=int(random.lognormal(12, 1)),
            failure=failure,
            further=tuple((metric, float(random.uniform(0.7, 0.9))) for metric in FURTHER),
        )
        for fold in range(n_folds)
    ]
    kept: State = state  # type: ignore[assignment]
    return Evaluation(number, candidate, tuple(folds), kept, reason, seconds * n_folds, 1.5 * (number + 1))


def write_study(storage: Any, folder: RunFolder, n_trials: int) -> str:
    """Write a search into a study and its folder as a session does, and return the study's name."""
    plan, random = made_up_plan(), np.random.default_rng(1)
    metric = Metric("roc_auc", lambda y, p, w: 0.0)
    shape = DataShape("binary", 600, 12, 0, 2)
    spaces = {name: each.space(shape) for name, each in algorithms("binary").items()}
    mirror = StudyMirror.open(
        storage, folder, name="bought", metric=metric, algorithms=spaces, fingerprint=plan.fingerprints
    )
    evaluations = []
    for number in range(n_trials):
        evaluation = made_up(number, spaces, random)
        mirror.start(evaluation.candidate)
        sizes = sum(fold.size_bytes for fold in evaluation.folds)
        mirror.finish(evaluation, {"one_row_ms": 1000 * evaluation.folds[0].one_row_seconds, "size_mb": sizes / 1e6})
        evaluations.append(evaluation)
    view = SearchView.of(plan, metric, evaluations, FREE, None, 1.5 * n_trials, "the budget is spent")
    with Publisher(mirror.study, folder.artifacts) as publisher:
        board = to_csv(view.leaderboard).encode()
        publisher.finish(view, [("the leaderboard", 0.1, lambda: {"leaderboard.csv": board})])
    folder.write_json(folder.study_name, {"target": "bought", "name": "bought", "store": folder.study.name})
    folder.write_json(folder.plan, plan.to_json())
    mirror.close()
    return mirror.study.study_name


def opening(address: str, executable: str, figures: Sequence[str]) -> dict[str, float]:
    """Return what one opening took, in a browser that has seen nothing: until the first figure, until the last."""
    from playwright.sync_api import sync_playwright

    ours = [f"user-defined-plot:{each}" for each in figures]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})
        began = time.perf_counter()
        page.goto(f"{address}/dashboard/studies/1", wait_until="commit")
        page.wait_for_function(f"() => ({DRAWN})().length > 0", polling=50)
        first = time.perf_counter() - began
        page.wait_for_function(f"ids => ids.every(id => ({DRAWN})().includes(id))", arg=ours, polling=50)
        last = time.perf_counter() - began
        spent = {each["name"]: each["value"] for each in session.send("Performance.getMetrics")["metrics"]}
        browser.close()
    return {
        "first_figure_seconds": round(first, 3),
        "all_figures_seconds": round(last, 3),
        "page_cpu_seconds": round(spent["TaskDuration"], 3),
    }


@contextmanager
def served(folder: Path) -> Iterator[tuple[str, int]]:
    """Serve a folder as long as a ``with`` lasts: the address, and the number of the process."""
    command = [sys.executable, "-m", "automl", "dashboard", str(folder), "--no-browser"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert server.stdout is not None
        line = next(line for line in server.stdout if "http://" in line)
        yield "http://" + line.partition("http://")[2].partition("/dashboard")[0], server.pid
    finally:
        server.terminate()
        server.communicate()


def measured(folder: Path, executable: str) -> dict[str, float]:
    """Return what the server's first answer took, and what opening the study took with a server just started."""
    with served(folder) as (address, pid):
        before, began = cpu_seconds(pid), time.perf_counter()
        with urllib.request.urlopen(f"{address}/api/studies/1") as said:
            body = said.read()
        answered = {
            "api_seconds": round(time.perf_counter() - began, 3),
            "api_cpu_seconds": round(cpu_seconds(pid) - before, 3),
            "api_bytes": len(body),
        }
    figures = [each["id"] for each in json.loads(body)["plotly_graph_objects"]]
    with served(folder) as (address, _):
        return {**answered, "figures": len(figures), **opening(address, executable, figures)}


def cpu_seconds(pid: int) -> float:
    """Return the seconds of the processor that a process has taken."""
    spent = psutil.Process(pid).cpu_times()
    return float(spent.user + spent.system)


def summary(path: Path) -> str:
    """Return a table: medians over the repeats of each number of trials."""
    records = [json.loads(line) for line in path.read_text().splitlines()]
    lines = [
        "| trials | openings | all figures drawn, s | longest, s | page's processor, s | server's answer, s "
        "| server's processor, s | answer, MB | load |",
        "| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for trials in sorted({record["trials"] for record in records}):
        runs = [record for record in records if record["trials"] == trials]
        median = partial(_median, runs)
        longest = max(run["all_figures_seconds"] for run in runs)
        lines.append(
            f"| {trials:,} | {len(runs)} | {median('all_figures_seconds'):.1f} | {longest:.1f} "
            f"| {median('page_cpu_seconds'):.1f} | {median('api_seconds'):.1f} | {median('api_cpu_seconds'):.1f} "
            f"| {median('api_bytes') / 1e6:.2f} | {median('load'):.1f} |"
        )
    return "\n".join(lines)


def _median(runs: list[dict[str, float]], name: str) -> float:
    return statistics.median(run[name] for run in runs)


def main() -> None:
    """Write a study, open it a few times and append a line each time."""
    from reporting.readme import insert

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=1000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--out", type=Path, default=HERE / "records" / "dashboard_open.jsonl")
    parser.add_argument("--into", type=Path, help="with --summary: put the table between its markers of this file")
    parser.add_argument("--summary", action="store_true", help="print the table of an existing record and end")
    options = parser.parse_args()
    if options.summary:
        print(summary(options.out))
        if options.into:
            insert(options.into, "dashboard_open", summary(options.out))
        return
    executable = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if executable is None:
        sys.exit("There is no Chromium on this machine; .ci/install-chromium installs it where it can.")
    with tempfile.TemporaryDirectory() as place:
        with RunFolder.create(Path(place) / "run") as folder:
            began = time.perf_counter()
            write_study(None, folder, options.trials)
            writing = time.perf_counter() - began
        for _ in range(options.repeats):
            load = os.getloadavg()[0]
            told = measured(folder.path, executable)
            record = {
                "trials": options.trials,
                "writing_seconds": round(writing, 1),
                "load": round(load, 1),
                **told,
                "version": automl.__version__,
                "when": time.strftime("%Y-%m-%dT%H:%M:%S"),
            }
            with options.out.open("a") as file:
                file.write(json.dumps(record) + "\n")
            print(record, flush=True)


if __name__ == "__main__":
    main()
