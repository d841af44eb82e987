"""The two APIs of Datadog that answer queries: how a question is put, and what the answer says.

v2 takes many queries at once and gives one value for any window. v1 is for stand-ins that know nothing else: its points
lie on a grid of their own, so that a window is the last whole bucket of its length.
"""

from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from typing import Any, Protocol

from datadog_api_client import ApiClient
from datadog_api_client.v1.api.metrics_api import MetricsApi as MetricsApiV1
from datadog_api_client.v2.api.metrics_api import MetricsApi as MetricsApiV2
from datadog_api_client.v2.model.formula_limit import FormulaLimit
from datadog_api_client.v2.model.metrics_aggregator import MetricsAggregator
from datadog_api_client.v2.model.metrics_data_source import MetricsDataSource
from datadog_api_client.v2.model.metrics_scalar_query import MetricsScalarQuery
from datadog_api_client.v2.model.query_formula import QueryFormula
from datadog_api_client.v2.model.query_sort_order import QuerySortOrder
from datadog_api_client.v2.model.scalar_formula_query_request import ScalarFormulaQueryRequest
from datadog_api_client.v2.model.scalar_formula_request import ScalarFormulaRequest
from datadog_api_client.v2.model.scalar_formula_request_attributes import ScalarFormulaRequestAttributes
from datadog_api_client.v2.model.scalar_formula_request_queries import ScalarFormulaRequestQueries
from datadog_api_client.v2.model.scalar_formula_request_type import ScalarFormulaRequestType

from exporter.model import Reason, SourceError
from exporter.scalars import Column, Group, ScalarQuery, Span
from exporter.sources.datadog_errors import told


class Wire(Protocol):
    """One API."""

    def span(self, end: int, seconds: int) -> Span:
        """Return the window that can be asked for."""
        ...

    def ask(self, client: ApiClient, queries: Sequence[ScalarQuery], span: Span) -> Any:
        """Send the question; returns the answer of the client, raises what it raises."""
        ...

    def read(self, data: Any, queries: Sequence[ScalarQuery], span: Span) -> dict[str, Column]:
        """Return what an answer says; SourceError if it says that something is wrong, or nothing that we know."""
        ...


class ScalarWire:
    """v2: POST /api/v2/query/scalar; milliseconds, the end exclusive."""

    def span(self, end: int, seconds: int) -> Span:
        """Return exactly the window."""
        return Span(end - seconds, end)

    def ask(self, client: ApiClient, queries: Sequence[ScalarQuery], span: Span) -> Any:
        """Ask for all queries at once, with a formula for each."""
        attributes = ScalarFormulaRequestAttributes(
            _from=span.start * 1000,
            to=span.end * 1000,
            formulas=[_formula(query) for query in queries],
            queries=ScalarFormulaRequestQueries([_query(query) for query in queries]),
        )
        kind = ScalarFormulaRequestType.SCALAR_REQUEST
        body = ScalarFormulaQueryRequest(data=ScalarFormulaRequest(type=kind, attributes=attributes))
        return MetricsApiV2(client).query_scalar_data(body=body)

    def read(self, data: Any, queries: Sequence[ScalarQuery], span: Span) -> dict[str, Column]:  # noqa: ARG002
        """Read the table: its rows are groups, its columns their tags and one value for each query."""
        if data.get("errors"):
            raise told(Reason.QUERY, f"it says {data['errors']}")
        try:
            columns = data["data"]["attributes"]["columns"]
            groups = list(_groups([column for column in columns if column["type"] == "group"]))
            numbers = [column for column in columns if column["type"] == "number"]
            return {column["name"]: _column(column, groups) for column in numbers}
        except (KeyError, TypeError, AttributeError, ValueError, IndexError):
            raise _no_answer() from None


class QueryWire:
    """v1: GET /api/v1/query; seconds, the queries separated by commas."""

    def span(self, end: int, seconds: int) -> Span:
        """Return the last whole bucket: those of Datadog begin at multiples of their length."""
        end -= end % seconds
        return Span(end - seconds, end)

    def ask(self, client: ApiClient, queries: Sequence[ScalarQuery], span: Span) -> Any:
        """Ask for all queries at once, each as one bucket."""
        text = ",".join(_bucket(query, span.end - span.start) for query in queries)
        return MetricsApiV1(client).query_metrics(_from=span.start, to=span.end, query=text)

    def read(self, data: Any, queries: Sequence[ScalarQuery], span: Span) -> dict[str, Column]:
        """Read the series: each has the number of its query, and the tags of its group."""
        if data.get("status") == "error" or data.get("error"):
            raise told(Reason.QUERY, f"it says {data.get('error') or 'error'}")
        found: dict[str, Column] = {}
        try:
            for series in data["series"]:
                query = queries[series.get("query_index", 0)]
                value = _point(series["pointlist"], query, span)
                unit, per = _names(series.get("unit"))
                column = found.setdefault(query.name, Column(unit, per, {}))
                if value is not None:
                    found[query.name] = column._replace(values={**column.values, _tags(series): value})
        except (KeyError, TypeError, AttributeError, ValueError, IndexError):
            raise _no_answer() from None
        return found


WIRES: Mapping[str, Wire] = {"v1": QueryWire(), "v2": ScalarWire()}


def _formula(query: ScalarQuery) -> QueryFormula:
    if query.limit is None:
        return QueryFormula(formula=query.name)
    return QueryFormula(formula=query.name, limit=FormulaLimit(count=query.limit, order=QuerySortOrder.DESC))


def _query(query: ScalarQuery) -> MetricsScalarQuery:
    return MetricsScalarQuery(
        name=query.name,
        query=query.text,
        aggregator=MetricsAggregator(query.aggregator),
        data_source=MetricsDataSource.METRICS,
    )


def _groups(columns: Sequence[Mapping[str, Any]]) -> Iterator[Group]:
    """Yield the group of each row; a tag may have several values."""
    for values in zip(*(column["values"] for column in columns), strict=True):
        tags = zip(columns, values, strict=True)
        yield tuple((column["name"], ",".join(several or ())) for column, several in tags)


def _column(column: Mapping[str, Any], groups: Sequence[Group]) -> Column:
    values = column["values"]
    rows = groups or [()] * len(values)
    unit, per = _names((column.get("meta") or {}).get("unit"))
    known = zip(rows, values, strict=True)
    return Column(unit, per, {group: float(value) for group, value in known if _is_told(value)})


def _is_told(value: Any) -> bool:
    """Tell whether there is a value: null and NaN are none. Raises TypeError where something else than a number is."""
    return value is not None and isfinite(value)


def _names(unit: Any) -> tuple[str | None, str | None]:
    """Return the names of a unit and of what it is per."""
    names = [part.get("name") if part else None for part in unit or ()]
    first, second, *_ = [*names, None, None]
    return first, second


def _bucket(query: ScalarQuery, seconds: int) -> str:
    # The last value of a bucket is not to be had: then it is the last of all points.
    if query.aggregator == "last":
        return query.text
    how = "" if query.aggregator == "percentile" else f"{query.aggregator}, "
    return f"{query.text}.rollup({how}{seconds})"


def _point(points: Sequence[Any], query: ScalarQuery, span: Span) -> float | None:
    start, end = span.start * 1000, span.end * 1000
    inside = [value for at, value in map(tuple, points) if start <= at < end and _is_told(value)]
    if query.aggregator != "last" and len(inside) > 1:
        raise ValueError("more points than the one bucket")
    return float(inside[-1]) if inside else None


def _tags(series: Mapping[str, Any]) -> Group:
    pairs = (tag.partition(":") for tag in series.get("tag_set") or ())
    return tuple((name, value) for name, _, value in pairs)


def _no_answer() -> SourceError:
    return told(Reason.QUERY, "the answer is not what the API of Datadog answers")
