"""Combining candidates by their out-of-fold predictions."""
