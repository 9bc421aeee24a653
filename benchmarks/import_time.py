"""How long ``import automl`` and ``automl --help`` take: medians of fresh processes, written as a record.

    python benchmarks/import_time.py [--repeats 11]

The record, ``benchmarks/records/import_time.json``, also has an empty interpreter's start, to compare with.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path

RECORD = Path(__file__).parent / "records" / "import_time.json"
PROGRAMS = {
    "python -c pass": ["-c", "pass"],
    "import automl": ["-c", "import automl"],
    "automl --help": ["-m", "automl", "--help"],
    "automl --version": ["-m", "automl", "--version"],
}


def seconds(arguments: list[str]) -> float:
    """Return the wall seconds of one fresh interpreter."""
    started = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def main() -> None:
    """Time every program, take turns, and write the record."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=11)
    repeats = parser.parse_args().repeats
    times: dict[str, list[float]] = {name: [] for name in PROGRAMS}
    for _ in range(repeats):  # in turns, so that a busy moment hits all of them
        for name, arguments in PROGRAMS.items():
            times[name].append(seconds(arguments))
    record = {
        "what": "wall seconds of a fresh process, bytecode compiled",
        "command": "python benchmarks/import_time.py",
        "date": time.strftime("%Y-%m-%d"),
        "python": platform.python_version(),
        "system": platform.system(),
        "cores": os.cpu_count(),
        "repeats": repeats,
        "median_seconds": {name: round(statistics.median(each), 4) for name, each in times.items()},
        "max_seconds": {name: round(max(each), 4) for name, each in times.items()},
    }
    RECORD.parent.mkdir(exist_ok=True)
    RECORD.write_text(json.dumps(record, indent=2) + "\n")
    print(json.dumps(record["median_seconds"], indent=2))


if __name__ == "__main__":
    main()
