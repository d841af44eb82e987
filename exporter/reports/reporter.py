"""Has the daemon send reports: looks every now and then whether one is owed, and tries until it has left."""

from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from time import monotonic

import structlog

from exporter.config import Config
from exporter.connections import Connections
from exporter.model import ExporterError, Interrupted
from exporter.report_settings import WeeklySection
from exporter.reporting import Reporting, Stage
from exporter.reports.making import WEEKLY, Made, Maker, ReportError
from exporter.reports.memory import AlreadyBegun, ReportMemory, ReportRun, RunState
from exporter.reports.schedule import Due, owed, pause
from exporter.reports.sending import Sender
from exporter.runner import Clock
from exporter.triggers import cron

EVERY = timedelta(seconds=10)
# So long it waits for sources that fail; then they are told as unavailable.
PATIENCE = timedelta(hours=1)
# And so long for the first runs of all collectors, which would stand in its way.
SETTLING = timedelta(minutes=10)
log = structlog.get_logger()


class Reporter:
    """Sends the reports of one configuration. `connect` opens the clients for one report, `is_settled` tells whether
    every collector has run.
    """

    def __init__(
        self,
        config: Config,
        connect: Callable[[], Connections],
        telemetry: Reporting,
        is_settled: Callable[[], bool],
        clock: Clock,
    ) -> None:
        self._config, self._connect, self._telemetry = config, connect, telemetry
        self._is_settled, self._clock = is_settled, clock
        self._memory = ReportMemory(config.state_path)
        self._started, self._failures = clock(), 0
        self._not_before, self._first_tried = self._started, dict[str, datetime]()
        self._made: Made | None = None
        self._connections: Connections | None = None
        self._stopped = False

    def tick(self) -> None:
        """Send what is owed, if it is time to; never raises."""
        wanted = self._config.reports.weekly
        if wanted is None or self._stopped or self._clock() < self._not_before:
            return
        try:
            self._look(wanted)
        except Interrupted:
            log.info("report discarded", report=WEEKLY, why="the daemon stops")
        except AlreadyBegun as error:
            log.info("report left alone", report=WEEKLY, why=str(error))
        except ReportError as error:
            self._failed(error.stage, str(error))
        except ExporterError as error:
            self._failed(Stage.SEND, str(error))
        except Exception as error:  # noqa: BLE001 - the border of a unit
            self._failed(Stage.COLLECT, f"{type(error).__name__}; please report it")

    def stop(self) -> None:
        """End what is running; safe to call from another thread."""
        self._stopped = True
        for client in self._connections.clients if self._connections else ():
            client.stop()

    def _look(self, wanted: WeeklySection) -> None:
        if sent := self._memory.last_sent(WEEKLY):
            self._telemetry.delivered(WEEKLY, sent)
        definitions = self._config.definitions
        trigger = cron(wanted.cron, definitions.timezone)
        due = owed(trigger, definitions.timezone, definitions.week_start, self._clock(), wanted.catch_up)
        if due is None:
            return
        run = self._memory.find(WEEKLY, due.week.name)
        if run is not None:
            self._settle(run)
        elif self._is_settled() or self._clock() >= self._started + SETTLING:
            self._attempt(due)

    def _settle(self, run: ReportRun) -> None:
        """Say of a report whose sender died that nobody knows whether it arrived; somebody else may be sending it."""
        smtp = self._config.reports.smtp
        longest = 2 * smtp.timeout if smtp else timedelta(0)
        if run.state is RunState.SENDING and self._clock() > run.begun_at + longest:
            self._memory.finish(run, RunState.UNCONFIRMED, self._clock())
            raise ReportError(Stage.SEND, str(AlreadyBegun(run)))

    def _attempt(self, due: Due) -> None:
        began = monotonic()
        made = self._made if self._made and self._made.report.week == due.week else self._make(due)
        self._made = made
        outcome = Sender(self._config.reports, self._memory, self._clock).send(made)
        self._made, self._failures = None, 0
        self._telemetry.delivered(WEEKLY, self._clock())
        seconds = round(monotonic() - began, 3)
        log.info(
            "report delivered", report=WEEKLY, period=due.week.name, seconds=seconds, recipients=outcome.recipients
        )
        if outcome.refused:
            self._telemetry.failed(WEEKLY, Stage.SEND)
            log.warning("some recipients were refused", report=WEEKLY, period=due.week.name, refused=outcome.refused)

    def _make(self, due: Due) -> Made:
        """Make a report. While a source fails it is not sent at once: most of them come back."""
        first = self._first_tried.setdefault(due.week.name, self._clock())
        with closing(self._connect()) as self._connections:
            made = Maker(self._config, self._connections, self._memory, self._clock).make(due.week)
        if made.missing and self._clock() < first + PATIENCE:
            raise ReportError(Stage.COLLECT, f"waiting for {'; '.join(made.missing)}")
        return made

    def _failed(self, stage: Stage, why: str) -> None:
        self._failures += 1
        self._not_before = self._clock() + pause(self._failures)
        self._telemetry.failed(WEEKLY, stage)
        error = self._config.redact(why)
        again = f"{self._not_before:%H:%M:%S} UTC"
        log.warning("report failed", report=WEEKLY, stage=stage.value, error=error, next_look=again)
