"""Fault → what the user sees, for Datadog and AWS: the tables of the docs, row by row, on the runner with good values."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import NamedTuple, Protocol

import pytest
from structlog.testing import capture_logs

from collectors.base import Collector
from demo import aws, datadog
from demo.aws_account import simulated
from exporter.budget import Ledger
from exporter.config import load
from exporter.daemon import build
from exporter.exposition import Format
from exporter.model import Reason, SourceError
from exporter.page import Page
from exporter.runner import Runner
from exporter.secrets import Secret
from exporter.sources.aws import Access, CostExplorer
from exporter.sources.cost_memory import CostMemory
from exporter.sources.datadog import Datadog, DatadogSettings
from exporter.state import State
from exporter.store import Store
from exporter.telemetry import Telemetry
from tests import running

DOCS = Path(__file__).parent.parent / "docs"
AT = datetime(2026, 4, 15, 9, 30, tzinfo=UTC)
STATE = "state.db"
NO_KEYS, NOBODY, SPENT = "no role, no keys", "nobody listens", "a budget that is spent"
CLOCK, LIMITED = "a clock that is more than a minute off", "a limit that is used up"
KEYS_OF_AWS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")


class Row(NamedTuple):
    """A row of a table of the docs."""

    fault: str
    reason: str
    words: str


def table(page: str) -> dict[str, Row]:
    """Read the table of faults; it has three columns, and the words may leave something out."""
    text = (DOCS / page).read_text().partition("| fault |")[2]
    lines = [line for line in text.partition("\n\n")[0].splitlines()[2:] if line.startswith("|")]
    rows = [Row(*(cell.strip() for cell in line.strip("|").split("|"))) for line in lines]
    return {row.fault: row for row in rows}


class Moment:
    """The clock of everybody."""

    def __init__(self) -> None:
        self.at = AT

    def __call__(self) -> datetime:
        return self.at


class House:
    """One collector behind the runner, with all that a run is published to."""

    def __init__(self, folder: Path, name: str, section: str, now: Moment) -> None:
        path, self.now, self.name = folder / "config.yaml", now, name
        path.write_text(f"{section}\nstate: {{path: {folder / STATE}}}\n")
        config = load(path, {}, {})
        (self.job,) = [job for job in config.jobs if job.name == name]
        self.store, self.telemetry, self.state = Store(AT), Telemetry(), State(folder / STATE, AT)
        self.ledger = Ledger(folder / STATE)
        self.ledger.configure(config.budgets, AT)
        self.page = Page(build(), self.telemetry, None, lambda: self.ledger.accounts(now()))
        self.telemetry.configure([name])
        self.store.configure([self.job.contract], config.disabled, config.definitions.thresholds, AT)
        self.collectors: dict[str, Collector] = {}
        self.runner = Runner(
            config=config,
            collectors=self.collectors,
            store=self.store,
            telemetry=self.telemetry,
            page=self.page,
            state=self.state,
            clock=now,
            again=lambda *_: None,
            retry=lambda *_: None,
        )

    def read_from(self, source: object) -> None:
        """Have the collector ask a source."""
        self.collectors[self.name] = self.job.module.Collector(self.job.options, source)

    def run(self) -> running.Page:
        """Run once, a minute after the run before; return what a scrape sees then."""
        self.now.at += timedelta(minutes=1)
        self.runner.run(self.job)
        return running.Page(self.page.body(self.store.snapshot(self.now()), Format.TEXT, gzip=False).decode())

    def failures(self, page: running.Page) -> Counter[str]:
        """Return the failed runs by reason."""
        counts = {str(one): page.of("collector_failures_total", collector=self.name, reason=one) for one in Reason}
        return Counter({reason: int(count) for reason, count in counts.items()})

    def spend_the_rest(self, api: str) -> None:
        """Spend what is left of the budget, as another process would."""
        with suppress(SourceError):
            while True:
                self.ledger.spend(api, self.now())


class Broken(Protocol):
    """A source that can be broken and mended."""

    house: House

    def begin(self, fault: str) -> None:
        """Break it."""
        ...

    def end(self, fault: str) -> None:
        """Mend it."""
        ...


def check(source: Broken, row: Row) -> None:
    """See that a fault is told, that good values stay, and that the next run is a good one."""
    house = source.house
    before = house.run()
    good, failures = before.business(), house.failures(before)
    assert good
    source.begin(row.fault)
    with capture_logs() as lines:
        page = house.run()
    (told,) = [line for line in lines if line["event"] == "run failed"]
    assert page.business() == good
    assert page.of("collector_success", collector=house.name) == page.of("collector_stale", collector=house.name) == 0
    assert house.failures(page) - failures == {told["reason"]: 1}
    assert row.reason == f"`{told['reason']}`"
    for words in row.words.split("…"):
        assert words.strip() in told["error"]
    source.end(row.fault)
    assert house.run().of("collector_success", collector=house.name) == 1


# AWS

THROTTLED = aws.Fault("ThrottlingException", "Rate exceeded")
AMOUNT = {"Keys": ["Amazon EC2"], "Metrics": {"UnblendedCost": {"Amount": "1", "Unit": ""}}}
DAY = {"TimePeriod": {"Start": "2026-04-14", "End": "2026-04-15"}, "Groups": [AMOUNT], "Estimated": True}
EARLIER, NOW = (format_datetime(AT - timedelta(minutes=minutes), usegmt=True) for minutes in (20, 0))


def body(answer: object) -> aws.Fault:
    return aws.Fault(status=200, body=json.dumps(answer).encode())


# What is answered, once for each time that is asked.
AWS_ANSWERS: dict[str, Sequence[aws.Fault]] = {
    "wrong or expired keys": [aws.Fault("UnrecognizedClientException", "The token is invalid.", 400, b"", NOW)],
    "the policy is missing": [aws.Fault("AccessDeniedException", "User: arn:aws:iam::123456789012:user/x is not …")],
    "a clock that is more than 5 minutes off": [aws.Fault("InvalidSignatureException", "expired", 400, b"", EARLIER)],
    "throttling": [THROTTLED] * 2,
    "a server error": [aws.Fault("InternalFailure", "we are sorry", 500)] * 2,
    "an account without data yet": [aws.Fault("DataUnavailableException", "not available")],
    "a page token that repeats": [body({"ResultsByTime": [], "NextPageToken": "again"})] * 2,
    "an answer that is cut off": [aws.Fault(status=200, body=b'{"ResultsByTime": [')] * 2,
    "an amount without a currency": [body({"ResultsByTime": [DAY]})],
}


AWS_TABLE = table("aws-cost.md")


class OfAws:
    """The collector `cost` on a simulated Cost Explorer."""

    def __init__(self, folder: Path, server: aws.SimulatedCostExplorer, environ: pytest.MonkeyPatch) -> None:
        self.house = House(folder, "cost", "aws: {budget: {requests_per_day: 200}}", Moment())
        self._server, self._environ, self._memory = server, environ, CostMemory(folder / STATE)
        self._connect(server.url)

    def begin(self, fault: str) -> None:
        self._server.faults = list(AWS_ANSWERS.get(fault, ()))
        if fault == NO_KEYS:
            for name in KEYS_OF_AWS:
                self._environ.delenv(name)
            self._connect(self._server.url)
        if fault == NOBODY:
            self._connect(f"http://127.0.0.1:{running.free_port()}")
        if fault == SPENT:
            self.house.spend_the_rest("aws_ce")

    def end(self, fault: str) -> None:
        if fault in (NO_KEYS, NOBODY):
            for name in KEYS_OF_AWS:
                self._environ.setenv(name, "simulated")
            self._connect(self._server.url)
        if fault == SPENT:
            self.house.now.at += timedelta(days=1)

    def _connect(self, url: str) -> None:
        house = self.house
        house.read_from(CostExplorer(Access(url), house.ledger, self._memory, clock=house.now, pause=0))


@pytest.fixture(scope="module")
def of_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OfAws]:
    folder = tmp_path_factory.mktemp("aws")
    files = dict.fromkeys(("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"), str(folder / "none"))
    keys = dict.fromkeys(KEYS_OF_AWS, "simulated")
    with (
        pytest.MonkeyPatch.context() as environ,
        aws.SimulatedCostExplorer(lambda: simulated(AT.date())) as server,
    ):
        for name, value in {**files, **keys, "AWS_EC2_METADATA_DISABLED": "true"}.items():
            environ.setenv(name, value)
        found = OfAws(folder, server, environ)
        yield found
        found.house.state.close(5)


@pytest.mark.parametrize("fault", AWS_TABLE)
def test_aws(of_aws: OfAws, fault: str) -> None:
    check(of_aws, AWS_TABLE[fault])


# Datadog


def refused(status: int, text: str, **headers: str) -> datadog.Fault:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return datadog.Fault(status, json.dumps({"errors": [text]}).encode(), named)


DATADOG_ANSWERS: dict[str, Sequence[datadog.Fault]] = {
    "wrong keys": [refused(403, "Forbidden")],
    "throttling": [refused(429, "Too many requests")] * 3,
    LIMITED: [refused(429, "Too many requests", X_RateLimit_Reset="3600")],
    "a server error": [refused(503, "down")] * 3,
    "a connection that breaks": [datadog.Fault(breaks=True)] * 3,
    "a slow answer": [datadog.Fault(hangs=True)] * 3,
    "an answer that is cut off": [datadog.Fault(200, b'{"data": {"attributes"')],
    "an error in a 200": [datadog.Fault(200, b'{"errors": "the query is too long"}')],
    "a query that is refused": [refused(400, "unable to parse")],
}
DATADOG_TABLE = table("datadog.md")


class OfDatadog:
    """The collector `system` on a simulated Datadog."""

    def __init__(self, folder: Path, server: datadog.Simulator, now: Moment) -> None:
        self._server, self._now = server, now
        keys = f"api_key: {datadog.API_KEY}, app_key: {datadog.APP_KEY}"
        options = "collectors: {system: {options: {variables: {env: simulated}}}}"
        self.house = House(folder, "system", f"datadog: {{{keys}, budget: {{requests_per_hour: 140}}}}\n{options}", now)
        settings = DatadogSettings(server.url, Secret(datadog.API_KEY), Secret(datadog.APP_KEY), "v2", 0.5)
        self.source = Datadog(settings, self.house.ledger, lambda _: None, now)
        self.house.read_from(self.source)

    def begin(self, fault: str) -> None:
        self._server.faults.extend(DATADOG_ANSWERS.get(fault, ()))
        if fault == CLOCK:
            self._server.clock = lambda: self._now().timestamp() + 3600
        if fault == SPENT:
            self.house.spend_the_rest("datadog")

    def end(self, fault: str) -> None:
        self._server.clock = lambda: self._now().timestamp()
        if fault in (LIMITED, SPENT):
            self._now.at += timedelta(hours=1)


@pytest.fixture(scope="module")
def of_datadog(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OfDatadog]:
    now = Moment()
    with (
        pytest.MonkeyPatch.context() as patch,
        datadog.Simulator(clock=lambda: now().timestamp()) as server,
    ):
        patch.setattr("exporter.sources.datadog.PAUSE", 0.001)
        found = OfDatadog(tmp_path_factory.mktemp("datadog"), server, now)
        with closing(found.source):
            yield found
        found.house.state.close(5)


@pytest.mark.parametrize("fault", DATADOG_TABLE)
def test_datadog(of_datadog: OfDatadog, fault: str) -> None:
    check(of_datadog, DATADOG_TABLE[fault])


def test_the_tables_have_every_fault() -> None:
    assert AWS_TABLE.keys() == AWS_ANSWERS.keys() | {NO_KEYS, NOBODY, SPENT}
    assert DATADOG_TABLE.keys() == DATADOG_ANSWERS.keys() | {CLOCK, SPENT}
