"""The routes of Prometheus' HTTP API that an instant can answer."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alerts.manager import Standing
from alerts.promql import Samples
from exporter.exposition import Block
from exporter.health import Build
from exporter.settings import WebSection
from exporter.web.prometheus import parameters, query, rules, series
from exporter.web.prometheus.answers import Refused, success, written
from exporter.web.prometheus.asking import Desk
from exporter.web.prometheus.choice import Choice
from exporter.web.prometheus.parameters import Form, first

API = "/api/v1"
# Seconds that an answer may take, as many as a rule.
LONGEST = 10.0
NO_HISTORY = "this daemon has no history and knows only what is now; ask Prometheus for a range, or /api/v1/query here"


@dataclass(frozen=True, slots=True)
class Sight:
    """What is to be seen: the rules, the series that they see at an instant, and the families on the page."""

    build: Build
    clock: Callable[[], datetime]
    groups: Callable[[], Sequence[Standing]]
    samples: Callable[[datetime], Samples]
    families: Callable[[], Iterable[Block]]
    monotonic: Callable[[], float] = time.monotonic


Tell = Callable[[Sight, Form], str]


def prometheus_routes(sight: Sight, web: WebSection) -> list[Route]:
    """Return the routes; of all requests at once half may be questions, so that the others find a place."""
    desk = Desk(max(web.max_requests // 2, 1))

    def route(path: str, tell: Tell, *methods: str) -> Route:
        async def endpoint(request: Request) -> Response:
            return await desk.serve(request, partial(tell, sight))

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
    ]


def _rules(sight: Sight, form: Form) -> str:
    return success(written(Choice.of(form).answer(sight.groups())))


def _alerts(sight: Sight, _: Form) -> str:
    return success(written({"alerts": rules.alerts(sight.groups())}))


def _query(sight: Sight, form: Form) -> str:
    began, now = sight.monotonic(), sight.clock()
    at, warnings = parameters.evaluation_time(form, now)
    longest, expression = parameters.timeout(form, LONGEST), parameters.expression(form, "query")

    def expired() -> bool:
        return sight.monotonic() - began >= longest

    return success(query.answer(expression, at, sight.samples(now), expired), warnings)


def _query_range(_: Sight, __: Form) -> str:
    raise Refused("bad_data", NO_HISTORY)


def _series(sight: Sight, form: Form) -> str:
    return success(written(series.series(form, sight.samples(sight.clock()))))


def _labels(sight: Sight, form: Form) -> str:
    return success(written(series.label_names(form, sight.samples(sight.clock()))))


def _label_values(sight: Sight, form: Form) -> str:
    return success(written(series.label_values(first(form, "label"), form, sight.samples(sight.clock()))))


def _metadata(sight: Sight, form: Form) -> str:
    return success(written(series.metadata(form, sight.families())))


def _buildinfo(sight: Sight, _: Form) -> str:
    """Tell the version of this daemon, which is none of Prometheus'."""
    unknown = dict.fromkeys(("branch", "buildUser", "buildDate", "goVersion"), "")
    return success(written({"version": sight.build.version, "revision": sight.build.revision, **unknown}))
