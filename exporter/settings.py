"""The tree of config.yaml: types, defaults and checks of single sections. Nothing here reads a file."""

import re
from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, PlainValidator, create_model
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from collectors.base import Duration
from collectors.custom_sql.options import LabelName, LabelText, Query, QueryName
from collectors.mapping import Tables, mapped
from exporter.alert_settings import AlertsSection
from exporter.registry import CollectorModule, modules
from exporter.secrets import Secret
from exporter.section import Section, Span
from exporter.sources.sql_url import sql_url
from exporter.triggers import cron

TOKEN, SHORTEST_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*"), 16


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


def _token(given: object) -> Secret:
    if not isinstance(given, str):
        raise ValueError("a token is text; put it into quotes")
    if len(given) < SHORTEST_TOKEN:
        raise ValueError(f"is shorter than {SHORTEST_TOKEN} characters; make one with openssl rand -hex 32")
    if not TOKEN.fullmatch(given):
        raise ValueError("cannot stand in a header; use letters, digits and -._~+/ only, with = at the end at most")
    return Secret(given)


Zone = Annotated[ZoneInfo, PlainValidator(_zone)]
DatabaseUrl = Annotated[URL, PlainValidator(_database_url)]
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


class TokenSection(Section):
    """A bearer token, and what it opens."""

    name: str = Field(min_length=1)
    token: Annotated[Secret, PlainValidator(_token)]
    scopes: tuple[TokenScope, ...] = Field(min_length=1)


def _distinct(given: tuple[TokenSection, ...]) -> tuple[TokenSection, ...]:
    for index, token in enumerate(given):
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
    web: WebSection = WebSection()
    log: LogSection = LogSection()
    state: StateSection = StateSection()
    alerts: AlertsSection = AlertsSection()
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
