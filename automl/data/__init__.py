"""From a file or frame to a described table: reading, column roles, the task, checks, folds."""
