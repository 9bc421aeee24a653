"""What could not be made, and why: a part of a report that is missing costs a sentence, not the page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from automl.errors import AutoMLError
from automl.report.sentence import Sentence

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Absent:
    """A part that could not be made; ``reason`` is one sentence."""

    reason: str

    def because(self, what: str) -> Sentence:
        """Tell what is missing and why.

        Examples
        --------
        >>> Absent("The run keeps no rows.").because("Importance").text
        'Importance could not be told. The run keeps no rows.'
        """
        return Sentence.of_text(f"{what} could not be told. {self.reason}")


def attempt(make: Callable[[], T]) -> T | Absent:
    """Return what ``make`` returns; one of this package's own errors becomes the reason why there is nothing.

    Examples
    --------
    >>> from automl.errors import StorageError
    >>> def fail():
    ...     raise StorageError("There are no rows.")
    >>> attempt(fail)
    Absent(reason='There are no rows.')
    """
    try:
        return make()
    except AutoMLError as error:
        return Absent(str(error))
