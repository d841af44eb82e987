"""`collect NAME`: one collector, once, for now or for a past instant; prints what it would serve."""

import sys
from datetime import datetime

from collectors.base import Run
from exporter.config import Config, Job
from exporter.connections import connected
from exporter.contract import Contract
from exporter.daemon import utc_now
from exporter.exposition import Format, block, render
from exporter.model import ExporterError, Result
from exporter.registry import SNAPSHOT
from exporter.runner import execute, explained
from exporter.sources.database import Query


class UnknownName(ExporterError):
    """There is no such collector, or it is not configured."""


def run(config: Config, name: str, at: datetime | None, *, explain: bool) -> int:
    """Print the exposition of one collector on standard output, and all words about it on standard error."""
    job = next((job for job in config.jobs if job.name == name), None)
    if job is None:
        configured = ", ".join(job.name for job in config.jobs)
        raise UnknownName(f"there is no collector {name} in {config.path}; configured are {configured}")
    queries: list[Query] = []
    try:
        result = once(config, job, at or utc_now(), queries if explain else None)
    except Exception as error:  # noqa: BLE001 - the border of a unit
        reason, message = explained(error)
        raise ExporterError(config.redact(f"collector {name} failed ({reason}): {message}")) from None
    sys.stdout.write(exposition(result, job.contract))
    for line in (*_notes(result, job, at), *(_explanation(result, queries) if explain else ())):
        print(config.redact(line), file=sys.stderr)
    return 0


def once(config: Config, job: Job, at: datetime, queries: list[Query] | None = None) -> Result:
    """Run a collector once for an instant, to the microsecond; its result keeps its contract."""
    with connected(config, queries.append if queries is not None else None) as collectors:
        run = Run(at, job.deadline.total_seconds(), config.definitions)
        result = execute(job, collectors[job.name], run, utc_now)
    job.contract.check(result)
    return result


def exposition(result: Result, contract: Contract) -> str:
    """Return a result in the text format."""
    blocks = (
        block(family, sorted(sample for sample in result.samples if sample.name == family.name))
        for family in contract.families
        if family.is_exposed
    )
    return render(blocks, Format.TEXT).decode()


def _notes(result: Result, job: Job, at: datetime | None) -> list[str]:
    lines = [f"# {note.family} is {note.kind}: {note.reason}" for note in result.notes]
    lines += [f"# {rows} rows of {table} are dropped: {why}" for (table, why), rows in result.dropped.items() if rows]
    if job.source == SNAPSHOT:
        lines.append(f"# {job.name} reads what other collectors found, which only a running daemon has")
    if at:
        live = (family.name for family in job.contract.families if family.past == "live only")
        lines += [f"# {name} is live only: computed from the rows as they are now" for name in live]
        short = (family.name for family in job.contract.families if family.past == "exact within 24 h")
        lines += [f"# {name} is exact within 24 h: its source keeps no more" for name in short]
    return lines


def _explanation(result: Result, queries: list[Query]) -> list[str]:
    lines = [f"# {len(result.samples)} series as of {result.at.isoformat()} in {result.duration:.3f} s"]
    for query in queries:
        lines += [f"\n# query {query.name}: {query.rows} rows in {query.seconds:.3f} s", f"{query.sql};", query.plan]
    return lines
