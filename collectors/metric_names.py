"""Names that metrics and labels of a deployment's own may not have. Pure."""

OURS = ("jobhive_", "process_", "python_")
PROMETHEUS = ("up", "scrape_")
SUFFIXES = ("_total", "_count", "_sum", "_bucket", "_created")
TARGET_LABELS, HISTOGRAM_LABELS = ("job", "instance"), ("le", "quantile")


def reserved(name: str) -> str | None:
    """Say to whom the name of a metric belongs that nobody else may use, None if there is no such owner."""
    if name.startswith(OURS):
        return f"names that begin with {', '.join(OURS)} are the exporter's own; choose another one"
    if name == PROMETHEUS[0] or name.startswith(PROMETHEUS[1]):
        return "is a name that Prometheus gives to series of its own; choose another one"
    return None


def gauge_suffix(name: str) -> str | None:
    """Return the end of a name that a gauge may not have, None if it has no such end."""
    return next((end for end in SUFFIXES if name.endswith(end)), None)
