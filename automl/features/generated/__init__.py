"""Columns made from columns, inside the fold, and kept where they tell what a quick model could not find."""
