"""What can be wrong with what a benchmark was asked for: told in one sentence, then the script ends with code 2."""

from __future__ import annotations

import argparse
import difflib
import signal
import sys
from collections.abc import Callable, Iterable


class BadInput(Exception):
    """What was asked for can't be done as asked; the text says what, and what to do."""


class EnvironmentFailure(Exception):
    """A system's environment can't be made; the text is the reason, in a line."""


def closest(name: str, known: Iterable[str]) -> str:
    """Return the question whether the closest known name was meant, with a space in front; empty if none is close.

    Examples
    --------
    >>> closest("adlut", ["adult", "iris"])
    " Did you mean 'adult'?"
    """
    by_lower = {each.lower(): each for each in known}
    found = difflib.get_close_matches(name.lower(), by_lower, n=1, cutoff=0.5)
    return f" Did you mean '{by_lower[found[0]]}'?" if found else ""


def checked(text: str, name: str, convert: Callable[[str], float], low: float = 0) -> list[float]:
    """Return the numbers of a list with commas.

    Raises
    ------
    BadInput
        If one of them is no number of the kind asked for, or too low.
    """
    numbers = []
    for each in filter(None, (part.strip() for part in text.split(","))):
        try:
            number = convert(each)
        except ValueError:
            number = float("nan")
        if not low <= number < float("inf"):
            kind = "whole numbers" if convert is int else "seconds"
            raise BadInput(f"--{name} {text}: '{each}' can't be used; give {kind} from {low:g}, with commas between.")
        numbers.append(number)
    if not numbers:
        raise BadInput(f"--{name} is empty; give at least one number.")
    return numbers


def names(text: str | None, option: str = "") -> list[str] | None:
    """Return the names of a list with commas; ``None`` where nothing is given.

    Raises
    ------
    BadInput
        If there is no name in it and the option's name is given.
    """
    if text is None:
        return None
    found = [part.strip() for part in text.split(",") if part.strip()]
    if option and not found:
        raise BadInput(f"--{option} is empty; give at least one name, or leave it out.")
    return found


def script(main: Callable[[], int]) -> None:
    """Run a script's main function and end; bad input becomes one sentence and exit code 2."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what runs is ended and cleared away
    try:
        code = main()
    except BadInput as error:
        print(error, file=sys.stderr)
        code = 2
    except KeyboardInterrupt:
        print("\nStopped; the same command goes on where it was.", file=sys.stderr)
        code = 130
    sys.exit(code)


class Parser(argparse.ArgumentParser):
    """An argument parser whose complaints are bad input like any other."""

    def error(self, message: str) -> None:  # type: ignore[override]
        """Raise instead of printing the usage."""
        raise BadInput(f"{message[:1].upper()}{message[1:]}; see --help.")
