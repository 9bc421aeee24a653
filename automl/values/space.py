"""What a hyperparameter may be: declared ranges, not code that asks for them line by line.

A :class:`SearchSpace` is an ordered set of hyperparameters, each a :class:`Float`, :class:`Int` or
:class:`Categorical`, named as Optuna names them. A hyperparameter may depend on one declared before it
(``when={"booster": "dart"}``): it is active only while that parent has that value. A *config* holds exactly the
active ones. Because a space is data it can be printed, narrowed, compared, hashed into a study, sampled by
Optuna, by a random generator or by a property test.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from automl.errors import PlanError, suggest

type_error = "A hyperparameter's value is None, a bool, an int, a float or a string"
Value = bool | int | float | str | None
Config = Mapping[str, Value]


class Suggester(Protocol):
    """The three questions a space asks; an ``optuna.Trial`` answers them."""

    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float:
        """Answer with a float in ``[low, high]``."""

    def suggest_int(self, name: str, low: int, high: int, *, step: int = 1, log: bool = False) -> int:
        """Answer with an int in ``[low, high]``."""

    def suggest_categorical(self, name: str, choices: Any) -> Any:
        """Answer with one of ``choices``."""


def _checked_range(kind: str, name: str, low: float, high: float, log: bool, step: float | None) -> None:
    if not (math.isfinite(low) and math.isfinite(high)) or low > high:
        raise PlanError(f"{kind}({name!r}) has the range [{low}, {high}]; low must be finite and at most high.")
    if log and low <= 0:
        raise PlanError(f"{kind}({name!r}) is logarithmic and starts at {low}; a log range starts above 0.")
    if log and step not in (None, 1):
        raise PlanError(f"{kind}({name!r}) has both log and a step of {step}; choose one.")
    if step is not None and step <= 0:
        raise PlanError(f"{kind}({name!r}) has a step of {step}; a step is above 0.")


@dataclass(frozen=True, slots=True)
class Float:
    """A real hyperparameter in ``[low, high]``, uniform or log-uniform.

    Raises
    ------
    PlanError
        If the range is empty, not finite, or can't be logarithmic.

    Examples
    --------
    >>> Float("learning_rate", 0.005, 0.1, log=True, default=0.05).contains(0.01)
    True
    """

    name: str
    low: float
    high: float
    log: bool = False
    step: float | None = None
    default: float | None = None
    when: Mapping[str, Value | tuple[Value, ...]] | None = None

    def __post_init__(self) -> None:
        """Refuse an impossible range; put the default in the (geometric) middle when none is given."""
        _checked_range("Float", self.name, self.low, self.high, self.log, self.step)
        if self.default is None:
            middle = math.sqrt(self.low * self.high) if self.log else (self.low + self.high) / 2
            if self.step is not None:
                middle = self.low + round((middle - self.low) / self.step) * self.step
            object.__setattr__(self, "default", middle)
        if not self.contains(self.default):
            raise PlanError(f"Float({self.name!r}) has the default {self.default}, outside [{self.low}, {self.high}].")

    def contains(self, value: Value) -> bool:
        """Tell whether ``value`` may be chosen."""
        return isinstance(value, int | float) and not isinstance(value, bool) and self.low <= value <= self.high

    def suggest(self, ask: Suggester, prefix: str = "") -> float:
        """Ask for a value."""
        return ask.suggest_float(prefix + self.name, self.low, self.high, step=self.step, log=self.log)


@dataclass(frozen=True, slots=True)
class Int:
    """A whole-numbered hyperparameter in ``[low, high]``.

    Raises
    ------
    PlanError
        If the range is empty or can't be logarithmic.

    Examples
    --------
    >>> Int("num_leaves", 2, 200, log=True).default
    20
    """

    name: str
    low: int
    high: int
    log: bool = False
    step: int = 1
    default: int | None = None
    when: Mapping[str, Value | tuple[Value, ...]] | None = None

    def __post_init__(self) -> None:
        """Refuse an impossible range; put the default in the (geometric) middle when none is given."""
        _checked_range("Int", self.name, self.low, self.high, self.log, self.step)
        if self.default is None:
            middle = math.sqrt(self.low * self.high) if self.log else (self.low + self.high) / 2
            object.__setattr__(self, "default", self.low + round((middle - self.low) / self.step) * self.step)
        if not self.contains(self.default):
            raise PlanError(f"Int({self.name!r}) has the default {self.default}, outside [{self.low}, {self.high}].")

    def contains(self, value: Value) -> bool:
        """Tell whether ``value`` may be chosen."""
        if isinstance(value, bool) or not isinstance(value, int) or not self.low <= value <= self.high:
            return False
        return (value - self.low) % self.step == 0

    def suggest(self, ask: Suggester, prefix: str = "") -> int:
        """Ask for a value."""
        return ask.suggest_int(prefix + self.name, self.low, self.high, step=self.step, log=self.log)


@dataclass(frozen=True, slots=True)
class Categorical:
    """A hyperparameter with listed choices; the first one is the default unless another is named.

    Raises
    ------
    PlanError
        If there is no choice, a choice twice, or a default that is none of them.

    Examples
    --------
    >>> Categorical("weights", ("uniform", "distance")).default
    'uniform'
    """

    name: str
    choices: tuple[Value, ...]
    default: Value = field(default="\0first")
    when: Mapping[str, Value | tuple[Value, ...]] | None = None

    def __post_init__(self) -> None:
        """Refuse empty, repeated or unstorable choices."""
        object.__setattr__(self, "choices", tuple(self.choices))
        if not self.choices:
            raise PlanError(f"Categorical({self.name!r}) has no choices; give at least one.")
        for choice in self.choices:
            if not isinstance(choice, bool | int | float | str | None):
                raise PlanError(f"Categorical({self.name!r}) has the choice {choice!r}. {type_error}.")
        if len({(type(each), each) for each in self.choices}) < len(self.choices):
            raise PlanError(f"Categorical({self.name!r}) lists a choice twice: {self.choices}.")
        if self.default == "\0first":
            object.__setattr__(self, "default", self.choices[0])
        if not self.contains(self.default):
            raise PlanError(f"Categorical({self.name!r}) has the default {self.default!r}, not in {self.choices}.")

    def contains(self, value: Value) -> bool:
        """Tell whether ``value`` may be chosen; ``1`` and ``True`` are different choices."""
        return any(type(value) is type(each) and value == each for each in self.choices)

    def suggest(self, ask: Suggester, prefix: str = "") -> Value:
        """Ask for a value."""
        chosen: Value = ask.suggest_categorical(prefix + self.name, self.choices)
        return chosen


Hyperparameter = Float | Int | Categorical


def _is_active(when: Mapping[str, Value | tuple[Value, ...]] | None, config: Config) -> bool:
    for parent, wanted in (when or {}).items():
        accepted = wanted if isinstance(wanted, tuple) else (wanted,)
        if parent not in config or config[parent] not in accepted:
            return False
    return True


class SearchSpace:
    """An ordered, conditional set of hyperparameters.

    Raises
    ------
    PlanError
        If a name stands twice, or a condition mentions a hyperparameter that is not declared before it.

    Examples
    --------
    >>> space = SearchSpace(
    ...     Categorical("kernel", ("linear", "rbf")),
    ...     Float("gamma", 0.01, 1.0, log=True, when={"kernel": "rbf"}),
    ... )
    >>> space.default()
    {'kernel': 'linear'}
    >>> space.contains({"kernel": "rbf", "gamma": 0.1})
    True
    >>> space.replace(kernel="rbf", gamma=(0.1, 0.5)).default()
    {'kernel': 'rbf', 'gamma': 0.1}
    """

    __slots__ = ("_by_name",)

    def __init__(self, *hyperparameters: Hyperparameter) -> None:
        self._by_name: dict[str, Hyperparameter] = {}
        for each in hyperparameters:
            if each.name in self._by_name:
                raise PlanError(f"The hyperparameter {each.name!r} stands twice in the space; names are unique.")
            for parent in each.when or {}:
                if parent not in self._by_name:
                    raise PlanError(
                        f"The hyperparameter {each.name!r} depends on {parent!r}, which is not declared before it."
                    )
            self._by_name[each.name] = each

    def __iter__(self) -> Iterator[Hyperparameter]:
        """Hyperparameters in the order of their declaration."""
        return iter(self._by_name.values())

    def __len__(self) -> int:
        """How many hyperparameters there are, active or not."""
        return len(self._by_name)

    def __getitem__(self, name: str) -> Hyperparameter:
        """Return the hyperparameter called ``name``."""
        return self._by_name[name]

    def __eq__(self, other: object) -> bool:
        """Spaces are equal when they declare the same in the same order."""
        return isinstance(other, SearchSpace) and list(self) == list(other)

    def __hash__(self) -> int:
        """Hash by content."""
        return hash(self.fingerprint())

    def __repr__(self) -> str:
        """Show it as it would be typed."""
        return f"SearchSpace({', '.join(map(repr, self))})"

    def default(self) -> dict[str, Value]:
        """Return the config in which every active hyperparameter has its default."""
        config: dict[str, Value] = {}
        for each in self:
            if _is_active(each.when, config):
                config[each.name] = each.default
        return config

    def suggest(self, ask: Suggester, prefix: str = "") -> dict[str, Value]:
        """Return a config answered by ``ask``, whose names get ``prefix`` in front."""
        config: dict[str, Value] = {}
        for each in self:
            if _is_active(each.when, config):
                config[each.name] = each.suggest(ask, prefix)
        return config

    def complete(self, config: Config) -> dict[str, Value]:
        """Fill a partial config with defaults, dropping what is inactive in it.

        Raises
        ------
        PlanError
            If a name is unknown or a value lies outside its range.
        """
        for name in config:
            if name not in self._by_name:
                raise PlanError(f"Unknown hyperparameter {name!r}. {suggest(name, self._by_name)}")
        filled: dict[str, Value] = {}
        for each in self:
            if not _is_active(each.when, filled):
                continue
            value = config.get(each.name, each.default)
            if not each.contains(value):
                raise PlanError(f"{each.name}={value!r} lies outside {each!r}.")
            filled[each.name] = value
        return filled

    def contains(self, config: Config) -> bool:
        """Tell whether ``config`` holds every active hyperparameter, no inactive one, each in its range."""
        seen: dict[str, Value] = {}
        for each in self:
            if _is_active(each.when, seen):
                if each.name not in config or not each.contains(config[each.name]):
                    return False
                seen[each.name] = config[each.name]
        return set(seen) == set(config)

    def replace(self, **changes: Any) -> SearchSpace:
        """Return the space with some hyperparameters narrowed, widened or fixed.

        Parameters
        ----------
        **changes
            ``(low, high)`` sets a range, a list sets choices, any other value fixes the hyperparameter,
            a :class:`Float`, :class:`Int` or :class:`Categorical` takes its place whole.

        Raises
        ------
        PlanError
            If a name is unknown or a new range is impossible.
        """
        for name in changes:
            if name not in self._by_name:
                raise PlanError(f"Unknown hyperparameter {name!r}. {suggest(name, self._by_name)}")
        return SearchSpace(*(_changed(each, changes[each.name]) if each.name in changes else each for each in self))

    def to_json(self) -> list[dict[str, Any]]:
        """Return plain data that tells the space, for plans, studies and hashes."""
        return [
            {"type": type(each).__name__, **{slot: _plain(getattr(each, slot)) for slot in each.__dataclass_fields__}}
            for each in self
        ]

    @classmethod
    def from_json(cls, data: Sequence[Mapping[str, Any]]) -> SearchSpace:
        """Make the space that :meth:`to_json` told."""
        kinds: Mapping[str, Callable[..., Hyperparameter]] = {"Float": Float, "Int": Int, "Categorical": Categorical}
        return cls(
            *(
                kinds[each["type"]](**{slot: _restored(told) for slot, told in each.items() if slot != "type"})
                for each in data
            )
        )

    def fingerprint(self) -> str:
        """Return a short hash of the content, the same in every process."""
        return hashlib.sha256(json.dumps(self.to_json(), sort_keys=True).encode()).hexdigest()[:12]


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, tuple) else value


def _restored(told: Any) -> Any:
    if isinstance(told, Mapping):
        return {key: _restored(each) for key, each in told.items()}
    return tuple(told) if isinstance(told, list) else told


def _changed(old: Hyperparameter, change: Any) -> Hyperparameter:
    if isinstance(change, Float | Int | Categorical):
        return replace(change, name=old.name, when=old.when if change.when is None else change.when)
    if isinstance(change, list):
        return Categorical(old.name, tuple(change), when=old.when)
    if isinstance(change, tuple) and len(change) == 2 and isinstance(old, Float | Int):
        low, high = change
        kept = old.default if old.default is not None and low <= old.default <= high else None
        changed: Hyperparameter = replace(old, low=low, high=high, default=kept)  # type: ignore[arg-type]  # of old's own kind
        return changed
    if isinstance(change, bool | int | float | str | None):
        return Categorical(old.name, (change,), when=old.when)
    raise PlanError(
        f"{old.name}={change!r} is no change of a hyperparameter. Give a value to fix it, (low, high) for a range, "
        "or a list of choices."
    )
