"""Several tables: the columns of others join the main one, whose rows stay as many and in order.

::

    keys        which row of the other table belongs to which of the main one
    aggregates  many rows of a key become one
    tables      the other tables, read and checked; joined to training rows, and to new ones in the same way
"""

from automl.data.joining.tables import Joins, join_again, join_tables, load_joined, with_rows

__all__ = ["Joins", "join_again", "join_tables", "load_joined", "with_rows"]
