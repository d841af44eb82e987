"""`backfill`: the collectors over a grid of past instants, as one OpenMetrics file that promtool imports."""

import shlex
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from time import monotonic

from collectors.base import Collector, Run
from exporter import __version__
from exporter.colour import Colour, painted
from exporter.config import Config, Job
from exporter.exposition import END, Format, block, render
from exporter.model import ExporterError, Family, Labels, Note, Past, Result
from exporter.order import Order, OrderError, seconds
from exporter.progress import Progress
from exporter.runner import Clock, execute, explained
from exporter.spool import Piece, Spool
from exporter.validation import spelled

IMPORT = "promtool tsdb create-blocks-from openmetrics --max-block-duration=720h"
INTERRUPTED = 130
LEFT_OUT: Mapping[Past, str] = {
    "exact within 24 h": "exact within 24 h, its past cannot be rebuilt",
    "live only": "live only, its past cannot be rebuilt",
    "remote": "remote, and every instant would cost requests; ask for one by collect --at",
}
# The collectors by name, for as long as their sources are open.
Collectors = AbstractContextManager[Mapping[str, Collector]]


class BackfillError(ExporterError):
    """The past cannot be written."""


class CollectorFailed(ExporterError):
    """A collector failed at an instant."""


def run(config: Config, order: Order, collectors: Collectors, clock: Clock) -> int:
    """Write the file. It may be ended at any time, and goes on where it was. Returns the exit code."""
    began = monotonic()
    order.check(clock())
    jobs = _rebuilt(_chosen(config, order.collectors))
    order.check_labels(family for job in jobs for family in past(job))
    with Spool(order.spool, terms(order, jobs, config.export)) as spool:
        try:
            with collectors as made:
                _collect(
                    order, spool, lambda at: [(job, _result(config, job, made[job.name], at, clock)) for job in jobs]
                )
            samples = _write(spool, order)
        except KeyboardInterrupt:
            _tell(f"# {_kept(order, spool)}; run the same command again to go on")
            return INTERRUPTED
        for note in spool.notes():
            _tell(f"# {note.family} is {note.kind}: {note.reason}")
        spool.delete()
    told = summary(order, samples, order.out.stat().st_size, monotonic() - began).split("\n", 1)
    sys.stdout.write("\n".join([painted(told[0], Colour.SUCCESS, sys.stdout), *told[1:]]))
    return 0


def summary(order: Order, samples: int, size: int, took: float) -> str:
    """Say what was written, and what to do with it."""
    counted = f"{len(order.grid):,} instants, {samples:,} samples, {size:,} bytes in {took:.1f} s"
    return f"{order.out}: {counted}; next:\n{IMPORT} {shlex.quote(str(order.out))} blocks\n"


def past(job: Job) -> tuple[Family, ...]:
    """Return the families of a collector that are exposed and can be rebuilt."""
    return tuple(family for family in job.contract.families if family.is_exposed and family.past == "exact")


def terms(order: Order, jobs: Iterable[Job], export: Iterable[str]) -> dict[str, str]:
    """Say which backfill it is. The end is no part of it: what is there may be continued further."""
    return {
        "--from": order.grid.start.isoformat(),
        "--step": spelled(order.grid.step),
        "--label": repr(order.labels),
        "--collector": " ".join(job.name for job in jobs),
        "export": " ".join(sorted(export)),
        "the version of the exporter": __version__,
        **{f"the configuration of {job.name}": job.contract.fingerprint for job in jobs},
    }


def pieces(result: Result, families: Iterable[Family], labels: Labels) -> Iterator[Piece]:
    """Render a result as the page does, with more labels; a family without samples is left out."""
    for family in families:
        samples = [
            sample._replace(labels=tuple(sorted((*sample.labels, *labels))))
            for sample in result.samples
            if sample.name == family.name
        ]
        if samples:
            # str.splitlines would also part a line at characters that a label may have.
            lines = render([block(family, samples)], Format.OPENMETRICS).decode().removesuffix("\n").split("\n")
            # A value has no spaces.
            parted = (line.rpartition(" ") for line in lines[2:])
            yield Piece(family.name, "\n".join(lines[:2]), tuple((series, value) for series, _, value in parted))


def _chosen(config: Config, names: Sequence[str]) -> list[Job]:
    configured = [job.name for job in config.jobs]
    if unknown := next((name for name in names if name not in configured), None):
        raise OrderError(f"there is no collector {unknown} in {config.path}; configured are {', '.join(configured)}")
    return [job for job in config.jobs if not names or job.name in names]


def _rebuilt(jobs: Sequence[Job]) -> list[Job]:
    """Tell what is left out, and return the collectors that have a past."""
    for job in jobs:
        for family in job.contract.families:
            if family.is_exposed and family.past != "exact":
                _tell(f"# {family.name} is left out: it is {LEFT_OUT[family.past]}")
    if found := [job for job in jobs if past(job)]:
        return found
    raise BackfillError("no family is left that has a past; choose other collectors with --collector")


def _collect(order: Order, spool: Spool, ask: Callable[[datetime], list[tuple[Job, Result]]]) -> None:
    """Collect every instant that is not finished yet."""
    done = spool.finished(order.end)
    if done:
        _tell(f"# going on: {_kept(order, spool)}")
    try:
        with Progress(sys.stderr, "instants", done, len(order.grid), monotonic) as progress:
            for at in order.grid.instants(after=spool.last()):
                _keep(spool, at, ask(at), order.labels)
                progress.step()
    except CollectorFailed as failed:
        raise BackfillError(f"{failed}; {_kept(order, spool)}: mend it and run the same command again") from None


def _result(config: Config, job: Job, collector: Collector, at: datetime, clock: Clock) -> Result:
    """Do what `collect --at` does."""
    try:
        result = execute(job, collector, Run(at, job.deadline.total_seconds(), config.definitions), clock)
        job.contract.check(result)
    except Exception as error:  # noqa: BLE001 - the border of a unit
        reason, message = explained(error)
        text = f"collector {job.name} failed at {at.isoformat()} ({reason}): {message}"
        raise CollectorFailed(config.redact(text)) from None
    return result


def _keep(spool: Spool, at: datetime, results: Iterable[tuple[Job, Result]], labels: Labels) -> None:
    found: list[Piece] = []
    notes: list[Note] = []
    for job, result in results:
        families = past(job)
        names = {family.name for family in families}
        found += pieces(result, families, labels)
        notes += [note for note in result.notes if note.family in names]
    spool.put(seconds(at), found, notes)


def _write(spool: Spool, order: Order) -> int:
    """Write the file under another name, give it its own when it is whole, and count the samples."""
    unfinished, samples = order.out.with_name(f"{order.out.name}.new"), 0
    try:
        unfinished.unlink(missing_ok=True)
        unfinished.touch(mode=0o600)
        with unfinished.open("w", encoding="utf-8", newline="\n") as file:
            for header, lines in spool.families(order.end):
                file.write(f"{header}\n")
                for line in lines:
                    file.write(f"{line}\n")
                    samples += 1
            file.write(END[Format.OPENMETRICS].decode())
        unfinished.replace(order.out)
    except OSError as error:
        mend = f"mend that and run the same command again; {_kept(order, spool)}"
        raise BackfillError(f"{order.out} cannot be written: {error.strerror}; {mend}") from None
    return samples


def _kept(order: Order, spool: Spool) -> str:
    return f"{spool.finished(order.end):,} of {len(order.grid):,} instants are kept in {spool.path}"


def _tell(line: str) -> None:
    sys.stderr.write(f"{painted(line, Colour.WARNING, sys.stderr)}\n")
