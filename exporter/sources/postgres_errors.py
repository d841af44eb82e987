"""What a PostgreSQL error means: the reason of a failure, and words that carry no data of rows (sources.md 1.3)."""

import re

from psycopg2 import errorcodes
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from exporter.model import Reason

AUTH = re.compile(r'authentication failed|no pg_hba\.conf entry|role ".*" does not exist|no password supplied')
BY_CODE = (
    ("57P0", Reason.CONNECT),
    ("08", Reason.CONNECT),
    ("28", Reason.AUTH),
    ("42501", Reason.AUTH),
    ("57014", Reason.TIMEOUT),
    ("55P03", Reason.TIMEOUT),
    ("25P03", Reason.TIMEOUT),
    ("25006", Reason.INTERNAL),
)


def reason_of(error: DBAPIError | PoolTimeout) -> Reason:
    """Return the reason of a failure; without a code it is one of the connection, and only the text tells which."""
    code = code_of(error)
    if code is None:
        message = str(getattr(error, "orig", error))
        if AUTH.search(message):
            return Reason.AUTH
        return Reason.TIMEOUT if "timeout expired" in message or isinstance(error, PoolTimeout) else Reason.CONNECT
    return next((reason for prefix, reason in BY_CODE if code.startswith(prefix)), Reason.QUERY)


def code_of(error: DBAPIError | PoolTimeout) -> str | None:
    """Return the SQLSTATE, None for a failure of the connection itself."""
    code: str | None = getattr(getattr(error, "orig", None), "pgcode", None)
    return code


def explained(error: DBAPIError | PoolTimeout) -> str:
    """Return one line about the error.

    PostgreSQL quotes values of rows in many messages ("invalid input syntax for type integer: ..."), so its words are
    kept only where they speak of connections, or of names in a query (class 42).
    """
    code, message = code_of(error), str(getattr(error, "orig", error)).strip().partition("\n")[0]
    if code is None:
        return message or "the connection was lost"
    try:
        name = errorcodes.lookup(code).replace("_", " ").lower()
    except KeyError:
        name = "an error of your own database"
    return f"PostgreSQL reports {code} ({name})" + (f": {message}" if code.startswith("42") else "")
