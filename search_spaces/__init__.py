"""Model families, one file each; dropping a file here is the whole registration.

Every file has the same three parts: ``space(shape)``, which hyperparameters there are for a table of this shape;
``build(config, context)``, the one place where a hyperparameter becomes a library's argument; and ``ALGORITHM``,
which ties them together with what the model needs. A family that is trained in rounds adds ``fit``. Files that start
with ``_`` hold what several families share. A model library is imported inside the functions that use it, so that
reading the declarations costs nothing. :func:`automl.testing.algorithms.check_algorithm` tells whether a file keeps
its word.
"""

BELONGS_TO = "automl"
"""Tells this package from another one that happens to have its name."""
