"""Models → responses: bytes with a strong ETag, how long they hold, and 304 for who has them already."""

import hashlib
import math
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from exporter.model import Snapshot
from exporter.web.negotiation import accepts_gzip
from exporter.web.packing import SMALLEST, packed

JSON = "application/json"
# Until a collector that has nothing to serve may have run.
SOON = timedelta(seconds=1)


class Content(NamedTuple):
    """The bytes of an answer, as gzip too if that is worth it, and the strong tags that name the one and the other."""

    body: bytes
    etag: str
    packed: bytes | None
    packed_etag: str


class Client(NamedTuple):
    """What a client says of itself: the tags it knows, and whether it takes gzip."""

    if_none_match: str
    gzip: bool


def content(body: bytes) -> Content:
    """Return bytes with their tags."""
    name = hashlib.sha256(body).hexdigest()[:32]
    return Content(body, f'"{name}"', packed(body) if len(body) >= SMALLEST else None, f'"{name}-gzip"')


def client_of(request: Request) -> Client:
    """Return what the client of a request says of itself."""
    told = request.headers
    return Client(told.get("if-none-match", ""), accepts_gzip(told.get("accept-encoding", "")))


def written(model: BaseModel) -> Content:
    """Return a model as JSON."""
    return content(model.model_dump_json(by_alias=True).encode())


def response(found: Content, client: Client, max_age: int) -> Response:
    """Return the answer, or 304 without it; what a token may see, another may not."""
    body, etag = found.body, found.etag
    headers = {"Cache-Control": f"private, max-age={max_age}", "Vary": "Authorization, Accept-Encoding"}
    encoding = {}
    if client.gzip and found.packed is not None:
        body, etag, encoding = found.packed, found.packed_etag, {"Content-Encoding": "gzip"}
    headers["ETag"] = etag
    if is_known(etag, client.if_none_match):
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers | encoding, media_type=JSON)


def is_known(etag: str, if_none_match: str) -> bool:
    """Tell whether one of the tags that a client has is this one; weak tags of it count (RFC 9110, 13.1.2)."""
    tags = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return "*" in tags or etag in tags


def fresh_for(snapshot: Snapshot, collectors: Iterable[str], intervals: Mapping[str, timedelta], now: datetime) -> int:
    """Return for how many seconds nothing can change: until the first of some collectors is due, 1 at least."""
    due = [_due(snapshot, name, intervals[name], now) for name in collectors if name in intervals]
    return max(math.floor(min(due, default=timedelta(hours=1)) / SOON), 1)


def _due(snapshot: Snapshot, name: str, interval: timedelta, now: datetime) -> timedelta:
    served = snapshot.served.get(name)
    return min(max(served.ended + interval - now, SOON), interval) if served else SOON
