"""A picture of a table before any search: what its columns are, what was noticed, how values are distributed."""
