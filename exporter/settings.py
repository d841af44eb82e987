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
    """Leave out users with `is_staff` or `is_superuser`."""
    exclude_test: bool = True
    """Leave out users with `is_test`."""
    exclude_company_ids: tuple[int, ...] = ()
    """Leave out users of these companies."""


class BusinessSection(Section):
    """The business calendar and population."""

    timezone: Zone = ZoneInfo("UTC")
    """IANA name, such as `America/New_York`; it decides what a business day, week and month are, and when a cron
    fires."""
    week_start: Weekday = "monday"
    """The first day of a business week."""
    population: PopulationSection = PopulationSection()


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


class ScheduleSection(Section):
    """What every collector has, and every custom query."""

    enabled: bool = True
    """Whether it runs; the families of one that does not are listed as disabled."""
    interval: Span | None = None
    """From run to run."""
    cron: Cron | None = None
    """Five fields on the wall clock of `business.timezone`, in place of `interval`: `0 */8 * * *`."""
    deadline: Span | None = None
    """How long a run may take, shorter than the interval; default: half of it, 5m at most."""
    max_staleness: Span | None = None
    """After a failure the last values are served this long, then they vanish; default: three intervals, 2m at least."""
    required: bool = False
    """`/-/ready` fails while it has nothing to serve."""
    max_series: int = Field(default=5000, gt=0)
    """A result with more series is refused whole."""


class CollectorSection(ScheduleSection):
    """A collector; `options` is typed by the collector itself."""

    options: Any = None


class QuerySection(ScheduleSection, Query):
    """A custom query, which is a collector of its own."""


class SqlDatabaseSection(Section):
    """A database of custom queries."""

    url: Annotated[URL, PlainValidator(sql_url)]
    """Any SQLAlchemy URL: `postgresql://`, `sqlite:////path`, others with their driver."""
    schema_: str | None = Field(default=None, alias="schema", min_length=1)
    """The search path, PostgreSQL only; default: that of the role."""
    labels: Mapping[LabelName, LabelText] = {}
    """On every series that comes from there."""


class CustomSqlSection(Section):
    """The custom queries, and their databases beside that of JobHive."""

    enabled: bool = True
    """Whether any of the queries runs."""
    databases: Mapping[QueryName, SqlDatabaseSection] = {}
    queries: Mapping[QueryName, QuerySection] = {}


TokenScope = Literal["metrics", "api", "candidates", "admin"]
OF_A_COMPANY = {"api", "candidates"}


class TokenSection(Section):
    """A bearer token, and what it opens; with a company, only what is of that company."""

    name: str = Field(min_length=1)
    """What the log calls it; it is distinct."""
    token: Annotated[Secret, PlainValidator(_token)]
    """At least 16 characters: `openssl rand -hex 32`."""
    scopes: tuple[TokenScope, ...] = Field(min_length=1)
    """What it opens: `candidates` are personal data, `admin` is `/config` and all below `/-/`."""
    company: int | None = Field(default=None, ge=1)
    """The id of the only company whose interviews and candidates it opens."""


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
    """`HOST:PORT`, `:PORT` or `[IPv6]:PORT`; loopback by default, because the page shows revenue."""
    telemetry_path: Annotated[str, AfterValidator(_telemetry_path)] = Field(
        default="/metrics", pattern="^/[A-Za-z0-9_/-]+$"
    )
    """Where the metrics are."""
    systemd_socket: bool = False
    """Take the sockets that systemd opened, and not `listen_addresses`."""
    external_url: str | None = Field(default=None, pattern="^https?://")
    """How others reach these pages: for links, and for the label `instance` of alerts."""
    enable_lifecycle: bool = False
    """Answer `POST /-/reload`, `/-/pause` and `/-/resume`; SIGHUP reloads always."""
    max_requests: int = Field(default=40, gt=0)
    """So many at once; more are answered with 503."""
    disable_exporter_metrics: bool = False
    """Leave out `process_*` and `python_*`."""
    config_file: str | None = Field(default=None, min_length=1)
    """The web configuration file: TLS, client certificates, users, headers, rate limit. A relative path is below the
    working directory."""
    tokens: Annotated[tuple[TokenSection, ...], AfterValidator(_distinct)] = ()


class LogSection(Section):
    """The log, on standard error."""

    level: Literal["debug", "info", "warn", "error"] = "info"
    """The least that is written."""
    format: Literal["logfmt", "json"] = "logfmt"
    """One line for each event, for people or for machines."""


class StateSection(Section):
    """The state file."""

    path: str = Field(default="jobhive-exporter.db", pattern=r"^[^\x00]+$")
    """One SQLite file; a relative path is below `$STATE_DIRECTORY` if that is set, or else the working directory."""


class Root(Section):
    """The whole file, without its collectors."""

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
    """Families that the metric reference marks as JSON only, to be on `/metrics` all the same."""


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
