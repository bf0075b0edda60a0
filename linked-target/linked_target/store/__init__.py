"""The link store: which records belong together, what was agreed, what is still open."""
