"""What optuna-dashboard shows of a run: notes in words, figures and files in the study, and the server itself.

The study's trials are written by :mod:`automl.storage`; here stands everything that turns them into something a person
understands at a glance. A :class:`~automl.dashboard.view.SearchView` is what is known of a search at one moment; notes,
figures and pictures are made from it alone, so they can be made while the search runs and years later.
"""
