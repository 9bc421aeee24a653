"""One thing to try: an algorithm and a config, identified by what they say."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from typing import Any

from automl.values.space import Config, Value


@dataclass(frozen=True, slots=True)
class Candidate:
    """An algorithm's name and one config of its space, trained with unlabelled rows or without.

    ``rows`` is the number of training rows of a fold where that is more than the sample which the search works with.

    Two candidates that say the same are equal and have the same ``id``, whatever the order of their names.

    Examples
    --------
    >>> one = Candidate.of("ridge", {"alpha": 1.0, "solver": "svd"})
    >>> one == Candidate.of("ridge", {"solver": "svd", "alpha": 1.0})
    True
    >>> one.params
    {'ridge:alpha': 1.0, 'ridge:solver': 'svd'}
    """

    algorithm: str
    settings: tuple[tuple[str, Value], ...]
    self_trained: bool = False
    rows: int | None = None

    @classmethod
    def of(cls, algorithm: str, config: Config) -> Candidate:
        """Make the candidate of this config."""
        return cls(algorithm, tuple(sorted(config.items())))

    @property
    def config(self) -> dict[str, Value]:
        """The hyperparameters by name."""
        return dict(self.settings)

    @property
    def plain(self) -> Candidate:
        """The same, trained on labelled rows alone."""
        return replace(self, self_trained=False)

    @property
    def params(self) -> dict[str, Any]:
        """The hyperparameters under the names that a study uses, ``algorithm:hyperparameter``."""
        return {f"{self.algorithm}:{name}": value for name, value in self.settings}

    @property
    def id(self) -> str:
        """Eight characters that identify the content."""
        beyond = [*(["self-trained"] if self.self_trained else []), *([self.rows] if self.rows is not None else [])]
        text = json.dumps([self.algorithm, self.settings, *beyond])
        return hashlib.sha256(text.encode()).hexdigest()[:8]
