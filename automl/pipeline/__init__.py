"""The fitted artefact: raw rows in, predictions out."""
