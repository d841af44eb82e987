"""The same rules and values in Debian's Prometheus and in the daemon: the same is told, in the same order."""

from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from urllib.parse import parse_qs

import promql_parser
import pytest

from tests.e2e.engines import INTERVAL, engines
from tests.e2e.told import Episode, Told, told
from tests.rooms import Rooms

# A delay of one round, and the comparison is strict: every other round.
NOW, AGAIN = timedelta(0), 2 * INTERVAL
RULES = """
groups:
- name: rooms
  interval: 1s
  rules:
  - record: alive
    expr: vector(1)
  - record: room:degrees:max
    expr: max by (room) (room_degrees)
    labels: {source: recorded}
  - alert: Hot
    expr: |
      room:degrees:max{source="recorded"}   >
        30
    for: 3s
    labels: {severity: warning, place: "the {{ $labels.room }}", none: "{{ if false }}x{{ end }}"}
    annotations:
      summary: It is hot.
      description: '{{ $labels.room }} in {{ $externalLabels.site }}: {{ $value }}, {{ $value | humanize }} degrees'
      rooms: '{{ with query "room:degrees:max" }}{{ . | len }}{{ end }}'
      none: '{{ if false }}x{{ end }}'
  - alert: Lasting
    expr: room_degrees{job="jobhive"} > 40
    keep_firing_for: 3s
    labels: {site: own}
    annotations: {description: '{{ printf "%.2f" $value }} on {{ $labels.instance }} in {{ $labels.site }}'}
  - alert: Echo
    expr: sum by (alertname, room) (ALERTS{alertname="Hot",alertstate="firing"}) * 2 == 2
    annotations: {description: "{{ $labels.alertname }} {{ $value }}"}
  - alert: Closed
    expr: absent(room_degrees{room="cellar"}) and on () count(room_degrees) > 0
    annotations: {description: "{{ $labels.room }} is closed"}
  - alert: Patient
    expr: room_degrees > 0
    for: 1h
"""


@pytest.fixture
def rooms(tmp_path: Path) -> Rooms:
    """A cool house."""
    made = Rooms(tmp_path)
    made.rules.write_text(RULES)
    for room in ("attic", "cellar"):
        made.heat(20, room)
    return made


def test_prometheus_and_the_daemon_tell_the_same(tmp_path: Path, rooms: Rooms) -> None:
    with engines(tmp_path, rooms) as both:
        both.change(lambda: rooms.heat(35.5))
        both.until(fires("Hot", "attic", messages=2))
        both.change(lambda: rooms.heat(45.25), lambda: rooms.heat(41, "cellar"))
        both.until(fires("Hot", "attic", saying="45.25"))
        both.until(fires("Echo", "attic"))
        both.until(fires("Hot", "cellar"))
        both.change(lambda: rooms.heat(20), lambda: rooms.close("cellar"))
        both.until(fires("Closed", "cellar"))
        both.until(has_ended("Lasting", "attic"))
        both.until(has_ended("Lasting", "cellar"))
        both.change(lambda: rooms.heat(33))
        both.until_both("pending", "Hot")
        both.change(lambda: rooms.heat(20))
        both.change(lambda: rooms.heat(33))
        both.until(fires("Hot", "attic", times=2))
        both.change(lambda: rooms.heat(20))
        both.until(has_ended("Hot", "attic", times=2, messages=2))
        theirs, ours = map(told, both.sinks)
    assert ours.keys() == theirs.keys()
    assert {dict(labels)["alertname"] for labels in ours} == {"Hot", "Lasting", "Echo", "Closed"}
    for labels, expected in theirs.items():
        assert len(ours[labels]) == len(expected)
        for one, other in zip(ours[labels], expected, strict=True):
            assert_same(one, other)


def assert_same(ours: Episode, theirs: Episode) -> None:
    assert ours.course == theirs.course
    assert abs(ours.started - theirs.started) <= INTERVAL
    assert (ours.ended is None) == (theirs.ended is None)
    if ours.ended and theirs.ended:
        assert abs(ours.ended - theirs.ended) <= INTERVAL
    assert asks(ours) == asks(theirs)
    for episode in (ours, theirs):
        sent = episode.sent(INTERVAL)
        assert sent[0] == NOW
        assert all(after - before >= AGAIN for before, after in pairwise(sent))
        assert {at % INTERVAL for at in sent} == {NOW}


def asks(episode: Episode) -> tuple[str, str]:
    """Return where a link leads, and the expression that it asks in one way of writing."""
    (link,) = {message.link for message in episode.messages}
    address, _, query = link.partition("?")
    asked = parse_qs(query)
    assert asked.keys() == {"g0.expr", "g0.tab"}
    return address, promql_parser.parse(asked["g0.expr"][0]).prettify()


def of(found: Told, name: str, room: str) -> list[Episode]:
    """Return what was told of an alert about a room."""
    wanted = {("alertname", name), ("room", room)}
    return [episode for labels, episodes in found.items() if wanted <= labels for episode in episodes]


def fires(name: str, room: str, *, times: int = 1, saying: str = "", messages: int = 1) -> Callable[[Told], bool]:
    """Return what tells whether an alert fires, for the so-manieth time, and was told so often in these words."""

    def seen(found: Told) -> bool:
        episodes = of(found, name, room)
        told_of = [one for episode in episodes[-1:] for one in episode.messages if one.fires]
        said = [one for one in told_of if saying in one.annotations["description"]]
        return len(episodes) == times and len(said) >= messages

    return seen


def has_ended(name: str, room: str, *, times: int = 1, messages: int = 1) -> Callable[[Told], bool]:
    """Return what tells whether an alert has ended, for the so-manieth time, and was told so often."""

    def seen(found: Told) -> bool:
        episodes = of(found, name, room)
        ends = [one for episode in episodes[-1:] for one in episode.messages if not one.fires]
        return len(episodes) == times and len(ends) >= messages

    return seen
