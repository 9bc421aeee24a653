"""The section on scores over time, from the records of ``anytime.py``."""

from __future__ import annotations

from collections.abc import Sequence

from reporting.blocks import Block, Heading, Paragraph, Picture, Table
from reporting.pictures import lines_picture
from reporting.results import Record

SHARES = (0.1, 0.25, 0.5, 1.0)


def is_curve(record: Record) -> bool:
    """Tell whether a record holds the score over time."""
    return bool(record.get("extra", {}).get("points"))


def best_until(record: Record, seconds: float) -> float | None:
    """Return the best validation score that a run had after so many seconds; ``None`` before the first."""
    found = [point["best"] for point in record["extra"]["points"] if point["seconds"] <= seconds]
    return found[-1] if found else None


def curve_table(records: Sequence[Record]) -> Table:
    """Return the best validation score of each run after a tenth, a quarter, half and all of its budget."""
    header = ["table", "system", "score", "seed", "budget, s", "first after, s"]
    header += [f"after {100 * share:.0f} %" for share in SHARES] + ["ensemble"]
    rows = []
    for record in sorted(records, key=lambda each: (each["table"], each["budget"], each["seed"], each["system"])):
        course = record["extra"]
        first = next((point["seconds"] for point in course["points"] if point["best"] is not None), None)
        at = [best_until(record, share * record["budget"]) for share in SHARES]
        told = ["–" if each is None else f"{each:.5g}" for each in [*at, course["ensemble"]]]
        name = [record["table"], record["system"], course["validation_metric"]]
        name += [str(record["seed"]), f"{record['budget']:g}"]
        rows.append([*name, "–" if first is None else f"{first:.1f}", *told])
    return Table(header, rows, n_left=3)


def curves(records: Sequence[Record]) -> list[Block]:
    """Return the table and a picture for each table; nothing without records."""
    if not records:
        return []
    said = (
        "The best validation score so far (cross-validation, not rows kept apart), by the seconds since the call at "
        "which each trial ended. The ensemble is built once, at the end."
    )
    blocks: list[Block] = [Heading("Score over time"), Paragraph(said), curve_table(records)]
    for name in sorted({record["table"] for record in records}):
        lines, metric = {}, ""
        for record in records:
            points = [point for point in record["extra"]["points"] if point["best"] is not None]
            if record["table"] == name and points:
                metric = record["extra"]["validation_metric"]
                end = max(record["extra"]["seconds"], points[-1]["seconds"])
                times, values = [point["seconds"] for point in points], [point["best"] for point in points]
                lines[_line(record)] = [*times, end], [*values, values[-1]]
        if lines:
            picture = lines_picture(lines, "seconds since the call", f"best {metric} so far", steps=True)
            blocks.append(Picture(f"anytime-{name}", picture, f"{name}: best {metric} so far."))
    return blocks


def _line(record: Record) -> str:
    setting = "" if record.get("setting") is None else f"{record['setting']}, "
    return f"{record['system']}, {setting}{record['budget']:g} s, seed {record['seed']}"
