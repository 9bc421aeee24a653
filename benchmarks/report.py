"""Who is ahead, by how much, and at what cost: tables and pictures from records alone.

    python benchmarks/report.py records/compare.jsonl [MORE …] [--markdown FILE] [--html FILE] [--pictures FOLDER]
        [--systems automl,flaml] [--tables adult,letter] [--budget 60] [--into README.md --marker compare]

Without a file to write to, the Markdown is printed. Files may hold records of ``compare.py``, ``ablation.py`` and
``anytime.py`` in any order; the same records always give the same bytes. ``--html`` writes one page with the pictures
in it, which asks no other address for anything. ``--into`` puts the short form (scores and standing) between the
markers ``<!-- NAME -->`` and ``<!-- /NAME -->`` of a Markdown file.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness.errors import BadInput, Parser, closest, names, script
from harness.records import read_records
from reporting.blocks import Block, Heading, Paragraph, Picture, to_html, to_markdown
from reporting.contents import cost, failed, not_run, pairwise, report, scores, standing, which_records
from reporting.curves import curves, is_curve
from reporting.readme import NOTHING, as_section, insert
from reporting.results import arrange, label

HERE = Path(__file__).resolve().parent


def summary(path: Path) -> str:
    """Return the short form for a README: scores, standing, pairs and cost; a sentence if there are no runs."""
    groups = arrange(records := runs_of(read_records(path)))
    if not groups:
        return NOTHING
    blocks: list[Block] = [block for block in which_records(records) if isinstance(block, Paragraph)]
    for results in groups:
        if len(groups) > 1:
            blocks.append(Heading(f"On {results.cores} cores for {results.budget:g} s"))
        blocks += scores(results)
        blocks += standing(results)
        blocks += pairwise(results, against="automl" if "automl" in results.systems else None)
        blocks += cost(results)
        blocks += failed(results)
    return as_section([*blocks, *not_run(records)], lower=1)


def runs_of(records: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the records that are runs of a system, not curves."""
    return [record for record in records if not is_curve(record)]


def read(paths: Sequence[Path]) -> list[dict[str, Any]]:
    """Return the records of several files.

    Raises
    ------
    BadInput
        If a file is missing.
    """
    for path in paths:
        if not path.exists():
            near = closest(path.name, sorted(each.name for each in path.parent.glob("*.jsonl")))
            raise BadInput(f"There is no record file {path}.{near} Name JSON-lines files that compare.py wrote.")
    return [record for path in paths for record in read_records(path)]


def narrowed(
    records: Sequence[dict[str, Any]], systems: list[str] | None, tables: list[str] | None, budget: float | None
) -> list[dict[str, Any]]:
    """Return the records of these systems, tables and budget; ``None`` means all.

    Raises
    ------
    BadInput
        If one of them is in no record.
    """
    for what, wanted, known in (
        ("system", systems, {label(record) for record in records}),
        ("table", tables, {str(record["table"]) for record in records}),
        ("budget", [] if budget is None else [f"{budget:g}"], {f"{record['budget']:g}" for record in records}),
    ):
        for name in wanted or ():
            if name not in known:
                near, listed = closest(name, sorted(known)), ", ".join(sorted(known))
                raise BadInput(f"No record is of the {what} {name!r}.{near} There are {listed}.")
    return [
        record
        for record in records
        if (not systems or label(record) in systems)
        and (not tables or record["table"] in tables)
        and (budget is None or record["budget"] == budget)
    ]


def _write(blocks: Sequence[Block], options: argparse.Namespace) -> None:
    beside = None
    if options.pictures:
        options.pictures.mkdir(parents=True, exist_ok=True)
        for block in blocks:
            if isinstance(block, Picture):
                (options.pictures / f"{block.name}.svg").write_text(block.svg, encoding="utf-8")
        beside = options.pictures.as_posix()
    if options.html:
        options.html.write_text(to_html(blocks), encoding="utf-8")
    if options.markdown:
        options.markdown.write_text(to_markdown(blocks, beside), encoding="utf-8")
    if not (options.html or options.markdown or options.pictures or options.into):
        print(to_markdown(blocks), end="")


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the records and write what is asked for; return the exit code."""
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("records", nargs="+", type=Path)
    parser.add_argument("--markdown", type=Path, help="write the report as Markdown")
    parser.add_argument("--html", type=Path, help="write the report as one page with its pictures")
    parser.add_argument("--pictures", type=Path, help="write the pictures as SVG files into this folder")
    parser.add_argument("--systems", help="only these, separated by commas")
    parser.add_argument("--tables", help="only these, separated by commas")
    parser.add_argument("--budget", type=float, help="only runs with this budget, in seconds")
    parser.add_argument("--reference", default="random_forest", help="whose error is 0 on the scale")
    parser.add_argument("--title", default="Benchmark report")
    parser.add_argument("--into", type=Path, help="put the short form between the markers of this Markdown file")
    parser.add_argument("--marker", default="compare", help="name of the markers")
    options = parser.parse_args(arguments)
    if options.into and len(options.records) > 1:
        raise BadInput(f"--into takes one record file, not {len(options.records)}.")
    records = narrowed(read(options.records), names(options.systems), names(options.tables), options.budget)
    blocks = report(runs_of(records), options.title, options.reference)
    blocks += curves([record for record in records if is_curve(record)])
    _write(blocks, options)
    if options.into:
        insert(options.into, options.marker, summary(options.records[0]))
    return 0


if __name__ == "__main__":
    script(main)
