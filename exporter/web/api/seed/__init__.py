"""`?compat=seed`: the keys of the original analytics document, on the figures of today (metrics.md, section 5)."""
