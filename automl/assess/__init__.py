"""How good predictions are, how sure that is, and what may be changed about them afterwards.

Everything starts from predictions beside the truth (:mod:`automl.assess.judged`): out-of-fold ones, which a run keeps,
or those of a test table. An :class:`~automl.assess.assessment.Assessment` scores them with intervals, by class, by
slice and as curves; :mod:`~automl.assess.overfitting` and :mod:`~automl.assess.learning` tell whether the model knows
its training rows by heart and whether more rows would help; :mod:`~automl.assess.calibrating`,
:mod:`~automl.assess.thresholds` and :mod:`~automl.assess.conformal` change probabilities, decisions, and what is said
about doubt. Nothing here knows how a search works; a run calls it through :mod:`automl.assess.of_run`.
"""
