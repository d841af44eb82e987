"""Debian's Prometheus and the daemon side by side: they see the same rooms, and each tells a sink of its own."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote_plus, urlsplit

from tests.alerts.delivery.sink import Sink, sink
from tests.e2e.page import page
from tests.e2e.processes import Service, configured_prometheus
from tests.e2e.told import Told, told
from tests.rooms import COLLECTOR, QUERY, Rooms
from tests.running import Daemon
from tests.running import running as daemon
from tests.waiting import eventually

SOON = 15.0
INTERVAL, RESEND_DELAY = timedelta(seconds=1), "1s"
# How often they look at the rooms, and how long that may take.
LOOK, DEADLINE = "300ms", "250ms"
URL = "http://prometheus.example.org"
EXTERNAL = {"site": "berlin", "replica": "one"}
INSTANCE = "house"
# In both a recording rule has to publish it.
ALIVE = "alive"


class Engines(NamedTuple):
    """Both, what they see, and what they told."""

    rooms: Rooms
    prometheus: Service
    daemon: Daemon
    sinks: tuple[Sink, Sink]

    def see(self) -> bool:
        """Tell whether both have looked at the rooms and had a round."""
        seen = self.daemon.page().of("collector_success", collector=COLLECTOR)
        return bool(seen and self.asked("count(room_degrees)")) and all(self.phases())

    def change(self, *changes: Callable[[], None]) -> None:
        """Change what both see, so that both see it half an interval and more before their next rounds."""
        one, other = self.phases()
        begin = one if (other - one) % INTERVAL >= INTERVAL / 2 else other
        eventually(lambda: (_now() - begin) % INTERVAL < INTERVAL / 10, within=SOON)
        for change in changes:
            change()

    def phases(self) -> tuple[timedelta, timedelta]:
        """Return where in its interval each has its rounds."""
        theirs = self.asked(f"timestamp({ALIVE})")
        ours = self.daemon.page().of("rule_group_last_evaluation_timestamp_seconds", rule_group="rooms")
        return timedelta(seconds=theirs), timedelta(seconds=ours)

    def asked(self, expression: str) -> float:
        """Return what Prometheus finds, 0 for nothing."""
        found = self.prometheus.json(f"/api/v1/query?query={quote_plus(expression)}")["data"]["result"]
        return float(found[0]["value"][1]) if found else 0.0

    def until(self, seen: Callable[[Told], bool]) -> None:
        """Wait until each has told enough."""
        for receiver in self.sinks:
            eventually(lambda: told(receiver), until=seen, within=SOON)  # noqa: B023

    def until_both(self, state: str, alert: str) -> None:
        """Wait until an alert is in a state in both."""
        counted = f'sum(ALERTS{{alertname="{alert}",alertstate="{state}"}})'
        eventually(lambda: self.asked(counted) > 0, within=SOON)
        eventually(lambda: self.daemon.page().of("alerts", alertname=alert, state=state) > 0, within=SOON)


def _now() -> timedelta:
    return timedelta(seconds=datetime.now(UTC).timestamp())


@contextmanager
def engines(folder: Path, rooms: Rooms) -> Iterator[Engines]:
    """Run both on the rooms and their rules; yields them when each had its first round."""
    with ExitStack() as running:
        url = running.enter_context(page(partial(_written, rooms)))
        first, second = (running.enter_context(sink()) for _ in range(2))
        flags = (f"--rules.alert.resend-delay={RESEND_DELAY}", f"--web.external-url={URL}")
        theirs = running.enter_context(configured_prometheus(_scraping(url, first, rooms), folder, *flags))
        ours = running.enter_context(daemon(folder, _reading(second, rooms)))
        found = Engines(rooms, theirs, ours, (first, second))
        eventually(found.see, within=SOON)
        yield found


def _scraping(url: str, receiver: Sink, rooms: Rooms) -> Mapping[str, object]:
    """Return a configuration of Prometheus."""
    served = {"targets": [urlsplit(url).netloc], "labels": {"instance": INSTANCE}}
    alerted = {
        "alertmanagers": [{"static_configs": [{"targets": [receiver.name]}]}],
        "alert_relabel_configs": [{"action": "labeldrop", "regex": "replica"}],
    }
    return {
        "global": {"scrape_interval": LOOK, "scrape_timeout": DEADLINE, "external_labels": EXTERNAL},
        "rule_files": [str(rooms.rules)],
        "scrape_configs": [{"job_name": "jobhive", "static_configs": [served]}],
        "alerting": alerted,
    }


def _reading(receiver: Sink, rooms: Rooms) -> Mapping[str, object]:
    """Return a configuration of the daemon."""
    config = rooms.config(
        receiver.url,
        target={"labels": {"instance": INSTANCE}},
        resend_delay=RESEND_DELAY,
        external_labels=EXTERNAL,
        external_url=URL,
        drop_labels=["replica"],
        # Who shares the machine may make a look late, which is no news.
        unknown_source={"when": "stale"},
    )
    house = config["collectors"]["custom_sql"] | {
        "queries": {"rooms": QUERY | {"interval": LOOK, "deadline": DEADLINE}}
    }
    return {**config, "collectors": config["collectors"] | {"custom_sql": house}}


def _written(rooms: Rooms) -> str:
    return "".join(f'room_degrees{{room="{room}"}} {degrees}\n' for room, degrees in rooms.temperatures())
