"""The URL of a database of any kind: what SQLAlchemy and the drivers that are installed can do with it. Pure."""

import re
from collections.abc import Iterator
from urllib.parse import quote, quote_plus, unquote_plus

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

POSTGRES, SQLITE = "postgresql", "sqlite"
SECRETS_IN_QUERY = {"password", "sslpassword"}
SECRET_KEY = re.compile(r"pass|pwd|secret|token|credential|odbc_connect|private|key", re.IGNORECASE)
SECRET_PART = re.compile(r"(?:pwd|password)\s*=\s*(\{.*?\}|[^;]*)", re.IGNORECASE)


def sql_url(given: object) -> URL:
    """Read a URL; ValueError tells what is wrong with it, and never a part of it that may be secret."""
    try:
        url = make_url(str(given))
    except (ArgumentError, ValueError):
        # The library's own words may quote a part of the password.
        raise ValueError("not a database URL; write DIALECT://HOST/DATABASE, with USER:PASSWORD@ before HOST") from None
    if "@" in (url.host or ""):
        mend = "write @ : / ? and # in it as %40 %3A %2F %3F %23"
        raise ValueError(f"its password holds a character that ends it; {mend}")
    if url.get_backend_name() in ("postgres", POSTGRES):
        return _postgres(url)
    _check_driver(url)
    if url.get_backend_name() == SQLITE:
        _check_file(url)
    return url


def shown(url: URL) -> str:
    """Return a URL without what may be secret in it."""
    return url.set(query={}).render_as_string()


def secrets_of(url: URL) -> Iterator[str]:
    """Yield what must not be shown of a URL, in the forms in which a driver may show it."""
    password = str(url.password or "")
    hidden = [value for key, value in url.normalized_query.items() if SECRET_KEY.search(key)]
    texts = [password, *(text for values in hidden for text in values)]
    texts += [part.strip("{}") for text in texts for part in SECRET_PART.findall(unquote_plus(text))]
    for text in filter(None, texts):
        yield from (text, quote_plus(text), quote(text))


def _postgres(url: URL) -> URL:
    driver = url.drivername.partition("+")[2]
    if driver not in ("", "psycopg2"):
        raise ValueError(f"the driver of PostgreSQL is psycopg2 here, not {driver}; write postgresql://")
    if SECRETS_IN_QUERY & url.query.keys():
        raise ValueError("a password after the question mark would be shown; write USER:PASSWORD@ before HOST")
    return url.set(drivername="postgresql+psycopg2")


def _check_driver(url: URL) -> None:
    try:
        dialect = url.get_dialect()
    except NoSuchModuleError:
        mend = "correct it, or install the package that has it"
        raise ValueError(f"SQLAlchemy knows no dialect {url.drivername}; {mend}") from None
    if dialect.is_async:
        raise ValueError(f"the driver {dialect.driver} is an asynchronous one; name another driver of {dialect.name}")
    try:
        dialect.import_dbapi()
    except ImportError as error:
        mend = f"install it beside the exporter, or name another one: {dialect.name}+DRIVER://"
        missing = error.name or dialect.driver
        raise ValueError(f"the driver of {dialect.name} is not installed: no module {missing}; {mend}") from None


def _check_file(url: URL) -> None:
    if url.query or (url.database or "").startswith("file:"):
        raise ValueError("takes no options: the file is opened read only; write sqlite:////absolute/path.db")
