"""`check`: what the configuration says; with `--connect`, what the sources give."""

from collections.abc import Iterator

from sqlalchemy import text

from collectors.base import Catalogue
from collectors.schema import Schema
from collectors.tables import TABLES
from exporter.collect import once
from exporter.config import Config, Job
from exporter.connections import deadline_keepers, open_database
from exporter.daemon import utc_now
from exporter.model import ExporterError, Note
from exporter.runner import explained
from exporter.sources.database import Transaction
from exporter.sources.sql_url import shown
from exporter.validation import spelled

Line = tuple[str, ...]
# The first that is said of a family is its state.
KINDS = ("disabled", "partial", "approximate")


def run(config: Config, *, connect: bool) -> int:
    """Print what is configured; with `connect`, open each source and print what each family is. 1 if one fails."""
    print(f"{config.path} is fine")
    if config.database:
        print(f"database {config.database.url.render_as_string()}, schema {config.database.schema}")
    for source in sorted({job.source for job in config.jobs} & config.sql_sources.keys()):
        url = config.sql_sources[source].url
        print(f"{source} {shown(url)}, deadline kept by {deadline_keepers(url)}")
    print()
    _print_table(("collector", "schedule", "deadline", "max staleness", "required"), map(_schedule, config.jobs))
    _print_bill(config)
    return _connect(config) if connect else 0


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


def _connect(config: Config) -> int:
    failures = list(_database_problems(config))
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
    print()
    _print_table(("family", "state", "reason"), list(dict.fromkeys(rows)))
    for failure in dict.fromkeys(failures):
        print(config.redact(f"\n{failure}"))
    return 1 if failures else 0


def _states(job: Job, notes: tuple[Note, ...]) -> Iterator[Line]:
    for family in job.contract.families:
        kinds = {note.kind for note in notes if note.family == family.name}
        reasons = ", ".join(note.reason for note in notes if note.family == family.name)
        if not family.is_exposed and not kinds:
            reasons = family.visibility
        yield family.name, next((kind for kind in KINDS if kind in kinds), "enabled"), reasons


def _database_problems(config: Config) -> Iterator[str]:
    """Say how the database answers, and yield what it lacks."""
    database = open_database(config)
    if database is None:
        return
    try:
        version, columns = database.read(10, _described)
    except ExporterError as error:
        yield f"database: {error}"
        return
    finally:
        database.close()
    print(f"\ndatabase: connected, PostgreSQL {version}, read only")
    schema = Schema(config.definitions, columns)
    for table in TABLES:
        yield from (f"database: {problem}" for problem in schema.mistakes(table))


def _described(transaction: Transaction) -> tuple[str, Catalogue]:
    (row,) = transaction.rows("version", text("SHOW server_version"))
    return str(row[0]), transaction.columns


def _print_table(header: Line, rows: Iterator[Line] | list[Line]) -> None:
    table = [header, *rows]
    widths = [max(len(row[column]) for row in table) for column in range(len(header))]
    for row in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
