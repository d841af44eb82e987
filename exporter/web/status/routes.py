"""The routes of the status page: everything at `/`, one collector at `/collectors/NAME`."""

from collections.abc import Callable
from datetime import datetime

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from exporter.model import Snapshot
from exporter.web.status.pages import Pages
from exporter.web.status.view import Surroundings, detail, overview
from exporter.web_settings import WebSection

Clock = Callable[[], datetime]


def status_routes(
    clock: Clock, snapshot: Callable[[datetime], Snapshot], around: Callable[[], Surroundings], web: WebSection
) -> list[Route]:
    """Return the routes; `around` is asked anew for every page."""
    pages = Pages(web)

    def index(request: Request) -> Response:
        now, surroundings = clock(), around()
        page = overview(snapshot(now), now, surroundings)
        return _response(*pages.overview(page, surroundings, now, _accept(request)))

    def collector(request: Request) -> Response:
        now, surroundings, name = clock(), around(), request.path_params["name"]
        page = detail(snapshot(now), name, now, surroundings)
        if page is None:
            return PlainTextResponse("there is no such collector; / lists them\n", 404)
        return _response(*pages.detail(page, surroundings, now, _accept(request)))

    return [Route("/", index), Route("/collectors/{name}", collector)]


def _accept(request: Request) -> str:
    return request.headers.get("accept", "")


def _response(text: str, kind: str) -> Response:
    return Response(text, headers={"Content-Type": kind, "Vary": "Accept", "Cache-Control": "no-store"})
