"""From a request to an answer: the form is read on the event loop, the answer is made in a thread.

Of all threads that serve requests only a few are for this, so that `/metrics` never waits for a question.
"""

from collections.abc import Callable
from urllib.parse import parse_qs

import structlog
from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import Response

from exporter.web.prometheus.answers import Refused, failure
from exporter.web.prometheus.parameters import Form

LONGEST_FORM = 1 << 17
FORM = "application/x-www-form-urlencoded"
AT_ONCE = 2
JSON = "application/json"
log = structlog.get_logger()
# Makes the text of an answer; raises Refused.
Answer = Callable[[Form], str]


class Desk:
    """Where questions wait for their turn, `most` of them, those that are being answered included."""

    def __init__(self, most: int) -> None:
        self._most, self._here, self._limiter = most, 0, CapacityLimiter(AT_ONCE)

    async def serve(self, request: Request, answer: Answer) -> Response:
        """Answer a request."""
        try:
            text = await self._answered(await form(request), answer)
        except Refused as error:
            return _refusal(error)
        except Exception as error:  # noqa: BLE001 - the border of a unit: a question fails alone
            log.error("question failed", path=request.url.path, error=type(error).__name__)
            return _refusal(Refused("internal", f"internal error ({type(error).__name__}); please report it"))
        return Response(text, media_type=JSON)

    async def _answered(self, asked: Form, answer: Answer) -> str:
        if self._here >= self._most:
            raise Refused("unavailable", f"too many questions at once, the limit is {self._most}; try again")
        self._here += 1
        try:
            return await to_thread.run_sync(answer, asked, limiter=self._limiter)
        finally:
            self._here -= 1


def _refusal(error: Refused) -> Response:
    return Response(failure(error), error.status, media_type=JSON)


async def form(request: Request) -> Form:
    """Return the parameters of a request: those of its path, or of a form, then of its URL."""
    body = bytearray()
    if request.method == "POST" and request.headers.get("content-type", "").partition(";")[0].strip().lower() == FORM:
        async for chunk in request.stream():
            body += chunk
            if len(body) > LONGEST_FORM:
                raise Refused("bad_data", f"the form is longer than {LONGEST_FORM} bytes")
    found: dict[str, list[str]] = {}
    for text in (body.decode("ascii", "replace"), request.url.query):
        for name, values in parse_qs(text, keep_blank_values=True).items():
            found.setdefault(name, []).extend(values)
    return found | {name: [value] for name, value in request.path_params.items()}
