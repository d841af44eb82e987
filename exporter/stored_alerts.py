"""How the alerts of a group are written into the state file, and read back. Pure.

Instants are microseconds since the epoch; label sets are JSON objects.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from alerts.carrying import Identity, Saved
from alerts.model import Alert, AlertState
from alerts.promql.labels import Key, ordered
from exporter.stored import EPOCH


class AlertRow(NamedTuple):
    """A row of jhx_alert; `rule_labels` are the static labels of the rule."""

    group_file: str
    group_name: str
    rule: str
    rule_labels: str
    labels: str
    expression: str
    seen_at: int
    state: str
    value: str
    annotations: str
    active_at: int
    fired_at: int | None
    keep_firing_since: int | None
    resolved_at: int | None
    held_since: int | None
    last_sent: str


def rows(saved: Iterable[Saved]) -> Iterator[AlertRow]:
    """Yield a row for each alert."""
    for one in saved:
        name, static = one.rule
        for alert in one.alerts.values():
            yield AlertRow(
                *one.group,
                rule=name,
                rule_labels=json.dumps(dict(static)),
                labels=json.dumps(dict(alert.labels)),
                expression=one.expression,
                seen_at=_micros(one.seen_at),
                state=str(alert.state),
                value=repr(alert.value),
                annotations=json.dumps(dict(alert.annotations)),
                active_at=_micros(alert.active_at),
                fired_at=_maybe(alert.fired_at),
                keep_firing_since=_maybe(alert.keep_firing_since),
                resolved_at=_maybe(alert.resolved_at),
                held_since=_maybe(alert.held_since),
                last_sent=json.dumps({name: _micros(at) for name, at in alert.last_sent.items()}),
            )


def saved(rows: Iterable[AlertRow]) -> list[Saved]:
    """Read rows back, those of a rule together; ValueError where one is not ours."""
    found: dict[tuple[tuple[str, str], Identity, str, datetime], dict[Key, Alert]] = defaultdict(dict)
    for row in rows:
        try:
            alert, static = _alert(row), tuple(sorted(_texts(row.rule_labels).items()))
        except (ValueError, TypeError, AttributeError, OverflowError) as error:
            raise ValueError(f"an alert of {row.rule} cannot be read: {type(error).__name__}") from None
        rule = ((row.group_file, row.group_name), (row.rule, static), row.expression, EPOCH + _span(row.seen_at))
        found[rule][alert.key] = alert
    return [Saved(*rule, alerts) for rule, alerts in found.items()]


def _alert(row: AlertRow) -> Alert:
    return Alert(
        labels=ordered(_texts(row.labels).items()),
        annotations=_texts(row.annotations),
        value=float(row.value),
        state=AlertState(row.state),
        active_at=EPOCH + _span(row.active_at),
        fired_at=_instant(row.fired_at),
        keep_firing_since=_instant(row.keep_firing_since),
        resolved_at=_instant(row.resolved_at),
        held_since=_instant(row.held_since),
        last_sent={name: EPOCH + _span(at) for name, at in json.loads(row.last_sent).items()},
    )


def _texts(document: str) -> Mapping[str, str]:
    found = json.loads(document)
    if not all(isinstance(text, str) for text in found.values()):
        raise TypeError(document)
    return dict(found)


def _micros(instant: datetime) -> int:
    return (instant - EPOCH) // timedelta(microseconds=1)


def _maybe(instant: datetime | None) -> int | None:
    return None if instant is None else _micros(instant)


def _span(micros: int) -> timedelta:
    return timedelta(microseconds=micros)


def _instant(micros: int | None) -> datetime | None:
    return None if micros is None else EPOCH + _span(micros)
