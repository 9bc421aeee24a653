"""The command line: the words of :func:`automl.fit`, parsed and printed, nothing decided here.

A module for each group of commands; importing it adds them to ``main``. Results go to standard output, everything else
to standard error. Nothing heavy is imported before a command runs: ``automl --help`` answers at once.
"""

from automl.cli import demonstrating, judging, predicting, profiling, searching, showing
from automl.cli.command import main

__all__ = ["demonstrating", "judging", "main", "predicting", "profiling", "searching", "showing"]
