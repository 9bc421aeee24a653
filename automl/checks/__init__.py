"""Checks of a table before a search: one file each, all asked by :mod:`automl.checks.looking`.

A check is a function from a :class:`~automl.checks.subject.Subject` (the described table, its target and folds) to
findings. It judges by values, never by what a column is called. ``docs/guides/checks.md`` lists what is found.
"""
