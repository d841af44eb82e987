"""Before when a paid API is not asked, whatever became of the run before."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from exporter.config import Job, load
from exporter.model import Attempt, Failure, Reason, Result, Status
from exporter.tasks import changed, due, retry_after
from tests.running import write

NOW = datetime(2026, 4, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
ASKED = NOW - 10 * timedelta(minutes=1)


def jobs(folder: Path, **cost: object) -> dict[str, Job]:
    config = load(
        write(folder, {"aws": {}, "database": {"url": "postgresql://db/jobhive"}, "collectors": cost}), {}, {}
    )
    return {job.name: job for job in config.jobs}


@pytest.mark.parametrize(
    ("name", "outcome", "asked", "expected"),
    [
        ("cost", "good", ASKED, NOW - HOUR + 8 * HOUR),
        ("cost", "failed", ASKED, ASKED + HOUR),
        ("cost", "never", ASKED, ASKED + HOUR),
        ("cost", "never", None, None),
        ("revenue", "good", ASKED, None),
    ],
)
def test_a_restart_costs_no_more_than_running_on(
    tmp_path: Path, name: str, outcome: str, asked: datetime | None, expected: datetime | None
) -> None:
    job = jobs(tmp_path, cost={"interval": "8h"})[name]
    result = Result(name, NOW - HOUR, NOW - HOUR, 0.1, ()) if outcome != "never" else None
    failure = Failure(Reason.CONNECT, "nobody there", NOW, 0.1) if outcome == "failed" else None
    status = Status(name, (), HOUR, result=result, failure=failure)
    assert due(job, status, lambda _: asked) == expected


def test_what_means_something_else_runs_at_once(tmp_path: Path) -> None:
    before = jobs(tmp_path).values()
    after = jobs(tmp_path, revenue={"options": {"currencies": ["EUR"]}}).values()
    assert changed(before, before) == []
    assert "revenue" in changed(before, after)


@pytest.mark.parametrize(
    ("name", "outcomes", "expected"),
    [
        ("revenue", "x", timedelta(seconds=30)),
        ("revenue", "xx.x", timedelta(seconds=30)),
        ("revenue", ".xxx", timedelta(minutes=2)),
        ("revenue", "x" * 20, timedelta(minutes=5)),
        ("operations", "xxx", timedelta(minutes=1)),
        ("cost", "x", None),
    ],
)
def test_a_failed_run_is_tried_again_soon_and_then_less_often(
    tmp_path: Path, name: str, outcomes: str, expected: timedelta | None
) -> None:
    recent = tuple(Attempt(NOW, 0.1, Reason.CONNECT if outcome == "x" else None) for outcome in outcomes)
    assert retry_after(jobs(tmp_path)[name], Status(name, (), HOUR, recent=recent)) == expected
