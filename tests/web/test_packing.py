"""What is packed on its way out, and what is not."""

import gzip

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from exporter.web.packing import SMALLEST, Packing

LONG, SHORT = b"[" + b"1," * SMALLEST + b"1]", b"1" * (SMALLEST - 1)


def answered(answer: Response, accept: str = "gzip") -> tuple[str | None, str | None, bytes]:
    """Return encoding, Vary and the bytes as they are sent."""
    app = Starlette(routes=[Route("/", lambda _: answer)], middleware=[Middleware(Packing)])
    with TestClient(app).stream("GET", "/", headers={"Accept-Encoding": accept}) as found:
        sent = b"".join(found.iter_raw())
        length = found.headers.get("content-length")
        assert length is None or int(length) == len(sent)
        return found.headers.get("content-encoding"), found.headers.get("vary"), sent


@pytest.mark.parametrize("kind", ["text/html; charset=utf-8", "application/json", "application/problem+json"])
def test_json_and_html_are_packed_for_whom_takes_it(kind: str) -> None:
    encoding, vary, sent = answered(Response(LONG, headers={"Content-Type": kind, "Vary": "Accept"}))
    assert (encoding, vary, gzip.decompress(sent)) == ("gzip", "Accept, Accept-Encoding", LONG)
    for accept in ("identity", "gzip;q=0", ""):
        told = answered(Response(LONG, headers={"Content-Type": kind, "Vary": "Accept"}), accept)
        assert told == (None, "Accept, Accept-Encoding", LONG)


UNTOUCHED = {
    "short": Response(SHORT, media_type="application/json"),
    "text": Response(LONG, media_type="text/plain"),
    "packed": Response(LONG, media_type="application/json", headers={"Content-Encoding": "gzip"}),
    "tagged": Response(LONG, media_type="application/json", headers={"ETag": '"one"'}),
    "stream": StreamingResponse(iter([LONG, LONG]), media_type="text/html"),
}


@pytest.mark.parametrize("name", UNTOUCHED)
def test_the_rest_comes_as_it_is(name: str) -> None:
    answer = UNTOUCHED[name]
    encoding, vary, sent = answered(answer)
    assert (encoding, vary) == ("gzip" if name == "packed" else None, None)
    assert sent == (LONG + LONG if name == "stream" else answer.body)
