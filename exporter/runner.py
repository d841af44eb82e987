"""One run of a collector: from its instant to a result in the store, or a failure that costs this run only."""

import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic

import structlog

from collectors.base import Collector, Harvest, Run, Unmapped, complete
from exporter.config import Config, Job
from exporter.contract import InvalidResult
from exporter.model import Failure, Interrupted, Note, Reason, Result, SourceError, Status
from exporter.page import Page
from exporter.state import State
from exporter.store import Store, UnknownCollector
from exporter.stored import Record
from exporter.telemetry import Telemetry

Clock = Callable[[], datetime]
log = structlog.get_logger()


def execute(job: Job, collector: Collector, run: Run, clock: Clock) -> Result:
    """Run a collector once; raises SourceError, or whatever else goes wrong in it."""
    began = monotonic()
    try:
        harvest = collector.collect(run)
    except Unmapped as unmapped:
        # Nothing failed: the deployment has told that it lacks what the collector reads.
        notes = tuple(Note("disabled", family.name, unmapped.reason) for family in job.contract.families)
        harvest = Harvest((), notes=notes)
    samples = complete(job.contract.families, harvest)
    return Result(
        collector=job.name,
        at=run.at,
        ended=clock(),
        duration=monotonic() - began,
        samples=samples,
        dropped=harvest.dropped,
        notes=harvest.notes,
        documents=harvest.documents,
    )


@dataclass(frozen=True, slots=True)
class Runner:
    """Runs the collectors of one configuration; what it is called with is the work itself, not the start of it."""

    config: Config
    collectors: Mapping[str, Collector]
    store: Store
    telemetry: Telemetry
    page: Page
    state: State
    clock: Clock
    again: Callable[[str, timedelta], None]
    retry: Callable[[Job, Status], timedelta | None]

    def run(self, job: Job) -> None:
        """Run a collector and publish what comes of it; never raises."""
        self.telemetry.run_started(job.name)
        began = monotonic()
        try:
            result = execute(job, self.collectors[job.name], self._terms(job), self.clock)
            self.store.put(result, job.contract)
        except (Interrupted, UnknownCollector) as error:
            self._discarded(job, error)
            return
        except Exception as error:  # noqa: BLE001 - the border of a unit: a run fails alone
            try:
                self._failed(job, error, monotonic() - began)
            except UnknownCollector as gone:
                self._discarded(job, gone)
                return
        else:
            log.info("run succeeded", collector=job.name, series=len(result.samples), seconds=round(result.duration, 3))
        snapshot = self.store.snapshot(self.clock())
        self.page.prepare(snapshot)
        if status := snapshot.statuses.get(job.name):
            self.state.save(Record(job.name, job.contract.fingerprint, status.result, status.failure))
            if status.failure and (delay := self.retry(job, status)):
                self.again(job.name, delay)

    def _terms(self, job: Job) -> Run:
        now = self.clock()
        settle = self.config.database.settle if self.config.database and job.source == "database" else None
        peers = {name: peer for name, peer in self.store.snapshot(now).served.items() if name != job.name}
        return Run(now - settle if settle else now, job.deadline.total_seconds(), self.config.definitions, peers)

    def _discarded(self, job: Job, why: Exception) -> None:
        """Note a run that counts for nothing; what a reload has redefined meanwhile is run again at once."""
        log.info("run discarded", collector=job.name, why=str(why))
        if isinstance(why, UnknownCollector):
            self.again(job.name, timedelta(0))

    def _failed(self, job: Job, error: Exception, duration: float) -> None:
        reason, message = explained(error)
        message = self.config.redact(message)
        self.telemetry.run_failed(job.name, reason)
        self.store.fail(job.contract, Failure(reason, message, self.clock(), duration))
        log.warning("run failed", collector=job.name, reason=reason.value, error=message, seconds=round(duration, 3))


def explained(error: Exception) -> tuple[Reason, str]:
    """Return the reason of a failure, and a text that holds nothing of the rows.

    An exception nobody foresaw may quote a row, so only its type and place are told.
    """
    if isinstance(error, SourceError):
        return error.reason, str(error)
    if isinstance(error, InvalidResult):
        return Reason.INVALID, str(error)
    place = traceback.extract_tb(error.__traceback__)[-1]
    return (
        Reason.INTERNAL,
        f"{type(error).__name__} in {place.name} ({place.filename}:{place.lineno}); please report it",
    )
