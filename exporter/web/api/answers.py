"""Models → responses: bytes with a strong ETag, how long they hold, and 304 for who has them already."""

import hashlib
import math
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from pydantic import BaseModel
from starlette.responses import Response

from exporter.model import Snapshot

JSON = "application/json"
# Until a collector that has nothing to serve may have run.
SOON = timedelta(seconds=1)


class Content(NamedTuple):
    """The bytes of an answer, and the tag that names them."""

    body: bytes
    etag: str


def content(body: bytes) -> Content:
    """Return bytes with their tag."""
    return Content(body, f'"{hashlib.sha256(body).hexdigest()[:32]}"')


def written(model: BaseModel) -> Content:
    """Return a model as JSON."""
    return content(model.model_dump_json(by_alias=True).encode())


def response(found: Content, if_none_match: str, max_age: int) -> Response:
    """Return the answer, or 304 without it; what a token may see, another may not."""
    headers = {"ETag": found.etag, "Cache-Control": f"private, max-age={max_age}", "Vary": "Authorization"}
    if is_known(found.etag, if_none_match):
        return Response(status_code=304, headers=headers)
    return Response(found.body, headers=headers, media_type=JSON)


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
