"""`check`: what the configuration says; with `--connect`, what the sources give."""

import sys
from collections.abc import Iterator, Mapping
from typing import Any

from collectors.definitions import Definitions
from collectors.schema import Schema
from collectors.system.plan import requests_per_hour
from collectors.tables import TABLES
from exporter.alerting import Plan, plan
from exporter.collect import once
from exporter.colour import Colour, painted
from exporter.columns import columns
from exporter.config import Config, Job
from exporter.connections import deadline_keepers, open_database, open_redis
from exporter.daemon import utc_now
from exporter.indexes import missing
from exporter.model import ExporterError, Note
from exporter.probe import Facts, look, warnings, wrong_types
from exporter.runner import explained
from exporter.sources.datadog import DatadogSettings
from exporter.sources.sql_url import shown
from exporter.telemetry import Telemetry
from exporter.validation import spelled

Line = tuple[str, ...]
# The first that is said of a family is its state.
KINDS = ("disabled", "partial", "approximate")
# Seconds for the questions about the sources themselves.
PATIENCE = 30.0
# Samples from more than a minute ahead are refused; this is long before that.
CLOCK_SECONDS = 5.0


def run(config: Config, *, connect: bool) -> int:
    """Print what is configured; with `connect`, open each source and print what each family is. 1 if one fails."""
    alerts = plan(config, Telemetry())
    _print(f"{config.path} is fine", Colour.SUCCESS)
    if config.database:
        print(f"database {config.database.url.render_as_string()}, schema {config.database.schema}")
    for source in sorted({job.source for job in config.jobs} & config.sql_sources.keys()):
        url = config.sql_sources[source].url
        print(f"{source} {shown(url)}, deadline kept by {deadline_keepers(url)}")
    if config.redis:
        print(f"redis {config.redis.address}")
    if config.datadog:
        print(_datadog(config, config.datadog))
    print()
    print(columns([("collector", "schedule", "deadline", "max staleness", "required"), *map(_schedule, config.jobs)]))
    _print_bill(config)
    _print_alerts(alerts)
    return _connect(config) if connect else 0


def _datadog(config: Config, settings: DatadogSettings) -> str:
    system = next((job for job in config.jobs if job.source == "datadog"), None)
    asked = requests_per_hour(system.options, system.interval) if system else 0
    budget = config.budgets["datadog"].requests
    simulated = " (simulated)" if "datadog" in config.simulated else ""
    return f"datadog {settings.url}{simulated}, {asked} requests an hour without retries, at most {budget}"


def _schedule(job: Job) -> Line:
    when = f"cron {job.cron}" if job.cron else f"every {spelled(job.interval)}"
    staleness = spelled(job.contract.max_staleness)
    return job.name, when, spelled(job.deadline), staleness, "yes" if job.contract.required else "no"


def _print_bill(config: Config) -> None:
    """Say what will be spent; whatever the schedule, it is never more than the budget."""
    if bill := config.bill:
        budget = config.budgets[bill.api]
        most = f"{budget.requests} requests a day" + (f" and {budget.usd} USD a month" if budget.usd else "")
        print(
            f"\n{bill.api}: {bill.requests_a_day} requests a day, about {bill.usd_a_month} USD a month; at most {most}"
        )


def _print_alerts(alerts: Plan) -> None:
    """Say how many rules there are and who is told, and which rules have nothing to ask."""
    groups, notifier = alerts.rules.groups, alerts.notifier
    told = ", ".join(notifier.alertmanagers) if notifier else "nobody"
    print(f"\nalerts: {sum(len(group.rules) for group in groups)} rules in {len(groups)} groups, told to {told}")
    for warning in alerts.rules.warnings:
        _print(f"warning: {warning}", Colour.WARNING)
    for line in alerts.rules.inactive:
        print(line)


def _connect(config: Config) -> int:
    failures, advice = _database(config)
    failures += _redis_problems(config)
    rows: list[Line] = [(note.family, note.kind, note.reason) for note in config.disabled]
    for job in config.jobs:
        try:
            result = once(config, job, utc_now())
        except Exception as error:  # noqa: BLE001 - the border of a unit
            reason, message = explained(error)
            failures.append(f"collector {job.name} failed ({reason}): {message}")
            rows += [(family.name, "failing", "") for family in job.contract.families]
        else:
            rows += _states(job, result.notes)
            _print_dropped(job, result.documents)
    print()
    print(columns([("family", "state", "reason"), *dict.fromkeys(rows)]))
    for colour, paragraphs in ((Colour.WARNING, advice), (Colour.ERROR, failures)):
        for paragraph in dict.fromkeys(paragraphs):
            print()
            _print(config.redact(paragraph), colour)
    return 1 if failures else 0


def _states(job: Job, notes: tuple[Note, ...]) -> Iterator[Line]:
    for family in job.contract.families:
        kinds = {note.kind for note in notes if note.family == family.name}
        reasons = ", ".join(note.reason for note in notes if note.family == family.name)
        if not family.is_exposed and not kinds:
            reasons = family.visibility
        yield family.name, next((kind for kind in KINDS if kind in kinds), "exact"), reasons


def _database(config: Config) -> tuple[list[str], list[str]]:
    """Say how the database answers; returns what is wrong with it, and what could be better."""
    database = open_database(config)
    if database is None:
        return [], []
    definitions = config.definitions
    try:
        facts = database.read(PATIENCE, lambda transaction: look(transaction, definitions))
    except ExporterError as error:
        return [f"database: {error}"], []
    finally:
        database.close()
    writes = "read only" if facts.read_only else "NOT read only"
    print(f"\ndatabase: connected as {facts.role}, PostgreSQL {facts.version}, {writes}")
    schema = Schema(definitions, facts.columns)
    problems = [problem for table in TABLES for problem in schema.mistakes(table)]
    wrong = (*problems, *wrong_types(definitions, facts))
    better = (f"warning: {warning}" for warning in warnings(definitions, facts))
    return [f"database: {problem}" for problem in wrong], [*better, *_index_advice(definitions, facts)]


def _index_advice(definitions: Definitions, facts: Facts) -> Iterator[str]:
    """Yield the indexes that would help; what lies below a view cannot be seen from here."""
    lacking = [
        suggested
        for suggested in missing(definitions, facts.columns, facts.indexes)
        if definitions.tables[suggested.table].name not in facts.views
    ]
    if lacking:
        statements = (f"-- {suggested.buys}\n{suggested.sql(definitions)}" for suggested in lacking)
        yield "\n".join(("These indexes would help (docs/indexes.md):", *statements))
    if facts.views:
        views = ", ".join(sorted(facts.views))
        yield f"Indexes below these views are not checked; do it with the tables themselves: {views}"


def _redis_problems(config: Config) -> Iterator[str]:
    """Say how Redis answers, and yield what keeps us from it."""
    keyspace = open_redis(config)
    if keyspace is None:
        return
    try:
        ahead = keyspace.read(PATIENCE, lambda round_: round_.time()) - utc_now().timestamp()
    except ExporterError as error:
        yield str(error)
        return
    finally:
        keyspace.close()
    print("\nredis: connected")
    if abs(ahead) > CLOCK_SECONDS:
        yield f"redis: its clock and ours are {abs(ahead):.0f} s apart; set both by NTP, or samples miss their window"


def _print_dropped(job: Job, documents: Mapping[str, Any]) -> None:
    """Name the keys that hold what is no sample."""
    for key, counts in documents.get("dropped", {}).items():
        print(f"\ncollector {job.name}: {key} has {', '.join(f'{n} {check}' for check, n in sorted(counts.items()))}")


def _print(text: str, colour: Colour) -> None:
    print(painted(text, colour, sys.stdout))
