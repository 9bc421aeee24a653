"""Reading: anything that holds a table becomes a pandas DataFrame whose columns have distinct string names.

::

    objects     frames, arrays, sparse matrices in memory
    places      a path, pattern, folder or address becomes files here   (remote: downloads)
    formats     the kind of each file by its ending                     (delimited, records, columnar, excel, arff)
    database    the rows of a query
    gathering   pieces of rows become one table, sampled where memory is too small
    table       read, read_in_chunks: the above in this order

Nothing is guessed about the values: a DataFrame is not changed, and texts such as ``NA`` stay as they are (see
:mod:`automl.data.columns`).
"""

from automl.data.reading.table import read, read_in_chunks

__all__ = ["read", "read_in_chunks"]
