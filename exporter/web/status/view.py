"""One snapshot and what surrounds it → what the status page says. Pure.

`good` is what colours show: True is well, False is not, None is neither.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from alerts.manager import Standing
from exporter.budget import Account
from exporter.health import Build
from exporter.model import Attempt, Failure, Family, Reason, Snapshot, Status
from exporter.reporting import Told
from exporter.web.status.alerts import AlertRow, GroupRow, alert_rows, group_rows
from exporter.web.status.words import REASONS, instant, plain, span

# What says that the source is at fault rather than a question or a result.
OUTAGES = (Reason.CONNECT, Reason.TIMEOUT, Reason.AUTH, Reason.RATELIMIT, Reason.BUDGET)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the page tells beside the snapshot.

    `sources` has the source of every collector, `simulated` those in whose place something else answers, `next_runs`
    when each collector runs next, `rules` where the groups of rules stand, `reports` what became of
    each, `problems` what kept the latest configuration from being used.
    """

    build: Build
    sources: Mapping[str, str] = field(default_factory=dict)
    simulated: Collection[str] = ()
    next_runs: Mapping[str, datetime] = field(default_factory=dict)
    accounts: tuple[Account, ...] = ()
    paused_until: datetime | None = None
    rules: tuple[Standing, ...] = ()
    reports: tuple[Told, ...] = ()
    problems: tuple[str, ...] = ()


class Row(NamedTuple):
    """A collector; `error` tells in words why its latest run failed, `recent` has its latest runs."""

    name: str
    state: str
    good: bool | None
    values_from: str
    series: int
    latest: str
    next_run: str
    error: str
    recent: tuple[Attempt, ...]


class Source(NamedTuple):
    """Where collectors read."""

    name: str
    state: str
    good: bool | None
    collectors: tuple[str, ...]


class Budget(NamedTuple):
    """What is left to spend on an API."""

    api: str
    left: str
    spent: str
    good: bool


class Report(NamedTuple):
    """A report that is sent."""

    name: str
    delivered: str
    failures: int


@dataclass(frozen=True, slots=True)
class Overview:
    """The whole page."""

    verdict: str
    good: bool
    rows: tuple[Row, ...]
    sources: tuple[Source, ...]
    budgets: tuple[Budget, ...]
    alerts: tuple[AlertRow, ...]
    groups: tuple[GroupRow, ...]
    reports: tuple[Report, ...]


class Line(NamedTuple):
    """One series: its labels, its value as Prometheus reads it, and as people do."""

    labels: str
    value: str


class Block(NamedTuple):
    """A family with its series; `why` says why there are none."""

    name: str
    kind: str
    help: str
    lines: tuple[Line, ...]
    why: str


@dataclass(frozen=True, slots=True)
class Detail:
    """The page of one collector."""

    row: Row
    source: str
    blocks: tuple[Block, ...]


def overview(snapshot: Snapshot, now: datetime, around: Surroundings) -> Overview:
    """Return how everything stands."""
    rows = tuple(_row(status, snapshot, now, around) for _, status in sorted(snapshot.statuses.items()))
    budgets = tuple(_budget(account) for account in around.accounts)
    alerts = alert_rows(around.rules, now)
    ill = [row.name for row in rows if row.good is False]
    # One that always fires proves that the way of alerts works.
    firing = list(dict.fromkeys(alert.name for alert in alerts if alert.fires and alert.severity != "none"))
    sources = tuple(_sources(snapshot, around))
    reports = tuple(_report(told, now) for told in around.reports)
    verdict, good = _verdict(rows, ill, firing, around), not (ill or firing or around.paused_until or around.problems)
    return Overview(verdict, good, rows, sources, budgets, alerts, group_rows(around.rules, now), reports)


def detail(snapshot: Snapshot, name: str, now: datetime, around: Surroundings) -> Detail | None:
    """Return what a collector serves, None if there is none of this name; what is JSON only is not shown."""
    status = snapshot.statuses.get(name)
    if status is None:
        return None
    families = (family for family in status.families if family.is_exposed)
    blocks = tuple(_block(family, snapshot, name) for family in families)
    return Detail(_row(status, snapshot, now, around), around.sources.get(name, ""), blocks)


def state_of(status: Status, *, stale: bool) -> tuple[str, bool | None]:
    """Return the state of a collector in a word or two, and whether it is a good one."""
    if status.attempted is None:
        return "not run yet", None
    if status.succeeded:
        return ("stale", False) if stale else ("ok", True)
    return ("failing", False) if stale else ("failing, last good values served", False)


def _verdict(rows: Sequence[Row], ill: Sequence[str], firing: Sequence[str], around: Surroundings) -> str:
    waiting = sum(row.good is None for row in rows)
    told = [f"Paused: nothing is collected until {instant(around.paused_until)}."] if around.paused_until else []
    told += ["The new configuration has mistakes; the old one is in use."] if around.problems else []
    told += [f"{len(ill)} of {len(rows)} collectors need a look: {', '.join(ill)}."] if ill else []
    told += [f"Alerts firing: {', '.join(firing)}."] if firing else []
    if told:
        return " ".join(told)
    if waiting:
        return f"Starting: {waiting} of {len(rows)} collectors have not run yet."
    return f"All is well: {len(rows)} collectors, no alert."


def _row(status: Status, snapshot: Snapshot, now: datetime, around: Surroundings) -> Row:
    served = snapshot.served.get(status.collector)
    state, good = state_of(status, stale=served is None)
    due = around.next_runs.get(status.collector)
    return Row(
        name=status.collector,
        state=state,
        good=good,
        values_from=f"{span(now - served.at)} ago" if served else "nothing is served",
        series=len(snapshot.exposed(status.collector)),
        latest=f"{span(now - status.attempted)} ago, took {status.duration:.2f} s" if status.attempted else "",
        next_run=f"in {span(due - now)}" if due else "",
        error=_words(status.failure) if status.failure else "",
        recent=status.recent,
    )


def _words(failure: Failure) -> str:
    return f"{failure.reason}: {REASONS[failure.reason]}. {failure.message}"


def _sources(snapshot: Snapshot, around: Surroundings) -> Iterator[Source]:
    """Yield the sources: one is down if all it was asked last failed in a way that speaks of itself."""
    for source in sorted({around.sources[name] for name in snapshot.statuses if name in around.sources}):
        names = tuple(name for name in sorted(snapshot.statuses) if around.sources.get(name) == source)
        asked = [snapshot.statuses[name] for name in names if snapshot.statuses[name].attempted]
        failures = [one.failure for one in asked if one.failure and one.failure.reason in OUTAGES]
        simulated = " (simulated, not real)" if source in around.simulated else ""
        yield Source(f"{source}{simulated}", *_source_state(len(asked), failures), names)


def _source_state(asked: int, failures: Sequence[Failure]) -> tuple[str, bool | None]:
    if not asked:
        return "not asked yet", None
    if not failures:
        return "answers", True
    why = REASONS[max(failures, key=lambda failure: failure.ended).reason]
    if len(failures) < asked:
        return f"answers {asked - len(failures)} of {asked} collectors; {why}", False
    return why, False


def _budget(account: Account) -> Budget:
    left = f"{account.requests_left} requests"
    if account.usd_left is not None:
        left += f", {account.usd_left:.2f} USD this month"
    good = account.requests_left > 0 and (account.usd_left is None or account.usd_left > 0)
    return Budget(account.api, left, f"{account.requests} requests, {account.usd:.2f} USD ever", good)


def _report(told: Told, now: datetime) -> Report:
    delivered = f"{span(now - told.delivered)} ago" if told.delivered else "never"
    return Report(told.report, delivered, told.failures)


def _block(family: Family, snapshot: Snapshot, collector: str) -> Block:
    served = snapshot.served.get(collector)
    samples = sorted(sample for sample in served.samples if sample.name == family.name) if served else []
    lines = tuple(
        Line(", ".join(f"{name}={value}" for name, value in sample.labels), plain(family.name, sample.value))
        for sample in samples
    )
    notes = [note.reason.replace("_", " ") for note in snapshot.notes() if note.family == family.name]
    why = "" if lines else ", ".join(notes) or ("not defined at present" if served else "nothing is served")
    return Block(family.name, family.kind, family.help, lines, why)
