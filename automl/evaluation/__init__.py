"""One candidate on one fold: fitted, scored, and kept inside its limits."""
