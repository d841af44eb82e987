"""The routes of Prometheus' HTTP API that an instant can answer."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from alerts.manager import Standing
from alerts.promql import Samples
from exporter.exposition import Block
from exporter.health import Build
from exporter.web.prometheus import parameters, query, rules, series
from exporter.web.prometheus.answers import Refused, success, written
from exporter.web.prometheus.asking import Desk
from exporter.web.prometheus.choice import Choice
from exporter.web.prometheus.parameters import Form, first
from exporter.web_settings import WebSection

API = "/api/v1"
# Seconds that an answer may take, as many as a rule.
LONGEST = 10.0
NO_HISTORY = "this daemon has no history and knows only what is now; ask Prometheus for a range, or /api/v1/query here"


@dataclass(frozen=True, slots=True)
class Present:
    """What is there now: the rules, the series that they see at an instant, and the families on the page."""

    build: Build
    clock: Callable[[], datetime]
    groups: Callable[[], Sequence[Standing]]
    samples: Callable[[datetime], Samples]
    families: Callable[[], Iterable[Block]]
    monotonic: Callable[[], float] = time.monotonic


Tell = Callable[[Present, Form], str]


def prometheus_routes(present: Present, web: WebSection) -> list[Route]:
    """Return the routes; of all requests at once half may be questions, so that the others find a place."""
    desk = Desk(max(web.max_requests // 2, 1))

    def route(path: str, tell: Tell, *methods: str) -> Route:
        async def endpoint(request: Request) -> Response:
            return await desk.serve(request, partial(tell, present))

        return Route(f"{API}{path}", endpoint, methods=["GET", *methods])

    return [
        route("/rules", _rules),
        route("/alerts", _alerts),
        route("/query", _query, "POST"),
        route("/query_range", _query_range, "POST"),
        route("/series", _series, "POST"),
        route("/labels", _labels, "POST"),
        route("/label/{label}/values", _label_values),
        route("/metadata", _metadata),
        route("/status/buildinfo", _buildinfo),
        Route("/graph", _graph),
    ]


async def _graph(request: Request) -> Response:
    """Lead to what an expression is now: the links of alerts are those of Prometheus, which has a page here."""
    query = urlencode({"query": request.query_params.get("g0.expr", "")})
    return RedirectResponse(f"{API.removeprefix('/')}/query?{query}", 302)


def _rules(present: Present, form: Form) -> str:
    return success(written(Choice.of(form).answer(present.groups())))


def _alerts(present: Present, _: Form) -> str:
    return success(written({"alerts": rules.alerts(present.groups())}))


def _query(present: Present, form: Form) -> str:
    began, now = present.monotonic(), present.clock()
    at, warnings = parameters.evaluation_time(form, now)
    longest, expression = parameters.timeout(form, LONGEST), parameters.expression(form, "query")

    def expired() -> bool:
        return present.monotonic() - began >= longest

    return success(query.answer(expression, at, present.samples(now), expired), warnings)


def _query_range(_: Present, __: Form) -> str:
    raise Refused("bad_data", NO_HISTORY)


def _series(present: Present, form: Form) -> str:
    return success(written(series.series(form, present.samples(present.clock()))))


def _labels(present: Present, form: Form) -> str:
    return success(written(series.label_names(form, present.samples(present.clock()))))


def _label_values(present: Present, form: Form) -> str:
    return success(written(series.label_values(first(form, "label"), form, present.samples(present.clock()))))


def _metadata(present: Present, form: Form) -> str:
    return success(written(series.metadata(form, present.families())))


def _buildinfo(present: Present, _: Form) -> str:
    """Tell the version of this daemon, which is none of Prometheus'."""
    unknown = dict.fromkeys(("branch", "buildUser", "buildDate", "goVersion"), "")
    return success(written({"version": present.build.version, "revision": present.build.revision, **unknown}))
