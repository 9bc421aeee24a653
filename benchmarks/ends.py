"""What the last step of a search is worth: a temperature, a threshold, or a second layer over the candidates.

    python benchmarks/ends.py --cache DIR [--out FILE] [--summary] [--into README]

Asked of finished searches that ``ends_harvest.py`` left in a folder: what each candidate predicted out of fold, and for
rows that no search saw. Everything is learned on the first and scored on the second; nothing depends on time. One JSON
line for each search and question; those that are in the record file already are skipped.

*temperature*: log loss of the greedy ensemble, of the best candidate and of the plain mean of the two weakest families,
before and after. *threshold*: scores of labels, members chosen by the score at the most probable label (as it was), by
the score at its best threshold, or by log loss; decided plainly, by the learned weights, and by these where they win
crossed over folds. *layer*: a second layer (logistic regression on log-odds, or ridge on values, of all entrants)
beside greedy weights, alone and where it wins crossed over folds beyond luck.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from reporting.readme import insert
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from automl.ensemble.decision import Dial
from automl.ensemble.finishing import learn_finish
from automl.ensemble.judging import is_beyond_luck, is_worth
from automl.ensemble.selection import candidate_cap, select_ensemble
from automl.evaluation.metrics import METRICS
from automl.values.finish import PLAIN, Finish
from automl.values.metric import Metric

HERE = Path(__file__).resolve().parent
LABEL_SCORES = ("accuracy", "f1", "f1_macro", "balanced_accuracy", "mcc")
COSTS = ((0.0, 1.0), (5.0, 0.0))
SECTION = "ends"

Rows = np.ndarray
Answer = dict[str, Any]


@dataclass(frozen=True)
class Searched:
    """A finished search; predictions ``(n_candidates, n, width)`` of the entrants alone, the best first."""

    table: str
    rows: int
    seed: int
    name: list[str]
    y: np.ndarray
    fold: np.ndarray
    known: np.ndarray
    y_unseen: np.ndarray
    unseen: np.ndarray

    @classmethod
    def read(cls, path: Path) -> Searched:
        """Read what ``ends_harvest.py`` wrote."""
        table, rows, seed = path.stem.rsplit("-", 2)
        with np.load(path) as kept:
            arrays = {name: kept[name] for name in kept}
        kept_ones = entrants(arrays["name"].tolist(), arrays["loss"], len(arrays["y"]))
        return cls(
            table,
            int(rows),
            int(seed),
            [str(arrays["name"][k]) for k in kept_ones],
            arrays["y"],
            arrays["fold"],
            arrays["prediction"][kept_ones].astype(np.float64),
            arrays["y_unseen"],
            arrays["unseen"][kept_ones].astype(np.float64),
        )

    @property
    def kind(self) -> str:
        """What is predicted."""
        width = self.known.shape[2]
        return "regression" if width == 1 else "binary" if width == 2 else "multiclass"

    def blend(self, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return what candidates predict together, out of fold and for unseen rows."""
        return np.tensordot(weights, self.known, axes=1), np.tensordot(weights, self.unseen, axes=1)

    def greedy(self, metric: Metric) -> tuple[np.ndarray, np.ndarray]:
        """Return what the ensemble that is chosen by this metric predicts."""
        return self.blend(select_ensemble(metric, self.y, self.known))

    def others(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Give the rows to learn on and the rows to judge by, fold after fold."""
        for fold in np.unique(self.fold):
            yield np.flatnonzero(self.fold != fold), np.flatnonzero(self.fold == fold)


def entrants(names: list[str], losses: np.ndarray, n_rows: int) -> list[int]:
    """Return the places of those who may enter, as the engine has it: the best of each family first."""
    place: dict[str, int] = {}
    ranked = []
    for k in np.argsort(losses, kind="stable").tolist():
        family = names[k].rpartition("-")[0]
        place[family] = place.get(family, -1) + 1
        ranked.append((place[family], losses[k], k))
    return sorted((k for _, _, k in sorted(ranked)[: candidate_cap(n_rows)]), key=lambda k: losses[k])


def gains(searched: Searched, plain: Callable[[Rows], float], other: Callable[[Rows, Rows], float]) -> np.ndarray:
    """Return by how much the other way, learned on other folds, has a lower loss in each fold."""
    return np.array([plain(judged) - other(learned, judged) for learned, judged in searched.others()])


def finished_loss(metric: Metric, finish: Finish, y: np.ndarray, prediction: np.ndarray) -> float:
    """Return the loss of predictions that end so."""
    return metric.loss(y, finish.tilted(finish.tempered(prediction)))


def kept_finish(searched: Searched, metric: Metric, prediction: np.ndarray) -> tuple[Finish, Finish]:
    """Return the finish that is learned, and the same or the plain one, as the engine decides."""
    y = searched.y

    def other(learned: Rows, judged: Rows) -> float:
        return finished_loss(
            metric, learn_finish(metric, y[learned], prediction[learned]), y[judged], prediction[judged]
        )

    learned = learn_finish(metric, y, prediction)
    found = gains(searched, lambda judged: metric.loss(y[judged], prediction[judged]), other)
    return learned, learned if is_worth(metric, found) else PLAIN


def temperature(searched: Searched) -> Iterator[Answer]:
    """Give log losses of unseen rows before and after."""
    if searched.kind == "regression":
        return
    metric, ones = METRICS["log_loss"], np.eye(len(searched.name))
    weak = [k for k, name in enumerate(searched.name) if name.startswith(("extra_trees", "nearest_neighbors"))]
    ways = {"ensemble": searched.greedy(metric), "best candidate": searched.blend(ones[0])}
    if weak:
        ways["forests and neighbours alone"] = searched.blend(ones[weak].mean(axis=0))
    for name, (known, unseen) in ways.items():
        learned, kept = kept_finish(searched, metric, known)
        found = {
            way: finished_loss(metric, finish, searched.y_unseen, unseen)
            for way, finish in (("plain", PLAIN), ("always", learned), ("guarded", kept))
        }
        yield {"question": "temperature", "of": name, "temperature": learned.temperature, **found}


def best_score(name: str) -> Metric:
    """Return the score at its best threshold or power, as a metric to choose members by."""

    def score(y: np.ndarray, prediction: np.ndarray, weight: np.ndarray | None) -> float:
        dial = Dial(name, y, np.round(prediction, 2) if prediction.shape[1] == 2 else prediction)
        finish = dial.finish(float(dial.best(np.ones((len(y), 1)))[0]))
        return METRICS[name].score(y, finish.tilted(prediction), weight)

    return Metric(name, score)


def threshold(searched: Searched) -> Iterator[Answer]:
    """Give scores of labels of unseen rows."""
    if searched.kind == "regression":
        return
    y, y_unseen = searched.y, searched.y_unseen
    by_log_loss = searched.greedy(METRICS["log_loss"])
    for name in LABEL_SCORES:
        metric = METRICS[name]
        if searched.kind not in metric.tasks or (searched.kind == "binary" and name == "f1_macro"):
            continue
        found = {}
        ways = {"score": searched.greedy(metric), "best": searched.greedy(best_score(name)), "log_loss": by_log_loss}
        for way, (known, unseen) in ways.items():
            learned, kept = kept_finish(searched, metric, known)
            for how, finish in (("plain", PLAIN), ("always", learned), ("guarded", kept)):
                found[f"{way}, {how}"] = metric.score(y_unseen, finish.tilted(unseen))
        yield {"question": "threshold", "of": name, **found}
    if searched.kind == "binary":
        yield {"question": "threshold", "of": "cost", **_costs(y, y_unseen, *by_log_loss)}


def _costs(y: np.ndarray, y_unseen: np.ndarray, known: np.ndarray, unseen: np.ndarray) -> Answer:
    """Return the gain (less the mean cost) by the expected cost, and by the threshold that was cheapest out of fold."""
    costs = np.array(COSTS)
    cuts = np.unique(np.quantile(known[:, 1], np.linspace(0, 1, 200)))
    paid = [costs[y, (known[:, 1] >= cut).astype(int)].mean() for cut in cuts]
    ways = {"expected": (unseen @ costs).argmin(axis=1), "cheapest": unseen[:, 1] >= cuts[int(np.argmin(paid))]}
    return {name: -float(costs[y_unseen, decided.astype(int)].mean()) for name, decided in ways.items()}


def layer(searched: Searched) -> Iterator[Answer]:
    """Give losses of unseen rows by greedy weights and by a second layer."""
    metric = METRICS["rmse" if searched.kind == "regression" else "log_loss"]
    y, greedy = searched.y, select_ensemble(metric, searched.y, searched.known)
    inputs, inputs_unseen = _inputs(searched.known), _inputs(searched.unseen)

    def plain(judged: Rows) -> float:
        learned = np.setdiff1d(np.arange(len(y)), judged)
        weights = select_ensemble(metric, y[learned], searched.known[:, learned])
        return metric.loss(y[judged], np.tensordot(weights, searched.known[:, judged], axes=1))

    def other(learned: Rows, judged: Rows) -> float:
        return metric.loss(y[judged], _second(searched, inputs[learned], y[learned], inputs[judged]))

    known, unseen = searched.blend(greedy)
    ends = PLAIN if searched.kind == "regression" else kept_finish(searched, metric, known)[1]
    found = {
        "greedy": metric.loss(searched.y_unseen, unseen),
        "greedy, finished": finished_loss(metric, ends, searched.y_unseen, unseen),
        "layer": metric.loss(searched.y_unseen, _second(searched, inputs, y, inputs_unseen)),
    }
    yield {"question": "layer", "of": metric.name, **found, "is_kept": is_beyond_luck(gains(searched, plain, other))}


def _inputs(predictions: np.ndarray) -> np.ndarray:
    """Return what the second layer sees: log-probabilities without their mean, or values, of all entrants."""
    if predictions.shape[2] > 1:
        predictions = np.log(np.clip(predictions, 1e-4, 1.0))
        predictions = (predictions - predictions.mean(axis=2, keepdims=True))[:, :, 1:]
    return np.concatenate(list(predictions), axis=1)


def _second(searched: Searched, X: np.ndarray, y: np.ndarray, X_new: np.ndarray) -> np.ndarray:
    if searched.kind == "regression":
        return RidgeCV(np.logspace(-3, 4, 15)).fit(X, y).predict(X_new)[:, None]
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.05, max_iter=500)).fit(X, y)
    return model.predict_proba(X_new)


def answers(searched: Searched) -> Iterator[Answer]:
    """Give a record for each question."""
    about = {"table": searched.table, "rows": len(searched.y), "asked": searched.rows, "seed": searched.seed}
    for ask in (temperature, threshold, layer):
        for found in ask(searched):
            rounded = {key: round(value, 6) if isinstance(value, float) else value for key, value in found.items()}
            yield {**about, "kind": searched.kind, "unseen": len(searched.y_unseen), **rounded}


def summary(path: Path) -> str:
    """Return the tables that the README shows."""
    records = [json.loads(line) for line in path.read_text().splitlines()]
    n_searches = len({(each["table"], each["asked"], each["seed"]) for each in records})
    n_tables = len({each["table"] for each in records})
    lines = [f"{n_searches} searches of {n_tables} tables; every number is of rows that no search saw.", ""]
    lines += ["| temperature of | searches | log loss, plain | always tempered | tempered where it wins | kept |"]
    lines += ["| --- | ---: | ---: | ---: | ---: | ---: |"]
    for of, runs in _grouped(records, "temperature").items():
        means = [statistics.fmean(each[way] for each in runs) for way in ("plain", "always", "guarded")]
        kept = sum(each["guarded"] != each["plain"] for each in runs)
        lines.append(f"| {of} | {len(runs)} | " + " | ".join(f"{mean:.5f}" for mean in means) + f" | {kept} |")
    lines += ["", "| score | task | searches | as it was | best threshold, members by score | by best score |"]
    lines[-1] += " by log loss | by log loss, where it wins | better, worse |"
    lines += ["| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"]
    ways = ("score, plain", "score, always", "best, always", "log_loss, always", "log_loss, guarded")
    for kind in ("binary", "multiclass"):
        for of, runs in _grouped([each for each in records if each["kind"] == kind], "threshold").items():
            if of == "cost":
                continue
            means = [statistics.fmean(each[way] for each in runs) for way in ways]
            gaps = [each["log_loss, guarded"] - each["score, plain"] for each in runs]
            both = f"{sum(gap > 0 for gap in gaps)}, {sum(gap < 0 for gap in gaps)}"
            told = " | ".join(f"{mean:.4f}" for mean in means)
            lines.append(f"| {of} | {kind} | {len(runs)} | {told} | {both} |")
    costs = _grouped(records, "threshold").get("cost", [])
    if costs:
        expected, cheapest = (-statistics.fmean(each[way] for each in costs) for way in ("expected", "cheapest"))
        lines += [
            "",
            f"Mean cost of a row where missing the second label costs five times a false alarm, {len(costs)} ",
        ]
        lines[-1] += (
            f"searches: {expected:.4f} by the expected cost, {cheapest:.4f} by the threshold that was cheapest."
        )
    lines += [
        "",
        "| second layer, loss beside greedy weights | searches | greedy, finished | layer | layer where it wins ",
    ]
    lines[-1] += "| layer better, worse than greedy, finished | kept |"
    lines += ["| --- | ---: | ---: | ---: | ---: | ---: | ---: |"]
    for kind in ("binary", "multiclass", "regression"):
        for of, runs in _grouped([each for each in records if each["kind"] == kind], "layer").items():
            finished, relative = (
                [100 * (each[way] / each["greedy"] - 1) for each in runs] for way in ("greedy, finished", "layer")
            )
            pairs = list(zip(finished, relative, runs, strict=True))
            guarded = [layered if each["is_kept"] else plain for plain, layered, each in pairs]
            both = f"{sum(b < a for a, b, _ in pairs)}, {sum(b > a for a, b, _ in pairs)}"
            told = " | ".join(f"{statistics.fmean(each):+.2f} %" for each in (finished, relative, guarded))
            lines.append(f"| {of}, {kind} | {len(runs)} | {told} | {both} | {sum(each['is_kept'] for each in runs)} |")
    return "\n".join(lines)


def _grouped(records: list[Answer], question: str) -> dict[str, list[Answer]]:
    found: dict[str, list[Answer]] = defaultdict(list)
    for each in records:
        if each["question"] == question:
            found[each["of"]].append(each)
    return found


def main() -> None:
    """Answer what is not answered yet, or print what is known."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--out", type=Path, default=HERE / "records" / "ends.jsonl")
    parser.add_argument("--summary", action="store_true")
    parser.add_argument("--into", type=Path)
    given = parser.parse_args()
    if given.cache is not None:
        warnings.simplefilter("ignore")
        told = given.out.read_text().splitlines() if given.out.exists() else []
        done = {(each["table"], each["asked"], each["seed"]) for each in map(json.loads, told)}
        for path in sorted(given.cache.glob("*.npz")):
            searched = Searched.read(path)
            if (searched.table, searched.rows, searched.seed) in done:
                continue
            lines = [json.dumps(each) for each in answers(searched)]
            with given.out.open("a") as file:
                file.write("".join(f"{line}\n" for line in lines))
            print(path.stem, file=sys.stderr, flush=True)
    if given.into is not None:
        insert(given.into, SECTION, summary(given.out))
    if given.summary:
        print(summary(given.out))


if __name__ == "__main__":
    main()
