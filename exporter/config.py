"""config.yaml → a frozen Config, or every problem of the file at once, each with its place and its mend."""

import hashlib
import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple, cast, get_args
from urllib.parse import quote, quote_plus

from sqlalchemy import URL

from collectors import custom_sql
from collectors.definitions import Billing, Definitions, Features, Interviews, Judging, Population
from collectors.mapping import mapped
from exporter import health, queries
from exporter.alert_settings import AlertsSection
from exporter.bill import Bill
from exporter.budget import Budget
from exporter.contract import Contract
from exporter.effective import effective
from exporter.model import ExporterError, Family, Note, Visibility
from exporter.queries import SqlSource
from exporter.registry import CollectorModule, modules
from exporter.report_settings import ReportsSection
from exporter.secrets import Redactor
from exporter.settings import CollectorSection, LogSection, Root, ScheduleSection, Weekday, root_model
from exporter.source_settings import AwsSection, DatadogSection, RedisSection
from exporter.sources.aws import Access
from exporter.sources.datadog import DatadogSettings
from exporter.sources.redis_address import RedisSettings
from exporter.sources.sql_url import secrets_of
from exporter.validation import aws_bill_of, cross_checks, gap, is_enabled, located, spelled, validated
from exporter.web.web_file import Loaded
from exporter.web.web_file import load as load_web_file
from exporter.web_settings import WebSection
from exporter.yaml_file import Problem, read

LONGEST_DEADLINE = timedelta(minutes=5)
SHORTEST_STALENESS = timedelta(minutes=2)


class ConfigError(ExporterError):
    """The configuration cannot be used; `problems` are lines of the form file:line:column: key: what; mend."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class DatabaseConfig:
    """Where JobHive's PostgreSQL is; `settle` shifts scheduled runs into the past."""

    url: URL
    schema: str
    settle: timedelta


@dataclass(frozen=True, slots=True)
class Job:
    """A configured collector: its options, when it runs (`cron`, or else every `interval`), and its contract.

    For a cron schedule `interval` is the longest gap between two firings. `source` is where it reads: the section
    `database`, or a database of custom queries.
    """

    name: str
    module: CollectorModule
    source: str
    options: Any
    interval: timedelta
    cron: str | None
    deadline: timedelta
    contract: Contract


@dataclass(frozen=True, slots=True)
class Config:
    """Everything the daemon is told.

    `disabled` notes the families of collectors that are not configured, `sql_sources` are the databases of custom
    queries by the name of the source, `export` names the families that are no longer JSON only. `budgets` has what may
    be spent on each API that is paid or limited, `bill` what the schedule makes of it, `effective` the file with every
    default, for people, `simulated` the sources in whose place something else answers.
    """

    path: Path
    definitions: Definitions
    database: DatabaseConfig | None
    redis: RedisSettings | None
    datadog: DatadogSettings | None
    aws: Access | None
    bill: Bill | None
    sql_sources: Mapping[str, SqlSource]
    jobs: tuple[Job, ...]
    disabled: tuple[Note, ...]
    web: WebSection
    web_file: Loaded | None
    log: LogSection
    state_path: Path
    alerts: AlertsSection
    reports: ReportsSection
    redact: Redactor
    export: tuple[str, ...]
    budgets: Mapping[str, Budget]
    effective: str
    simulated: tuple[str, ...]

    @property
    def definitions_shown(self) -> dict[str, int]:
        """Return the versions of all families that are served, if they are to be on the page."""
        if health.DEFINITION.name not in self.export:
            return {}
        return {family.name: family.version for job in self.jobs for family in job.contract.families}


class Spec(NamedTuple):
    """A collector before its schedule is worked out; `called` is its name in HELP texts."""

    name: str
    called: str
    module: CollectorModule
    source: str
    options: Any
    section: ScheduleSection
    meaning: str


Overrides = Mapping[str, Mapping[str, Any]]


def load(path: Path, overrides: Overrides, environ: Mapping[str, str] = os.environ) -> Config:
    """Read config.yaml; `overrides` (section → key → value) are the flags. Raises ConfigError."""
    document = read(path, environ)
    problems = list(document.problems)
    if not isinstance(document.data, dict):
        text = "the file is not a map; write section: and keys below it"
        raise ConfigError(located(path, document, problems or [Problem(document.place(()), (), text)]))
    root = validated(root_model(), _overridden(document.data, overrides), document, problems)
    problems += cross_checks(root, document)
    web_file = load_web_file(Path(root.web.config_file)) if root.web.config_file else None
    if lines := [*located(path, document, problems), *(web_file.problems if web_file else ())]:
        raise ConfigError(lines)
    return _config(path, root, web_file, environ, document.secrets)


def _overridden(data: dict[str, Any], overrides: Overrides) -> dict[str, Any]:
    sections = {section: data.get(section) or {} for section, keys in overrides.items() if keys}
    return data | {name: {**old, **overrides[name]} for name, old in sections.items() if isinstance(old, dict)}


def _config(
    path: Path, root: Root, web_file: Loaded | None, environ: Mapping[str, str], hidden: Collection[str]
) -> Config:
    definitions = _definitions(root)
    database = None
    if root.database:
        database = DatabaseConfig(root.database.url, root.database.schema_, root.database.settle)
    sources = {queries.source_name(name): source for name, source in queries.sources(root).items()}
    redact = Redactor(_secrets(root, sources, hidden))
    return Config(
        path=path,
        definitions=definitions,
        database=database,
        redis=_redis(root.redis) if root.redis else None,
        datadog=_datadog(root.datadog) if root.datadog else None,
        aws=_aws(root.aws) if root.aws else None,
        bill=aws_bill_of(root),
        sql_sources=sources,
        jobs=tuple(_job(spec, root) for spec in _specs(root, definitions)),
        disabled=tuple(dict.fromkeys(Note("disabled", name, "collector_disabled") for name in _switched_off(root))),
        web=root.web,
        web_file=web_file,
        log=root.log,
        state_path=Path(environ.get("STATE_DIRECTORY", "")) / root.state.path,
        alerts=root.alerts,
        reports=root.reports,
        export=root.export,
        budgets=_budgets(root),
        simulated=tuple(_simulated(root)),
        effective=effective(root, redact),
        redact=redact,
    )


def _redis(section: RedisSection) -> RedisSettings:
    return RedisSettings(
        address=section.url,
        ca_file=section.ca_file,
        cert_file=section.cert_file,
        key_file=section.key_file,
        sentinel_user=section.sentinel_user,
        sentinel_password=section.sentinel_password,
    )


def _datadog(section: DatadogSection) -> DatadogSettings:
    timeout = section.timeout.total_seconds()
    return DatadogSettings(section.address, section.api_key, section.app_key, section.api, timeout)


def _aws(section: AwsSection) -> Access:
    return Access(section.endpoint, section.access_key_id, section.secret_access_key, section.session_token)


def _simulated(root: Root) -> Iterator[str]:
    for name, section in (("aws", root.aws), ("datadog", root.datadog)):
        if section and section.simulated:
            yield name


def _budgets(root: Root) -> dict[str, Budget]:
    datadog = {"datadog": Budget(root.datadog.budget.requests_per_hour)} if root.datadog else {}
    aws = {"aws_ce": Budget(root.aws.budget.requests_per_day, root.aws.budget.usd_per_month)} if root.aws else {}
    return datadog | aws


def _definitions(root: Root) -> Definitions:
    database, revenue, interviews = root.database, _options("revenue", root), _options("interviews", root)
    features = _options("features", root)
    return Definitions(
        timezone=root.business.timezone,
        week_start=get_args(Weekday).index(root.business.week_start),
        schema=database.schema_ if database else "public",
        tables=database.tables if database else mapped({}),
        population=Population(**root.business.population.model_dump()),
        billing=Billing(
            currencies=revenue.currencies,
            customer_key=revenue.customer_key,
            gross_margin=revenue.gross_margin,
            dunning_grace=revenue.dunning_grace,
            trial_grace=revenue.trial_grace,
        ),
        interviews=Interviews(
            high_performer_completion=interviews.high_performer_completion,
            high_performer_technical=interviews.high_performer_technical,
            pass_dimension=interviews.pass_.dimension,
            pass_threshold=interviews.pass_.threshold,
            max_interview_length=interviews.max_interview_length,
            stages=interviews.stages,
        ),
        features=Features(activity_values=features.activity_values, ignored_values=features.ignored_values),
        judging=Judging(**_options("ai_quality", root).model_dump(include={field.name for field in fields(Judging)})),
        activity_source=_options("engagement", root).activity_source,
        aws_monthly_budget=_options("cost", root).monthly_budget,
    )


def _options(name: str, root: Root) -> Any:
    """Return the options of a collector; the currencies default to that of the plans."""
    options = getattr(root.collectors, name).options
    if getattr(options, "currencies", ()) is None:
        tables = root.database.tables if root.database else mapped({})
        return options.model_copy(update={"currencies": (tables.plan.default_currency,)})
    return options


def _switched_off(root: Root) -> Iterator[str]:
    """Yield the families of collectors that do not run."""
    for name in (name for name in modules() if not is_enabled(name, root)):
        yield from (family.name for family in modules()[name].families(_options(name, root)))
    for query in queries.asked(root, enabled=False):
        yield from (family.name for family in custom_sql.families(query.options))


def _specs(root: Root, definitions: Definitions) -> Iterator[Spec]:
    """Yield every collector that runs; a custom query is one on each database: it fails and grows stale alone."""
    for name in (name for name in modules() if is_enabled(name, root)):
        module, options = modules()[name], _options(name, root)
        section: CollectorSection = getattr(root.collectors, name)
        yield Spec(name, name, module, module.Collector.source, options, section, _meaning(name, root, definitions))
    for query in queries.asked(root, enabled=True):
        module, source = cast("CollectorModule", custom_sql), queries.source_name(query.database)
        yield Spec(query.name, query.family_owner, module, source, query.options, query.section, query.meaning)


def _meaning(name: str, root: Root, definitions: Definitions) -> str:
    """Return what the numbers of a collector depend on; those of AWS are paid for, and no word of ours changes them.

    Another database is another meaning, another password is not.
    """
    options, source = _options(name, root), modules()[name].Collector.source
    if source == "aws" and root.aws:
        return repr((name, options, _aws(root.aws).identity))
    addresses = {
        "datadog": root.datadog and (root.datadog.address, root.datadog.api),
        "redis": root.redis and root.redis.url,
    }
    database = root.database and root.database.url.render_as_string()
    return repr((name, options, definitions, str(addresses.get(source, database))))


def _job(spec: Spec, root: Root) -> Job:
    module, section = spec.module, spec.section
    period = gap(section, module.Collector.interval, root.business.timezone)
    # HELP says that the values are cached (metrics.md C16).
    schedule = f"at cron '{section.cron}'" if section.cron else f"every {spelled(period)}"
    cached = f"Cached; refreshed {schedule} by collector {spec.called}."
    families = (_offered(family, cached, root.export) for family in module.families(spec.options))
    return Job(
        name=spec.name,
        module=module,
        source=spec.source,
        options=spec.options,
        interval=period,
        cron=section.cron,
        deadline=section.deadline or min(period / 2, LONGEST_DEADLINE),
        contract=Contract(
            collector=spec.name,
            families=tuple(families),
            max_staleness=section.max_staleness or max(3 * period, SHORTEST_STALENESS),
            required=section.required,
            max_series=section.max_series,
            fingerprint=hashlib.sha256(spec.meaning.encode()).hexdigest(),
        ),
    )


def _offered(family: Family, cached: str, export: Collection[str]) -> Family:
    """Say how fresh a family is, and where it is to be seen (metrics.md C16, C17)."""
    visibility: Visibility = "everywhere" if family.name in export else family.visibility
    return replace(family, help=f"{family.help} {cached}", visibility=visibility)


def _secrets(root: Root, sources: Mapping[str, SqlSource], hidden: Collection[str]) -> Iterator[str]:
    """Yield every secret, passwords of URLs also as they are written there."""
    yield from (token.token.reveal() for token in root.web.tokens)
    if root.datadog:
        yield from (root.datadog.api_key.reveal(), root.datadog.app_key.reveal())
    keys = (root.aws.access_key_id, root.aws.secret_access_key, root.aws.session_token) if root.aws else ()
    yield from (key.reveal() for key in keys if key)
    receivers = (*root.alerts.alertmanagers, root.alerts.fallback)
    yield from (one.basic_auth.password.reveal() for one in receivers if one and one.basic_auth)
    if root.reports.smtp and root.reports.smtp.password:
        yield root.reports.smtp.password.reveal()
    for source in sources.values():
        yield from secrets_of(source.url)
    if root.redis:
        for secret in (root.redis.url.password, root.redis.sentinel_password):
            if secret:
                yield from (secret.reveal(), quote_plus(secret.reveal()), quote(secret.reveal()))
    # A parameter that comes from the environment or a file may be one.
    for query in root.collectors.custom_sql.queries.values():
        values = (str(value) for given in query.parameters for value in given.values())
        yield from (value for value in values if value in hidden)
