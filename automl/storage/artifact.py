"""The model file: one zip with the pipeline and a manifest that says what it is.

::

    manifest.json     what it is: format, versions, task, metric, schema, fingerprint, SHA-256 of the other member
    pipeline.skops    the fitted pipeline (:mod:`automl.pipeline.serial`)

Loading checks, in this order, that it is a file of ours, that this version knows the format, that nothing was changed
since it was written, that the libraries it needs are there, and that it names only known classes. The first check that
fails is told in one sentence, and no object has been made by then. Nothing is extracted to disk and nothing is
unpickled.
"""

from __future__ import annotations

import hashlib
import io
import json
import platform
import re
import zipfile
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline

from automl._version import __version__
from automl.errors import ArtifactError, MissingDependency, StorageError, warn
from automl.pipeline.serial import Trusted, check_findable, foreign_types, from_bytes, to_bytes
from automl.storage.disk import read_bytes, write_bytes
from automl.storage.formats import FORMAT

KIND = "automl-model"
_MEMBER = "pipeline.skops"

# Import name → distribution, for the libraries whose version decides whether a stored model means the same.
_DISTRIBUTIONS = {
    "catboost": "catboost",
    "lightgbm": "lightgbm",
    "numpy": "numpy",
    "scipy": "scipy",
    "sklearn": "scikit-learn",
    "xgboost": "xgboost",
}
_SWAPS = {"xgboost": "xgboost-cpu"}  # another distribution of the same import


def save_model(path: Path | str, pipeline: Pipeline, manifest: Mapping[str, Any]) -> None:
    """Write a fitted pipeline and what is to be known about it into one file.

    Parameters
    ----------
    path
        The file; folders above it are made.
    pipeline
        A fitted pipeline.
    manifest
        Plain data to keep beside it: task, metric, schema, fingerprint of the data …

    Raises
    ------
    ArtifactError
        If a part of the pipeline can't be stored.
    StorageError
        If the file can't be written; a file that was there before is still whole.

    Warns
    -----
    AutoMLWarning
        If the pipeline holds a class of the running program, which is found only where that program runs.
    """
    path = Path(path).expanduser()
    if path.is_dir():
        raise StorageError(
            f"{path} is a folder; a model is one file. Give a file's path, such as {path / 'model.automl'}."
        )
    data = to_bytes(pipeline, level=6)
    foreign = foreign_types(data)
    check_findable(foreign)
    here = [name for name in foreign if name.startswith("__main__.")]
    if here:
        warn(
            f"The pipeline holds {', '.join(here)}, which the running program defines: only a program that defines it "
            f"too can load {path}. Move it into a module and import it from there."
        )
    said = {
        **manifest,
        "format": KIND,
        "format_version": FORMAT,
        "automl": __version__,
        "python": platform.python_version(),
        "packages": _packages(data),
        "foreign": list(foreign),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "members": {_MEMBER: {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}},
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression=zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        archive.writestr("manifest.json", json.dumps(said, indent=2, ensure_ascii=False, default=_plain))
        archive.writestr(_MEMBER, data, compress_type=zipfile.ZIP_STORED)  # it is compressed already
    with buffer.getbuffer() as view:  # released also where the write fails
        write_bytes(path, view)


def load_model(path: Path | str, *, trusted: Trusted = ()) -> tuple[Pipeline, dict[str, Any]]:
    """Return the pipeline in a file that :func:`save_model` wrote, and its manifest.

    Parameters
    ----------
    path
        The file.
    trusted
        Classes of your own, or their full names, that the pipeline may hold.

    Raises
    ------
    ArtifactError
        If the file is foreign, damaged, of a newer format, or names a class that is neither ours nor trusted.
    MissingDependency
        If a library that the model needs is absent.
    StorageError
        If there is no such file or it can't be read.

    Warns
    -----
    AutoMLWarning
        If a library has another major or minor version than the one that the model was fitted with.
    """
    path = Path(path).expanduser()
    archive = _opened(path)
    manifest = _manifest(path, archive)
    data = _member(path, archive, manifest)
    _compare_versions(path, manifest)
    try:
        pipeline = from_bytes(data, trusted)
    except ArtifactError as error:
        raise ArtifactError(f"{path} can't be loaded. {error}") from error.__cause__
    return pipeline, manifest


def read_manifest(path: Path | str) -> dict[str, Any]:
    """Return what a model file says about itself, without loading the model.

    Raises
    ------
    ArtifactError
        If the file is foreign, damaged or of a newer format.
    StorageError
        If there is no such file or it can't be read.
    """
    path = Path(path).expanduser()
    return _manifest(path, _opened(path))


def load_fold(path: Path, *, trusted: Trusted = ()) -> tuple[Any, Any]:
    """Return the fitted preparation and model of a fold.

    Raises
    ------
    ArtifactError
        If the file is foreign or damaged, or names a class that is neither ours nor trusted.
    StorageError
        If there is no such file or it can't be read.
    """
    try:
        kept = from_bytes(read_bytes(path), trusted)
    except ArtifactError as error:
        raise ArtifactError(f"{path} can't be loaded. {error}") from error.__cause__
    if not isinstance(kept, dict) or not {"preparation", "model"} <= kept.keys():
        raise ArtifactError(f"{path} holds no fold's model.")
    return kept["preparation"], kept["model"]


def _opened(path: Path) -> zipfile.ZipFile:
    if path.is_dir():
        raise ArtifactError(f"{path} is a folder, not a model file. Give the file that `run.save` wrote.")
    data = read_bytes(path)
    if len(data) > 1 and data[0] == 0x80 and data[1] <= 5:
        raise ArtifactError(f"{path} is a pickle, which would run code when it is read. Save models with `run.save`.")
    if not data.startswith(b"PK"):
        raise ArtifactError(f"{path} is not a model file. Give one that `run.save` wrote.")
    try:
        return zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise ArtifactError(f"{path} is damaged or was not copied to its end. Copy or save it again.") from error


def _read(path: Path, archive: zipfile.ZipFile, name: str) -> bytes:
    try:
        return archive.read(name)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError, OSError) as error:
        raise ArtifactError(f"{path} is damaged: its {name} can't be read. Copy or save it again.") from error


def _manifest(path: Path, archive: zipfile.ZipFile) -> dict[str, Any]:
    names = archive.namelist()
    foreign = ArtifactError(f"{path} is a zip file, but not a model file. Give one that `run.save` wrote.")
    if "manifest.json" not in names:
        raise foreign
    try:
        manifest = json.loads(_read(path, archive, "manifest.json"))
    except ValueError:
        raise foreign from None
    if not isinstance(manifest, dict) or manifest.get("format") != KIND:
        raise foreign
    told = manifest.get("format_version")
    if told != FORMAT:
        raise ArtifactError(
            f"{path} has format {told!r}, written by version {manifest.get('automl')}; this version ({__version__}) "
            f"reads format {FORMAT}. Load it with that version, or save the model again."
        )
    if sorted(names) != ["manifest.json", _MEMBER]:
        raise ArtifactError(f"{path} holds {sorted(set(names))}, not what a model file holds. Save the model again.")
    return manifest


def _member(path: Path, archive: zipfile.ZipFile, manifest: Mapping[str, Any]) -> bytes:
    data = _read(path, archive, _MEMBER)
    try:
        expected = manifest["members"][_MEMBER]["sha256"]
    except (KeyError, TypeError):
        expected = None
    if hashlib.sha256(data).hexdigest() != expected:
        raise ArtifactError(
            f"{path} was changed after it was saved: the SHA-256 of its {_MEMBER} is another. Save it again."
        )
    return data


def _packages(data: bytes) -> dict[str, str]:
    """Versions of the libraries whose classes the stored object names."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        schema = archive.read("schema.json").decode()
    roots = set(re.findall(r'"__module__": "(\w+)', schema)) | {"numpy"}
    found = {name: _version(name) for name in sorted(roots & _DISTRIBUTIONS.keys())}
    return {**{name: told for name, told in found.items() if told is not None}, "skops": version("skops")}


def _version(name: str) -> str | None:
    for distribution in (_DISTRIBUTIONS[name], _SWAPS.get(name)):
        try:
            if distribution is not None:
                return version(distribution)
        except PackageNotFoundError:
            continue
    return None


def _compare_versions(path: Path, manifest: Mapping[str, Any]) -> None:
    differing = []
    packages = manifest.get("packages")
    for name, then in sorted((packages if isinstance(packages, dict) else {}).items()):
        if name not in _DISTRIBUTIONS:
            continue
        now = _version(name)
        if now is None:
            raise MissingDependency(
                f"The model in {path} needs {_DISTRIBUTIONS[name]} {then}, which is not installed. "
                f"Run `pip install {_DISTRIBUTIONS[name]}=={then}`."
            )
        if str(then).split(".")[:2] != now.split(".")[:2]:
            differing.append(f"{_DISTRIBUTIONS[name]} {then} (now {now})")
    if differing:
        warn(
            f"The model in {path} was fitted with {', '.join(differing)}; its predictions may differ. Check some, or "
            "install those versions."
        )


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    return value.tolist() if isinstance(value, np.ndarray) else str(value)
