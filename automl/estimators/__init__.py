"""Models that fitted pipelines may hold beside those of the libraries; nothing here searches or evaluates."""
