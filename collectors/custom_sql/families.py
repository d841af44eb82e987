"""The families of a custom query, as its metrics declare them."""

from collectors.custom_sql.options import AT, Metric, Options
from exporter.model import Family, Label


def families(options: Options) -> tuple[Family, ...]:
    """Return a family for each metric; a query that asks for the instant of its run can be asked for a past one."""
    return tuple(
        Family(
            id=f"custom_sql:{options.name}",
            name=name,
            help=sentence(metric.help),
            labels=tuple(Label(label) for label in sorted({*label_names(metric), *options.labels})),
            kind=metric.type,
            past="exact" if AT in options.query.asks else "live only",
        )
        for name, metric in options.query.metrics.items()
    )


def label_names(metric: Metric) -> list[str]:
    """Return the labels that a metric declares itself, each as often as it does."""
    return [*metric.labels, *metric.static_labels, *([metric.value_label] if metric.value_label else [])]


def sentence(text: str) -> str:
    """Return a text with a mark at its end, as another sentence follows it."""
    text = " ".join(text.split())
    return text if text.endswith((".", "!", "?")) else f"{text}."
