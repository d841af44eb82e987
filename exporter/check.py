"""`check`: what the configuration says; with `--connect`, what the sources give."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import text

from collectors.base import Catalogue
from collectors.schema import Schema
from collectors.tables import TABLES
from exporter.clients import open_clients
from exporter.collect import once
from exporter.config import Config, Job
from exporter.daemon import utc_now
from exporter.model import ExporterError, Note
from exporter.runner import explained
from exporter.sources.database import Transaction
from exporter.validation import spelled

Line = tuple[str, ...]
# Samples from more than a minute ahead are refused; this is long before that.
CLOCK_SECONDS = 5.0


def run(config: Config, *, connect: bool) -> int:
    """Print what is configured; with `connect`, open each source and print what each family is. 1 if one fails."""
    print(f"{config.path} is fine")
    if config.database:
        print(f"database {config.database.url.render_as_string()}, schema {config.database.schema}")
    if config.redis:
        print(f"redis {config.redis.address}")
    print()
    _print_table(("collector", "schedule", "deadline", "max staleness", "required"), map(_schedule, config.jobs))
    return _connect(config) if connect else 0


def _schedule(job: Job) -> Line:
    when = f"cron {job.cron}" if job.cron else f"every {spelled(job.interval)}"
    staleness = spelled(job.contract.max_staleness)
    return job.name, when, spelled(job.deadline), staleness, "yes" if job.contract.required else "no"


def _connect(config: Config) -> int:
    failures = [*_database_problems(config), *_redis_problems(config)]
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
    _print_table(("family", "state", "reason"), rows)
    for failure in dict.fromkeys(failures):
        print(config.redact(f"\n{failure}"))
    return 1 if failures else 0


def _states(job: Job, notes: tuple[Note, ...]) -> Iterator[Line]:
    for family in job.contract.families:
        kinds = {note.kind for note in notes if note.family == family.name}
        reasons = ", ".join(note.reason for note in notes if note.family == family.name)
        yield family.name, "disabled" if "disabled" in kinds else "approximate" if kinds else "enabled", reasons


def _database_problems(config: Config) -> Iterator[str]:
    """Say how the database answers, and yield what it lacks."""
    database = open_clients(config).database
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


def _redis_problems(config: Config) -> Iterator[str]:
    """Say how Redis answers, and yield what keeps us from it."""
    keyspace = open_clients(config).redis
    if keyspace is None:
        return
    try:
        ahead = keyspace.read(10, lambda round_: round_.time()) - utc_now().timestamp()
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


def _described(transaction: Transaction) -> tuple[str, Catalogue]:
    (row,) = transaction.rows("version", text("SHOW server_version"))
    return str(row[0]), transaction.columns


def _print_table(header: Line, rows: Iterator[Line] | list[Line]) -> None:
    table = [header, *rows]
    widths = [max(len(row[column]) for row in table) for column in range(len(header))]
    for row in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
