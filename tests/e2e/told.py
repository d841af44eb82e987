"""What an engine told a sink, alert by alert."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import NamedTuple

from tests.alerts.delivery.sink import Sink

Labels = frozenset[tuple[str, str]]
# A firing alert ends by itself when so many rounds have passed without a message.
ROUNDS_TO_LIVE = 4


class Message(NamedTuple):
    """One message about one alert."""

    annotations: Mapping[str, str]
    starts_at: datetime
    ends_at: datetime
    link: str
    fires: bool


class Episode(NamedTuple):
    """The messages about an alert from its start to its end."""

    messages: Sequence[Message]

    @property
    def started(self) -> datetime:
        return self.messages[0].starts_at

    @property
    def ended(self) -> datetime | None:
        return None if self.messages[-1].fires else self.messages[-1].ends_at

    @property
    def course(self) -> Sequence[tuple[bool, Mapping[str, str]]]:
        """What was said in turn, without repetitions: whether it fires, in which words."""
        return [said for said, _ in groupby((message.fires, message.annotations) for message in self.messages)]

    def sent(self, interval: timedelta) -> Sequence[timedelta]:
        """Return when, after its start, it was told that the alert fires: a message names its end, not its instant."""
        lives = ROUNDS_TO_LIVE * interval
        return [message.ends_at - lives - self.started for message in self.messages if message.fires]


Told = Mapping[Labels, Sequence[Episode]]


def told(receiver: Sink) -> Told:
    """Return what arrived, by the labels of alerts."""
    found: dict[Labels, list[Message]] = {}
    for request in list(receiver.requests):
        for alert in request.alerts:
            starts_at, ends_at = (datetime.fromisoformat(alert[name]) for name in ("startsAt", "endsAt"))
            # Prometheus tells empty annotations too.
            annotations = {name: text for name, text in alert["annotations"].items() if text}
            message = Message(annotations, starts_at, ends_at, alert["generatorURL"], ends_at > request.at)
            found.setdefault(frozenset(alert["labels"].items()), []).append(message)
    return {labels: _episodes(messages) for labels, messages in found.items()}


def _episodes(messages: Sequence[Message]) -> Sequence[Episode]:
    return [Episode(list(own)) for _, own in groupby(messages, lambda message: message.starts_at)]
