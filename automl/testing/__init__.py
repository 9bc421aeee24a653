"""Checks for people who add algorithms or engines that tell whether it keeps its word."""
