"""A run, told: the search in words and pictures, pages for three kinds of readers, a model card, a script."""
