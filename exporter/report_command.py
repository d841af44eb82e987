"""`report weekly`: the report on a week as a PDF, as HTML, as text, or sent as the configuration says."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from time import monotonic

from exporter.colour import Colour, painted
from exporter.config import Config
from exporter.connections import opened
from exporter.model import ExporterError
from exporter.progress import Progress
from exporter.reports.calendar import Week, last_complete, named
from exporter.reports.html import html
from exporter.reports.making import STEPS, Made, Maker
from exporter.reports.memory import AlreadyBegun, ReportMemory, RunState
from exporter.reports.sending import Sender, write_file
from exporter.reports.text import text


class NoSuchWeek(ExporterError):
    """The week is not over yet."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be done; without any of it the text is printed."""

    week: str | None
    pdf: Path | None
    html: Path | None
    send: bool
    again: bool


def run(config: Config, wanted: Wanted, clock: Callable[[], datetime]) -> int:
    """Make the report and take it where it is wanted; returns the exit code."""
    week = chosen(wanted.week, config, clock())
    memory = ReportMemory(config.state_path)
    if wanted.send and (code := _refusal(config, memory, week, again=wanted.again)) is not None:
        return code
    with opened(config) as connections, Progress(sys.stderr, "steps", 0, STEPS, monotonic) as progress:
        made = Maker(config, connections, memory, clock, progress.step).make(week)
    for missing in made.missing:
        _tell(config.redact(f"# unavailable: {missing}"), Colour.WARNING)
    _write(made, wanted)
    if wanted.send:
        outcome = Sender(config.reports, memory, clock).send(made, again=wanted.again)
        told = (
            [f"to {outcome.recipients - outcome.refused} of {outcome.recipients} recipients"]
            if outcome.recipients
            else []
        )
        told += [f"into {outcome.folder}"] if outcome.folder else []
        _tell(f"report weekly of {week.name} was sent {' and '.join(told)}", Colour.SUCCESS)
    return 0


def _refusal(config: Config, memory: ReportMemory, week: Week, *, again: bool) -> int | None:
    """Return the exit code where nothing is to be sent: 0 if the report was, 1 if nobody knows."""
    if config.reports.weekly is None:
        raise ExporterError(f"{config.path}: reports.weekly is missing, so nobody gets the report; add it")
    before = memory.find("weekly", week.name)
    if before is None or again:
        return None
    was_sent = before.state is RunState.SENT
    _tell(f"jobhive-exporter: {AlreadyBegun(before)}", Colour.WARNING if was_sent else Colour.ERROR)
    return 0 if was_sent else 1


def _write(made: Made, wanted: Wanted) -> None:
    if wanted.pdf:
        write_file(wanted.pdf, made.document)
    if wanted.html:
        write_file(wanted.html, html(made.report).encode())
    if not (wanted.pdf or wanted.html or wanted.send):
        sys.stdout.write(text(made.report))


def chosen(name: str | None, config: Config, now: datetime) -> Week:
    """Return the week that is asked for, by default the last one that is over; NoSuchWeek if it is not over yet."""
    zone, start = config.definitions.timezone, config.definitions.week_start
    last = last_complete(now, zone, start)
    if name is None:
        return last
    week = named(name, zone, start)
    if week.first > last.first:
        text = f"week {name} ({week.days}) is not over; the last complete one is {last.name} ({last.days})"
        raise NoSuchWeek(text)
    return week


def _tell(line: str, colour: Colour) -> None:
    sys.stderr.write(f"{painted(line, colour, sys.stderr)}\n")
