"""A call of ``fit`` from beginning to end; :mod:`automl.session.call` tells the story, the rest are its chapters."""

from automl.session.call import make_plan, run_session

__all__ = ["make_plan", "run_session"]
