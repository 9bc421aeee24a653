"""A report's contents: which sections it has, and what each says of the records.

Every section is a function from records or :class:`~reporting.results.Results` to blocks, so that other scripts can
take some of them. Nothing is compared that not all compared systems ran; what was left out is said.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import combinations

from reporting.blocks import Block, Heading, Paragraph, Picture, Table
from reporting.comparability import batches, objections, versions
from reporting.pictures import (
    budget_picture,
    critical_difference_picture,
    pairs_picture,
    scaled_picture,
    trade_picture,
)
from reporting.readme import NOTHING
from reporting.resources import allowed, failures, took
from reporting.results import Record, Results, arrange, is_missing, label, rows_of, score_of
from reporting.standing import FEWEST_TABLES, REFERENCE, Ranking, cliques, pairs, rank, scaled

METRICS = {"auc": "AUC, higher is better", "log_loss": "log loss, lower is better", "rmse": "RMSE, lower is better"}


def report(records: Sequence[Record], title: str = "Benchmark report", reference: str = REFERENCE) -> list[Block]:
    """Return a whole report of the records."""
    groups = arrange(records)
    if not groups:
        return [Heading(title, 1), Paragraph(NOTHING), *not_run(records)]
    blocks = [Heading(title, 1), *which_records(records)]
    for results in groups:
        if len(groups) > 1:
            blocks.append(Heading(f"{results.budget:g} s on {results.cores} cores", 1))
        name = f"{results.budget:g}s-{results.cores}cores"
        blocks += scores(results)
        blocks += standing(results, reference, name)
        blocks += pairwise(results, name)
        blocks += cost(results, reference, name)
        blocks += failed(results)
    return [*blocks, *not_run(records)]


def which_records(records: Sequence[Record]) -> list[Block]:
    """Return what ran, on which tables, where and when, and whether it may be compared."""
    groups = arrange(records)
    ran = [run for results in groups for _, run in sorted(results.runs.items())]
    blocks: list[Block] = [Heading("Records")]
    blocks += [Paragraph(sentence, is_warning=True) for sentence in objections(ran)]
    told = "; ".join(f"{results.budget:g} s on {results.cores} cores" for results in groups)
    said = f"{len(ran)} runs with a time budget of {told}."
    n_replaced = sum(not is_missing(record) for record in records) - len(ran)
    if n_replaced:
        said += f" {n_replaced} earlier runs were made again and are not shown."
    blocks.append(Paragraph(said))
    counted = Counter(map(label, ran))
    rows = [[name, ", ".join(each), str(counted[name])] for name, each in versions(ran).items()]
    blocks += [Table(("system", "version", "runs"), rows, n_left=2), _tables(ran)]
    rows = []
    for batch in batches(ran):
        seconds = "unknown" if batch.calibration is None else "–".join(f"{each:.2f}" for each in batch.calibration)
        rows.append([batch.name, batch.machine, ", ".join(batch.systems), str(batch.n_runs), seconds])
    blocks.append(Table(("batch", "machine", "systems", "runs", "calibration, s"), rows, n_left=3))
    return blocks


def scores(results: Results) -> list[Block]:
    """Return the score of every system on every table: medians over the seeds, the best of a table in bold."""
    rows = []
    for table in results.tables:
        metric = results.metric(table)
        n_seeds = {system: len(results.seeds(table, [system])) for system in results.systems}
        ran = [system for system in results.systems if n_seeds[system]]
        common = results.seeds(table, ran)
        least = min((results.error(system, table, common) for system in ran), default=math.nan) if common else math.nan
        cells = []
        for system in results.systems:
            text = _score_in_words(results.error(system, table), metric) if system in ran else "–"
            if system in ran and math.isfinite(least) and results.error(system, table, common) == least:
                text = f"**{text}**"
            most = max(n_seeds.values())
            cells.append(text if n_seeds[system] in (0, most) else f"{text} ({n_seeds[system]} of {most} seeds)")
        rows.append([table, metric, *cells])
    said = (
        "The median over the seeds, on rows that no system saw; a failed run counts as worse than any other. Bold: the "
        "best on the seeds that all have in common. “–”: not run."
    )
    return [Heading("Scores"), Paragraph(said), Table(("table", "score", *results.systems), rows, n_left=2)]


def standing(results: Results, reference: str = REFERENCE, name: str = "all") -> list[Block]:
    """Return mean ranks with their critical difference, and scaled scores."""
    ranking, scaling = rank(results), scaled(results, reference)
    blocks: list[Block] = [Heading("Standing"), Paragraph(_over_which(results, ranking.tables))]
    if not ranking.tables:
        return blocks
    rows = []
    for system in sorted(results.systems, key=lambda each: (ranking.ranks[each], each)):
        values = list(scaling[system].values())
        mean = f"{sum(values) / len(values):.3f}" if values else "–"
        best = sum(
            results.error(system, table, results.seeds(table))
            == min(results.error(each, table, results.seeds(table)) for each in results.systems)
            < math.inf
            for table in ranking.tables
        )
        rows.append([system, f"{ranking.ranks[system]:.2f}", mean, str(best)])
    blocks.append(Table(("system", "mean rank", "mean scaled score", "best on"), rows))
    if any(scaling.values()):
        blocks.append(Paragraph(_scaling_in_words(reference)))
        caption = "Scaled scores: a point a table, a line the mean."
        blocks.append(Picture(f"scaled-{name}", scaled_picture(scaling, reference), caption))
    else:
        blocks.append(Paragraph(f"There is no scaled score, because there is no complete table with {reference}."))
    if math.isnan(ranking.critical_difference):
        return [*blocks, Paragraph("Two systems and two tables are needed to ask whether the ranks differ.")]
    blocks.append(Paragraph(_significance_in_words(ranking)))
    caption = "Mean ranks, the best on the left. A bar joins systems that do not differ significantly (Nemenyi, 5 %)."
    return [*blocks, Picture(f"ranks-{name}", critical_difference_picture(ranking), caption)]


def pairwise(results: Results, name: str = "all", against: str | None = None) -> list[Block]:
    """Return wins, losses and ties of pairs on their common runs, with a test."""
    found = pairs(results, against)
    if not found:
        return []
    rows = []
    for pair in found:
        played = pair.wins + pair.losses + pair.ties
        counts = map(str, (played, pair.wins, pair.losses, pair.ties))
        tests = ("–" if math.isnan(p) else f"{p:.3f}" for p in (pair.p, pair.corrected_p))
        rows.append([pair.first, pair.second, *counts, *tests])
    said = (
        "Tables on which the first has the better score, the worse, the same; on common tables and seeds only. The "
        "p-value is of Wilcoxon's signed-rank test over the tables (relative differences of the errors: 1 − AUC, log "
        f"loss, RMSE), corrected by Holm's method for {len(found)} pairs beside it."
    )
    if max(pair.wins + pair.losses + pair.ties for pair in found) < FEWEST_TABLES:
        said += f" With fewer than {FEWEST_TABLES} tables p can't fall below 5 %."
    header = ("first", "second", "tables", "wins", "losses", "ties", "p", "p by Holm")
    blocks: list[Block] = [Heading("Pairs"), Paragraph(said), Table(header, rows, n_left=2)]
    if against is None and len(results.systems) > 2:
        caption = "Tables won by the row's system : by the column's; the bluer, the more often the row is ahead."
        blocks.append(Picture(f"pairs-{name}", pairs_picture(found, results.systems), caption))
    return blocks


def cost(results: Results, reference: str = REFERENCE, name: str = "all") -> list[Block]:
    """Return seconds, budget kept, cores kept busy, memory, latency and size."""
    times, use = [], []
    for system in results.systems:
        each = took(results, system)
        kept = f"{each.n_over} of {each.n_runs} ({100 * each.n_over / each.n_runs:.0f} %)"
        worst = "–" if math.isnan(each.worst) else f"{each.worst:.2f} ×"
        busy = "–" if math.isnan(each.utilisation) else f"{100 * each.utilisation:.0f} %"
        seconds = map(_number, (each.fit_seconds, each.import_seconds, each.cpu_seconds))
        times.append([system, kept, worst, *seconds, busy])
        use.append([system, *map(_number, (each.memory_mb, each.one_row_ms, each.rows_per_second, each.size_mb))])
    limit = allowed(results.budget)
    said = (
        f"Over budget is a fit of more than {limit:g} s (the budget and 1 s or 2 %, whichever is more) or one that "
        "had to be stopped. Medians over runs; imports come on top of the fit. Busy: CPU seconds of the fit ÷ (cores "
        "× its wall seconds)."
    )
    header = ("system", "over budget", "longest ÷ budget", "fit, s", "imports, s", "CPU, s", "busy")
    blocks: list[Block] = [Heading("Time"), Paragraph(said), Table(header, times)]
    shares = {
        system: [run["fit_seconds"] / results.budget for run in results.of(system) if run.get("fit_seconds")]
        for system in results.systems
    }
    caption = "Seconds of each fit as a share of the budget."
    blocks.append(Picture(f"budget-{name}", budget_picture(shares, limit / results.budget), caption))
    said = (
        "Memory is the highest peak of the whole process tree over the runs, imports to predictions; latency (one "
        "row in, one prediction out), throughput and size of the saved model are medians."
    )
    header = ("system", "peak memory, MB", "one row, ms", "rows/s", "size, MB")
    blocks += [Heading("Memory, latency, size"), Paragraph(said), Table(header, use)]
    scaling = scaled(results, reference)
    points = {}
    for system in results.systems:
        latency = took(results, system).one_row_ms
        if scaling[system] and latency > 0:
            points[system] = latency, sum(scaling[system].values()) / len(scaling[system])
    if len(points) > 1:
        picture = trade_picture(points, "one row, ms", "mean scaled score")
        blocks.append(Picture(f"latency-{name}", picture, "Quality against latency: up and left is better."))
    return blocks


def failed(results: Results) -> list[Block]:
    """Return the failed runs with their reasons."""
    rows = [[system, table, reason, str(count)] for system, table, reason, count in failures(results)]
    blocks: list[Block] = [Heading("Failures")]
    if not rows:
        return [*blocks, Paragraph("No run failed.")]
    return [*blocks, Table(("system", "table", "reason", "runs"), rows, n_left=3)]


def not_run(records: Sequence[Record]) -> list[Block]:
    """Return the systems whose environments could not be built."""
    found = sorted({(label(record), record["failure"]["reason"]) for record in records if is_missing(record)})
    ran = {label(record) for record in records if not is_missing(record)}
    rows = [[name, reason] for name, reason in found if name not in ran]
    if not rows:
        return []
    said = "The environments of these could not be built, so they are not compared."
    return [Heading("Not run"), Paragraph(said), Table(("system", "reason"), rows, n_left=2)]


def _tables(records: Sequence[Record]) -> Table:
    """Return the tables that the records are of: one row for each name, hash and metric."""
    grouped: dict[tuple[str, str, str], list[Record]] = defaultdict(list)
    for record in records:
        grouped[rows_of(record)].append(record)
    rows = []
    for (name, digest, metric), runs in sorted(grouped.items()):
        known = next((run for run in runs if run.get("n_train") is not None), None)
        sizes = ["–", "–"] if known is None else [f"{known['n_train']:,}", f"{known['n_test']:,}"]
        seeds = str(len({run["seed"] for run in runs}))
        rows.append([name, str(runs[0]["task"]), METRICS.get(metric, metric), digest or "unknown", *sizes, seeds])
    return Table(("table", "task", "score", "hash", "training rows", "test rows", "seeds"), rows, n_left=4)


def _score_in_words(error: float, metric: str) -> str:
    return "failed" if math.isinf(error) else f"{score_of(error, metric):.5g}"


def _over_which(results: Results, tables: Sequence[str]) -> str:
    said = f"Over the {len(tables)} of {len(results.tables)} tables on which all {len(results.systems)} systems ran"
    said += ", with the seeds that all of them have; ties share a rank, failed runs come last."
    absent = []
    for table in results.tables:
        if table not in tables:
            lacking = [system for system in results.systems if not results.seeds(table, [system])]
            absent.append(f"{table} ({'no run of ' + ', '.join(lacking) if lacking else 'no common seed'})")
    return said + (f" Left out: {'; '.join(absent)}." if absent else "")


def _scaling_in_words(reference: str) -> str:
    return (
        f"The scaled score of a table is (e_ref − e) ÷ (e_ref − e_best) with e_ref the error of {reference} and "
        "e_best the lowest error of the systems shown: 0 is as good as the reference, 1 the best; it is cut off at "
        "−1, which a failed run gets, and whatever is worse than a reference that is itself the best. This is the "
        "scale of AMLB (Gijsbers et al., JMLR 2024), from a random forest to the best observed, which runs there "
        "from −1 to 0."
    )


def _significance_in_words(ranking: Ranking) -> str:
    friedman = ""
    if not math.isnan(ranking.friedman_p):
        friedman = f"Friedman's test that all are alike: p = {ranking.friedman_p:.3g}. "
    apart = [
        (first, second)
        for first, second in combinations(sorted(ranking.ranks, key=lambda each: ranking.ranks[each]), 2)
        if not any({first, second} <= set(group) for group in cliques(ranking))
    ]
    said = f"{friedman}Mean ranks differ significantly (Nemenyi, 5 %) when {ranking.critical_difference:.2f} apart: "
    return said + ("; ".join(f"{first} is ahead of {second}" for first, second in apart) if apart else "none are") + "."


def _number(value: float) -> str:
    if math.isnan(value):
        return "–"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
