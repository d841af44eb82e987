"""The collector `unit_economics`: cost ÷ use over the same 30 UTC days, from what others found."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import ClassVar, NamedTuple

from collectors.base import Harvest, Run
from collectors.unit_economics.families import INTERVIEWS, PER_INTERVIEW, PER_USER, USERS, Options
from exporter.model import Family, Note, Result, Sample

COST, WINDOW_END = "jobhive_aws_cost", "jobhive_aws_cost_window_end_timestamp_seconds"
WINDOW = ("window", "30d")
ONE_DAY = timedelta(days=1)


class Use(NamedTuple):
    """What is divided by: the collector and family that have it, and what is made of it."""

    collector: str
    counted: str
    denominator: Family
    ratio: Family


USES = (
    Use("engagement", "jobhive_active_users_utc_30d", USERS, PER_USER),
    Use("interviews", "jobhive_interviews_completed_utc_30d", INTERVIEWS, PER_INTERVIEW),
)


class Collector:
    """Divides what the collectors cost, engagement and interviews last found; asks no source."""

    source: ClassVar[str] = "snapshot"
    interval: ClassVar[timedelta] = timedelta(minutes=5)

    def __init__(self, options: Options, source: None) -> None:
        """There are no options and no source."""

    def collect(self, run: Run) -> Harvest:
        """Collect what can be divided; the cost may be some days older than the use, which is known for those days."""
        cost = run.peers.get("cost")
        found = [(use, run.peers[use.collector]) for use in USES if use.collector in run.peers]
        if cost is None:
            return Harvest(())
        samples = tuple(sample for use, peer in found for sample in _divided(use, cost, peer))
        return Harvest(samples, notes=tuple(note for use, peer in found for note in _notes(use, peer)))


def _divided(use: Use, cost: Result, peer: Result) -> Iterator[Sample]:
    end = next((sample.value for sample in cost.samples if sample.name == WINDOW_END), None)
    if end is None:
        return
    lag = (_midnight(peer.at) - datetime.fromtimestamp(float(end), UTC)) / ONE_DAY
    # A lag that is not counted, by the declaration of the family, has no sample.
    counts = [s.value for s in peer.samples if s.name == use.counted and ("lag_days", f"{lag:g}") in s.labels]
    if not counts:
        return
    denominator = sum(map(int, counts))
    yield use.denominator.sample(denominator)
    for sample in cost.samples if denominator else ():
        if sample.name == COST and WINDOW in sample.labels:
            # Whoever stores a result keeps a Decimal as one.
            yield use.ratio.sample(Decimal(sample.value) / denominator, **_currency(sample))


def _notes(use: Use, peer: Result) -> Iterator[Note]:
    """Yield why a ratio is disabled: because what it divides by is."""
    for note in peer.notes:
        if note.family == use.counted:
            yield from (note._replace(family=family.name) for family in (use.denominator, use.ratio))


def _currency(sample: Sample) -> Mapping[str, str]:
    return {name: value for name, value in sample.labels if name == "currency"}


def _midnight(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
