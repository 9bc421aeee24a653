"""Sources of tables: anything that holds one becomes a pandas DataFrame whose columns have distinct string names.

::

    objects     frames, arrays, sparse matrices in memory
    places      a path, pattern, folder or address becomes files here   (remote: downloads)
    formats     the kind of each file by its ending                     (delimited, records, columnar, excel, arff)
    database    the rows of a query
    gathering   pieces of rows become one table, sampled where memory is too small
    collecting  the above in this order

Nothing is guessed about the values: a DataFrame is not changed, and texts such as ``NA`` stay as they are (see
:mod:`automl.data.columns`). :mod:`automl.data.reading` is what others call.
"""
