"""A/B tests on live traffic that may be looked at any time."""
