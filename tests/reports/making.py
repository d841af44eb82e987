"""Reports for tests: of the golden data by the command's own parts, and one that is made up."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from exporter.config import Config, load
from exporter.connections import opened
from exporter.model import Note, Result, Sample
from exporter.registry import NAMES
from exporter.reports.calendar import Week, named
from exporter.reports.evidence import Evidence
from exporter.reports.making import Made, Maker
from exporter.reports.memory import ReportMemory
from exporter.reports.model import Report
from exporter.reports.weekly import Circumstances, weekly

# What the report reads of a database.
READ = ("ai_quality", "data_quality", "engagement", "interviews", "revenue")
MARCH = Week(date(2026, 3, 9), ZoneInfo("UTC"))
LATER = datetime(2026, 6, 1, 9, tzinfo=UTC)


def written(folder: Path, url: str | None, read: tuple[str, ...] = READ, **sections: Any) -> Path:
    """Write a configuration that collects what the report reads, and nothing else."""
    path = folder / "config.yaml"
    off = {name: {"enabled": False} for name in NAMES if name not in read}
    database = {"database": {"url": url}} if url else {}
    tree = {"state": {"path": str(folder / "state.db")}, "collectors": off, **database, **sections}
    path.write_text(yaml.safe_dump(tree))
    return path


def configured(folder: Path, url: str | None, read: tuple[str, ...] = READ, **sections: Any) -> Config:
    return load(written(folder, url, read, **sections), {}, {})


def made(config: Config, week: str, at: datetime = LATER) -> Made:
    """Return the report on a week, as it is made at an instant."""
    definitions = config.definitions
    asked = named(week, definitions.timezone, definitions.week_start)
    with opened(config) as connections:
        return Maker(config, connections, ReportMemory(config.state_path), lambda: at).make(asked)


def sample(name: str, value: Any, **labels: str) -> Sample:
    return Sample(name, tuple(sorted(labels.items())), value)


def evidence(at: datetime, failures: Mapping[str, str] | None = None, **sources: Any) -> Evidence:
    """Return evidence of samples; a note among them is one of their source."""
    results = {
        name: Result(
            name,
            at,
            at,
            0,
            tuple(one for one in found if isinstance(one, Sample)),
            notes=tuple(one for one in found if isinstance(one, Note)),
        )
        for name, found in sources.items()
    }
    return Evidence(at, results, failures or {})


def small(week: Week = MARCH, **known: Any) -> Report:
    """Return a report of two figures that no database is asked for."""
    now = evidence(
        week.end,
        revenue=[sample("jobhive_mrr", 85, currency="USD"), sample("jobhive_arpu", 28.333333333333332, currency="USD")],
        engagement=[sample("jobhive_active_users", 12, window="7d")],
    )
    before = evidence(
        week.before().end,
        revenue=[sample("jobhive_mrr", 115, currency="USD")],
        engagement=[sample("jobhive_active_users", 10, window="7d")],
    )
    return weekly(week, now, before, Circumstances(**known))
