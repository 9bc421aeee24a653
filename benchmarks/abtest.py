"""How often the A/B test is wrong and how soon it is right, by simulation, written as a record.

    python benchmarks/abtest.py [--simulations 4000]
    python benchmarks/abtest.py --summary

Every simulated test is looked at after each row of an arm. Without a difference, the share of tests that ever find one
must not be above 5 %; a test that is looked at in the usual way shows what it would be. With the planned difference,
the share that finds it in the planned rows must be the planned power. The record is `benchmarks/records/abtest.json`.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from automl.comparison.live.planning import plan
from automl.comparison.live.sample_ratio import ALPHA, sample_ratio_p
from automl.comparison.live.sequences import FIRST_ROWS, Bernstein, bernstein_interval, boundary, error_and_progress

RECORD = Path(__file__).parent / "records" / "abtest.json"
LEVEL = 0.95
ROWS = 2000
_AT_ONCE = 500

Draw = Callable[[np.random.Generator, tuple[int, int]], np.ndarray]


def hits(rate: float) -> Draw:
    """Return a draw of values 0 and 1."""
    return lambda rng, shape: (rng.random(shape) < rate).astype(float)


VALUES: dict[str, tuple[str, Draw]] = {
    "rate of 1 %": ("rate", hits(0.01)),
    "rate of 10 %": ("rate", hits(0.1)),
    "rate of 50 %": ("rate", hits(0.5)),
    "normal values": ("mean", lambda rng, shape: rng.standard_normal(shape)),
    "exponential values": ("mean", lambda rng, shape: rng.exponential(size=shape)),
    "lognormal values": ("mean", lambda rng, shape: rng.lognormal(size=shape)),
    "3 % of users spend": ("mean", lambda rng, shape: (rng.random(shape) < 0.03) * rng.lognormal(3, 1, shape)),
}


def paths(values: np.ndarray, kind: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the running mean and the running variance of a value, as the test estimates them."""
    n = np.arange(1, values.shape[1] + 1)
    total = values.cumsum(axis=1)
    if kind == "rate":
        rate = (total + 1) / (n + 2)
        return total / n, rate * (1 - rate)
    return total / n, ((values**2).cumsum(axis=1) - total**2 / n) / np.maximum(n - 1, 1)


def standard_errors(
    a: np.ndarray, b: np.ndarray, kind: str, every: int = 1
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the difference of the means, its standard error and the progress, after each row of ``a``.

    Parameters
    ----------
    every
        Rows of ``b`` that come with one of ``a``.
    """
    mean_a, of_a = paths(a, kind)
    mean_b, of_b = (each[:, every - 1 :: every] for each in paths(b, kind))
    n = np.arange(1, a.shape[1] + 1)
    error, progress = error_and_progress(n, of_a, n * every, of_b)
    return mean_b - mean_a, error, progress


def ever_outside(
    draw: Draw,
    kind: str,
    rng: np.random.Generator,
    simulations: int,
    *,
    rows: int = ROWS,
    effect: float = 0.0,
    every: int = 1,
    z: float | None = None,
) -> tuple[float, float]:
    """Return the share of tests whose interval ever leaves ``effect`` outside, and the mean of the rows that took.

    Parameters
    ----------
    z
        Standard errors of the usual test, which is looked at as often; ``None`` takes the sequence's.
    """
    found, taken = 0, 0.0
    for start in range(0, simulations, _AT_ONCE):
        size = min(_AT_ONCE, simulations - start)
        a, b = draw(rng, (size, rows)), draw(rng, (size, rows * every))
        difference, error, progress = standard_errors(a, b, kind, every)
        with np.errstate(divide="ignore", invalid="ignore"):
            reach = (boundary(progress / rows, LEVEL) if z is None else z) * error
            outside = np.abs(difference - effect) > reach
        outside[:, : FIRST_ROWS - 1] = False
        ever = outside.any(axis=1)
        found += int(ever.sum())
        taken += float(np.where(ever, outside.argmax(axis=1) + 1, rows).sum())
    return found / simulations, taken / simulations


def power(
    baseline: float, effect: float, rng: np.random.Generator, simulations: int, std: float | None = None
) -> dict[str, Any]:
    """Return what a planned test finds and how many rows it takes, beside what was planned."""
    planned = plan(baseline, effect, std=std)
    kind = "rate" if std is None else "mean"
    found, taken = 0, 0.0
    for start in range(0, simulations, _AT_ONCE):
        size = (min(_AT_ONCE, simulations - start), planned.most)
        if std is None:
            a, b = hits(baseline)(rng, size), hits(baseline + effect)(rng, size)
        else:
            a, b = rng.normal(baseline, std, size), rng.normal(baseline + effect, std, size)
        difference, error, progress = standard_errors(a, b, kind)
        with np.errstate(divide="ignore", invalid="ignore"):
            better = difference > boundary(progress / planned.most, LEVEL) * error
        better[:, : FIRST_ROWS - 1] = False
        ever = better.any(axis=1)
        found += int(ever.sum())
        taken += float(np.where(ever, better.argmax(axis=1) + 1, planned.most).sum())
    return {
        "planned_power": planned.power,
        "power": found / simulations,
        "most": planned.most,
        "expected": planned.expected,
        "rows": taken / simulations,
        "fixed": planned.fixed,
    }


def exact_outside(rate: float, rng: np.random.Generator, simulations: int, rows: int = ROWS) -> float:
    """Return the share of tests of two equal rates whose exact interval ever leaves 0 outside."""
    level = 1 - (1 - LEVEL) / 2
    found = 0
    for start in range(0, simulations, _AT_ONCE):
        shape = (min(_AT_ONCE, simulations - start), rows)
        bounds = []
        for _ in range(2):
            _, _, weights, weighted, spent = Bernstein(level).path(hits(rate)(rng, shape))
            bounds.append(bernstein_interval(weights, weighted, spent, level))
        (low_a, high_a), (low_b, high_b) = bounds
        found += int(((low_b > high_a) | (low_a > high_b)).any(axis=1).sum())
    return found / simulations


def ratio_alarms(share: float, rng: np.random.Generator, simulations: int, rows: int = 20_000) -> float:
    """Return the share of tests that ever say sample ratio mismatch, looked at a hundred times."""
    looks = np.arange(rows // 100, rows + 1, rows // 100)
    first = rng.binomial(rows // 100, share, (simulations, 100)).cumsum(axis=1)
    alarms = [
        any(sample_ratio_p([one, n - one], [0.5, 0.5]) < ALPHA for one, n in zip(row, looks, strict=True))
        for row in first.tolist()
    ]
    return float(np.mean(alarms))


def measure(simulations: int, seed: int = 0) -> dict[str, Any]:
    """Return all rates."""
    rng = np.random.default_rng(seed)
    usual = float(stats.norm.ppf((1 + LEVEL) / 2))
    nothing = {
        name: {
            "sequence": ever_outside(draw, kind, rng, simulations)[0],
            "uneven arms": ever_outside(draw, kind, rng, simulations, rows=ROWS // 4, every=9)[0],
            "usual test": ever_outside(draw, kind, rng, simulations, z=usual)[0],
        }
        for name, (kind, draw) in VALUES.items()
    }
    exact = {f"rate of {100 * rate:.0f} %": exact_outside(rate, rng, simulations) for rate in (0.1, 0.5)}
    few = max(simulations // 10, 100)
    return {
        "false_findings": nothing,
        "exact": exact,
        "power": {
            "rate of 10 %, 4 points more": power(0.10, 0.04, rng, simulations),
            "rate of 50 %, 5 points more": power(0.50, 0.05, rng, simulations),
            "normal values, 0.2 deviations more": power(5.0, 0.4, rng, simulations, std=2.0),
        },
        "sample_ratio": {
            "even": ratio_alarms(0.5, rng, few * 5),
            "48 to 52": ratio_alarms(0.48, rng, few),
        },
    }


def summary(path: Path) -> str:
    """Return tables of a record."""
    record = json.loads(path.read_text(encoding="utf-8"))
    rates = record["rates"]
    lines = [
        "| no difference between the arms | ever found one | arms of 10 % and 90 % | usual test, looked at as often |",
        "| --- | ---: | ---: | ---: |",
    ]
    for name, told in rates["false_findings"].items():
        lines.append(f"| {name} | " + " | ".join(f"{100 * share:.1f} %" for share in told.values()) + " |")
    lines += [f"| {name}, exact | {100 * share:.1f} % | | |" for name, share in rates["exact"].items()]
    lines += [
        "",
        "| a difference | power planned | found | rows at most | rows on average, planned | taken | looked at once |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, told in rates["power"].items():
        shares = f"{100 * told['planned_power']:.0f} % | {100 * told['power']:.1f} %"
        rows = f"{told['most']:,} | {told['expected']:,} | {told['rows']:,.0f} | {told['fixed']:,}"
        lines.append(f"| {name} | {shares} | {rows} |")
    lines += ["", "| shares of 20,000 rows | ever said sample ratio mismatch |", "| --- | ---: |"]
    lines += [f"| {name} | {100 * share:.2f} % |" for name, share in rates["sample_ratio"].items()]
    return "\n".join(lines)


def main() -> None:
    """Simulate and write the record, or print the tables of one."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--simulations", type=int, default=4000)
    parser.add_argument("--out", type=Path, default=RECORD)
    parser.add_argument("--summary", action="store_true", help="print the tables of an existing record and end")
    options = parser.parse_args()
    if not options.summary:
        record = {
            "what": "error rates of the A/B test by simulation, looked at after every row",
            "command": f"python benchmarks/abtest.py --simulations {options.simulations}",
            "date": time.strftime("%Y-%m-%d"),
            "python": platform.python_version(),
            "simulations": options.simulations,
            "rows": ROWS,
            "level": LEVEL,
            "rates": measure(options.simulations),
        }
        options.out.parent.mkdir(exist_ok=True)
        options.out.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    print(summary(options.out))


if __name__ == "__main__":
    main()
