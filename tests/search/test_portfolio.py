"""What a search opens with: the dummy, what was learned on other tables, and a default of every other family."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import automl
from automl.errors import PlanError
from automl.search.portfolio import LAST, OVERHEAD, by_worth, learned_of, portfolio
from automl.values.algorithm import DataShape
from automl.values.space import Float, SearchSpace

SHAPE = DataShape("binary", 900, 12, n_categorical=3, n_classes=2)
SPACES = {name: automl.algorithm(name).space(SHAPE) for name in ("dummy", *LAST)}


def write(path: Path, **entries: list[dict[str, object]]) -> str:
    """Write portfolios; the names of sizes have blanks and commas, so underscores stand for them here."""
    path.write_text(
        json.dumps({"portfolios": {key.replace("__", ", ").replace("_", " "): e for key, e in entries.items()}})
    )
    return str(path)


@pytest.mark.parametrize("kind", ["binary", "multiclass", "regression"])
@pytest.mark.parametrize("n_rows", [300, 30_000])
def test_every_family_has_its_turn_and_the_dummy_the_first(kind: automl.TaskKind, n_rows: int) -> None:
    """On tables of any kind and size all families are tried, each candidate complete, inside its space and new."""
    shape = DataShape(kind, n_rows, 12, n_categorical=3, n_classes={"binary": 2, "multiclass": 4}.get(kind, 0))
    known = {name: automl.algorithm(name) for name in ("dummy", *LAST)}
    spaces = {name: family.space(shape) for name, family in known.items() if kind in family.tasks}
    opening = portfolio(spaces, kind, n_rows)
    assert opening[0].algorithm == "dummy"
    assert {each.algorithm for each in opening} == set(spaces)
    assert len(set(opening)) == len(opening)
    assert all(set(spaces[each.algorithm].complete(each.config)) == set(each.config) for each in opening)


def test_a_family_of_ones_own_comes_right_away() -> None:
    """A caller's own family is tried third, before a budget can be over."""
    opening = portfolio(SPACES | {"mine": SearchSpace(Float("x", 0, 1))}, "binary", 900)
    assert opening[2].algorithm == "mine"


def test_a_narrowed_space_drops_what_lies_outside(tmp_path: Path) -> None:
    """A value outside of a caller's range takes its entry out; what a table's space doesn't know is left away."""
    entries = [{"algorithm": "lightgbm", "config": {"num_leaves": leaves, "unknown": 1}} for leaves in (5, 50)]
    learned = write(tmp_path / "p.json", binary__few_rows=entries)
    narrow = {"lightgbm": SPACES["lightgbm"].replace(num_leaves=(2, 8))}
    leaves = [each.config["num_leaves"] for each in portfolio(narrow, "binary", 900, learned)]
    assert leaves[0] == 5
    assert 50 not in leaves


def test_few_rows_and_many_have_their_own(tmp_path: Path) -> None:
    """The kind of task and the number of rows choose the list."""
    few, many = ([{"algorithm": name, "config": {}}] for name in ("svm", "mlp"))
    learned = write(tmp_path / "p.json", binary__few_rows=few, binary__many_rows=many)
    assert [portfolio(SPACES, "binary", rows, learned)[1].algorithm for rows in (900, 9_000)] == ["svm", "mlp"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (None, "The portfolio '{}' can't be read: No such file or directory. Give the path of one."),
        ("{}", "'{}' holds no portfolios; give a file that benchmarks/portfolio.py wrote."),
        ("[1", "'{}' holds no portfolios; give a file that benchmarks/portfolio.py wrote."),
    ],
)
def test_no_portfolio_is_said_in_one_sentence(tmp_path: Path, text: str | None, told: str) -> None:
    """A file that isn't there, or is something else, is refused."""
    path = tmp_path / "p.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(PlanError) as error:
        portfolio(SPACES, "binary", 900, str(path))
    assert str(error.value) == told.format(path)


def test_what_takes_long_on_this_table_waits(tmp_path: Path) -> None:
    """Entries are tried in the order of their gain per second here; those that were not learned keep their places."""
    entries = [
        {"algorithm": name, "config": {}, "regret": regret, "seconds": seconds}
        for name, regret, seconds in (
            ("linear", 0.9, 0.2),
            ("mlp", 0.5, 1.0),
            ("lightgbm", 0.4, 1.0),
            ("svm", 0.35, 1.0),
        )
    ]
    learned = write(tmp_path / "p.json", binary__few_rows=entries)
    asked = (SPACES | {"mine": SearchSpace(Float("x", 0, 1))}, "binary", 900, learned)
    opening, known = portfolio(*asked), learned_of(*asked)
    assert [each.algorithm for each in opening[:6]] == ["dummy", "linear", "mine", "mlp", "lightgbm", "svm"]
    cost = lambda each: 3.0 * (known[each].seconds - OVERHEAD)  # noqa: E731
    assert by_worth(opening, known, cost) == opening
    slow = by_worth(opening, known, lambda each: cost(each) * (8 if each.algorithm == "mlp" else 1))
    assert [each.algorithm for each in slow[:6]] == ["dummy", "linear", "mine", "lightgbm", "mlp", "svm"]
    assert slow[6:] == opening[6:]
    rest = [each for each in opening if each.algorithm not in ("dummy", "linear", "mine")]
    slow = by_worth(rest, known, lambda each: cost(each) * (8 if each.algorithm == "mlp" else 1))
    assert [each.algorithm for each in slow[:3]] == [
        "lightgbm",
        "mlp",
        "svm",
    ]  # whatever is left, not only at the start


def test_a_file_that_tells_only_the_order_is_kept_in_it(tmp_path: Path) -> None:
    """Without what its entries gained, a portfolio is tried as it is written."""
    entries = [{"algorithm": name, "config": {}} for name in ("svm", "mlp")]
    asked = (SPACES, "binary", 900, write(tmp_path / "p.json", binary__few_rows=entries))
    assert learned_of(*asked) == {}
    assert by_worth(portfolio(*asked), {}, lambda each: 1.0) == portfolio(*asked)


@pytest.mark.parametrize("kind", ["binary", "multiclass", "regression"])
def test_no_entry_gains_more_than_those_before(kind: automl.TaskKind) -> None:
    """What a later entry is said to gain per second is never more, so that the order is as learned at equal cost."""
    shape = DataShape(kind, 30_000, 12, n_categorical=3, n_classes={"binary": 2, "multiclass": 4}.get(kind, 0))
    known = {name: automl.algorithm(name) for name in ("dummy", *LAST)}
    spaces = {name: family.space(shape) for name, family in known.items() if kind in family.tasks}
    learned = learned_of(spaces, kind, 30_000)
    gains = [learned[each].gain for each in portfolio(spaces, kind, 30_000) if each in learned]
    assert len(gains) > 15
    assert gains == sorted(gains, reverse=True)
