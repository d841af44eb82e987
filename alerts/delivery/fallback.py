"""The last way out: a webhook that is told of alerts while every Alertmanager is unreachable."""

import json
import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from alerts.delivery.payload import document, fingerprint
from alerts.delivery.sender import Sender
from alerts.model import Outgoing
from alerts.promql.labels import Key

FIRING, RESOLVED = "firing", "resolved"


class Fallback:
    """Decides what the webhook is told: each alert once when it fires, and once when that has ended."""

    def __init__(self, sender: Sender, after: timedelta, now: Callable[[], datetime]) -> None:
        self.sender = sender
        self._after = after.total_seconds()
        self._now = now
        self._lock = threading.Lock()
        self._told: dict[Key, tuple[str, datetime]] = {}

    def consider(self, alerts: Sequence[Outgoing], down_seconds: float) -> None:
        """Tell the webhook what it does not know, if all Alertmanagers have been down for long enough."""
        with self._lock:
            # What the webhook did not take is told again.
            for key in self.sender.failed():
                self._told.pop(key, None)
            if down_seconds < self._after or not down_seconds:
                if not down_seconds:
                    self._told.clear()
                return
            news = [alert for alert in alerts if self._is_news(alert)]
            self._told.update({alert.key: self._state(alert) for alert in news})
        if news:
            self.sender.enqueue(news)

    def _is_news(self, alert: Outgoing) -> bool:
        status, starts_at = self._state(alert)
        known = self._told.get(alert.key)
        if status == RESOLVED:
            return known == (FIRING, starts_at)
        return known != (status, starts_at)

    def _state(self, alert: Outgoing) -> tuple[str, datetime]:
        return (RESOLVED if alert.ends_at <= self._now() else FIRING), alert.starts_at


def webhook_body(alerts: Sequence[Outgoing], now: datetime) -> bytes:
    """Return a body in the form of Alertmanager's own webhooks, version 4."""
    documents = [
        {
            "status": RESOLVED if alert.ends_at <= now else FIRING,
            **document(alert),
            "fingerprint": fingerprint(alert.labels),
        }
        for alert in alerts
    ]
    fires = any(one["status"] == FIRING for one in documents)
    message = {
        "version": "4",
        "groupKey": "jobhive-exporter: no Alertmanager is reachable",
        "truncatedAlerts": 0,
        "status": FIRING if fires else RESOLVED,
        "receiver": "fallback",
        "groupLabels": {},
        "commonLabels": {},
        "commonAnnotations": {},
        "externalURL": "",
        "alerts": documents,
    }
    return json.dumps(message, ensure_ascii=False).encode()
