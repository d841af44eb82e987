"""Delivery of alerts to every Alertmanager, each by a sender of its own."""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from alerts.delivery.client import Client
from alerts.delivery.endpoint import Endpoint
from alerts.delivery.fallback import Fallback, webhook_body
from alerts.delivery.sender import Sender
from alerts.model import Outgoing
from alerts.promql.labels import Key
from exporter.notifications import Notifications

PATH = "/api/v2/alerts"
DRAIN_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class FallbackWebhook:
    """A webhook for the time when every Alertmanager has been unreachable for `after`."""

    endpoint: Endpoint
    after: timedelta


class AlertmanagerNotifier:
    """A `Notifier` over HTTP."""

    def __init__(
        self,
        endpoints: Sequence[Endpoint],
        telemetry: Notifications,
        version: str,
        fallback: FallbackWebhook | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        agent = f"jobhive-exporter/{version}"
        clients = {one.name: Client(one, one.url.rstrip("/") + PATH, agent) for one in endpoints}
        self._senders = {name: Sender(name, client, telemetry) for name, client in clients.items()}
        self._telemetry = telemetry
        self._fallback: Fallback | None = None
        self._clients = list(clients.values())
        if fallback:
            client = Client(fallback.endpoint, fallback.endpoint.url, agent)
            self._clients.append(client)
            name = fallback.endpoint.name
            sender = Sender(name, client, telemetry, encode=lambda alerts: webhook_body(alerts, now()))
            self._fallback = Fallback(sender, fallback.after, now)

    @property
    def alertmanagers(self) -> Sequence[str]:
        """The names of the Alertmanagers, host:port."""
        return tuple(self._senders)

    def check(self) -> None:
        """Raise EndpointError if a certificate or token cannot be used; asks no server."""
        for client in self._clients:
            client.check()

    def start(self) -> None:
        """Start the senders; from now on there are their series, and no others of this kind."""
        self._telemetry.configure([sender.name for sender in self._all()])
        for sender in self._all():
            sender.start()

    def enqueue(self, alertmanager: str, alerts: Sequence[Outgoing]) -> None:
        """Have alerts delivered soon; the newest state of an alert replaces one that waits."""
        self._senders[alertmanager].enqueue(alerts)
        if self._fallback:
            self._fallback.consider(alerts, min(sender.down_seconds() for sender in self._senders.values()))

    def failed(self) -> Mapping[str, Collection[Key]]:
        """Return and forget, by Alertmanager, whose delivery failed since the last call so that a repeat may help."""
        found = {name: sender.failed() for name, sender in self._senders.items()}
        return {name: keys for name, keys in found.items() if keys}

    def stop(self, within: float = DRAIN_SECONDS) -> None:
        """Deliver what waits, for so many seconds at most; nothing is resolved."""
        ends = time.monotonic() + within
        senders = self._all()
        for sender in senders:
            sender.drain(within)
        for sender in senders:
            sender.join(max(ends - time.monotonic(), 0))

    def _all(self) -> list[Sender]:
        return [*self._senders.values(), *([self._fallback.sender] if self._fallback else [])]
