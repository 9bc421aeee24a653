"""Write tables as files that AMLB reads, with a benchmark definition that names them.

    python benchmarks/amlb/write_tables.py                                        # the example: data/, nothing else
    python benchmarks/amlb/write_tables.py --name own_tables --tables adult,letter --data ../shared/data --folds 3

Each fold is the split that ``compare.py`` makes with that seed, as CSV or ARFF files under ``data/``. The definition
goes to ``benchmarks/NAME.yaml``; that of ``local_example`` is part of the checkout.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parent))

from harness import errors  # noqa: E402  # found by the line above
from harness.errors import BadInput  # noqa: E402  # found by the line above
from harness.tables import Table, find_tables, split  # noqa: E402  # found by the line above

EXAMPLE, TABLES = "local_example", "breast_cancer,wine,diabetes"


def definition(tables: Sequence[Table], folds: int, kinds: Sequence[str]) -> str:
    """Return AMLB's definition of a benchmark of these tables.

    Parameters
    ----------
    kinds
        The files' endings, a table each.
    """
    parts = ["# Written by write_tables.py.", "---"]
    for table, kind in zip(tables, kinds, strict=True):
        parts += ["", f"- name: {table.name}", "  dataset:"]
        for which in ("train", "test"):
            parts.append(f"    {which}:")
            parts += [f"      - '{{user}}/data/{_file(table, which, fold, kind)}'" for fold in range(folds)]
        parts += [f"    target: {json.dumps(table.target)}", f"    type: {table.task}", f"  folds: {folds}"]
    return "\n".join(parts) + "\n"


def write(tables: Sequence[Table], folds: int, kinds: Sequence[str], data: Path = HERE / "data") -> None:
    """Write the tables' folds."""
    for table, kind in zip(tables, kinds, strict=True):
        for fold in range(folds):
            for which, frame in zip(("train", "test"), split(table, fold), strict=True):
                path = data / _file(table, which, fold, kind)
                path.parent.mkdir(parents=True, exist_ok=True)
                if kind == "csv":
                    frame.to_csv(path, index=False)
                else:
                    path.write_text(arff(frame, table), encoding="utf-8")


def arff(frame: pd.DataFrame, table: Table) -> str:
    r"""Return rows in the ARFF format: numbers, and categories with all values that the table has.

    Examples
    --------
    >>> rows = pd.DataFrame({"a b": [1.5, None], "y": ["no", "it's"]})
    >>> print(arff(rows, Table("toy", "binary", "y", lambda: rows)))
    @relation toy
    @attribute 'a b' numeric
    @attribute y {'it\'s',no}
    @data
    1.5,no
    ?,'it\'s'
    <BLANKLINE>
    """
    lines, numeric = [f"@relation {_quoted(table.name)}"], []
    for name in frame.columns:
        if (frame[name].dtype.kind in "iuf" and name != table.target) or (
            table.task == "regression" and name == table.target
        ):
            numeric.append(name)
            lines.append(f"@attribute {_quoted(name)} numeric")
        else:
            values = sorted(set(table.frame[name].dropna().map(str)))
            lines.append(f"@attribute {_quoted(name)} {{{','.join(map(_quoted, values))}}}")
    lines.append("@data")
    texts = {name: [_value(value, name in numeric) for value in frame[name]] for name in frame.columns}
    lines += map(",".join, zip(*texts.values(), strict=True))
    return "\n".join(lines) + "\n"


def _value(value: object, is_number: bool) -> str:
    if pd.isna(value):  # type: ignore[call-overload]
        return "?"
    return repr(float(value)) if is_number else _quoted(str(value))  # type: ignore[arg-type]


def _quoted(text: str) -> str:
    if re.fullmatch(r"[A-Za-z_]\w*", text, re.ASCII):
        return text
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _file(table: Table, which: str, fold: int, kind: str) -> str:
    return f"{table.name}/{table.name}_{which}_{fold}.{kind}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write what is asked for; return the exit code."""
    parser = errors.Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--name", default=EXAMPLE, help="of the benchmark (%(default)s)")
    parser.add_argument("--tables", default=TABLES, help="names with commas between (%(default)s)")
    parser.add_argument("--data", type=Path, help="a folder of tables with an index.json")
    parser.add_argument("--folds", default="1", help="how many splits (%(default)s)")
    parser.add_argument("--format", choices=("csv", "arff"), default="csv", help="of the files (%(default)s)")
    parser.add_argument("--to", type=Path, default=HERE, help="another user folder")
    options = parser.parse_args(arguments)
    if options.name == EXAMPLE and (options.tables, options.folds, options.format) != (TABLES, "1", "csv"):
        raise BadInput(f"--name: '{EXAMPLE}' is the example of this checkout; give your tables another name.")
    folds = int(errors.checked(options.folds, "folds", int, 1)[0])
    tables = find_tables(errors.names(options.tables), options.data)
    kinds = example_kinds(tables) if options.name == EXAMPLE else [options.format] * len(tables)
    write(tables, folds, kinds, options.to / "data")
    path = options.to / "benchmarks" / f"{options.name}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(definition(tables, folds, kinds), encoding="utf-8")
    print(f"{len(tables)} tables are in {options.to / 'data'}, their definition in {path}.")
    return 0


def example_kinds(tables: Sequence[Table]) -> list[str]:
    """Return the example's formats: one of its tables comes as ARFF, so that both are tried."""
    return ["arff" if table.name == "wine" else "csv" for table in tables]


if __name__ == "__main__":
    errors.script(main)
