"""What `automl plan` notices about the public tables: every trap of their list, and what else it warns of.

    python benchmarks/findings.py [--tables adult,raw/telco_churn.csv] [--out FILE] [--summary]

Each table of ``AUTOML_DATA`` is planned as a user would, from its file. A finding is *listed* if ``traps.json`` names
it. Each other one is judged by hand in ``records/findings_judged.json``: "right" (whoever builds a model on this table
wants to know it) or "needless", with the reason; the record takes the judgement over, and one that has none is
"unjudged". One JSON line a table, written anew each time, with the seconds that the checks took.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import automl
from automl import preparing
from automl.checks import looking
from automl.values.finding import Finding

HERE = Path(__file__).resolve().parent
DATA = Path(os.environ.get("AUTOML_DATA", HERE.parent.parent / "shared" / "data"))
JUDGED = HERE / "records" / "findings_judged.json"
RAW = {
    "raw/telco_churn.csv": "Churn",
    "raw/house_prices.csv": "SalePrice",
    "raw/airline_sentiment_latin1.csv": "airline_sentiment",
    "raw/adult_train_noheader.csv": "14",
}
CODE = {
    "identifier": "identifier",
    "constant": "constant",
    "all_missing": "all-missing",
    "mostly_missing": "mostly-missing",
    "hidden_missing": "hidden-missing",
    "na_means_none": "none-or-missing",
    "duplicate_rows": "duplicate-rows",
    "group": "groups-split",
    "time_ordered": "time-order",
    "rare_class": "rare-class",
    "imbalance": "imbalance",
    "leak": "target-leak",
    "no_header": "no-header",
}
"""The code of a finding for each kind of trap."""


def tells(finding: Finding, trap: dict[str, Any], target: str) -> bool:
    """Tell whether a finding says what a trap does: the kind, the column, the number."""
    if finding.code != CODE[trap["kind"]]:
        return False
    if trap["column"] not in (None, target) and trap["column"] not in finding.columns:
        return False
    if "count" in trap and finding.evidence["count"] != trap["count"]:
        return False
    if "smallest" in trap and min(finding.evidence["rows"].values()) != trap["smallest"]:
        return False
    return not ("share" in trap and abs(finding.evidence["smallest"] - trap["share"]) >= 1e-3)


def tables(folder: Path = DATA) -> Iterator[tuple[str, Path, str, str]]:
    """Give each table's name, file, target and task."""
    for each in json.loads((folder / "index.json").read_text())["datasets"]:
        task = each["task"] if each["task"] in ("binary", "multiclass", "regression") else "auto"
        yield each["name"], folder / each["file"], each["target"], task
    for name, target in RAW.items():
        yield name, folder / name, target, "auto"


def one_table(name: str, path: Path, target: str, task: str, traps: list[dict[str, Any]]) -> dict[str, Any]:
    """Plan a table and return the record of what was noticed."""
    judged = {(each["table"], each["code"]): each for each in json.loads(JUDGED.read_text())}
    took: list[float] = []

    def timed(*arguments: Any, **options: Any) -> tuple[Finding, ...]:
        began = time.process_time()
        found = looking.look_at(*arguments, **options)
        took.append(time.process_time() - began)
        return found

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", automl.AutoMLWarning)
        preparing.look_at = timed
        began = time.process_time()
        plan = automl.plan(path, target, task=task, time_budget="5m")
        seconds = time.process_time() - began
    findings = []
    for each in plan.noticed:
        listed = any(tells(each, trap, target) for trap in traps)
        judgement = judged.get((name, each.code), {"judgement": "unjudged", "why": ""})
        findings.append(
            {
                "code": each.code,
                "severity": each.severity,
                "sentence": each.sentence,
                "judgement": "listed" if listed else judgement["judgement"],
                "why": "" if listed else judgement["why"],
            }
        )
    missed = [trap for trap in traps if not any(tells(each, trap, target) for each in plan.noticed)]
    return {
        "table": name,
        "rows": plan.n_rows,
        "columns": len(plan.schema),
        "traps": len(traps),
        "missed": missed,
        "findings": findings,
        "seconds": round(took[-1], 2),
        "plan_seconds": round(seconds, 2),
        "version": automl.__version__,
        "python": platform.python_version(),
    }


def summary(path: Path) -> str:
    """Return a table of what was found, and a sentence on what was needless."""
    records = [json.loads(line) for line in path.read_text().splitlines()]
    lines = [
        "| table | rows | columns | traps listed | missed | besides: right | needless | CPU seconds of checks |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    totals = dict.fromkeys(("listed", "right", "needless", "unjudged"), 0)
    graver = 0
    for each in records:
        of = {kind: [f for f in each["findings"] if f["judgement"] == kind] for kind in totals}
        for kind in totals:
            totals[kind] += len(of[kind])
        graver += sum(f["severity"] != "note" for f in of["needless"])
        size = f"{each['rows']:,} | {each['columns']}"
        lines.append(
            f"| {each['table']} | {size} | {each['traps']} | {len(each['missed'])} | {_codes(of['right'])} | "
            f"{_codes(of['needless'] + of['unjudged'])} | {each['seconds']} |"
        )
    n = len(records)
    traps, missed = sum(each["traps"] for each in records), sum(len(each["missed"]) for each in records)
    return "\n".join(
        [
            *lines,
            "",
            f"{traps - missed} of {traps} traps are found on {n} tables. Besides, there are {totals['right']} findings "
            f"that were judged right and {totals['needless']} needless ones ({graver} of them warnings): "
            f"{totals['needless'] / n:.2f} a table.",
        ]
    )


def _codes(findings: list[dict[str, Any]]) -> str:
    return ", ".join(each["code"] for each in findings) or "–"


def main() -> None:
    """Plan each table and write its line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", default="")
    parser.add_argument("--out", type=Path, default=HERE / "records" / "findings.jsonl")
    parser.add_argument("--summary", action="store_true", help="print the table of an existing record and end")
    options = parser.parse_args()
    if options.summary:
        print(summary(options.out))
        return
    wanted = {name for name in options.tables.split(",") if name}
    traps = json.loads((DATA / "traps.json").read_text())
    lines = []
    for name, path, target, task in tables():
        if wanted and name not in wanted:
            continue
        record = one_table(name, path, target, task, traps[name])
        lines.append(json.dumps(record))
        told = ", ".join(f"{each['code']} ({each['judgement']})" for each in record["findings"])
        print(f"{name}: {len(record['missed'])} missed; {told}; {record['seconds']} s", flush=True)
    options.out.write_text("".join(f"{line}\n" for line in lines))


if __name__ == "__main__":
    main()
