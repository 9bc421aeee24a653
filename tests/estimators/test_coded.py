"""The table of typed columns that CatBoost is given."""

import numpy as np
import pandas as pd

from automl.estimators.coded import IntegerCategories


def test_category_columns_become_integers():
    """Codes become integers, missing and unseen ones -1, numbers stay floats with their gaps."""
    table = IntegerCategories(None, (1,)).table(np.array([[0.5, 3.0], [np.nan, np.nan]], dtype=np.float32))
    assert table[1].tolist() == [3, -1]
    assert pd.api.types.is_integer_dtype(table[1])
    assert np.isnan(table[0].tolist()[1])


def test_without_categories_the_matrix_is_handed_on():
    """A matrix of numbers is not copied."""
    X = np.zeros((2, 2))
    assert IntegerCategories(None, ()).table(X) is X
