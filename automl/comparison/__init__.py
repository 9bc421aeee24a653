"""Is B better than A: paired tests on rows that both predicted, and sequential tests on live traffic.

``automl.compare`` looks at predictions that lie before us (:mod:`automl.comparison.pair`); ``automl.ABTest`` at
users who arrive one by one (:mod:`automl.comparison.live`).
"""
