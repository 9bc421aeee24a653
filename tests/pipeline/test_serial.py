"""Fitted objects as bytes: what comes back is the same, and nothing foreign is ever made."""

from __future__ import annotations

import io
import json
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skops.io
from sklearn.base import BaseEstimator
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from automl.errors import ArtifactError
from automl.pipeline.allowlist import ALLOWED
from automl.pipeline.serial import foreign_types, from_bytes, to_bytes


class Mine(BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """A user's own estimator."""

    def fit(self, X: Any, y: Any) -> Mine:
        """Remember something."""
        self.mean_ = np.asarray(X).mean(axis=0)
        return self


class Touching:
    """Unpickling or rebuilding it by ``__reduce__`` touches a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


MINE = f"{Mine.__module__}.Mine"


def lightgbm_model() -> Any:
    """Return a small LightGBM classifier."""
    from lightgbm import LGBMClassifier

    return LGBMClassifier(n_estimators=5, verbose=-1, n_jobs=1)


def xgboost_model() -> Any:
    """Return a small XGBoost classifier."""
    from xgboost import XGBClassifier

    return XGBClassifier(n_estimators=5, n_jobs=1)


def catboost_model() -> Any:
    """Return a small CatBoost classifier."""
    catboost = pytest.importorskip("catboost")
    return catboost.CatBoostClassifier(iterations=5, verbose=0, allow_writing_files=False, thread_count=1)


@pytest.mark.parametrize(
    "make",
    [
        lightgbm_model,
        xgboost_model,
        catboost_model,
        lambda: ExtraTreesClassifier(5, random_state=0),
        lambda: HistGradientBoostingClassifier(max_iter=5, categorical_features=[0]),
        lambda: make_pipeline(StandardScaler(), LogisticRegression()),
    ],
    ids=["lightgbm", "xgboost", "catboost", "extra_trees", "hist_gradient_boosting", "logistic"],
)
def test_models_come_back_with_the_same_predictions(make: Any) -> None:
    """A fitted model of a shipped family predicts the same after a round trip, without any trust given."""
    X, y = load_breast_cancer(return_X_y=True)
    X = X[:, :6]
    X[:, 0] = X[:, 0] % 3 // 1
    model = make().fit(X, y)
    again = from_bytes(to_bytes(model))
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))


def test_plain_data_keeps_its_types() -> None:
    """Numbers, texts, lists, dicts with whole-number keys and arrays come back as they were."""
    kept = {"a": [1, 2.5, None, True, "ü"], "b": {3: "x"}, "c": np.arange(3), "d": np.array(["x", None], dtype=object)}
    again = from_bytes(to_bytes(kept))
    assert again["a"] == kept["a"]
    assert again["b"] == {3: "x"}
    np.testing.assert_array_equal(again["c"], kept["c"])
    assert again["d"].tolist() == ["x", None]


def test_foreign_class_is_named_with_the_way_to_trust_it() -> None:
    """A class that isn't ours is refused by name, and the message says what to pass."""
    data = to_bytes(Mine().fit([[1.0]], [0]))
    with pytest.raises(ArtifactError, match="Nothing was loaded") as caught:
        from_bytes(data)
    assert MINE in str(caught.value)
    assert f"trusted=[{MINE!r}]" in str(caught.value)


@pytest.mark.parametrize("trusted", [[MINE], [Mine]], ids=["name", "class"])
def test_trusted_class_is_loaded(trusted: list[Any]) -> None:
    """A user's class loads when its full name, or the class, is trusted."""
    again = from_bytes(to_bytes({"model": Mine().fit([[1.0], [3.0]], [0, 1])}), trusted)
    assert again["model"].mean_.tolist() == [2.0]


def test_trust_is_by_exact_name() -> None:
    """Trusting another name, a module or a beginning of the name changes nothing."""
    data = to_bytes(Mine().fit([[1.0]], [0]))
    for name in (MINE[:-1], MINE.rpartition(".")[0], MINE + "x", "*"):
        with pytest.raises(ArtifactError, match="Nothing was loaded"):
            from_bytes(data, [name])


def test_trusted_must_be_a_list() -> None:
    """A single text would be taken apart into letters; it is refused."""
    with pytest.raises(ArtifactError, match=r"write trusted=\['x.Y'\]"):
        from_bytes(b"", "x.Y")


def test_foreign_types_lists_what_the_caller_must_trust() -> None:
    """Names beyond the allowlist are listed, and only they."""
    assert foreign_types(to_bytes([Mine(), LogisticRegression()])) == (MINE,)


def test_unstorable_object_is_told() -> None:
    """An attribute that can't be stored is an error when writing, not when somebody reads."""
    with pytest.raises(ArtifactError, match=r"A fitted dict can't be stored"):
        to_bytes({"frame": (value for value in "a generator")})


def forged(target: dict[str, Any]) -> bytes:
    """Return a stored list whose only item is described by ``target``."""
    buffer = io.BytesIO()
    schema = json.loads(zipfile.ZipFile(io.BytesIO(skops.io.dumps([1]))).read("schema.json"))
    schema["content"] = [target]
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("schema.json", json.dumps(schema))
    return buffer.getvalue()


def text(value: Any) -> dict[str, Any]:
    """Return the description of plain data."""
    return {"__class__": "str", "__module__": "builtins", "__loader__": "JsonNode", "content": json.dumps(value)}


def sequence(kind: str, *items: dict[str, Any]) -> dict[str, Any]:
    """Return the description of a list or tuple."""
    loader = {"list": "ListNode", "tuple": "TupleNode"}[kind]
    return {"__class__": kind, "__module__": "builtins", "__loader__": loader, "content": list(items)}


def attacks(path: Path) -> dict[str, dict[str, Any]]:
    """Return descriptions that would run a command if they were believed."""
    command = sequence("tuple", text(f"touch {path}"))
    system = {"__class__": "system", "__module__": "os", "__loader__": "TypeNode"}
    return {
        "constructor": {
            "__class__": "system",
            "__module__": "os",
            "__loader__": "ConstructorFromReduceNode",
            "content": command,
        },
        "popen": {
            "__class__": "Popen",
            "__module__": "subprocess",
            "__loader__": "ConstructorFromReduceNode",
            "content": sequence("tuple", sequence("list", text("touch"), text(str(path)))),
        },
        "evaluated": {
            "__class__": "eval",
            "__module__": "builtins",
            "__loader__": "ConstructorFromReduceNode",
            "content": sequence("tuple", text(f"open({str(path)!r}, 'w')")),
        },
        "function": {
            "__class__": "FunctionTransformer",
            "__module__": "sklearn.preprocessing._function_transformer",
            "__loader__": "ObjectNode",
            "content": {
                "__class__": "dict",
                "__module__": "builtins",
                "__loader__": "DictNode",
                "key_types": sequence("list"),
                "content": {"func": system},
            },
        },
        "partial": {
            "__class__": "partial",
            "__module__": "functools",
            "__loader__": "PartialNode",
            "content": {
                "func": system,
                "args": command,
                "kwds": {
                    "__class__": "dict",
                    "__module__": "builtins",
                    "__loader__": "DictNode",
                    "key_types": sequence("list"),
                    "content": {},
                },
                "namespace": text(None),
            },
        },
        "method": {
            "__class__": "methodcaller",
            "__module__": "operator",
            "__loader__": "OperatorFuncNode",
            "attrs": sequence("tuple", text("system")),
        },
    }


@pytest.mark.parametrize("kind", list(attacks(Path())))
def test_forged_description_runs_nothing(kind: str, tmp_path: Path) -> None:
    """A description that names a command, a shell or a function of one is refused and has no effect."""
    sentinel = tmp_path / "sentinel"
    with pytest.raises(ArtifactError):
        from_bytes(forged(attacks(sentinel)[kind]))
    assert not sentinel.exists()


@pytest.mark.parametrize("protocol", [0, 1])
@pytest.mark.parametrize("kind", list(attacks(Path())))
def test_older_protocol_opens_no_door(kind: str, protocol: int, tmp_path: Path) -> None:
    """Claiming an older format of skops doesn't bring older, laxer checks back."""
    sentinel = tmp_path / "sentinel"
    data = forged(attacks(sentinel)[kind])
    schema = json.loads(zipfile.ZipFile(io.BytesIO(data)).read("schema.json"))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("schema.json", json.dumps({**schema, "protocol": protocol}))
    with pytest.raises(ArtifactError):
        from_bytes(buffer.getvalue())
    assert not sentinel.exists()


def test_object_array_is_not_unpickled(tmp_path: Path) -> None:
    """An array file that holds a pickle is refused, although NumPy could read it."""
    sentinel = tmp_path / "sentinel"
    inner = io.BytesIO()
    np.save(inner, np.array([Touching(sentinel)], dtype=object), allow_pickle=True)
    data = io.BytesIO(skops.io.dumps(np.arange(2)))
    with zipfile.ZipFile(data) as archive:
        name = next(each for each in archive.namelist() if each.endswith(".npy"))
        schema = archive.read("schema.json")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("schema.json", schema)
        archive.writestr(name, inner.getvalue())
    with pytest.raises(ArtifactError, match="can't be read"):
        from_bytes(buffer.getvalue())
    assert not sentinel.exists()


def test_pickle_is_not_read(tmp_path: Path) -> None:
    """A pickle is no stored object and is not run."""
    sentinel = tmp_path / "sentinel"
    with pytest.raises(ArtifactError, match="can't be read"):
        from_bytes(pickle.dumps(Touching(sentinel)))
    assert not sentinel.exists()


def test_deeply_nested_description_is_an_error() -> None:
    """A description nested beyond Python's stack is damaged, not a crash."""
    depth = 20_000
    inner, outer = json.dumps(text(1)), json.dumps(sequence("list", text(0)))
    before, _, after = outer.partition(json.dumps(text(0)))
    nested = before * depth + inner + after * depth  # too deep for json to write, so put together by hand
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(forged(text("here")))) as plain, zipfile.ZipFile(buffer, "w") as archive:
        schema = plain.read("schema.json").decode()
        archive.writestr("schema.json", schema.replace(json.dumps(text("here")), nested))
    with pytest.raises(ArtifactError, match="can't be read"):
        from_bytes(buffer.getvalue())


def test_cut_bytes_are_damaged() -> None:
    """Whatever is missing at the end, the answer is one sentence."""
    data = to_bytes(LogisticRegression().fit([[0.0], [1.0]], [0, 1]))
    for length in range(0, len(data), max(1, len(data) // 40)):
        with pytest.raises(ArtifactError):
            from_bytes(data[:length])


def test_function_of_numpy_is_not_callable_by_name() -> None:
    """A transformer that holds a function that reads files is refused, although it is NumPy's."""
    with pytest.raises(ArtifactError, match="fromfile"):
        from_bytes(to_bytes(FunctionTransformer(np.fromfile)))


def test_allowlist_holds_exact_names_of_things_that_make_no_mischief() -> None:
    """No entry is a pattern, and none is a way to run code, open files or unpickle."""
    dangerous = {
        "eval",
        "exec",
        "open",
        "system",
        "Popen",
        "import_module",
        "load",
        "loads",
        "attrgetter",
        "methodcaller",
    }
    for name in ALLOWED:
        assert "." in name
        assert not set(name) & set("*?[]")
        assert name.rpartition(".")[2] not in dangerous
        assert not name.startswith(("os.", "posix.", "subprocess.", "builtins.", "pickle.", "importlib.", "operator."))


def test_equal_objects_are_equal_bytes() -> None:
    """Bytes depend on the content alone, not on memory addresses, chance or the clock; another fit has other bytes."""
    X, y = load_breast_cancer(return_X_y=True)
    made = [
        to_bytes(make_pipeline(StandardScaler(), ExtraTreesClassifier(3, random_state=seed)).fit(X, y))
        for seed in (0, 0, 1)
    ]
    assert made[0] == made[1] != made[2]
    named = {"file": "1.npy", "text": '"file": "1.npy", "__id__": 7', "array": np.arange(3)}
    assert str(from_bytes(to_bytes(named))) == str(named)
