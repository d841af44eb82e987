"""The scheduler itself, with short intervals and tasks that do as they are told."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from time import monotonic

import pytest
from apscheduler.events import EVENT_JOB_MAX_INSTANCES, EVENT_JOB_MISSED, EVENT_JOB_SUBMITTED

from exporter.scheduler import FIRST_RUN_WITHIN, Scheduler, Task
from exporter.telemetry import Missed, Telemetry
from exporter.triggers import SlotTrigger, offset
from tests.waiting import eventually

# By its name a first run comes within three seconds; these come at once.
PROMPTS = sorted((f"task{n}" for n in range(1000)), key=lambda name: offset(name, FIRST_RUN_WITHIN))[:4]
PROMPT = PROMPTS[0]
INTERVAL = timedelta(milliseconds=200)


class Work:
    """A task that waits for its gate, and remembers its runs."""

    def __init__(self, *, open_gate: bool = True) -> None:
        self.gate, self.runs, self.at_once, self.most_at_once = threading.Event(), 0, 0, 0
        self.instants: list[float] = []
        self._lock = threading.Lock()
        if open_gate:
            self.gate.set()

    def __call__(self) -> None:
        with self._lock:
            self.runs, self.at_once = self.runs + 1, self.at_once + 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            self.instants.append(monotonic())
        self.gate.wait(20)
        with self._lock:
            self.at_once -= 1


class Harness:
    """A scheduler, the works of its tasks, and what it counts."""

    def __init__(self) -> None:
        self.telemetry = Telemetry()
        self.scheduler = Scheduler(self.telemetry, lambda: datetime.now(UTC))
        self.works: list[Work] = []

    def work(self, *, open_gate: bool = True) -> Work:
        self.works.append(Work(open_gate=open_gate))
        return self.works[-1]

    def configure(self, *tasks: Task, at_once: tuple[str, ...] = ()) -> None:
        self.telemetry.configure(task.name for task in tasks)
        self.scheduler.configure(tasks, at_once)

    def missed(self, name: str) -> dict[str, float]:
        return {
            sample.labels["reason"]: sample.value
            for metric in self.telemetry.metrics()
            for sample in metric.samples
            if sample.name.endswith("missed_runs_total") and sample.labels["collector"] == name
        }


@pytest.fixture
def harness() -> Iterator[Harness]:
    made = Harness()
    yield made
    for work in made.works:
        work.gate.set()
    assert made.scheduler.stop(10) == set()


def task(work: Callable[[], None], name: str = PROMPT, interval: timedelta = INTERVAL, lane: str = "database") -> Task:
    return Task(name, interval, SlotTrigger(interval, timedelta(0), lambda: 0.0), interval, lane, work)


def test_the_first_run_comes_within_seconds_whatever_the_interval(harness: Harness) -> None:
    works = {name: harness.work() for name in ("data_quality", "candidates")}
    began = monotonic()
    harness.configure(*(task(work, name, timedelta(days=30)) for name, work in works.items()))
    harness.scheduler.start()
    for name, work in works.items():
        eventually(partial(getattr, work, "runs"), within=FIRST_RUN_WITHIN.total_seconds() + 2)
        assert work.instants[0] - began >= offset(name, FIRST_RUN_WITHIN).total_seconds() - 0.05
        assert work.runs == 1


def test_a_run_never_overlaps_itself_and_lost_slots_are_counted(harness: Harness) -> None:
    work = harness.work(open_gate=False)
    harness.configure(task(work))
    harness.scheduler.start()
    eventually(lambda: harness.missed(PROMPT)["overlap"] >= 3, within=10)
    assert (work.runs, work.most_at_once) == (1, 1)
    work.gate.set()
    eventually(lambda: work.runs >= 3, within=10)
    assert work.most_at_once == 1


def test_a_task_that_fails_runs_again(harness: Harness, caplog: pytest.LogCaptureFixture) -> None:
    work = harness.work()

    def failing() -> None:
        work()
        raise RuntimeError

    harness.configure(task(failing))
    harness.scheduler.start()
    eventually(lambda: work.runs >= 3, within=10)
    assert "RuntimeError" in caplog.text


def test_a_full_lane_delays_no_other(harness: Harness) -> None:
    slow, third, quick = [harness.work(open_gate=False) for _ in range(2)], harness.work(), harness.work()
    month = timedelta(days=30)
    old = [task(work, name, month) for name, work in zip(PROMPTS[:2], slow, strict=True)]
    harness.configure(*old)
    harness.scheduler.start()
    eventually(lambda: all(work.runs for work in slow), within=10)
    harness.configure(*old, task(third, PROMPTS[2], month), task(quick, PROMPTS[3], lane="quick"))
    eventually(lambda: quick.runs >= 5, within=10)
    assert third.runs == 0  # Two workers serve the database, and both are busy.
    slow[0].gate.set()
    eventually(lambda: third.runs == 1, within=10)
    assert harness.missed(PROMPTS[2])["late"] == 0  # It waited, which is not a loss.


def test_what_waits_for_longer_than_its_interval_is_counted_as_late(harness: Harness) -> None:
    busy, second = harness.work(open_gate=False), timedelta(seconds=1)
    waiting = harness.work()
    harness.configure(task(busy, PROMPTS[0], timedelta(days=1), lane="quick"))
    harness.scheduler.start()
    eventually(lambda: busy.runs, within=10)
    began = monotonic()
    harness.configure(
        task(busy, PROMPTS[0], timedelta(days=1), lane="quick"), task(waiting, PROMPTS[1], second, lane="quick")
    )
    eventually(lambda: monotonic() - began > 1.8, within=5)
    busy.gate.set()
    eventually(lambda: harness.missed(PROMPTS[1])["late"] == 1, within=5)
    eventually(lambda: waiting.runs, within=5)


class Event:
    """What the library tells its listeners."""

    def __init__(self, code: int, name: str, *instants: datetime) -> None:
        self.code, self.job_id, self.scheduled_run_times = code, name, list(instants)


START = datetime(2026, 4, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("told", "lost"),
    [
        ([(EVENT_JOB_SUBMITTED, 0), (EVENT_JOB_SUBMITTED, 1)], {}),
        ([(EVENT_JOB_SUBMITTED, 0), (EVENT_JOB_SUBMITTED, 4)], {Missed.COALESCED: 3}),
        ([(EVENT_JOB_SUBMITTED, 7), (EVENT_JOB_SUBMITTED, 4)], {}),
        ([(EVENT_JOB_SUBMITTED, 0), (EVENT_JOB_MAX_INSTANCES, 1), (EVENT_JOB_SUBMITTED, 2)], {Missed.OVERLAP: 1}),
        (
            [(EVENT_JOB_SUBMITTED, 0), (EVENT_JOB_MAX_INSTANCES, 3), (EVENT_JOB_SUBMITTED, 4)],
            {Missed.OVERLAP: 1, Missed.COALESCED: 2},
        ),
        ([(EVENT_JOB_SUBMITTED, 0), (EVENT_JOB_MISSED, 0), (EVENT_JOB_MISSED, 1)], {Missed.LATE: 2}),
    ],
)
def test_each_way_to_lose_a_slot_is_counted(
    harness: Harness, told: list[tuple[int, int]], lost: dict[Missed, int]
) -> None:
    """The listeners get what the library would send; slots are minutes."""
    minute = timedelta(minutes=1)
    harness.configure(task(harness.work(), interval=minute))
    for code, number in told:
        harness.scheduler.heard(Event(code, PROMPT, START + number * minute))
        harness.scheduler.heard(Event(code, "removed", START + number * minute))
    assert harness.missed(PROMPT) == {reason.value: lost.get(reason, 0) for reason in Missed}


def test_configure_removes_keeps_and_renews(harness: Harness) -> None:
    gone, kept, renewed = harness.work(), harness.work(), harness.work()
    names, month = PROMPTS[:3], timedelta(days=30)
    first = [task(work, name, month) for name, work in zip(names, (gone, kept, renewed), strict=True)]
    harness.configure(*first)
    harness.scheduler.start()
    eventually(lambda: [work.runs for work in harness.works] == [1, 1, 1], within=10)
    # A new function with the same timing keeps its clock; another interval, or being named, is a reason to run now.
    harness.configure(replace(first[1], run=gone), replace(first[2], timing="other"))
    eventually(lambda: renewed.runs == 2, within=10)
    assert (gone.runs, kept.runs) == (1, 1)
    harness.configure(replace(first[1], run=gone), replace(first[2], timing="other"), at_once=(names[1],))
    eventually(lambda: gone.runs == 2, within=10)
    assert (kept.runs, renewed.runs) == (1, 2)


def test_a_run_goes_on_while_its_task_is_removed(harness: Harness) -> None:
    work = harness.work(open_gate=False)
    harness.configure(task(work))
    harness.scheduler.start()
    eventually(lambda: work.runs, within=10)
    harness.configure()
    assert harness.scheduler.stop(0) == {PROMPT}
    work.gate.set()
    assert harness.scheduler.stop(10) == set()


def test_stop_names_what_goes_on_and_starts_nothing_that_waits() -> None:
    harness = Harness()
    busy, waiting, month = harness.work(open_gate=False), harness.work(), timedelta(days=30)
    harness.configure(task(busy, PROMPTS[0], month, "quick"), task(waiting, PROMPTS[1], month, "quick"))
    harness.scheduler.start()
    eventually(lambda: busy.runs, within=10)
    harness.configure(
        task(busy, PROMPTS[0], month, "quick"),
        task(waiting, PROMPTS[1], month, "quick"),
        task(waiting, PROMPTS[2], INTERVAL, "database"),
    )
    eventually(lambda: waiting.runs, within=10)  # By now the other one of the busy lane is due as well.
    began = monotonic()
    assert PROMPTS[0] in harness.scheduler.stop(0.2)
    assert monotonic() - began < 2
    before = waiting.runs
    with ThreadPoolExecutor(1) as pool:
        stopped = pool.submit(harness.scheduler.stop, 10)
        busy.gate.set()
        assert stopped.result(12) == set()
    eventually(lambda: not [thread for thread in threading.enumerate() if "ThreadPool" in thread.name], within=5)
    assert waiting.runs == before


def test_the_heartbeat_is_there_before_the_clock_ticks() -> None:
    before = datetime.now(UTC)
    scheduler = Scheduler(Telemetry(), lambda: datetime.now(UTC))
    assert before <= scheduler.heartbeat <= datetime.now(UTC)
    assert scheduler.stop(0) == set()  # Never started.


def test_a_pause_loses_runs_and_counts_them() -> None:
    telemetry, paused = Telemetry(), threading.Event()
    scheduler = Scheduler(telemetry, lambda: datetime.now(UTC), paused.is_set)
    harness = Harness()
    harness.telemetry, harness.scheduler = telemetry, scheduler
    work = harness.work()
    paused.set()
    harness.configure(task(work))
    scheduler.start()
    eventually(lambda: harness.missed(PROMPT)["paused"] >= 2, within=10)
    assert work.runs == 0
    paused.clear()
    eventually(lambda: work.runs >= 2, within=10)
    assert scheduler.stop(10) == set()


def test_a_run_is_brought_forward_and_never_put_off(harness: Harness) -> None:
    slow, quick = harness.work(), harness.work()
    month = timedelta(days=30)
    harness.configure(task(slow, PROMPTS[0], month), task(quick, PROMPTS[1]))
    harness.scheduler.start()
    eventually(lambda: slow.runs and quick.runs, within=10)
    harness.scheduler.run_soon(PROMPTS[0], INTERVAL)
    harness.scheduler.run_soon(PROMPTS[1], month)
    before = quick.runs
    eventually(lambda: slow.runs == 2 and quick.runs >= before + 2, within=10)
