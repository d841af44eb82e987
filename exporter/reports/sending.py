"""Takes a report where it is wanted, once: its key is in the state file before it leaves and after."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from exporter.report_settings import ReportsSection
from exporter.reporting import Stage
from exporter.reports.html import html
from exporter.reports.mail import filename, message
from exporter.reports.making import Made, ReportError
from exporter.reports.memory import AlreadyBegun, ReportMemory, ReportRun, RunState
from exporter.reports.smtp import DeliveryError, deliver
from exporter.runner import Clock


class Outcome(NamedTuple):
    """Where a report went."""

    recipients: int
    refused: int
    folder: Path | None


@dataclass(frozen=True, slots=True)
class Sender:
    """Delivers reports as the section `reports` says."""

    section: ReportsSection
    memory: ReportMemory
    clock: Clock

    def send(self, made: Made, *, again: bool = False) -> Outcome:
        """Deliver a report by mail, into the folder, or both.

        Raises ReportError if that fails, AlreadyBegun if it was done before and is not to be done `again`.
        """
        wanted = self.section.weekly
        if wanted is None:
            raise ReportError(Stage.SEND, "nobody gets the report; add reports.weekly to the configuration")
        run = run_of(made, self.clock())
        before = self.memory.find(run.report, run.period)
        if before and not again:
            raise AlreadyBegun(before)
        if wanted.folder is not None:
            # To write files once more does no harm.
            write(made, wanted.folder)
        refused = self._mailed(made, run, before) if wanted.recipients else self._begun(run, before)
        self.memory.finish(run, RunState.SENT, self.clock())
        return Outcome(len(wanted.recipients), refused, wanted.folder)

    def _begun(self, run: ReportRun, before: ReportRun | None) -> int:
        self.memory.begin(run, again=before is not None)
        return 0

    def _mailed(self, made: Made, run: ReportRun, before: ReportRun | None) -> int:
        smtp, wanted = self.section.smtp, self.section.weekly
        if smtp is None or wanted is None:
            raise ReportError(Stage.SEND, "there is no mail server; add reports.smtp to the configuration")
        letter = message(made.report, made.document, smtp.sender, wanted.recipients, run.begun_at)
        try:
            return deliver(smtp, letter, wanted.recipients, lambda: void(self._begun(run, before)))
        except DeliveryError as error:
            if error.unconfirmed:
                self.memory.finish(run, RunState.UNCONFIRMED, self.clock())
            else:
                self.memory.undo(run, before)
            raise ReportError(Stage.SEND, str(error)) from None


def void(_: object) -> None:
    """Return nothing."""


def run_of(made: Made, at: datetime) -> ReportRun:
    """Return what is kept of a report that is about to leave."""
    report = made.report
    digest = sha256(made.document).hexdigest()
    return ReportRun(report.name, report.week.name, at, digest, report.said, made.meanings)


def write(made: Made, folder: Path) -> None:
    """Write PDF and HTML into a folder; each file is whole or not there. Raises ReportError."""
    contents = {"pdf": made.document, "html": html(made.report).encode()}
    for suffix, content in contents.items():
        write_file(folder / filename(made.report, suffix), content)


def write_file(path: Path, content: bytes) -> None:
    """Write a file under another name and give it its own when it is whole, for its owner alone. Raises ReportError."""
    unfinished = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        unfinished.unlink(missing_ok=True)
        unfinished.touch(mode=0o600)
        unfinished.write_bytes(content)
        unfinished.replace(path)
    except OSError as error:
        why = error.strerror
        raise ReportError(Stage.SEND, f"{path} cannot be written: {why}; choose another place") from None
