"""What Prometheus would know by now, had it watched the demo company from the beginning."""

import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from demo.ai_traffic import write_history
from exporter.backfill import pieces
from exporter.collect import once
from exporter.config import load
from exporter.exposition import END, Format
from tests.alerts.rule_files import promtool

# The grid reaches back past the first instant that a panel shows or compares with.
STEP, REACH = "2d", timedelta(days=98)
# What Redis has of the live samples ends where a panel of them compares.
YESTERDAY = timedelta(days=1)
TARGET = {"job": "jobhive", "instance": "demo"}
FROM_DATABASE = ("revenue", "ai_quality", "operations")


def bring(config: Path, redis: str, now: datetime, folder: Path) -> None:
    """Import the past into the folder of a Prometheus that does not run yet."""
    file = _backfilled(config, now, folder)
    end = END[Format.OPENMETRICS].decode()
    file.write_text(file.read_text().removesuffix(end) + _yesterday(config, redis, now) + end)
    done = promtool("tsdb", "create-blocks-from", "openmetrics", "--max-block-duration=720h", file, folder / "tsdb")
    assert done.returncode == 0, done.stderr


def _backfilled(config: Path, now: datetime, folder: Path) -> Path:
    grid = ["--from", (now - REACH).isoformat(), "--to", now.isoformat(), "--step", STEP]
    labels = [word for name, value in TARGET.items() for word in ("--label", f"{name}={value}")]
    chosen = [word for name in FROM_DATABASE for word in ("--collector", name)]
    out = folder / "history.om"
    command = [sys.executable, "-m", "exporter", "backfill", "--config.file", str(config), *chosen]
    subprocess.run([*command, *grid, *labels, "--out", str(out)], capture_output=True, check=True, timeout=120)
    return out


def _yesterday(config: Path, redis: str, now: datetime) -> str:
    """Return what the exporter would have said of the live samples a day ago; backfill has none, as nothing keeps them."""
    at, loaded = now - YESTERDAY, load(config, {})
    write_history(redis, at.timestamp(), Random(1))
    (job,) = [job for job in loaded.jobs if job.name == "ai_realtime"]
    found = pieces(once(loaded, job, at), job.contract.families, tuple(TARGET.items()))
    lines = [
        (piece.header, *(f"{series} {value} {at.timestamp()}" for series, value in piece.samples)) for piece in found
    ]
    return "".join(f"{line}\n" for family in lines for line in family)
