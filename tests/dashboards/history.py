"""What Prometheus would know by now, had it watched the demo company from the beginning."""

import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from demo.ai_traffic import write_history
from exporter.backfill import pieces
from exporter.collect import once
from exporter.config import load
from exporter.exposition import END, Format
from tests.alerts.rule_files import promtool

STEP = "7d"
# How far back each page shows or compares, and who has that past.
REACHES = {
    timedelta(days=98): ("revenue",),
    timedelta(days=42): ("ai_quality", "interviews", "operations", "candidates", "engagement", "features", "journey"),
}
# What there is of the live samples ends where a panel compares with it.
YESTERDAY = timedelta(days=1)
TARGET = {"job": "jobhive", "instance": "demo"}


def bring(config: Path, redis: str, now: datetime, folder: Path) -> None:
    """Import the past into the folder of a Prometheus that does not run yet."""
    file, end = folder / "history.om", END[Format.OPENMETRICS].decode()
    with ThreadPoolExecutor() as pool:
        told = pool.map(lambda reach: _backfilled(config, REACHES[reach], now - reach, now, folder), REACHES)
        parts = [part.removesuffix(end) for part in told]
    file.write_text("".join([*parts, _yesterday(config, redis, now), end]))
    done = promtool("tsdb", "create-blocks-from", "openmetrics", "--max-block-duration=720h", file, folder / "tsdb")
    assert done.returncode == 0, done.stderr


def _backfilled(config: Path, collectors: Sequence[str], start: datetime, end: datetime, folder: Path) -> str:
    out = folder / f"{collectors[0]}.om"
    grid = ["--from", start.isoformat(), "--to", end.isoformat(), "--step", STEP]
    labels = [word for name, value in TARGET.items() for word in ("--label", f"{name}={value}")]
    chosen = [word for name in collectors for word in ("--collector", name)]
    command = [sys.executable, "-m", "exporter", "backfill", "--config.file", str(config), *chosen]
    subprocess.run([*command, *grid, *labels, "--out", str(out)], capture_output=True, check=True, timeout=120)
    return out.read_text()


def _yesterday(config: Path, redis: str, now: datetime) -> str:
    """Return what the exporter would have said of the live samples of yesterday; there is no backfill of them."""
    at, loaded = now - YESTERDAY, load(config, {})
    write_history(redis, at.timestamp(), Random(1))
    (job,) = [job for job in loaded.jobs if job.name == "ai_realtime"]
    lines = []
    for piece in pieces(once(loaded, job, at), job.contract.families, tuple(TARGET.items())):
        lines += [piece.header, *(f"{series} {value} {at.timestamp()}" for series, value in piece.samples)]
    return "".join(f"{line}\n" for line in lines)
