"""Jobs of a configuration → tasks of the scheduler: when and where each collector runs, and not before when. Pure."""

import random
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from itertools import takewhile

from exporter.config import Config, Job
from exporter.model import Status
from exporter.reports.reporter import EVERY
from exporter.scheduler import QUICK, Task
from exporter.triggers import SlotTrigger, cron, offset

# Source → the API in the ledger.
PAID = {"aws": "aws_ce", "datadog": "datadog"}
RETRY_AFTER = timedelta(hours=1)
# A run that failed is tried again after this, each time after twice as long.
FIRST_RETRY = timedelta(seconds=30)


def task_of(job: Job, config: Config, run: Callable[[Job], None], due: datetime | None) -> Task:
    """Return when and where a collector runs."""
    zone = config.definitions.timezone
    slots = SlotTrigger(job.interval, offset(job.name, job.interval), random.random)
    return Task(
        name=job.name,
        timing=(job.cron, zone) if job.cron else job.interval,
        trigger=cron(job.cron, zone) if job.cron else slots,
        interval=job.interval,
        lane="quick" if job.source == "database" and job.interval <= QUICK else job.source,
        run=lambda: run(job),
        due=due,
    )


def report_task(tick: Callable[[], None]) -> Task:
    """Return when somebody looks whether there is a report to send."""
    return Task(
        name="reports",
        timing=EVERY,
        trigger=SlotTrigger(EVERY, offset("reports", EVERY), random.random),
        interval=EVERY,
        lane="reports",
        run=tick,
    )


def due(job: Job, status: Status, latest: Callable[[str], datetime | None]) -> datetime | None:
    """Return before when a paid API is not asked: restarts must not cost more than running on.

    A good result holds for the interval. After anything else, a crash in the midst too, the next try may come
    within the hour: somebody may have mended what was wrong. `latest` tells when an API was last asked.
    """
    api = PAID.get(job.source)
    if api is None:
        return None
    if status.result and status.succeeded:
        return status.result.ended + job.interval
    asked = latest(api)
    return asked + min(job.interval, RETRY_AFTER) if asked else None


def retry_after(job: Job, status: Status) -> timedelta | None:
    """Return after which time a failed run is tried again; None where what is asked is paid for or limited.

    A source that was away for a minute must not leave an hourly collector without values for an hour.
    """
    if job.source in PAID:
        return None
    failures = len(list(takewhile(lambda attempt: attempt.reason, reversed(status.recent))))
    doubled: int = 2 ** max(failures - 1, 0)
    return min(FIRST_RETRY * doubled, job.interval)


def changed(before: Iterable[Job], after: Iterable[Job]) -> list[str]:
    """Return the collectors whose numbers have another meaning now, so that they should run at once."""
    known = {job.name: job.contract.fingerprint for job in before}
    return [job.name for job in after if known.get(job.name) != job.contract.fingerprint]
