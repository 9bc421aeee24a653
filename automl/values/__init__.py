"""The vocabulary: frozen values that every other layer speaks in.

Nothing here reads a file, looks at a clock, draws from a global random state or imports a model library.
Modules of this package import :mod:`automl.errors` and each other, never anything above them.
"""
