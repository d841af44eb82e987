"""What is wrong between the keys of a custom query that are each fine. Pure."""

from collections import Counter
from collections.abc import Iterator

from collectors.custom_sql.families import label_names
from collectors.custom_sql.options import AT, DATABASE, Metric, Query
from collectors.metric_names import HISTOGRAM_LABELS, TARGET_LABELS, gauge_suffix, reserved

# A key below a query, and what is wrong there.
Mistake = tuple[tuple[str, ...], str]


def mistakes(query: Query) -> Iterator[Mistake]:
    """Yield the mistakes of one query."""
    if query.database is not None and query.databases is not None:
        yield ("databases",), "has database and databases; keep one of them"
    yield from _of_parameters(query)
    for name, metric in query.metrics.items():
        for keys, text in (*_of_name(name, metric), *_of_values(metric), *_of_labels(metric, query)):
            yield ("metrics", name, *keys), text


def _of_parameters(query: Query) -> Iterator[Mistake]:
    if AT in query.given:
        yield ("parameters",), f"{AT} is the instant of the run, which is there by itself; choose another name"
    uneven = query.given - {AT} - frozenset.intersection(*(frozenset(values) for values in query.parameters))
    for name in sorted(uneven):
        yield ("parameters",), f"{name} is not in every set; give it in each, null where there is none"
    for name in sorted(query.asks - query.given - {AT}):
        mend = rf"give it below parameters, or write \:{name} if it is none"
        yield ("sql",), f"asks for the parameter {name}, which is not given; {mend}"
    labels = {label for metric in query.metrics.values() for label in metric.labels}
    for name in sorted(query.given - query.asks - labels - {AT}):
        yield ("parameters",), f"{name} is neither in the SQL nor a label; write :{name} there, or remove it"


def _of_name(name: str, metric: Metric) -> Iterator[Mistake]:
    if problem := reserved(name):
        yield (), problem
    if metric.type == "counter" and not name.endswith("_total"):
        yield (), f"is a counter, whose name ends in _total; write {name}_total"
    if metric.type == "gauge" and (suffix := gauge_suffix(name)):
        mend = "choose another name" if suffix != "_total" else "write type: counter if it only goes up, or rename it"
        yield (), f"is a gauge, whose name must not end in {suffix}; {mend}"


def _of_values(metric: Metric) -> Iterator[Mistake]:
    if metric.static_value is not None and metric.values:
        yield ("static_value",), "has values and static_value; keep one of them"
    if len(metric.values) > 1 and not metric.value_label:
        yield ("values",), "are several columns, which need value_label: the label that has the name of the column"
    if metric.value_label and not metric.values:
        yield ("value_label",), "needs values: the columns whose names it is to have"
    for column, times in Counter(metric.values).items():
        if times > 1:
            yield ("values",), f"{column} stands here {times} times; leave one"
    if metric.fold and not metric.labels:
        yield ("fold",), "needs labels: without any there is nothing to fold"


def _of_labels(metric: Metric, query: Query) -> Iterator[Mistake]:
    names = label_names(metric) + ([DATABASE] if query.databases else [])
    for name, times in Counter(names).items():
        if times > 1:
            more = " (databases gives one, too)" if name == DATABASE and query.databases else ""
            yield ("labels",), f"the label {name} is given {times} times{more}; leave one"
        if name in TARGET_LABELS:
            yield ("labels",), f"the label {name} is that of the target in Prometheus; choose another name"
        if name in HISTOGRAM_LABELS:
            yield ("labels",), f"the label {name} belongs to histograms and summaries; choose another name"
    empty = {name for values in query.parameters for name, value in values.items() if value in (None, "")}
    for name in sorted(empty & set(metric.labels)):
        yield ("labels",), f"the parameter {name} is empty in one of its sets, and a label is not; give it a value"
