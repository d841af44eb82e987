"""Two Alertmanagers that know each other, of which one is killed, started again and hung: people hear everything once."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.alerts.delivery.alertmanagers import Alertmanager, pair
from tests.alerts.delivery.sink import Sink, sink
from tests.rooms import HOT, Rooms
from tests.running import Daemon, running
from tests.waiting import eventually

SOON = 20.0
# An alert lives for four of them without a message; what hangs must wake before.
RESEND_DELAY = "3s"


def test_people_hear_once_whatever_becomes_of_one_alertmanager(tmp_path: Path) -> None:
    rooms = Rooms(tmp_path)
    rooms.ask(HOT)
    rooms.heat(20)
    # The second one of the cluster waits so long for what the first one told; both look again every two seconds.
    flags = ("--cluster.peer-timeout=1s", "--log.level=debug")
    with sink() as people, pair(tmp_path, *flags, config=telling(people)) as (one, two):
        for each in (one, two):
            eventually(lambda: len(each.get("/api/v2/status").json()["cluster"]["peers"]) == 2, within=SOON)  # noqa: B023
        config = rooms.config(one.url, two.url, resend_delay=RESEND_DELAY)
        with running(tmp_path, config) as daemon:
            rooms.heat(35)
            until_decided([one, two])
            began = two.alerts()["Hot"]["startsAt"]
            assert heard(people) == ["firing"]

            known = end(two)
            one.kill()
            until_up(daemon, one, up=False)
            until_told_again(two, known)
            one.start()
            until_decided([one])
            assert one.alerts()["Hot"]["startsAt"] == began

            # Fresh, so that it still lives when that one wakes.
            until_told_again(two, end(two))
            known = end(one)
            two.hang()
            until_up(daemon, two, up=False)
            until_told_again(one, known)
            two.go_on()
            until_up(daemon, two)
            until_told_again(two, known)
            assert two.alerts()["Hot"]["startsAt"] == began
            assert heard(people) == ["firing"]

            rooms.heat(20)
            until_decided([one, two], "[resolved]")
            assert "Hot" not in one.alerts() | two.alerts()
    assert heard(people) == ["firing", "resolved"]


def telling(people: Sink) -> dict[str, Any]:
    """Return a configuration of Alertmanager that tells people at once, and once."""
    route = {"receiver": "people", "group_by": ["alertname"], "group_wait": "0s", "group_interval": "2s"}
    return {"route": route, "receivers": [{"name": "people", "webhook_configs": [{"url": people.url}]}]}


def heard(people: Sink) -> list[str]:
    return [request.alerts["status"] for request in people.requests]


def until_decided(alertmanagers: Sequence[Alertmanager], status: str = "[active]") -> None:
    """Wait until each has told people of an alert in this state, or found that the other one did."""
    for one in alertmanagers:
        eventually(one.decided, until=lambda flushed: bool(flushed) and status in flushed[-1], within=SOON)


def end(alertmanager: Alertmanager) -> str:
    """Return when the alert ends there unless it is told again."""
    return str(alertmanager.alerts()["Hot"]["endsAt"])


def until_told_again(alertmanager: Alertmanager, known: str) -> None:
    """Wait until the alert is there with a later end than the known one."""
    eventually(lambda: end(alertmanager), until=lambda found: found > known, within=SOON)


def until_up(daemon: Daemon, alertmanager: Alertmanager, *, up: bool = True) -> None:
    eventually(lambda: daemon.page().of("alertmanager_up", alertmanager=alertmanager.name) == up, within=SOON)
