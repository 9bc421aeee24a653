"""The model file: what was saved comes back, and anything else gets one sentence and runs nothing."""

from __future__ import annotations

import errno
import io
import json
import os
import pickle
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from automl.errors import ArtifactError, AutoMLWarning, MissingDependency, StorageError
from automl.pipeline.serial import to_bytes
from automl.storage.artifact import load_fold, load_model, read_manifest, save_model
from automl.storage.disk import write_bytes
from automl.storage.formats import FORMAT

X = np.array([[0.0, 1.0], [1.0, 0.5], [2.0, 0.0], [3.0, 1.5]])
Y = np.array([0, 0, 1, 1])


class Own(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """A user's own classifier."""

    def fit(self, X: Any, y: Any) -> Own:
        """Remember the most frequent label."""
        self.classes_, counts = np.unique(y, return_counts=True)
        self.label_ = self.classes_[counts.argmax()]
        return self

    def predict(self, X: Any) -> Any:
        """Return the same label always."""
        return np.repeat(self.label_, len(X))


class Touching:
    """Unpickling it touches a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


OWN = f"{Own.__module__}.Own"


def pipeline(model: Any = None) -> Pipeline:
    """Return a small fitted pipeline."""
    return Pipeline([("scale", StandardScaler()), ("model", model or LogisticRegression())]).fit(X, Y)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """Save a model and return its path."""
    path = tmp_path / "income.automl"
    save_model(path, pipeline(), {"task": "binary", "metric": "roc_auc", "classes": np.array([0, 1])})
    return path


def rewrite(path: Path, **members: bytes | None) -> None:
    """Change members of a model file; ``None`` removes one. ``manifest`` and ``pipeline`` are short names."""
    names = {"manifest": "manifest.json", "pipeline": "pipeline.skops"}
    with zipfile.ZipFile(path) as archive:
        content: dict[str, bytes | None] = {name: archive.read(name) for name in archive.namelist()}
    content.update({names.get(name, name): data for name, data in members.items()})
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in content.items():
            if data is not None:
                archive.writestr(name, data)


def with_manifest(path: Path, changes: Mapping[str, Any]) -> None:
    """Change entries of a model file's manifest."""
    rewrite(path, manifest=json.dumps({**read_manifest(path), **changes}).encode())


def test_model_comes_back_with_its_manifest(saved: Path) -> None:
    """The pipeline predicts the same, and the manifest says what it is and what it was made with."""
    again, manifest = load_model(saved)
    np.testing.assert_array_equal(again.predict_proba(X), pipeline().predict_proba(X))
    assert manifest["task"] == "binary"
    assert manifest["classes"] == [0, 1]
    assert manifest["packages"].keys() == {"numpy", "sklearn", "skops"}
    assert re.fullmatch(r"[0-9a-f]{64}", manifest["members"]["pipeline.skops"]["sha256"])
    assert manifest == read_manifest(saved)


def test_what_the_caller_says_can_t_hide_what_is_known(tmp_path: Path) -> None:
    """Own entries of the manifest stand, whatever the caller's are called."""
    save_model(tmp_path / "m", pipeline(), {"format_version": 99, "packages": {}})
    load_model(tmp_path / "m")


def test_saving_makes_folders_and_replaces_a_file(tmp_path: Path) -> None:
    """Missing folders are made; an older model is replaced."""
    path = tmp_path / "a" / "b" / "model"
    save_model(path, pipeline(), {"n": 1})
    save_model(path, pipeline(), {"n": 2})
    assert read_manifest(path)["n"] == 2
    assert [each.name for each in path.parent.iterdir()] == ["model"]


def test_saving_into_a_folder_is_refused(tmp_path: Path) -> None:
    """A model is a file; a folder's path gets a suggestion."""
    with pytest.raises(StorageError, match=r"is a folder; a model is one file\. Give a file's path"):
        save_model(tmp_path, pipeline(), {})


def test_full_disk_keeps_the_old_model(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When there is no room for the new model, the old one is still there."""

    def full(*args: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(StorageError, match="the disk is full"):
        save_model(saved, pipeline(), {"n": 2})
    monkeypatch.undo()
    assert "n" not in load_model(saved)[1]


def test_own_class_needs_trust(tmp_path: Path) -> None:
    """A user's class is named in the manifest and the refusal, and loads when trusted by name or by class."""
    path = tmp_path / "m"
    save_model(path, pipeline(Own()), {})
    assert read_manifest(path)["foreign"] == [OWN]
    with pytest.raises(ArtifactError) as caught:
        load_model(path)
    assert str(path) in str(caught.value)
    assert f"trusted=[{OWN!r}]" in str(caught.value)
    for trusted in ([OWN], [Own]):
        assert load_model(path, trusted=trusted)[0].predict(X).tolist() == [0, 0, 0, 0]


def test_what_nobody_could_read_is_not_written(tmp_path: Path) -> None:
    """A lambda, or a class inside a function, is refused when saving."""

    class Inner(Own):
        pass

    for model in (Inner(), FunctionTransformer(lambda values: values)):
        with pytest.raises(ArtifactError, match=r"can't be found by its name\. Define it at the top of a module\."):
            save_model(tmp_path / "m", Pipeline([("model", model.fit(X, Y))]), {})
    assert list(tmp_path.iterdir()) == []


def test_every_cut_is_one_sentence(saved: Path) -> None:
    """A file that was not copied to its end is damaged or no model file, wherever it ends."""
    data = saved.read_bytes()
    for length in range(0, len(data) - 1, len(data) // 60):
        saved.write_bytes(data[:length])
        with pytest.raises(ArtifactError, match=r"(is damaged|not a model file).*\.$") as caught:
            load_model(saved)
        assert str(saved) in str(caught.value)


def test_every_changed_byte_is_noticed(saved: Path) -> None:
    """A byte that changed in the pipeline is noticed before anything is made of it."""
    data = saved.read_bytes()
    start = data.index(b"pipeline.skops") + len("pipeline.skops")
    end = data.rindex(b"manifest.json") - 60
    for at in range(start, end, max(1, (end - start) // 25)):
        saved.write_bytes(data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :])
        with pytest.raises(ArtifactError):
            load_model(saved)


def test_pipeline_that_was_exchanged_is_noticed(saved: Path) -> None:
    """A valid pipeline that isn't the one that was saved has another hash."""
    rewrite(saved, pipeline=to_bytes(LogisticRegression()))
    with pytest.raises(ArtifactError, match=r"was changed after it was saved: the SHA-256"):
        load_model(saved)


@pytest.mark.parametrize("told", [FORMAT - 1, FORMAT + 1, None])
def test_another_format_says_who_wrote_it(saved: Path, told: int | None) -> None:
    """A file of a format that this version doesn't read names both formats and the version that wrote it."""
    with_manifest(saved, {"format_version": told, "automl": "9.0"})
    with pytest.raises(ArtifactError, match=rf"has format {told}, written by version 9\.0; .* reads format {FORMAT}\."):
        load_model(saved)


@pytest.mark.parametrize("load", [load_model, read_manifest])
def test_foreign_files_get_a_sentence(tmp_path: Path, load: Any) -> None:
    """Text, an empty file, another zip, a bare skops file, a folder and a missing file each say what they are."""
    path = tmp_path / "file"
    for content in (b"", b"a,b\n1,2\n", b"\x89PNG\r\n", b"PK"):
        path.write_bytes(content)
        with pytest.raises(ArtifactError, match=r"not a model file|is damaged"):
            load(path)
    path.write_bytes(to_bytes(LogisticRegression()))
    with pytest.raises(ArtifactError, match=r"is a zip file, but not a model file"):
        load(path)
    for manifest in (b"{", b"[]", b'{"format": "other"}', b"\xff"):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("manifest.json", manifest)
        with pytest.raises(ArtifactError, match=r"is a zip file, but not a model file"):
            load(path)
    with pytest.raises(ArtifactError, match=r"is a folder, not a model file"):
        load(tmp_path)
    with pytest.raises(StorageError, match=r"nothing can't be read: it does not exist"):
        load(tmp_path / "nothing")


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickle_is_refused_unread(tmp_path: Path, protocol: int) -> None:
    """A pickle is never read, of whatever protocol."""
    sentinel, path = tmp_path / "sentinel", tmp_path / "model.pkl"
    path.write_bytes(pickle.dumps(Touching(sentinel), protocol=protocol))
    with pytest.raises(ArtifactError, match="is a pickle" if protocol > 1 else "is not a model file"):
        load_model(path)
    assert not sentinel.exists()


@pytest.mark.parametrize("compress", [0, ("zlib", 3), ("gzip", 3), ("xz", 1)])
def test_joblib_file_is_refused_unread(tmp_path: Path, compress: Any) -> None:
    """So are joblib's, compressed or not."""
    sentinel, path = tmp_path / "sentinel", tmp_path / "model.joblib"
    joblib.dump(Touching(sentinel), path, compress=compress)
    with pytest.raises(ArtifactError, match=r"is a pickle|is not a model file"):
        load_model(path)
    assert not sentinel.exists()


@pytest.mark.parametrize("name", ["../escaped", "/escaped", "sub/../../escaped", "pipeline.pkl"])
def test_members_that_don_t_belong_are_refused_and_nothing_is_extracted(saved: Path, name: str) -> None:
    """A file with further members is refused; no member is ever written to disk."""
    before = sorted(saved.parent.parent.rglob("*"))
    rewrite(saved, **{name: b"x"})
    with pytest.raises(ArtifactError, match="not what a model file holds"):
        load_model(saved)
    assert sorted(saved.parent.parent.rglob("*")) == before


def test_member_that_stands_twice_is_refused(saved: Path) -> None:
    """Two members of one name could differ in what is checked and what is read."""
    with zipfile.ZipFile(saved, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("pipeline.skops", b"x")
    with pytest.raises(ArtifactError, match="not what a model file holds"):
        load_model(saved)


def test_malicious_model_with_a_right_hash_runs_nothing(saved: Path, tmp_path: Path) -> None:
    """A forged pipeline with a matching manifest is refused by the names in it."""
    sentinel = tmp_path / "sentinel"
    data = to_bytes(pipeline(Own()))
    inner = {
        name: zipfile.ZipFile(io.BytesIO(data)).read(name) for name in zipfile.ZipFile(io.BytesIO(data)).namelist()
    }
    schema = inner["schema.json"].decode().replace(f'"{Own.__module__}"', '"os"').replace('"Own"', '"system"')
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in {**inner, "schema.json": schema.encode()}.items():
            archive.writestr(name, content)
    import hashlib

    member = {"sha256": hashlib.sha256(buffer.getvalue()).hexdigest(), "size": len(buffer.getvalue())}
    with_manifest(saved, {"members": {"pipeline.skops": member}})
    rewrite(saved, pipeline=buffer.getvalue())
    with pytest.raises(
        ArtifactError, match=r"It holds os\.system, which this version doesn't know\. Nothing was loaded"
    ):
        load_model(saved)
    assert not sentinel.exists()


def test_other_versions_are_warned_about(saved: Path) -> None:
    """Another major or minor version of a library is told once; another patch is not."""
    now = read_manifest(saved)["packages"]
    patched = {**now, "sklearn": ".".join([*now["sklearn"].split(".")[:2], "99"])}
    with_manifest(saved, {"packages": patched})
    load_model(saved)
    with_manifest(saved, {"packages": {**now, "sklearn": "0.1.0"}})
    with pytest.warns(AutoMLWarning, match=r"was fitted with scikit-learn 0\.1\.0 \(now "):
        load_model(saved)


def test_absent_library_is_named(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model whose library isn't installed says which one and how to get it."""
    with_manifest(saved, {"packages": {**read_manifest(saved)["packages"], "catboost": "1.2.8"}})
    monkeypatch.setattr("automl.storage.artifact._version", lambda name: None if name == "catboost" else "1.0")
    with pytest.raises(MissingDependency, match=r"needs catboost 1\.2\.8, which is not installed"):
        load_model(saved)


def test_only_libraries_of_the_model_are_recorded(tmp_path: Path) -> None:
    """A model that needs LightGBM says so, and doesn't care about XGBoost."""
    from lightgbm import LGBMClassifier

    model = Pipeline([("model", LGBMClassifier(n_estimators=2, min_child_samples=1, verbose=-1, n_jobs=1))]).fit(X, Y)
    save_model(tmp_path / "m", model, {})
    assert read_manifest(tmp_path / "m")["packages"].keys() == {"lightgbm", "numpy", "sklearn", "skops"}


def write_fold(path: Path, preparation: object, model: object) -> None:
    """Write a fold's model as workers do."""
    write_bytes(path, to_bytes({"preparation": preparation, "model": model}))


def test_fold_model_comes_back(tmp_path: Path) -> None:
    """Preparation and model of a fold come back together."""
    path = tmp_path / "models" / "3" / "fold-0.skops"
    write_fold(path, StandardScaler().fit(X), LogisticRegression().fit(X, Y))
    preparation, model = load_fold(path)
    assert preparation.transform(X).shape == X.shape
    assert model.predict(X).tolist() == [0, 0, 1, 1]


def test_fold_file_that_holds_something_else_is_told(tmp_path: Path) -> None:
    """A foreign class, another object, a cut file and no file each name the path."""
    path = tmp_path / "fold-0.skops"
    write_fold(path, StandardScaler().fit(X), Own().fit(X, Y))
    with pytest.raises(ArtifactError, match=r"fold-0\.skops can't be loaded\. It holds .*Own"):
        load_fold(path)
    assert load_fold(path, trusted=[OWN])[1].label_ == 0
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(ArtifactError, match=r"fold-0\.skops can't be loaded\. A stored object can't be read"):
        load_fold(path)
    path.write_bytes(to_bytes([1]))
    with pytest.raises(ArtifactError, match=r"fold-0\.skops holds no fold's model"):
        load_fold(path)
    path.unlink()
    with pytest.raises(StorageError, match=r"fold-0\.skops can't be read: it does not exist"):
        load_fold(path)
