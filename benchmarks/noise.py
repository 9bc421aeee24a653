"""How often a report calls a model useful that can't be: searches of tables in which nothing tells the target.

    python benchmarks/noise.py [--seeds 0,…,59] [--out FILE] [--summary]

160 rows, two columns of normal numbers, one of two levels, and labels dealt out at random, half of each. Each seed is
searched twice, in this process: with two candidates, and with twelve of four families. Counted is how often the 95 %
interval of the best one's ROC AUC (out of fold) leaves 0.5 out, which a reader might take for a proof, and how often
the executive page says that it predicts better than guessing. One JSON line for a search is appended to the record
file; what is in it already is skipped.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

HERE = Path(__file__).resolve().parent
SEARCHES = {3: ["lightgbm", "linear"], 13: ["lightgbm", "linear", "extra_trees", "hist_gradient_boosting"]}
DOUBT = ("It is no better than guessing", "It may be no better than guessing")
ROWS = 160


def make_table(seed: int) -> pd.DataFrame:
    """Return rows whose columns say nothing about the target."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"a": rng.normal(size=ROWS), "b": rng.normal(size=ROWS), "c": rng.choice(["u", "v"], ROWS)})
    return frame.assign(y=rng.permutation(np.repeat(["no", "yes"], ROWS // 2)))


def one_search(seed: int, n_trials: int) -> dict[str, Any]:
    """Search one table, the dummy being one of the trials, and return what is said of the best."""
    import automl

    with tempfile.TemporaryDirectory() as folder:
        run = automl.fit(
            make_table(seed),
            "y",
            n_trials=n_trials,
            time_budget=None,
            algorithms=SEARCHES[n_trials],
            cv=3,
            engine="inprocess",
            out=Path(folder) / "run",
            verbose=0,
        )
        assessment = run.evaluate()
        page = run.report(Path(folder) / "page.html", audience="executive").read_text(encoding="utf-8")
    low, high = assessment.bounds["roc_auc"]
    return {
        "seed": seed,
        "trials": n_trials,
        "best": str(run.leaderboard["id"].iloc[0]),
        "roc_auc": round(assessment.values["roc_auc"], 4),
        "low": round(low, 4),
        "high": round(high, 4),
        "called_useful": not any(words in page for words in DOUBT),
        "version": automl.__version__,
    }


def summary(path: Path) -> str:
    """Return a table: how often the interval, and how often the page, takes noise for a model."""
    if not path.exists():
        return "No runs are recorded yet."
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    lines = [
        "| candidates | searches | median AUC of the best | interval above 0.5 | called better than guessing |",
        "| ---: | ---: | ---: | ---: | ---: |",
    ]
    for n_trials in SEARCHES:
        found = [each for each in records if each["trials"] == n_trials]
        if found:
            above, useful = sum(each["low"] > 0.5 for each in found), sum(each["called_useful"] for each in found)
            median = np.median([each["roc_auc"] for each in found])
            shares = f"{above} ({above / len(found):.0%}) | {useful} ({useful / len(found):.0%})"
            lines.append(f"| {n_trials - 1} | {len(found)} | {median:.3f} | {shares} |")
    return "\n".join(lines)


def main() -> None:
    """Search what is not recorded yet, or print the table of a record."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", default=",".join(map(str, range(60))))
    parser.add_argument("--trials", default=",".join(map(str, SEARCHES)))
    parser.add_argument("--out", type=Path, default=HERE / "records" / "noise.jsonl")
    parser.add_argument("--summary", action="store_true", help="print the table of an existing record and end")
    given = parser.parse_args()
    if not given.summary:
        lines = given.out.read_text(encoding="utf-8").splitlines() if given.out.exists() else []
        done = {(each["seed"], each["trials"]) for each in map(json.loads, lines)}
        for n_trials in map(int, given.trials.split(",")):
            for seed in map(int, given.seeds.split(",")):
                if (seed, n_trials) not in done:
                    with given.out.open("a", encoding="utf-8") as file:
                        file.write(json.dumps(one_search(seed, n_trials)) + "\n")
    print(summary(given.out))


if __name__ == "__main__":
    main()
