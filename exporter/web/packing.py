"""Answers as gzip for whom takes it: JSON and HTML beyond a size; what is packed or has a tag comes as it is."""

import gzip

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from exporter.web.negotiation import accepts_gzip

KINDS = ("application/json", "application/problem+json", "text/html")
# Below this, an answer is one packet either way.
SMALLEST = 1000
# Half the time of level 6, for a seventh more bytes.
LEVEL = 4


def packed(body: bytes) -> bytes:
    """Return bytes as gzip; the same for the same bytes, so that a strong tag may name them."""
    return gzip.compress(body, LEVEL, mtime=0)


class Packing:
    """ASGI middleware. Who gives an answer a tag packs it too, since the tag is that of the bytes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        accepted = accepts_gzip(Headers(scope=scope).get("accept-encoding", "")) if scope["type"] == "http" else False
        head: Message | None = None

        async def pack(message: Message) -> None:
            nonlocal head
            if message["type"] == "http.response.start" and _varies(Headers(raw=message["headers"])):
                head = message
                return
            if head:
                start, head = head, None
                message = _told(start, message, accepted=accepted)
                await send(start)
            await send(message)

        await self._app(scope, receive, pack)


def _varies(headers: Headers) -> bool:
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind in KINDS and "content-encoding" not in headers and "etag" not in headers


def _told(start: Message, message: Message, *, accepted: bool) -> Message:
    """Tell in the head of an answer how its body comes, and return the body that way; a stream comes as it is."""
    body = message.get("body", b"")
    if message.get("more_body") or len(body) < SMALLEST:
        return message
    headers = MutableHeaders(raw=start["headers"])
    headers.add_vary_header("Accept-Encoding")
    if not accepted:
        return message
    body = packed(body)
    headers["Content-Encoding"], headers["Content-Length"] = "gzip", str(len(body))
    return {**message, "body": body}
