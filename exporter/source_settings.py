"""The sections of config.yaml that say where the sources are, and what may be spent on them."""

import re
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, PlainValidator
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from collectors.base import Duration
from collectors.custom_sql.options import LabelName, LabelText
from collectors.mapping import Tables, mapped
from exporter.secrets import Secret
from exporter.section import Section, Span
from exporter.sources.redis_address import Address as RedisAddress
from exporter.sources.redis_address import parse as parse_redis
from exporter.sources.sql_url import sql_url

DATADOG_KEY = re.compile(r"[A-Za-z0-9_-]+")
SECRETS_IN_QUERY = {"password", "sslpassword"}


def _database_url(given: object) -> URL:
    mend = "write postgresql://HOST/DATABASE, with USER:PASSWORD@ before HOST"
    try:
        url = make_url(str(given))
    except (ArgumentError, ValueError):
        # The library's own words may quote a part of the password.
        raise ValueError(f"not a database URL; {mend}") from None
    if url.drivername not in ("postgres", "postgresql", "postgresql+psycopg2"):
        raise ValueError(f"not a PostgreSQL URL; {mend}")
    if "@" in (url.host or ""):
        mend = "write @ : / ? and # in it as %40 %3A %2F %3F %23"
        raise ValueError(f"its password holds a character that ends it; {mend}")
    if SECRETS_IN_QUERY & url.query.keys():
        raise ValueError("a password after the question mark would be shown; write USER:PASSWORD@ before HOST")
    return url.set(drivername="postgresql+psycopg2")


def _redis_url(given: object) -> RedisAddress:
    return parse_redis(given if isinstance(given, str) else "")


def _readable(given: str) -> str:
    try:
        with Path(given).open("rb"):
            return given
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "its path is not one"
        raise ValueError(f"the file cannot be read: {reason}; check its path and mode") from None


def _password(given: object) -> Secret:
    if not isinstance(given, str) or not given:
        raise ValueError("a password is text; put it into quotes")
    return Secret(given)


def _datadog_key(given: object) -> Secret:
    if not isinstance(given, str):
        raise ValueError("a key is text; put it into quotes")
    if not DATADOG_KEY.fullmatch(given):
        raise ValueError("cannot stand in a header; a key of Datadog is letters and digits, without spaces around it")
    return Secret(given)


def _http_url(given: str) -> str:
    parts = urlsplit(given)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("not the address of an API; write for example https://api.datadoghq.com")
    if parts.username or parts.password:
        raise ValueError("a password in it would be shown; the keys are api_key and app_key")
    return given.rstrip("/")


def _key(given: object) -> Secret:
    if not isinstance(given, str) or not given.strip():
        raise ValueError("a key is text; write !env NAME or !file PATH")
    return Secret(given.strip())


DatabaseUrl = Annotated[URL, PlainValidator(_database_url)]
RedisUrl = Annotated[RedisAddress, PlainValidator(_redis_url)]
File = Annotated[str, AfterValidator(_readable)]
Password = Annotated[Secret, PlainValidator(_password)]


class DatabaseSection(Section):
    """JobHive's PostgreSQL, which is only ever read."""

    url: DatabaseUrl
    """`postgresql://USER:PASSWORD@HOST/DATABASE`; version 12 or newer, best a replica."""
    schema_: str = Field(default="public", alias="schema", min_length=1)
    """Where the tables or views are."""
    settle: Duration = timedelta(0)
    """Scheduled runs look so far back: about 2m where a replica lags or tables are filled in batches."""
    tables: Annotated[Tables, PlainValidator(mapped)] = mapped({})


class RedisSection(Section):
    """The Redis of the live samples; files of certificates are for TLS, below the working directory if relative."""

    url: RedisUrl
    """`redis://USER:PASSWORD@HOST:6379/0`, `rediss://` for TLS, `unix:///PATH?db=0`,
    `redis+sentinel://HOST:26379,HOST:26379/SERVICE/0` or `redis+cluster://HOST:6379`."""
    ca_file: File | None = None
    """Who may sign the server's certificate, in place of the authorities of the system."""
    cert_file: File | None = None
    """What we show where the server asks for a certificate."""
    key_file: File | None = None
    """The key of `cert_file`."""
    sentinel_user: str | None = Field(default=None, min_length=1)
    """The user of the Sentinels, where they have one of their own."""
    sentinel_password: Password | None = None
    """The password of the Sentinels."""


class DatadogBudgetSection(Section):
    """The most that is sent to Datadog, retries counted."""

    requests_per_hour: int = Field(default=300, gt=0)
    """Retries counted, over restarts; Datadog's own limit is heeded as well."""


DatadogSite = Literal[
    "datadoghq.com",
    "us3.datadoghq.com",
    "us5.datadoghq.com",
    "ap1.datadoghq.com",
    "ap2.datadoghq.com",
    "uk1.datadoghq.com",
    "datadoghq.eu",
    "ddog-gov.com",
    "us2.ddog-gov.com",
]


class DatadogSection(Section):
    """The organisation in Datadog."""

    site: DatadogSite = "datadoghq.com"
    """Where the organisation is."""
    url: Annotated[str, AfterValidator(_http_url)] | None = None
    """The address of the API, in place of `site`: a proxy, or a stand-in."""
    api_key: Annotated[Secret, PlainValidator(_datadog_key)]
    """The API key."""
    app_key: Annotated[Secret, PlainValidator(_datadog_key)]
    """The application key, best of a service account with the scope `timeseries_query` alone."""
    api: Literal["v1", "v2"] = "v2"
    """`v1` is for stand-ins that know nothing else: windows are then whole buckets."""
    timeout: Span = timedelta(seconds=10)
    """How long one request may take."""
    budget: DatadogBudgetSection = DatadogBudgetSection()
    simulated: bool = False
    """Somebody else answers in Datadog's place: pages for people say so."""

    @property
    def address(self) -> str:
        """Return where the API is."""
        return self.url or f"https://api.{self.site}"


class AwsBudgetSection(Section):
    """The most that may be spent on Cost Explorer, by days and months of UTC."""

    requests_per_day: int = Field(default=20, gt=0)
    """Each page and each retry is one; counted over restarts."""
    usd_per_month: Decimal | None = Field(default=None, gt=0)
    """At 0.01 USD for a request; no limit unless it is given."""


class AwsSection(Section):
    """AWS Cost Explorer, which costs money."""

    endpoint: str | None = Field(default=None, pattern="^https?://[^/@]+/?$")
    """The address of a stand-in."""
    access_key_id: Annotated[Secret, PlainValidator(_key)] | None = None
    """Without keys boto3 finds a role, a profile or the environment, which is best."""
    secret_access_key: Annotated[Secret, PlainValidator(_key)] | None = None
    """Belongs to `access_key_id`; by `!env` or `!file` only."""
    session_token: Annotated[Secret, PlainValidator(_key)] | None = None
    """Belongs to temporary keys."""
    simulated: bool = False
    """Somebody else answers in the place of AWS: pages for people say so."""
    budget: AwsBudgetSection = AwsBudgetSection()


class SqlDatabaseSection(Section):
    """A database of custom queries."""

    url: Annotated[URL, PlainValidator(sql_url)]
    """Any SQLAlchemy URL: `postgresql://`, `sqlite:////path`, others with their driver."""
    schema_: str | None = Field(default=None, alias="schema", min_length=1)
    """The search path, PostgreSQL only; default: that of the role."""
    labels: Mapping[LabelName, LabelText] = {}
    """On every series that comes from there."""
