"""Everything that stays on disk: the run folder, the study, the model file."""
