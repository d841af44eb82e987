"""What an error of the Datadog client means: the reason of a failure, and words for people (sources.md 3.4)."""

from collections.abc import Iterator
from typing import Any

from datadog_api_client.exceptions import ApiException, OpenApiException
from urllib3.exceptions import DecodeError, HTTPError, MaxRetryError, NewConnectionError, SSLError
from urllib3.exceptions import TimeoutError as TooSlow

from exporter.model import Reason, SourceError

MOST_CHARACTERS = 300
MENDS = {
    Reason.AUTH: "check datadog.api_key, datadog.app_key and datadog.site; the application key needs timeseries_query",
    Reason.CONNECT: "check datadog.site or datadog.url, and whether it can be reached from here",
    Reason.TIMEOUT: "raise datadog.timeout, or ask for fewer windows",
    Reason.RATELIMIT: "give the collector a longer interval, or have Datadog raise the limit",
    Reason.QUERY: "check the queries and variables of collectors.system.options",
}
STATUSES = {401: Reason.AUTH, 403: Reason.AUTH, 429: Reason.RATELIMIT, 408: Reason.TIMEOUT}


def failure(error: Exception) -> SourceError | None:
    """Return what an error of the client is to us; None if it is none of the client's."""
    if isinstance(error, SourceError):
        return error
    if isinstance(error, ApiException):
        reason = _reason_of_status(error.status or 0)
        return told(reason, _said_by_server(error))
    if isinstance(error, OpenApiException | ValueError | UnicodeDecodeError):
        return told(Reason.QUERY, "the answer is not what the API of Datadog answers")
    if isinstance(error, HTTPError):
        return _of_network(error)
    return None


def told(reason: Reason, text: str) -> SourceError:
    """Make an error with its mend."""
    return SourceError(reason, f"Datadog: {text}; {MENDS[reason]}")


def is_worth_another_try(error: SourceError) -> bool:
    """Tell whether the same request may succeed in a moment: what is wrong with it or its keys stays wrong."""
    return error.reason in (Reason.CONNECT, Reason.TIMEOUT, Reason.RATELIMIT)


def _reason_of_status(status: int) -> Reason:
    if status in STATUSES:
        return STATUSES[status]
    return Reason.CONNECT if status >= 500 or status == 0 else Reason.QUERY


def _said_by_server(error: ApiException) -> str:
    # The client says 0 where no TLS could be agreed on.
    if not error.status:
        return "no TLS connection could be made"
    words = ", ".join(_errors_in(error.body))[:MOST_CHARACTERS]
    return f"HTTP {error.status}" + (f" ({words})" if words else "")


def _errors_in(body: Any) -> Iterator[str]:
    """Yield what Datadog says of an error; of a page that is not its own nothing is told."""
    found = body.get("errors") or body.get("error") if isinstance(body, dict) else None
    for one in found if isinstance(found, list) else [found]:
        text = (one.get("detail") or one.get("title")) if isinstance(one, dict) else one
        if isinstance(text, str) and text:
            yield " ".join(text.split())


def _of_network(error: HTTPError) -> SourceError:
    cause = error.reason if isinstance(error, MaxRetryError) and error.reason else error
    # The library's own words hold addresses of objects, and the whole URL.
    # A connection that is refused is a timeout to the library.
    if isinstance(cause, TooSlow) and not isinstance(cause, NewConnectionError):
        return told(Reason.TIMEOUT, "no answer in time")
    if isinstance(cause, DecodeError):
        return told(Reason.QUERY, "the answer cannot be decompressed")
    if isinstance(cause, SSLError):
        return told(Reason.CONNECT, "no TLS connection could be made")
    return told(Reason.CONNECT, f"no connection ({type(cause).__name__})")
