"""All functions of templates, and which version of Prometheus has them."""

from collections.abc import Mapping
from urllib.parse import quote_plus

from alerts.model import Query
from alerts.promql import PromQLError
from alerts.templates.builtins import BUILTINS
from alerts.templates.calls import Function, Kind
from alerts.templates.conversions import as_float, seconds
from alerts.templates.errors import ExpansionError
from alerts.templates.humanizing import (
    humanize,
    humanize1024,
    humanize_duration,
    humanize_percentage,
    humanize_timestamp,
    to_time,
)
from alerts.templates.texts import (
    graph_link,
    lower,
    matches,
    path_of,
    replaced,
    safe_html,
    strip_domain,
    strip_port,
    table_link,
    title,
    upper,
)
from alerts.templates.values import NANOSECONDS, Duration, Map, Sampled, Samples, Value, to_bytes

Version = tuple[int, int]
# Functions that an older Prometheus does not have.
SINCE: Mapping[str, Version] = {"toDuration": (3, 6), "now": (3, 6), "urlQueryEscape": (3, 8)}


def _first(samples: Value) -> Sampled:
    if not isinstance(samples, Samples) or not samples:
        raise ExpansionError("first() called on vector with no elements")
    return samples[0]


def _sample(sample: Value) -> Sampled:
    if not isinstance(sample, Sampled):
        raise ExpansionError("runtime error: invalid memory address or nil pointer dereference")
    return sample


def _sort_by_label(label: str, samples: Value) -> Value:
    if isinstance(samples, Samples):
        # Every variable that has them sees them sorted.
        samples.sort(key=lambda sample: to_bytes(str(sample.labels[label])))
    return samples


def _args(*values: Value) -> Map:
    return Map.sorted({f"arg{number}": value for number, value in enumerate(values)}, "interface {}")


def _to_duration(value: Value) -> Duration:
    nanoseconds = as_float(value) * NANOSECONDS
    if not -(2.0**63) <= nanoseconds < 2.0**63:
        raise ExpansionError("the duration overflows int64")
    return Duration(int(nanoseconds))


ANY, STRING, SAMPLE, SAMPLES = Kind.ANY, Kind.STRING, Kind.SAMPLE, Kind.SAMPLES
CONSTANT: Mapping[str, Function] = {
    **BUILTINS,
    "first": Function(_first, (SAMPLES,)),
    "label": Function(lambda label, sample: _sample(sample).labels[label], (STRING, SAMPLE)),
    "value": Function(lambda sample: _sample(sample).value, (SAMPLE,)),
    "strvalue": Function(lambda sample: _sample(sample).labels["__value__"], (SAMPLE,)),
    "args": Function(_args, (), ANY),
    "reReplaceAll": Function(replaced, (STRING, STRING, STRING)),
    "match": Function(matches, (STRING, STRING)),
    "safeHtml": Function(safe_html, (STRING,)),
    "title": Function(title, (STRING,)),
    "toUpper": Function(upper, (STRING,)),
    "toLower": Function(lower, (STRING,)),
    "graphLink": Function(graph_link, (STRING,)),
    "tableLink": Function(table_link, (STRING,)),
    "sortByLabel": Function(_sort_by_label, (STRING, SAMPLES)),
    "stripPort": Function(strip_port, (STRING,)),
    "stripDomain": Function(strip_domain, (STRING,)),
    "humanize": Function(humanize, (ANY,)),
    "humanize1024": Function(humanize1024, (ANY,)),
    "humanizeDuration": Function(humanize_duration, (ANY,)),
    "humanizePercentage": Function(humanize_percentage, (ANY,)),
    "humanizeTimestamp": Function(humanize_timestamp, (ANY,)),
    "toTime": Function(to_time, (ANY,)),
    "parseDuration": Function(seconds, (STRING,)),
    "toDuration": Function(_to_duration, (ANY,)),
    "urlQueryEscape": Function(lambda text: quote_plus(to_bytes(text)), (STRING,)),
}
OF_ROUND = {"query", "pathPrefix", "externalURL", "now"}


def functions(query: Query, external_url: str) -> Mapping[str, Function]:
    """Return the functions for one expansion."""
    return {
        **CONSTANT,
        "query": Function(lambda expression: _samples(query, expression), (STRING,)),
        "pathPrefix": Function(lambda: path_of(external_url)),
        "externalURL": Function(lambda: external_url),
        "now": Function(lambda: query("time()")),
    }


def refusal(name: str, min_prometheus: Version) -> str | None:
    """Return why a function cannot be used, None if it can."""
    if name == "tmpl":
        return 'function "tmpl" exists in consoles only; use {{ template "NAME" . }}'
    if name not in CONSTANT and name not in OF_ROUND:
        return f'function "{name}" not defined'
    since = SINCE.get(name, min_prometheus)
    if since > min_prometheus:
        return f'function "{name}" needs Prometheus {since[0]}.{since[1]}; raise alerts.min_prometheus'
    return None


def _samples(query: Query, expression: str) -> Value:
    try:
        found = query(expression)
    except PromQLError as error:
        raise ExpansionError(str(error)) from None
    if isinstance(found, float):
        return Samples([Sampled(Map({}), found)])
    return Samples([Sampled(Map.sorted(dict(labels)), value) for labels, value in found])
