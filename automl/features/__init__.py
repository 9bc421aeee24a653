"""Preparation derived from what an algorithm declares that it needs."""
