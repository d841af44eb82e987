"""Refusals, all in one shape: the problem details of RFC 9457."""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus

from pydantic import Field
from starlette.responses import PlainTextResponse, Response

from exporter.model import ExporterError
from exporter.web.api.shapes import Shape

API = "/api"
MEDIA_TYPE = "application/problem+json"


class Mistake(Shape):
    """What is wrong with a parameter."""

    parameter: str
    detail: str


class Problem(Shape):
    """Why there is no answer."""

    type: str = "about:blank"
    title: str = Field(description="The status in words.")
    status: int
    detail: str = Field(description="What is wrong, and what to do.")
    reason: str | None = Field(
        default=None, description="Why the database was not asked, or did not answer: `busy`, or one of EX9 and EX11."
    )
    mistakes: Sequence[Mistake] = ()


class Refused(ExporterError):
    """A request gets no answer; `retry_after` is in seconds."""

    def __init__(
        self,
        status: HTTPStatus,
        detail: str,
        *,
        reason: str | None = None,
        mistakes: Sequence[Mistake] = (),
        retry_after: int | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = int(status)
        self.problem = Problem(title=status.phrase, status=status, detail=detail, reason=reason, mistakes=mistakes)
        self.headers = {"Retry-After": str(retry_after)} if retry_after else {}


def refusal(path: str, status: int, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return a refusal: a problem where programs ask, a line of text elsewhere."""
    if path != API and not path.startswith(f"{API}/"):
        return PlainTextResponse(f"{detail}\n", status, headers)
    return rendered(Refused(HTTPStatus(status), detail), headers)


def rendered(refused: Refused, headers: Mapping[str, str] | None = None) -> Response:
    """Return a refusal as a response."""
    body = json.dumps(refused.problem.model_dump(mode="json"))
    # What was refused a moment ago may be answered now.
    sent = {"Cache-Control": "no-store", **refused.headers, **(headers or {})}
    return Response(body, refused.status, sent, MEDIA_TYPE)
