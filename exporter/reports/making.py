"""Makes the weekly report: asks, compares with what was said before, and draws."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import NamedTuple

from exporter import __version__
from exporter.config import Config
from exporter.connections import Connections
from exporter.model import ExporterError
from exporter.report_settings import WeeklySection
from exporter.reporting import Stage
from exporter.reports import gathering
from exporter.reports.alert_history import AlertHistory
from exporter.reports.calendar import Week, last_complete
from exporter.reports.gathering import Gathering, Step, nobody
from exporter.reports.memory import ReportMemory, ReportRun
from exporter.reports.model import Episode, Report
from exporter.reports.pdf import pdf
from exporter.reports.standing import stale
from exporter.reports.weekly import Circumstances, weekly
from exporter.runner import Clock

WEEKLY, EXPORTER = "weekly", "the exporter"
# Families and collectors do not share names; what a family meant at first is not listed.
FAMILY, FIRST = "jobhive_", "1"
# To draw it is one more.
STEPS = gathering.STEPS + 1
DEFAULTS = WeeklySection.model_construct()


class ReportError(ExporterError):
    """A report was not made or not delivered; `stage` says where it failed."""

    def __init__(self, stage: Stage, message: str) -> None:
        super().__init__(message)
        self.stage = stage


class Made(NamedTuple):
    """A report that can be delivered; `missing` says what failed while it was made."""

    report: Report
    document: bytes
    missing: tuple[str, ...]
    meanings: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Maker:
    """Makes reports of a configuration; `connections` are for its questions alone. There are STEPS of a report."""

    config: Config
    connections: Connections
    memory: ReportMemory
    clock: Clock
    step: Step = nobody

    def make(self, week: Week) -> Made:
        """Return the report on a week; ReportError where nothing was found, or nothing could be drawn."""
        now, before = Gathering(self.config, self.connections, self.clock, self.step).pair(week)
        missing = tuple(f"{source}: {why}" for source, why in now.failures.items())
        report = weekly(week, now, before, self._circumstances(week))
        if len(report.unavailable) == len(report.sections):
            why = "; ".join(missing) or "none of its collectors is configured"
            raise ReportError(Stage.COLLECT, f"there is nothing to report on {week.name}: {why}")
        try:
            document = pdf(report)
        except Exception as error:  # noqa: BLE001 - the border of a unit
            kind = type(error).__name__
            text = f"the PDF of {week.name} cannot be drawn ({kind}); please report it"
            raise ReportError(Stage.RENDER, text) from None
        self.step()
        return Made(report, document, missing, meanings(self.config))

    def _circumstances(self, week: Week) -> Circumstances:
        last, section = self.memory.find(WEEKLY, week.before().name), self.config.reports.weekly or DEFAULTS
        definitions, now = self.config.definitions, self.clock()
        is_latest = week == last_complete(now, definitions.timezone, definitions.week_start)
        return Circumstances(
            company=section.company,
            currencies=definitions.billing.currencies,
            alerts=self._alerts(week),
            said=last.said if last and self._is_young(last, section) else None,
            failing=tuple(stale(self.config.state_path, self.config.jobs, now)) if is_latest else (),
            changed=tuple(changed(last.meanings, meanings(self.config))) if last else (),
            simulated=self.config.simulated,
        )

    def _is_young(self, last: ReportRun, section: WeeklySection) -> bool:
        """Tell whether the figures of the last report are still compared (metrics.md 2.6); counted in dates."""
        zone = self.config.definitions.timezone
        now, then = (at.astimezone(zone).date() for at in (self.clock(), last.begun_at))
        return (now - then).days <= section.restate_days

    def _alerts(self, week: Week) -> tuple[Episode, ...] | None:
        with suppress(sqlite3.Error, ValueError):
            return AlertHistory(self.config.state_path).during(week.window.start, week.end)
        return None


def meanings(config: Config) -> dict[str, str]:
    """Return what the figures depend on: the settings of each collector, the versions of exporter and definitions.

    A family is listed once its definition has changed.
    """
    families = [family for job in config.jobs for family in job.contract.families if family.version > 1]
    versions = {family.name: str(family.version) for family in families}
    return {job.name: job.contract.fingerprint for job in config.jobs} | versions | {EXPORTER: __version__}


def changed(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[str]:
    """Yield what has another meaning than in the last report."""
    for name, new in sorted(after.items()):
        old = before.get(name, FIRST if name.startswith(FAMILY) else new)
        if old != new:
            if name.startswith(FAMILY):
                yield f"The definition of {name} has changed: version {old} in the last report, {new} now."
            elif name == EXPORTER:
                yield f"Version {new} of the exporter made this report, {old} the last one."
            else:
                yield f"Collector {name} was configured in another way in the last report."
