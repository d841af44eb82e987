"""Runs collectors on their own clocks: one run at a time each, in lanes; every slot that is lost is counted."""

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from apscheduler.events import EVENT_JOB_MAX_INSTANCES, EVENT_JOB_MISSED, EVENT_JOB_SUBMITTED
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from exporter.telemetry import Missed, Telemetry
from exporter.triggers import Trigger, offset

FIRST_RUN_WITHIN = timedelta(seconds=3)
HEARTBEAT, HEARTBEAT_SECONDS = "heartbeat", 10
QUICK = timedelta(seconds=60)
# A run every minute never waits behind one that takes minutes, or behind another source that does not answer.
LANES: Mapping[str, int] = {"database": 2, "quick": 1, "redis": 1, "chores": 1}
DATABASE_WORKERS = LANES["database"] + LANES["quick"]
# Of every other lane: each database of custom queries has its own, so that a dead one holds up no other.
LANE_WORKERS = 2
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be run and when; two tasks with equal `timing` keep one clock over a reload.

    A first run comes at once, but not before `due`: it may be paid for.
    """

    name: str
    timing: object
    trigger: Trigger
    interval: timedelta
    lane: str
    run: Callable[[], None]
    due: datetime | None = None


class Scheduler:
    """APScheduler, with slots of our own, first runs at once, and every lost slot counted; `paused` loses all."""

    def __init__(
        self, telemetry: Telemetry, clock: Callable[[], datetime], paused: Callable[[], bool] = lambda: False
    ) -> None:
        self._telemetry, self._clock, self._paused = telemetry, clock, paused
        self._tasks: dict[str, Task] = {}
        self._previous: dict[str, datetime] = {}
        self._idle = threading.Condition()
        self._running: set[str] = set()
        self._stopped = False
        self.heartbeat = clock()
        self._lanes = set(LANES)
        lanes = {name: ThreadPoolExecutor(workers) for name, workers in LANES.items()}
        self._library = BackgroundScheduler(executors=lanes, timezone=UTC, job_defaults={"coalesce": True})
        self._library.add_listener(self.heard, EVENT_JOB_SUBMITTED | EVENT_JOB_MAX_INSTANCES | EVENT_JOB_MISSED)

    def start(self) -> None:
        """Start the clock; the heartbeat tells that it ticks."""
        self._library.add_job(self._beat, "interval", seconds=HEARTBEAT_SECONDS, id=HEARTBEAT, executor="chores")
        self._library.start()

    def configure(self, tasks: Iterable[Task], at_once: Iterable[str] = ()) -> None:
        """Take a new set of tasks: new ones and those of `at_once` run within seconds, the others keep their clock."""
        before, self._tasks = self._tasks, {task.name: task for task in tasks}
        for gone in before.keys() - self._tasks.keys():
            self._library.remove_job(gone)
            self._previous.pop(gone, None)
        urgent = set(at_once)
        for task in self._tasks.values():
            self._open_lane(task.lane)
            known = before.get(task.name)
            if known and known.timing == task.timing and task.name not in urgent:
                self._library.modify_job(task.name, func=self._tracked, args=[task], executor=task.lane)
            else:
                self._add(task, None if task.name in urgent else task.due)

    def run_soon(self, name: str, after: timedelta = timedelta(0)) -> None:
        """Run a task at once or after a while, if there is one of this name and its own slot does not come before."""
        task, job = self._tasks.get(name), self._library.get_job(name)
        if task is None or self._stopped:
            return
        if after and job and job.next_run_time and job.next_run_time <= self._clock() + after:
            return
        self._add(task, self._clock() + after)

    def next_runs(self) -> dict[str, datetime]:
        """Return when each task runs next."""
        due = {name: self._library.get_job(name) for name in tuple(self._tasks)}
        return {name: job.next_run_time for name, job in due.items() if job and job.next_run_time}

    def stop(self, seconds: float) -> set[str]:
        """Start no more runs, and wait for those that go on; returns the names of the ones that still do."""
        with self._idle:
            self._stopped = True
        if self._library.running:
            self._library.shutdown(wait=False)
        with self._idle:
            self._idle.wait_for(lambda: not self._running, seconds)
            return set(self._running)

    def heard(self, event: Any) -> None:
        """Count what the library tells: a run was submitted, or not because the last one goes on, or came too late."""
        task = self._tasks.get(event.job_id)
        if task is None:
            return
        if event.code == EVENT_JOB_MISSED:
            self._lost(task, Missed.LATE)
            return
        self._submitted(task, event.scheduled_run_times[-1])
        if event.code == EVENT_JOB_MAX_INSTANCES:
            self._lost(task, Missed.OVERLAP)

    def _lost(self, task: Task, reason: Missed) -> None:
        self._telemetry.runs_missed(task.name, reason)
        log.warning("run did not start", collector=task.name, reason=reason.value)

    def _open_lane(self, name: str) -> None:
        """Make a lane that is not there yet; one that a reload leaves without tasks stays, and costs nothing."""
        if name not in self._lanes:
            self._lanes.add(name)
            self._library.add_executor(ThreadPoolExecutor(LANE_WORKERS), name)

    def _add(self, task: Task, due: datetime | None = None) -> None:
        self._previous.pop(task.name, None)
        soon = self._clock() + offset(task.name, FIRST_RUN_WITHIN)
        self._library.add_job(
            self._tracked,
            task.trigger,
            args=[task],
            id=task.name,
            executor=task.lane,
            next_run_time=max(soon, due or soon),
            # The library's default of one second would cancel runs that wait for a worker.
            misfire_grace_time=max(int(task.interval.total_seconds()), 1),
            max_instances=1,
            replace_existing=True,
        )

    def _tracked(self, task: Task) -> None:
        with self._idle:
            # The library's pools go on with what waits in them.
            if self._stopped:
                return
            self._running.add(task.name)
        try:
            if self._paused():
                self._telemetry.runs_missed(task.name, Missed.PAUSED)
                return
            task.run()
        finally:
            with self._idle:
                self._running.discard(task.name)
                self._idle.notify_all()

    def _beat(self) -> None:
        self.heartbeat = self._clock()

    def _submitted(self, task: Task, this: datetime) -> None:
        """Count what was lost before a slot; several due at once run as one, of which the library tells nothing."""
        previous, self._previous[task.name] = self._previous.get(task.name), this
        if previous and (lost := task.trigger.lost(previous, this)):
            self._telemetry.runs_missed(task.name, Missed.COALESCED, lost)
