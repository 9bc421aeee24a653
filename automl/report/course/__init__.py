"""The search, told: what it found when, what mattered, what it never tried, whether more of it is worth the time."""
