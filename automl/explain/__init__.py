"""What a fitted pipeline makes of the columns: which matter, in what direction, for whom, and why in a single case.

Everything is told in the columns of the caller's table, not in those that models see: codes, 0/1 columns, date parts
and topics are counted for the column that they were made from. Results are frozen values that answer ``frame()``,
``plot()`` and ``str()``; :class:`automl.run.Run` has a method for each.
"""
