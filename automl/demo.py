"""The table of ``automl demo``: real people, real mess, already on every machine that has scikit-learn.

scikit-learn's package carries the passenger list of the Titanic (1,309 people, OpenML data set 40945) for its own
tests: names and tickets as text, cabins mostly missing, and two columns that give the answer away (the lifeboat that
someone was picked up by, the number of a body), which the demo sets aside as an owner of the table would. Where a
distributor strips those files, the diabetes study that scikit-learn always carries takes its place. Some rows are
kept back, for ``automl predict`` to be tried on.
"""

from __future__ import annotations

import csv
import gzip
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from automl.values.schema import Role

KEPT_BACK = 0.2
_PASSENGERS = Path("datasets/tests/data/openml/id_40945/data-v1-dl-16826755.arff.gz")


@dataclass(frozen=True, slots=True)
class DemoTable:
    """A table to search on, rows kept back from it, and what is to be predicted.

    Attributes
    ----------
    train, new
        Rows for the search, and rows that it never sees; both with the target.
    target
        Name of the target column.
    roles
        What the owner of the table knows about its columns.
    story
        One sentence about what this is.
    """

    train: pd.DataFrame
    new: pd.DataFrame
    target: str
    roles: dict[str, Role]
    story: str


def load_demo_table(seed: int = 0) -> DemoTable:
    """Return the passenger list, or the diabetes study where scikit-learn comes without it.

    Examples
    --------
    >>> table = load_demo_table()
    >>> table.target in table.train.columns, len(table.new) > 0
    (True, True)
    """
    import sklearn

    path = Path(sklearn.__file__).parent / _PASSENGERS
    if path.exists():
        frame, target = read_passengers(path), "survived"
        roles: dict[str, Role] = {"boat": "ignored", "body": "ignored"}
        story = (
            f"Who survived the Titanic? {len(frame):,} passengers, as the list came, with text and gaps. The columns "
            "'boat' and 'body' were written after the answer was known, so they are set aside."
        )
    else:
        frame, target, roles = _read_diabetes(), "progression", {}
        story = f"How far does diabetes progress in a year? {len(frame):,} patients."
    new = frame.sample(frac=KEPT_BACK, random_state=seed)
    train = frame.drop(new.index).reset_index(drop=True)
    return DemoTable(train, new.reset_index(drop=True), target, roles, story)


def read_passengers(path: Path) -> pd.DataFrame:
    """Return the table of a gzipped ARFF file whose numbers are unquoted and whose missing cells are ``?``."""
    import pandas as pd

    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        names = []
        for line in file:
            if line.lower().startswith("@attribute"):
                names.append(line.split("'")[1])
            if line.lower().startswith("@data"):
                break
        rows = [[None if cell == "?" else cell for cell in row] for row in csv.reader(file) if row]
    frame = pd.DataFrame(rows, columns=names)
    for name in ("pclass", "survived", "age", "sibsp", "parch", "fare", "body"):
        frame[name] = pd.to_numeric(frame[name])
    frame["survived"] = frame["survived"].map({1: "yes", 0: "no"})
    return frame


def _read_diabetes() -> pd.DataFrame:
    from sklearn.datasets import load_diabetes

    frame: pd.DataFrame = load_diabetes(as_frame=True, scaled=False).frame
    return frame.rename(columns={"target": "progression"})
