"""The tree of config.yaml: types, defaults and checks of single sections. Nothing here reads a file."""

import re
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, PlainValidator, create_model
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from collectors.base import Duration
from collectors.custom_sql.options import LabelName, LabelText, Query, QueryName
from collectors.mapping import Tables, mapped
from exporter.alert_settings import AlertsSection
from exporter.registry import CollectorModule, modules
from exporter.report_settings import ReportsSection
from exporter.secrets import Secret
from exporter.section import Section, Span
from exporter.sources.redis_address import Address as RedisAddress
from exporter.sources.redis_address import parse as parse_redis
from exporter.sources.sql_url import sql_url
from exporter.triggers import cron

TOKEN, SHORTEST_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*"), 16
DATADOG_KEY = re.compile(r"[A-Za-z0-9_-]+")


SECRETS_IN_QUERY = {"password", "sslpassword"}
RESERVED = ("/", "/-/healthy", "/healthz", "/-/ready", "/readyz", "/-/reload", "/config", "/version")


def _zone(given: object) -> ZoneInfo:
    try:
        return ZoneInfo(str(given))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("not an IANA time zone; write for example UTC or America/New_York") from None


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


def _telemetry_path(given: str) -> str:
    if given in RESERVED or given.startswith("/api/"):
        raise ValueError("another page has this path; write for example /metrics")
    return given


def _cron(given: str) -> str:
    try:
        cron(given, ZoneInfo("UTC"))
    except ValueError:
        mend = "write for example '0 */8 * * *', with a day of the month or of the week, not both"
        raise ValueError(f"not a cron expression of five fields; {mend}") from None
    return given


def _address(given: str) -> str:
    host, colon, port = given.rpartition(":")
    if not colon or not port.isdecimal() or int(port) > 65535 or (":" in host and not host.startswith("[")):
        raise ValueError("not an address; write HOST:PORT, :PORT or [IPv6]:PORT")
    return given


def _password(given: object) -> Secret:
    if not isinstance(given, str) or not given:
        raise ValueError("a password is text; put it into quotes")
    return Secret(given)


def _token(given: object) -> Secret:
    if not isinstance(given, str):
        raise ValueError("a token is text; put it into quotes")
    if len(given) < SHORTEST_TOKEN:
        raise ValueError(f"is shorter than {SHORTEST_TOKEN} characters; make one with openssl rand -hex 32")
    if not TOKEN.fullmatch(given):
        raise ValueError("cannot stand in a header; use letters, digits and -._~+/ only, with = at the end at most")
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


Zone = Annotated[ZoneInfo, PlainValidator(_zone)]
DatabaseUrl = Annotated[URL, PlainValidator(_database_url)]
RedisUrl = Annotated[RedisAddress, PlainValidator(_redis_url)]
File = Annotated[str, AfterValidator(_readable)]
Password = Annotated[Secret, PlainValidator(_password)]
Cron = Annotated[str, AfterValidator(_cron)]
Address = Annotated[str, AfterValidator(_address)]


Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


class PopulationSection(Section):
    """Who counts as a user."""

    exclude_staff: bool = True
    exclude_test: bool = True
    exclude_company_ids: tuple[int, ...] = ()


class BusinessSection(Section):
    """The business calendar and population."""

    timezone: Zone = ZoneInfo("UTC")
    week_start: Weekday = "monday"
    population: PopulationSection = PopulationSection()


class DatabaseSection(Section):
    """JobHive's PostgreSQL; `settle` shifts the instant of scheduled runs into the past (a lagging replica)."""

    url: DatabaseUrl
    schema_: str = Field(default="public", alias="schema", min_length=1)
    settle: Duration = timedelta(0)
    tables: Annotated[Tables, PlainValidator(mapped)] = mapped({})


class RedisSection(Section):
    """The Redis of the live samples; files of certificates are for TLS, below the working directory if relative."""

    url: RedisUrl
    ca_file: File | None = None
    cert_file: File | None = None
    key_file: File | None = None
    sentinel_user: str | None = Field(default=None, min_length=1)
    sentinel_password: Password | None = None


class DatadogBudgetSection(Section):
    """The most that is sent to Datadog, retries counted."""

    requests_per_hour: int = Field(default=300, gt=0)


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
    """The organisation in Datadog; `url` stands in for `site`, `timeout` is that of one request.

    `simulated` says that somebody else answers in its place: pages for people say so.
    """

    site: DatadogSite = "datadoghq.com"
    url: Annotated[str, AfterValidator(_http_url)] | None = None
    api_key: Annotated[Secret, PlainValidator(_datadog_key)]
    app_key: Annotated[Secret, PlainValidator(_datadog_key)]
    api: Literal["v1", "v2"] = "v2"
    timeout: Span = timedelta(seconds=10)
    budget: DatadogBudgetSection = DatadogBudgetSection()
    simulated: bool = False

    @property
    def address(self) -> str:
        """Return where the API is."""
        return self.url or f"https://api.{self.site}"


class AwsBudgetSection(Section):
    """The most that may be spent on Cost Explorer, by days and months of UTC."""

    requests_per_day: int = Field(default=20, gt=0)
    usd_per_month: Decimal | None = Field(default=None, gt=0)


class AwsSection(Section):
    """AWS Cost Explorer; without keys boto3 finds the credentials by itself. `simulated` as for Datadog."""

    endpoint: str | None = Field(default=None, pattern="^https?://[^/@]+/?$")
    access_key_id: Annotated[Secret, PlainValidator(_key)] | None = None
    secret_access_key: Annotated[Secret, PlainValidator(_key)] | None = None
    session_token: Annotated[Secret, PlainValidator(_key)] | None = None
    simulated: bool = False
    budget: AwsBudgetSection = AwsBudgetSection()


class ScheduleSection(Section):
    """What every collector has, and every custom query."""

    enabled: bool = True
    interval: Span | None = None
    cron: Cron | None = None
    deadline: Span | None = None
    max_staleness: Span | None = None
    required: bool = False
    max_series: int = Field(default=5000, gt=0)


class CollectorSection(ScheduleSection):
    """A collector; `options` is typed by the collector itself."""

    options: Any = None


class QuerySection(ScheduleSection, Query):
    """A custom query, which is a collector of its own."""


class SqlDatabaseSection(Section):
    """A database of custom queries; `labels` are those of every series that comes from it."""

    url: Annotated[URL, PlainValidator(sql_url)]
    schema_: str | None = Field(default=None, alias="schema", min_length=1)
    labels: Mapping[LabelName, LabelText] = {}


class CustomSqlSection(Section):
    """The custom queries, and their databases beside that of JobHive."""

    enabled: bool = True
    databases: Mapping[QueryName, SqlDatabaseSection] = {}
    queries: Mapping[QueryName, QuerySection] = {}


TokenScope = Literal["metrics", "api", "candidates", "admin"]
OF_A_COMPANY = {"api", "candidates"}


class TokenSection(Section):
    """A bearer token, and what it opens; with a company, only what is of that company."""

    name: str = Field(min_length=1)
    token: Annotated[Secret, PlainValidator(_token)]
    scopes: tuple[TokenScope, ...] = Field(min_length=1)
    company: int | None = Field(default=None, ge=1)


def _distinct(given: tuple[TokenSection, ...]) -> tuple[TokenSection, ...]:
    for index, token in enumerate(given):
        if token.company is not None and not set(token.scopes) <= OF_A_COMPANY:
            raise ValueError(f"{token.name} is limited to a company, which has the scopes api and candidates only")
        for other in given[:index]:
            if token.name == other.name:
                raise ValueError(f"two tokens are named {token.name}; give each its own name")
            if token.token == other.token:
                raise ValueError(f"{other.name} and {token.name} are the same token; make each anew")
    return given


class WebSection(Section):
    """The HTTP server."""

    listen_addresses: tuple[Address, ...] = Field(default=("127.0.0.1:10077",), min_length=1)
    telemetry_path: Annotated[str, AfterValidator(_telemetry_path)] = Field(
        default="/metrics", pattern="^/[A-Za-z0-9_/-]+$"
    )
    systemd_socket: bool = False
    external_url: str | None = Field(default=None, pattern="^https?://")
    enable_lifecycle: bool = False
    max_requests: int = Field(default=40, gt=0)
    disable_exporter_metrics: bool = False
    config_file: str | None = Field(default=None, min_length=1)
    tokens: Annotated[tuple[TokenSection, ...], AfterValidator(_distinct)] = ()


class LogSection(Section):
    """The log, on standard error."""

    level: Literal["debug", "info", "warn", "error"] = "info"
    format: Literal["logfmt", "json"] = "logfmt"


class StateSection(Section):
    """The state file; a relative path is below $STATE_DIRECTORY, or else the working directory."""

    path: str = Field(default="jobhive-exporter.db", pattern=r"^[^\x00]+$")


class Root(Section):
    """The whole file, without its collectors; `export` lists families that are JSON only otherwise."""

    business: BusinessSection = BusinessSection()
    database: DatabaseSection | None = None
    redis: RedisSection | None = None
    datadog: DatadogSection | None = None
    aws: AwsSection | None = None
    web: WebSection = WebSection()
    log: LogSection = LogSection()
    state: StateSection = StateSection()
    alerts: AlertsSection = AlertsSection()
    reports: ReportsSection = ReportsSection()
    collectors: Any
    export: tuple[str, ...] = ()


@cache
def root_model() -> type[Root]:
    """Return the type of the whole file: each collector's options are checked where they stand."""
    sections = {name: _collector_section(name, module) for name, module in modules().items()}
    fields: dict[str, Any] = {name: (kind, kind()) for name, kind in sections.items()}
    fields["custom_sql"] = (CustomSqlSection, CustomSqlSection())
    collectors = create_model("collectors", __base__=Section, **fields)
    return create_model("config", __base__=Root, collectors=(collectors, collectors()))


def _collector_section(name: str, module: CollectorModule) -> type[CollectorSection]:
    options: Any = (module.Options, module.Options())
    return create_model(name, __base__=CollectorSection, options=options)
