"""The routes of those who operate the daemon: its version and configuration, and the emergency pause."""

import sys
from collections.abc import Callable
from datetime import datetime

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from exporter.health import Build
from exporter.pause import Pause, PauseError

OFF = "pausing over HTTP is off; start with --web.enable-lifecycle, or write the file {path}\n"


def operation_routes(
    build: Build, configuration: Callable[[], str], pause: Pause, clock: Callable[[], datetime], *, lifecycle: bool
) -> list[Route]:
    """Return the routes; `configuration` is the one in force, without secrets, and `lifecycle` opens the pause."""

    def version(_: Request) -> Response:
        python = ".".join(map(str, sys.version_info[:3]))
        return JSONResponse({"version": build.version, "revision": build.revision, "python": python})

    def config(_: Request) -> Response:
        return Response(configuration(), media_type="application/yaml")

    def begin(request: Request) -> Response:
        if not lifecycle:
            return PlainTextResponse(OFF.format(path=pause.path), 403)
        try:
            end = pause.begin(request.query_params.get("for", ""), clock())
        except PauseError as error:
            return PlainTextResponse(f"{error}\n", 400)
        return PlainTextResponse(f"paused until {end.isoformat(timespec='seconds')}\n")

    def resume(_: Request) -> Response:
        if not lifecycle:
            return PlainTextResponse(OFF.format(path=pause.path), 403)
        try:
            pause.end()
        except PauseError as error:
            return PlainTextResponse(f"{error}\n", 500)
        return PlainTextResponse("collecting goes on\n")

    return [
        Route("/version", version),
        Route("/config", config),
        Route("/-/pause", begin, methods=["POST", "PUT"]),
        Route("/-/resume", resume, methods=["POST", "PUT"]),
    ]
