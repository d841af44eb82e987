"""What an error of redis-py means: the reason of a failure, and words for people (sources.md 2.3)."""

from collections.abc import Iterator

from redis.exceptions import (
    AuthenticationError,
    AuthorizationError,
    ClusterDownError,
    MasterDownError,
    NoPermissionError,
    RedisClusterException,
    ResponseError,
)
from redis.exceptions import ConnectionError as LostConnection
from redis.exceptions import TimeoutError as TooSlow

from exporter.model import Reason

REFUSED = (AuthenticationError, AuthorizationError, NoPermissionError)
UNREACHABLE = (LostConnection, ClusterDownError, MasterDownError, RedisClusterException, OSError)
MENDS = {
    Reason.AUTH: "check user and password in redis.url, and what the user may (docs/live.md, the ACL of the exporter)",
    Reason.CONNECT: "check redis.url, and whether the server runs and can be reached from here",
    Reason.TIMEOUT: "see whether the server is overloaded, or give the collector a longer deadline",
}


def reason_of(error: Exception) -> Reason:
    """Return the reason of a failure."""
    causes = list(_causes(error))
    # Sentinel and Cluster clients try one node after the other, and tell in their own error what each of them said.
    if any(isinstance(cause, REFUSED) or "AuthenticationError" in str(cause) for cause in causes):
        return Reason.AUTH
    if any(isinstance(cause, TooSlow | TimeoutError) for cause in causes):
        return Reason.TIMEOUT
    return Reason.CONNECT if isinstance(error, UNREACHABLE) else Reason.QUERY


def explained(error: Exception) -> str:
    """Return one line about the error, with its mend where it is of the connection."""
    said = " ".join(str(error).split()) or type(error).__name__
    mend = MENDS.get(reason_of(error))
    return f"Redis: {said}; {mend}" if mend else f"Redis: {said}"


def is_wrong_type(reply: object) -> bool:
    """Tell whether a command met a key of another type than its own."""
    return isinstance(reply, ResponseError) and str(reply).startswith("WRONGTYPE")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
