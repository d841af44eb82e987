"""Requests to one server: one connection that stays open, no redirects, no repeats."""

import ssl
from base64 import b64encode
from collections.abc import Mapping
from enum import Enum
from typing import NamedTuple
from urllib.parse import urlsplit

import urllib3

from alerts.delivery.endpoint import Endpoint, Tls
from exporter.model import ExporterError

# Statuses that say which alert is bad only if there is one.
OF_CONTENT = {400, 422}
TOO_MANY = 429


class Outcome(Enum):
    """What became of a request."""

    DELIVERED = "delivered"
    FAILED = "failed"
    """A repeat may help."""
    REFUSED = "refused"
    """A repeat would not help, and it is not because of one alert."""
    BAD_CONTENT = "bad content"


class Answer(NamedTuple):
    """The outcome of a request, and what to tell of it."""

    outcome: Outcome
    text: str


class EndpointError(ExporterError):
    """A file that an endpoint needs cannot be used."""


class Client:
    """Sends bodies to one URL."""

    def __init__(self, endpoint: Endpoint, url: str, user_agent: str) -> None:
        self._endpoint = endpoint
        self._url = url
        self._headers = {"Content-Type": "application/json", "User-Agent": user_agent}
        self._pool: urllib3.HTTPConnectionPool | None = None

    def check(self) -> None:
        """Raise EndpointError if a file that is needed cannot be used."""
        self._authorization()
        _context(self._endpoint.tls)

    def post(self, body: bytes, within: float) -> Answer:
        """Send a body, for so many seconds at most."""
        try:
            answer = self._request(body, within)
        except (urllib3.exceptions.HTTPError, OSError, EndpointError) as error:
            # A new connection reads certificates anew, which may have been replaced.
            self.close()
            return Answer(Outcome.FAILED, _told(error))
        # Only the status counts; an answer without end must not hold up what waits.
        if answer.length_remaining == 0:
            answer.release_conn()
        else:
            answer.close()
        return judged(answer.status)

    def close(self) -> None:
        """Close the connection; the next request opens another one."""
        if self._pool is not None:
            self._pool.close()
            self._pool = None

    def _request(self, body: bytes, within: float) -> urllib3.BaseHTTPResponse:
        if self._pool is None:
            self._pool = _pool(self._url, self._endpoint.tls)
        seconds = min(within, self._endpoint.timeout.total_seconds())
        return self._pool.urlopen(
            "POST",
            urlsplit(self._url).path,
            body=body,
            headers={**self._headers, **self._authorization()},
            timeout=urllib3.Timeout(total=seconds),
            retries=False,
            redirect=False,
            preload_content=False,
        )

    def _authorization(self) -> Mapping[str, str]:
        if basic := self._endpoint.basic_auth:
            credentials = f"{basic.username}:{basic.password.reveal()}".encode()
            return {"Authorization": f"Basic {b64encode(credentials).decode()}"}
        if file := self._endpoint.bearer_token_file:
            try:
                return {"Authorization": f"Bearer {file.read_text().strip()}"}
            except (OSError, UnicodeDecodeError) as error:
                raise EndpointError(f"bearer_token_file {file} cannot be read: {_reason(error)}") from None
        return {}


def judged(status: int) -> Answer:
    """Return what an HTTP status means."""
    text = f"it answered {status}"
    if 200 <= status < 300:
        return Answer(Outcome.DELIVERED, text)
    if status in OF_CONTENT:
        return Answer(Outcome.BAD_CONTENT, text)
    if 400 <= status < 500 and status != TOO_MANY:
        return Answer(Outcome.REFUSED, text)
    if 300 <= status < 400:
        text += "; redirects are not followed, write the address that it leads to"
    return Answer(Outcome.FAILED, text)


def _pool(url: str, tls: Tls) -> urllib3.HTTPConnectionPool:
    parts = urlsplit(url)
    if parts.scheme == "http":
        return urllib3.HTTPConnectionPool(parts.hostname or "", parts.port, maxsize=1)
    return urllib3.HTTPSConnectionPool(
        parts.hostname or "",
        parts.port,
        maxsize=1,
        ssl_context=_context(tls),
        server_hostname=tls.server_name,
        assert_hostname=tls.server_name,
    )


def _context(tls: Tls) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=tls.ca_file)
    except (OSError, ssl.SSLError) as error:
        raise EndpointError(f"ca_file {tls.ca_file} cannot be used: {_reason(error)}") from None
    if tls.cert_file:
        try:
            context.load_cert_chain(tls.cert_file, tls.key_file, password="")
        except (OSError, ssl.SSLError) as error:
            files = f"cert_file {tls.cert_file} and key_file {tls.key_file}"
            raise EndpointError(f"{files} cannot be used: {_reason(error)}") from None
    return context


def _reason(error: Exception) -> str:
    if isinstance(error, ssl.SSLError) and error.reason:
        return error.reason.replace("_", " ").lower()
    return getattr(error, "strerror", None) or type(error).__name__


def _told(error: Exception) -> str:
    """Return what went wrong in few words; libraries' own texts have addresses of objects in them."""
    if isinstance(error, EndpointError):
        return str(error)
    if isinstance(error, urllib3.exceptions.TimeoutError):
        return "it did not answer in time"
    cause = error.__cause__ or error.__context__ or error
    return f"the connection failed: {_reason(cause if isinstance(cause, Exception) else error)}"
