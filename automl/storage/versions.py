"""Which versions of what decide what a model predicts: kept with each run, told in its report."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

from automl._version import __version__

_DISTRIBUTIONS = (
    "numpy",
    "pandas",
    "scipy",
    "scikit-learn",
    "lightgbm",
    "xgboost",
    "xgboost-cpu",
    "catboost",
    "optuna",
    "skops",
)


def installed_versions() -> dict[str, str]:
    """Return the versions of Python, this package and the libraries that it fits models with, by name.

    Examples
    --------
    >>> list(installed_versions())[:3]
    ['python', 'automl', 'numpy']
    """
    found = {"python": platform.python_version(), "automl": __version__}
    for name in _DISTRIBUTIONS:
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # an extra that is not installed
            continue
    return found
