"""config.yaml → a frozen Config, or every problem of the file at once, each with its place and its mend."""

import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, get_args
from urllib.parse import quote, quote_plus

from sqlalchemy import URL

from collectors.definitions import Billing, Definitions, Interviews, Judging, Population
from collectors.mapping import mapped
from exporter.contract import Contract
from exporter.model import ExporterError, Note
from exporter.registry import CollectorModule, modules
from exporter.secrets import Redactor
from exporter.settings import CollectorSection, LogSection, Root, WebSection, Weekday, root_model
from exporter.validation import cross_checks, gap, is_enabled, located, spelled, validated
from exporter.web.web_file import Loaded
from exporter.web.web_file import load as load_web_file
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

    For a cron schedule `interval` is the longest gap between two firings.
    """

    name: str
    module: CollectorModule
    options: Any
    interval: timedelta
    cron: str | None
    deadline: timedelta
    contract: Contract


@dataclass(frozen=True, slots=True)
class Config:
    """Everything the daemon is told; `disabled` notes the families of collectors that are not configured."""

    path: Path
    definitions: Definitions
    database: DatabaseConfig | None
    jobs: tuple[Job, ...]
    disabled: tuple[Note, ...]
    web: WebSection
    web_file: Loaded | None
    log: LogSection
    state_path: Path
    redact: Redactor


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
    return _config(path, root, web_file, environ)


def _overridden(data: dict[str, Any], overrides: Overrides) -> dict[str, Any]:
    sections = {section: data.get(section) or {} for section, keys in overrides.items() if keys}
    return data | {name: {**old, **overrides[name]} for name, old in sections.items() if isinstance(old, dict)}


def _config(path: Path, root: Root, web_file: Loaded | None, environ: Mapping[str, str]) -> Config:
    definitions = _definitions(root)
    enabled = [name for name in modules() if is_enabled(name, root)]
    database = None
    if root.database:
        database = DatabaseConfig(root.database.url, root.database.schema_, root.database.settle)
    return Config(
        path=path,
        definitions=definitions,
        database=database,
        jobs=tuple(_job(name, root, definitions) for name in enabled),
        disabled=tuple(
            Note("disabled", family.name, "collector_disabled")
            for name in modules()
            if name not in enabled
            for family in modules()[name].families(_options(name, root))
        ),
        web=root.web,
        web_file=web_file,
        log=root.log,
        state_path=Path(environ.get("STATE_DIRECTORY", "")) / root.state.path,
        redact=Redactor((*_secrets(database.url if database else None), *(t.token.reveal() for t in root.web.tokens))),
    )


def _definitions(root: Root) -> Definitions:
    database, revenue, interviews = root.database, _options("revenue", root), _options("interviews", root)
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
        ),
        judging=Judging(**_options("ai_quality", root).model_dump(include={field.name for field in fields(Judging)})),
        activity_source=_options("engagement", root).activity_source,
    )


def _options(name: str, root: Root) -> Any:
    """Return the options of a collector; the currencies default to that of the plans."""
    options = getattr(root.collectors, name).options
    if getattr(options, "currencies", ()) is None:
        tables = root.database.tables if root.database else mapped({})
        return options.model_copy(update={"currencies": (tables.plan.default_currency,)})
    return options


def _job(name: str, root: Root, definitions: Definitions) -> Job:
    section: CollectorSection = getattr(root.collectors, name)
    module, options = modules()[name], _options(name, root)
    period = gap(section, name, root.business.timezone)
    # HELP says that the values are cached (metrics.md C16).
    schedule = f"at cron '{section.cron}'" if section.cron else f"every {spelled(period)}"
    cached = f"Cached; refreshed {schedule} by collector {name}."
    meaning = repr((name, options, definitions, root.database and root.database.url.render_as_string()))
    return Job(
        name=name,
        module=module,
        options=options,
        interval=period,
        cron=section.cron,
        deadline=section.deadline or min(period / 2, LONGEST_DEADLINE),
        contract=Contract(
            collector=name,
            families=tuple(replace(family, help=f"{family.help} {cached}") for family in module.families(options)),
            max_staleness=section.max_staleness or max(3 * period, SHORTEST_STALENESS),
            required=section.required,
            max_series=section.max_series,
            fingerprint=hashlib.sha256(meaning.encode()).hexdigest(),
        ),
    )


def _secrets(url: URL | None) -> Iterator[str]:
    if url and url.password:
        yield str(url.password)
        yield quote_plus(str(url.password))
        yield quote(str(url.password))
