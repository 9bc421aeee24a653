"""The search: what to try next, where it runs, when to stop."""
