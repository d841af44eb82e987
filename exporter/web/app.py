"""The routes: each is a view of one snapshot. Nothing here asks a source."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from exporter.model import Snapshot
from exporter.page import Page
from exporter.web.access import HEALTH, Access, Rules
from exporter.web.api.problem import refusal
from exporter.web.limit import RequestLimit
from exporter.web.negotiation import accepts_gzip, metrics_format
from exporter.web.packing import Packing
from exporter.web.status.view import state_of
from exporter.web_settings import WebSection

HEARTBEAT_LIMIT = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Views:
    """What the pages are made of that every daemon has.

    `reload` returns the problems of the new configuration, none if it is in use; `paused` returns until when nothing
    is collected, None if there is no pause.
    """

    page: Page
    clock: Callable[[], datetime]
    snapshot: Callable[[datetime], Snapshot]
    heartbeat: Callable[[], datetime]
    reload: Callable[[], list[str]]
    paused: Callable[[datetime], datetime | None] = lambda _: None


def create_app(
    views: Views, web: WebSection, rules: Callable[[], Rules] = Rules, rooms: Sequence[Route] = ()
) -> Starlette:
    """Make the application; `rules` say who may see what at this moment, by default everybody everything.

    `rooms` are the routes of the pages that stand in files of their own.
    """

    def metrics(request: Request) -> Response:
        form = metrics_format(request.headers.get("accept", ""))
        gzip = accepts_gzip(request.headers.get("accept-encoding", ""))
        body = views.page.body(views.snapshot(views.clock()), form, gzip=gzip)
        headers = {"Content-Type": form.value, "Vary": "Accept, Accept-Encoding"}
        return Response(body, headers=headers | ({"Content-Encoding": "gzip"} if gzip else {}))

    # Probes are answered on the event loop, so that slow requests in the worker threads cannot fail them.
    async def healthy(_: Request) -> Response:
        age = views.clock() - views.heartbeat()
        if age < HEARTBEAT_LIMIT:
            return PlainTextResponse("healthy\n")
        return PlainTextResponse(f"the scheduler has not moved for {age.total_seconds():.0f} s\n", 503)

    async def ready(request: Request) -> Response:
        now = views.clock()
        snapshot = views.snapshot(now)
        waiting = [name for name in sorted(snapshot.statuses) if blocks(snapshot, name)]
        status = 503 if waiting else 200
        pause = views.paused(now)
        end = pause.isoformat(timespec="seconds") if pause else None
        if "verbose" in request.query_params:
            body = {"ready": not waiting, "paused_until": end, "collectors": detail(snapshot, now)}
            return JSONResponse(body, status)
        text = f"not ready: waiting for {', '.join(waiting)}" if waiting else "ready"
        return PlainTextResponse(f"{text}; paused until {end}\n" if end else f"{text}\n", status)

    def reload(_: Request) -> Response:
        if not web.enable_lifecycle:
            return PlainTextResponse(
                "reload over HTTP is off; start with --web.enable-lifecycle, or send SIGHUP\n", 403
            )
        problems = views.reload()
        return PlainTextResponse("".join(f"{line}\n" for line in problems) or "reloaded\n", 500 if problems else 200)

    routes = [
        Route(web.telemetry_path, metrics),
        *(Route(path, healthy) for path in ("/-/healthy", "/healthz")),
        *(Route(path, ready) for path in ("/-/ready", "/readyz")),
        Route("/-/reload", reload, methods=["POST", "PUT"]),
        *rooms,
    ]
    middleware = [
        Middleware(Access, rules=rules, telemetry_path=web.telemetry_path),
        Middleware(RequestLimit, most=web.max_requests, exempt=HEALTH),
        Middleware(Packing),
    ]
    return Starlette(routes=routes, middleware=middleware, exception_handlers={HTTPException: refused})


async def refused(request: Request, error: Exception) -> Response:
    """Answer what no route takes, or not with this method."""
    status, headers = (error.status_code, error.headers) if isinstance(error, HTTPException) else (500, None)
    texts = {404: "there is nothing at this path", 405: "this path has no such method; see Allow"}
    return refusal(request.url.path, status, texts.get(status, HTTPStatus(status).phrase), headers)


def blocks(snapshot: Snapshot, name: str) -> bool:
    """Tell whether a collector keeps the daemon from being ready."""
    status = snapshot.statuses[name]
    return status.attempted is None or (status.required and name not in snapshot.served)


def detail(snapshot: Snapshot, now: datetime) -> list[dict[str, object]]:
    """Describe every collector for `/-/ready?verbose`; ages are in seconds, null where there is nothing."""
    return [
        {
            "collector": name,
            "required": status.required,
            "state": state_of(status, stale=name not in snapshot.served)[0],
            "age": (now - snapshot.served[name].at).total_seconds() if name in snapshot.served else None,
            "blocks": blocks(snapshot, name),
            "reason": f"{status.failure.reason}: {status.failure.message}" if status.failure else None,
        }
        for name, status in sorted(snapshot.statuses.items())
    ]
