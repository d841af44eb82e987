"""The bodies of a simulated Datadog's answers, v1 and v2, made of what a world tells. Pure."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from demo.datadog_query import Answer, NotAQuery, Query, World, parted

V1_QUERY, VALIDATE = "/api/v1/query", "/api/v1/validate"
V2_SCALAR, V2_TIMESERIES = "/api/v2/query/scalar", "/api/v2/query/timeseries"
# The most points of a series.
MOST_POINTS = 60
Values = Mapping[tuple[str, ...], float | None]


class Request(NamedTuple):
    """What was asked."""

    method: str
    path: str
    parameters: Mapping[str, str]
    body: Any


class Wrong(Exception):
    """What is wrong with a request: the status, and Datadog's words for it."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


def answer(world: World, request: Request) -> dict[str, Any]:
    """Return the data of an answer; raises Wrong."""
    answers: dict[tuple[str, str], Callable[[World, Request], dict[str, Any]]] = {
        ("GET", VALIDATE): lambda _, __: {"valid": True},
        ("GET", V1_QUERY): _query,
        ("POST", V2_SCALAR): _scalar,
        ("POST", V2_TIMESERIES): _timeseries,
    }
    if (request.method, request.path) not in answers:
        raise Wrong(404, "Not found")
    try:
        return answers[request.method, request.path](world, request)
    except NotAQuery as error:
        raise Wrong(400, str(error)) from None
    except (LookupError, TypeError, ValueError):
        raise Wrong(400, "Invalid request") from None


def _query(world: World, request: Request) -> dict[str, Any]:
    start, end = (int(request.parameters[key]) for key in ("from", "to"))
    text = request.parameters["query"]
    parts = enumerate(parted(text))
    series = [one for index, part in parts for one in _series(world, index, Query.of(part), range(start, end))]
    dates = {"from_date": start * 1000, "to_date": end * 1000}
    return {"status": "ok", "res_type": "time_series", "query": text, "series": series, "error": ""} | dates


def _series(world: World, index: int, query: Query, window: range) -> list[dict[str, Any]]:
    """Return the series of one query of v1: a point for each bucket, which begins at a multiple of its length."""
    _, rollup, arguments = query.calls.partition(".rollup(")
    *how, step = arguments.rstrip(")").split(",") if rollup else ("avg", str(_width(window)))
    width, aggregator = int(step), how[0] if how else "percentile"
    points: dict[tuple[str, ...], list[list[float | None]]] = {}
    unit: list[dict[str, Any] | None] = [None, None]
    for at in range(window.start - window.start % width, window.stop, width):
        found = world.answer(query, aggregator, at, at + width)
        unit = _unit(found)
        for group, value in found.values:
            points.setdefault(group, []).append([at * 1000.0, value])
    common = {"metric": query.metric, "query_index": index, "interval": width, "unit": unit}
    return [
        common | {"pointlist": pointlist, "tag_set": _tags(query, group), "scope": ",".join(query.scope)}
        for group, pointlist in points.items()
    ]


def _scalar(world: World, request: Request) -> dict[str, Any]:
    attributes = _attributes(request, "scalar_request")
    window = _window(attributes)
    asked = {one["name"]: (Query.of(one["query"]), one["aggregator"]) for one in attributes["queries"]}
    found = {name: world.answer(query, how, window.start, window.stop) for name, (query, how) in asked.items()}
    formulas = {one["formula"]: one.get("limit") or {} for one in attributes["formulas"]}
    values = {name: _limited(dict(found[name].values), limit) for name, limit in formulas.items()}
    rows = list(dict.fromkeys(group for some in values.values() for group in some))
    columns: list[dict[str, Any]] = []
    if rows:
        tags = next(iter(asked.values()))[0].by
        columns += [_group_column(tag, [group[place] for group in rows]) for place, tag in enumerate(tags)]
        columns += [
            {
                "type": "number",
                "name": name,
                "values": [some.get(group) for group in rows],
                "meta": {"unit": _unit(found[name])},
            }
            for name, some in values.items()
        ]
    return {"data": {"type": "scalar_response", "attributes": {"columns": columns}}}


def _timeseries(world: World, request: Request) -> dict[str, Any]:
    attributes = _attributes(request, "timeseries_request")
    window = _window(attributes)
    width = max(int(attributes.get("interval", 0)) // 1000, _width(window))
    instants = window[::width]
    series, values = [], []
    for index, asked in enumerate(attributes["queries"]):
        query = Query.of(asked["query"])
        found = [dict(world.answer(query, "avg", at, at + width).values) for at in instants]
        for group in dict.fromkeys(group for some in found for group in some):
            series.append({"group_tags": _tags(query, group), "query_index": index, "unit": None})
            values.append([some.get(group) for some in found])
    times = [at * 1000 for at in instants] if series else []
    return {"data": {"type": "timeseries_response", "attributes": {"series": series, "times": times, "values": values}}}


def _attributes(request: Request, kind: str) -> dict[str, Any]:
    data = request.body["data"]
    if data["type"] != kind:
        raise Wrong(400, f"data.type is not {kind}")
    attributes: dict[str, Any] = data["attributes"]
    if attributes["from"] >= attributes["to"]:
        raise Wrong(400, "from is not before to")
    return attributes


def _window(attributes: Mapping[str, Any]) -> range:
    return range(attributes["from"] // 1000, attributes["to"] // 1000)


def _width(window: range) -> int:
    return max(len(window) // MOST_POINTS, 60)


def _tags(query: Query, group: Sequence[str]) -> list[str]:
    return [f"{tag}:{value}" for tag, value in zip(query.by, group, strict=True)]


def _group_column(tag: str, values: Sequence[str]) -> dict[str, Any]:
    return {"type": "group", "name": tag, "values": [[value] for value in values]}


def _unit(found: Answer) -> list[dict[str, Any] | None]:
    return [{"name": name, "family": "simulated", "scale_factor": 1.0} if name else None for name in found.unit]


def _limited(values: Values, limit: Mapping[str, Any]) -> Values:
    if not limit:
        return values
    ordered = sorted(values.items(), key=lambda item: item[1] or 0, reverse=limit.get("order", "desc") == "desc")
    return dict(ordered[: limit["count"]])
