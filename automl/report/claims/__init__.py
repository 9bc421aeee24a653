"""What a report claims, in plain words: each sentence follows from a number, and its opposite from the opposite number.

Each module answers one of the questions that a reader has: what it is, how good, how sure, what it depends on, and what
to beware of. Every function takes the :class:`~automl.report.material.Material` and returns sentences.
"""
