"""What Prometheus would know by now, had it watched the demo company from the beginning."""

import subprocess
import sys
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random

from collectors.base import Run
from demo.ai_traffic import write_history
from demo.aws import SimulatedCostExplorer
from demo.aws_account import simulated
from exporter.backfill import pieces
from exporter.collect import once
from exporter.config import Config, Job, load
from exporter.connections import connected
from exporter.daemon import utc_now
from exporter.exposition import END, Format
from exporter.model import Result
from exporter.runner import execute
from tests.alerts.rule_files import promtool

STEP, DAYS_APART = "7d", 7
# How far back each page shows or compares, and who has that past.
REACHES = {
    timedelta(days=98): ("revenue",),
    timedelta(days=42): ("ai_quality", "candidates", "features", "journey", "operations"),
}
# There is no backfill of what costs requests: it is asked of the simulators, as they were then. What divides costs by
# use needs both as of the same instant.
ASKED, ASKED_REACH = ("system", "cost", "engagement", "interviews", "unit_economics"), timedelta(days=42)
# What there is of the live samples ends where a panel compares with it.
YESTERDAY = timedelta(days=1)
TARGET = {"job": "jobhive", "instance": "demo"}
Lines = dict[str, list[str]]


def bring(config: Path, redis: str, aws: SimulatedCostExplorer, now: datetime, folder: Path) -> None:
    """Import the past into the folder of a Prometheus that does not run yet."""
    file, end = folder / "history.om", END[Format.OPENMETRICS].decode()
    running = [_backfill(config, names, now - reach, now, folder) for reach, names in REACHES.items()]
    # What the past costs, the daemon has not spent.
    loaded = load(config, {"state": {"path": str(folder / "past.db")}})
    lines = _yesterday(loaded, redis, now) | _asked(loaded, aws, now)
    parts = [f"{header}\n{''.join(samples)}" for header, samples in lines.items()]
    parts += [_finished(*one).removesuffix(end) for one in running]
    file.write_text("".join([*parts, end]))
    done = promtool("tsdb", "create-blocks-from", "openmetrics", "--max-block-duration=720h", file, folder / "tsdb")
    assert done.returncode == 0, done.stderr


def _backfill(
    config: Path, collectors: Sequence[str], start: datetime, end: datetime, folder: Path
) -> tuple[subprocess.Popen[bytes], Path]:
    """Begin a backfill; returns its process and its file."""
    out = folder / f"{collectors[0]}.om"
    grid = ["--from", start.isoformat(), "--to", end.isoformat(), "--step", STEP]
    labels = [word for name, value in TARGET.items() for word in ("--label", f"{name}={value}")]
    chosen = [word for name in collectors for word in ("--collector", name)]
    command = [sys.executable, "-m", "exporter", "backfill", "--config.file", str(config), *chosen]
    command += [*grid, *labels, "--out", str(out)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE), out


def _finished(process: subprocess.Popen[bytes], out: Path) -> str:
    _, said = process.communicate(timeout=120)
    assert process.returncode == 0, said
    return out.read_text()


def _yesterday(config: Config, redis: str, now: datetime) -> Lines:
    """Return what the exporter would have said of the live samples of yesterday; there is no backfill of them."""
    found: Lines = defaultdict(list)
    at = now - YESTERDAY
    write_history(redis, at.timestamp(), Random(1))
    (job,) = [job for job in config.jobs if job.name == "ai_realtime"]
    _write(found, once(config, job, at), job)
    return found


def _asked(config: Config, aws: SimulatedCostExplorer, now: datetime) -> Lines:
    """Return what the exporter would have said, also of Datadog and AWS: their simulators know any instant."""
    found: Lines = defaultdict(list)
    jobs = {job.name: job for job in config.jobs}
    with connected(config) as collectors:
        for days in range(ASKED_REACH.days, -1, -DAYS_APART):
            at = now - timedelta(days=days)
            aws.account = partial(simulated, at.date())
            results: dict[str, Result] = {}
            for name in ASKED:
                run = Run(at, jobs[name].deadline.total_seconds(), config.definitions, results)
                results[name] = execute(jobs[name], collectors[name], run, utc_now)
                _write(found, results[name], jobs[name])
    return found


def _write(found: Lines, result: Result, job: Job) -> None:
    for piece in pieces(result, job.contract.families, tuple(TARGET.items())):
        found[piece.header] += [f"{series} {value} {result.at.timestamp()}\n" for series, value in piece.samples]
