"""Alerts as Alertmanager reads them, and what it would refuse."""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from urllib.parse import urlsplit

from alerts.model import Outgoing

LABEL_NAME = re.compile("[a-zA-Z_][a-zA-Z0-9_]*")
# FNV-1a with 64 bits, as Alertmanager computes fingerprints.
OFFSET, PRIME, BITS = 14695981039346656037, 1099511628211, 2**64
SEPARATOR = b"\xff"


def body(alerts: Iterable[Outgoing]) -> bytes:
    """Return the body of a request to /api/v2/alerts."""
    return json.dumps([document(alert) for alert in alerts], ensure_ascii=False).encode()


def document(alert: Outgoing) -> dict[str, object]:
    """Return one alert, without empty labels and annotations."""
    return {
        "labels": _filled(alert.labels),
        "annotations": _filled(alert.annotations),
        "startsAt": instant(alert.starts_at),
        "endsAt": instant(alert.ends_at),
        "generatorURL": alert.generator_url,
    }


def instant(at: datetime) -> str:
    """Write an instant in UTC to the millisecond."""
    return f"{at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"


def fingerprint(labels: Mapping[str, str]) -> str:
    """Return what Alertmanager calls the alert with these labels."""
    found = OFFSET
    for name, value in sorted(_filled(labels).items()):
        for byte in name.encode() + SEPARATOR + value.encode(errors="replace") + SEPARATOR:
            found = (found ^ byte) * PRIME % BITS
    return f"{found:016x}"


def problem(alert: Outgoing) -> str | None:
    """Return why Alertmanager would refuse an alert, None if it would not."""
    labels = _filled(alert.labels)
    if not labels:
        return "it has no label"
    for name in labels:
        if not LABEL_NAME.fullmatch(name):
            return f"{name!r} is not a name of a label"
    if alert.ends_at < alert.starts_at:
        return "it ends before it starts"
    if not _is_absolute(alert.generator_url):
        return "its generatorURL is not absolute; set alerts.external_url to http://HOST or https://HOST"
    try:
        body([alert])
    except UnicodeEncodeError:
        return "its texts are not Unicode"
    return None


def _is_absolute(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return bool(parts.scheme and parts.netloc)


def _filled(texts: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in texts.items() if text}
