"""The tree of config.yaml: types, defaults and checks of single sections. Nothing here reads a file."""

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, PlainValidator, create_model

from collectors.custom_sql.options import Query, QueryName
from exporter.alert_settings import AlertsSection
from exporter.registry import CollectorModule, modules
from exporter.report_settings import ReportsSection
from exporter.section import Section, Span
from exporter.source_settings import AwsSection, DatabaseSection, DatadogSection, RedisSection, SqlDatabaseSection
from exporter.triggers import cron
from exporter.web_settings import WebSection


def _zone(given: object) -> ZoneInfo:
    try:
        return ZoneInfo(str(given))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("not an IANA time zone; write for example UTC or America/New_York") from None


def _cron(given: str) -> str:
    try:
        cron(given, ZoneInfo("UTC"))
    except ValueError:
        mend = "write for example '0 */8 * * *', with a day of the month or of the week, not both"
        raise ValueError(f"not a cron expression of five fields; {mend}") from None
    return given


Zone = Annotated[ZoneInfo, PlainValidator(_zone)]
Cron = Annotated[str, AfterValidator(_cron)]
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


class CustomSqlSection(Section):
    """The custom queries, and their databases beside that of JobHive."""

    enabled: bool = True
    """Whether any of the queries runs."""
    databases: Mapping[QueryName, SqlDatabaseSection] = {}
    queries: Mapping[QueryName, QuerySection] = {}


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
