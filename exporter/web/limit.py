"""A bound on requests at once: beyond it the answer is 503, so that a flood costs no memory."""

from collections.abc import Collection

from starlette.types import ASGIApp, Receive, Scope, Send

from exporter.web.api.problem import refusal


class RequestLimit:
    """ASGI middleware; probes are exempt. It runs on the one event loop, so a plain number is enough."""

    def __init__(self, app: ASGIApp, most: int, exempt: Collection[str]) -> None:
        self._app, self._most, self._exempt, self._running = app, most, exempt, 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, unless too many run."""
        if scope.get("path") in self._exempt:
            await self._app(scope, receive, send)
            return
        if self._running >= self._most:
            text = f"too many requests at once, the limit is {self._most}"
            await refusal(scope.get("path", ""), 503, text)(scope, receive, send)
            return
        self._running += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._running -= 1
