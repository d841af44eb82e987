"""The JSON API (metrics.md, section 5): views of one snapshot, and a few bounded questions to the database."""
