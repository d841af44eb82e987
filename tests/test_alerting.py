"""The daemon runs rules: alerts reach Alertmanager, whatever becomes of sources, of the rules and of the process."""

import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from exporter.alerting import Alerting, plan
from exporter.config import load
from exporter.daemon import utc_now
from exporter.model import Sample, Snapshot
from exporter.telemetry import Telemetry
from tests.alerts.delivery.alertmanagers import alertmanager
from tests.alerts.delivery.sink import Sink, sink
from tests.rooms import COLLECTOR, FAILING, HOT, Rooms
from tests.running import Daemon, run, running, write
from tests.waiting import eventually

SOON = 15.0
ROUND = timedelta(seconds=1)
LIFECYCLE = "--web.enable-lifecycle"


@pytest.fixture
def rooms(tmp_path: Path) -> Rooms:
    """A hot attic."""
    made = Rooms(tmp_path)
    made.heat(35)
    made.ask(HOT)
    return made


@pytest.fixture
def pager() -> Iterator[Sink]:
    with sink() as found:
        yield found


def heard(pager: Sink, name: str = "Hot") -> list[dict[str, Any]]:
    """Return what arrived of an alert, in the order of arrival."""
    return [alert for request in pager.requests for alert in request.alerts if alert["labels"]["alertname"] == name]


def starts(alerts: list[dict[str, Any]]) -> set[datetime]:
    return {datetime.fromisoformat(alert["startsAt"]) for alert in alerts}


def has_ended(alert: dict[str, Any]) -> bool:
    return datetime.fromisoformat(alert["endsAt"]) <= datetime.now(UTC)


def shown(daemon: Daemon) -> dict[str, Any]:
    """Return the one alert that the daemon shows."""
    (alert,) = daemon.ask("/api/v1/alerts").json()["data"]["alerts"]
    return dict(alert)


def counted(daemon: Daemon, state: str, name: str = "Hot") -> float:
    return daemon.page().of("alerts", alertname=name, state=state)


def until_firing(daemon: Daemon, pager: Sink) -> dict[str, Any]:
    eventually(lambda: heard(pager), within=SOON)
    eventually(lambda: counted(daemon, "firing") == 1, within=SOON)
    return heard(pager)[0]


def until_told_again(pager: Sink, times: int = 2) -> list[dict[str, Any]]:
    """Wait for so many more messages about the alert, and return these."""
    known = len(heard(pager))
    return eventually(lambda: heard(pager)[known:], until=lambda found: len(found) >= times, within=SOON)


def test_an_alert_reaches_a_real_alertmanager_and_is_resolved_there(tmp_path: Path, rooms: Rooms) -> None:
    with alertmanager(tmp_path) as receiver, running(tmp_path, rooms.config(receiver.url, target={})) as daemon:
        before = daemon.page()
        assert [before.of("alerts", alertname="Hot", state=state) for state in ("pending", "firing")] == [0, 0]
        alert = eventually(lambda: receiver.alerts().get("Hot"), within=SOON)
        assert alert
        address = daemon.address
        assert alert["labels"] == {
            "alertname": "Hot",
            "room": "attic",
            "severity": "warning",
            "job": "jobhive",
            "instance": address,
        }
        assert alert["generatorURL"] == f"http://{address}/graph?g0.expr=room_degrees+%3E+30&g0.tab=1"
        page = daemon.page()
        assert page.of("alerts", alertname="Hot", state="firing") == 1
        assert page.of("rule_evaluations_total", rule_group="rooms") >= 1
        assert page.of("rule_evaluation_failures_total", rule_group="rooms") == 0
        assert page.of("rule_group_interval_seconds", rule_group="rooms") == 1
        assert 0 < page.of("rule_group_last_duration_seconds", rule_group="rooms") < 1
        assert page.of("rule_series", rule="Hot", rule_group="rooms") == 1
        assert page.of("rule_success", rule="Hot", rule_group="rooms") == 1
        assert page.of("rule_supported", rule="Hot", rule_group="rooms") == 1
        assert page.of("notifications_total", alertmanager=receiver.name) >= 1
        assert page["alert_state_recovered"] == page["rules_last_reload_successful"] == 1
        rooms.heat(20)
        eventually(lambda: "Hot" not in receiver.alerts(), within=SOON)
        assert counted(daemon, "firing") == 0
        assert daemon.ask("/-/ready").status_code == 200


def test_a_source_that_dies_holds_its_alerts_and_another_one_speaks(tmp_path: Path, rooms: Rooms, pager: Sink) -> None:
    rooms.ask(HOT, FAILING)
    with running(tmp_path, rooms.config(pager.url)) as daemon:
        until_firing(daemon, pager)
        rooms.breaks()
        failing = eventually(lambda: heard(pager, "Failing"), within=SOON)
        assert failing[0]["labels"]["collector"] == COLLECTOR
        eventually(lambda: daemon.page().of("rule_held", rule="Hot", rule_group="rooms") == 1, within=SOON)
        assert not any(map(has_ended, until_told_again(pager))), "what nobody knows is not resolved"
        rooms.mend()
        eventually(lambda: daemon.page().of("rule_held", rule="Hot", rule_group="rooms") == 0, within=SOON)
        assert 'event="rule held"' in daemon.output
        assert 'event="rule released"' in daemon.output
        eventually(lambda: has_ended(heard(pager, "Failing")[-1]), within=SOON)
        assert len(starts(heard(pager))) == 1
        rooms.heat(20)
        eventually(lambda: has_ended(heard(pager)[-1]), within=SOON)


def test_a_reload_with_a_bad_rule_keeps_the_old_ones_and_says_where_it_is(
    tmp_path: Path, rooms: Rooms, pager: Sink
) -> None:
    with running(tmp_path, rooms.config(pager.url), LIFECYCLE) as daemon:
        until_firing(daemon, pager)
        rooms.ask("{alert: Cold, expr: room_degrees <}", "{alert: Slow, expr: 'rate(room_degrees[5m]) > 1'}")
        answer = daemon.ask("/-/reload", "POST")
        assert answer.status_code == 500
        first, second = answer.text.splitlines()
        assert first.startswith(f'{rooms.rules}:5:25: group "rooms", rule 1 "Cold": ')
        assert second.startswith(
            f'{rooms.rules}:6:26: group "rooms", rule 2 "Slow": uses rate(…[5m]), which needs history'
        )
        page = daemon.page()
        assert page["rules_last_reload_successful"] == page["config_last_reload_successful"] == 0
        assert not any(map(has_ended, until_told_again(pager)))
        rooms.ask("{alert: Cold, expr: room_degrees < 0}")
        assert daemon.ask("/-/reload", "POST").text == "reloaded\n"
        eventually(lambda: has_ended(heard(pager)[-1]), within=SOON)
        page = daemon.page()
        assert page["rules_last_reload_successful"] == page["config_last_reload_successful"] == 1
        assert ("jobhive_exporter_alerts", frozenset({("alertname", "Hot"), ("state", "firing")})) not in page.values
        assert page.of("alerts", alertname="Cold", state="firing") == 0
        told_again = until_told_again(pager)
        assert {alert["endsAt"] for alert in told_again} == {heard(pager)[-1]["endsAt"]}, "resolved once"


def test_another_alertmanager_hears_of_what_fires(tmp_path: Path, rooms: Rooms, pager: Sink) -> None:
    with sink() as other, running(tmp_path, rooms.config(pager.url), LIFECYCLE) as daemon:
        began = until_firing(daemon, pager)["startsAt"]
        write(tmp_path, rooms.config(other.url))
        assert daemon.ask("/-/reload", "POST").text == "reloaded\n"
        assert eventually(lambda: heard(other), within=SOON)[0]["startsAt"] == began
        page = daemon.page()
        assert page.of("alertmanager_up", alertmanager=other.name) == 1
        assert pager.name not in {dict(labels).get("alertmanager") for _, labels in page.values}
        write(tmp_path, rooms.config(other.url, notify=False))
        assert daemon.ask("/-/reload", "POST").text == "reloaded\n"
        silent, rounds = len(other.requests), daemon.page().of("rule_evaluations_total", rule_group="rooms")
        eventually(lambda: daemon.page().of("rule_evaluations_total", rule_group="rooms") > rounds + 3, within=SOON)
        assert (len(other.requests), counted(daemon, "firing")) == (silent, 1)


def test_killed_while_pending_its_time_goes_on(tmp_path: Path, rooms: Rooms, pager: Sink) -> None:
    wait, waited = timedelta(seconds=8), timedelta(seconds=5)
    rooms.ask(HOT.replace("expr", "for: 8s, expr"))
    with running(tmp_path, rooms.config(pager.url)) as daemon:
        eventually(lambda: counted(daemon, "pending") == 1, within=SOON)
        began = daemon.page().of("rule_group_last_evaluation_timestamp_seconds", rule_group="rooms")
        eventually(
            lambda: (
                daemon.page().of("rule_group_last_evaluation_timestamp_seconds", rule_group="rooms")
                >= began + waited.total_seconds()
            ),
            within=SOON,
        )
        daemon.end(signal.SIGKILL)
    assert heard(pager) == []
    with running(tmp_path, rooms.config(pager.url)) as daemon:
        again = datetime.now(UTC)
        assert counted(daemon, "firing") == 0
        until_firing(daemon, pager)
        (started,) = starts(heard(pager))
        assert again < started < again + wait - waited + timedelta(seconds=2)


def test_killed_while_it_fires_it_starts_no_second_time_and_its_end_is_told(
    tmp_path: Path, rooms: Rooms, pager: Sink
) -> None:
    config = rooms.config(pager.url)
    with running(tmp_path, config) as daemon:
        until_firing(daemon, pager)
        daemon.end(signal.SIGKILL)
    with running(tmp_path, config) as daemon:
        assert not any(map(has_ended, until_told_again(pager)))
        assert len(starts(heard(pager))) == 1
        pager.judge = lambda _: 500
        rooms.heat(20)
        eventually(lambda: counted(daemon, "firing") == 0, within=SOON)
        daemon.end(signal.SIGKILL)
    pager.judge = lambda _: 200
    known = len(heard(pager))
    with running(tmp_path, config) as daemon:
        first = eventually(lambda: heard(pager)[known:], within=SOON)[0]
        assert has_ended(first)
        assert len(starts(heard(pager))) == 1


def test_killed_while_it_is_kept_firing_its_time_goes_on(tmp_path: Path, rooms: Rooms, pager: Sink) -> None:
    kept = timedelta(seconds=7)
    rooms.ask(HOT.replace("expr", "keep_firing_for: 7s, expr"))
    with running(tmp_path, rooms.config(pager.url)) as daemon:
        began = until_firing(daemon, pager)["startsAt"]
        rooms.heat(20)
        alert = eventually(lambda: shown(daemon), until=lambda alert: "keepFiringSince" in alert, within=SOON)
        enough = datetime.fromisoformat(alert["keepFiringSince"]).timestamp() + 3
        latest = "rule_group_last_evaluation_timestamp_seconds"
        eventually(lambda: daemon.page().of(latest, rule_group="rooms") >= enough, within=SOON)
        daemon.end(signal.SIGKILL)
    with running(tmp_path, rooms.config(pager.url)):
        first = until_told_again(pager, times=1)[0]
        end = eventually(lambda: heard(pager)[-1], until=has_ended, within=SOON)
        # The first one says when it was sent: it ends by itself four rounds later.
        remaining = datetime.fromisoformat(end["endsAt"]) - datetime.fromisoformat(first["endsAt"]) + 4 * ROUND
        assert ROUND < remaining < kept
        assert {alert["startsAt"] for alert in heard(pager)} == {began}


def test_killed_while_nobody_knows_it_goes_on_and_its_end_is_told_once(
    tmp_path: Path, rooms: Rooms, pager: Sink
) -> None:
    config = rooms.config(pager.url)
    with running(tmp_path, config) as daemon:
        began = until_firing(daemon, pager)["startsAt"]
        rooms.breaks()
        eventually(lambda: daemon.page().of("rule_held", rule="Hot", rule_group="rooms") == 1, within=SOON)
        daemon.end(signal.SIGKILL)
    with running(tmp_path, config) as daemon:
        assert not any(map(has_ended, until_told_again(pager)))
        assert daemon.page().of("rule_held", rule="Hot", rule_group="rooms") == 1
        rooms.mend()
        rooms.heat(20)
        end = eventually(lambda: heard(pager)[-1], until=has_ended, within=SOON)["endsAt"]
        daemon.end(signal.SIGKILL)
    with running(tmp_path, config):
        assert {alert["endsAt"] for alert in until_told_again(pager)} == {end}
    assert {alert["startsAt"] for alert in heard(pager)} == {began}


def test_a_damaged_state_file_costs_the_alerts_and_is_told(tmp_path: Path, rooms: Rooms, pager: Sink) -> None:
    config = rooms.config(pager.url)
    with running(tmp_path, config) as daemon:
        began = until_firing(daemon, pager)["startsAt"]
        daemon.end(signal.SIGKILL)
    with closing(sqlite3.connect(tmp_path / "state.db")) as connection, connection:
        connection.execute("UPDATE jhx_alert SET state = 'melting'")
    with running(tmp_path, config) as daemon:
        assert daemon.page()["alert_state_recovered"] == 0
        assert 'event="alerts not recovered"' in daemon.output
        eventually(lambda: heard(pager)[-1]["startsAt"] > began, within=SOON)
        assert not any(map(has_ended, heard(pager)[-1:]))


def test_without_persistence_nothing_is_remembered(tmp_path: Path, rooms: Rooms, pager: Sink) -> None:
    config = rooms.config(pager.url, persist=False)
    with running(tmp_path, config) as daemon:
        until_firing(daemon, pager)
        assert daemon.end() == 0
    with running(tmp_path, config):
        until_told_again(pager)
        assert len(starts(heard(pager))) == 2


def test_a_stop_delivers_what_waits_and_resolves_nothing(tmp_path: Path, rooms: Rooms, pager: Sink) -> None:
    released = Event()
    pager.judge = lambda _: 200 if released.wait(5) else 500
    with running(tmp_path, rooms.config(pager.url)) as daemon:
        eventually(lambda: counted(daemon, "firing") == 1, within=SOON)
        rooms.heat(40, "cellar")
        waiting = "notification_queue_length"
        eventually(lambda: daemon.page().of(waiting, alertmanager=pager.name) > 0, within=SOON)
        daemon.process.send_signal(signal.SIGTERM)
        released.set()
        assert daemon.process.wait(SOON) == 0
    assert {alert["labels"]["room"] for alert in heard(pager)} == {"attic", "cellar"}
    assert not any(map(has_ended, heard(pager)))


@dataclass
class Shaky:
    """The families of a daemon, which cannot be had while it is `broken`."""

    broken: bool = True
    asked: int = 0

    def __call__(self, _: Snapshot) -> tuple[Sample, ...]:
        self.asked += 1
        if self.broken:
            raise RuntimeError("nobody foresaw this")
        return ()


def test_a_round_that_fails_is_told_and_the_next_one_comes(
    tmp_path: Path, rooms: Rooms, capsys: pytest.CaptureFixture[str]
) -> None:
    config, telemetry, own = load(write(tmp_path, rooms.config()), {}), Telemetry(), Shaky()
    used = plan(config, telemetry)
    alerting = Alerting(used, config.state_path, telemetry, utc_now, lambda now: Snapshot(now, {}, {}), own)
    alerting.start(recovered=True)
    try:
        eventually(lambda: own.asked, within=SOON)
        assert alerting.standing[0].state.ts is None
        own.broken = False
        # It would come again by itself, but later.
        alerting.use(used)
        eventually(lambda: alerting.standing[0].state.ts, within=SOON)
    finally:
        alerting.stop()
    printed = capsys.readouterr().out
    assert "round failed" in printed
    assert "RuntimeError in __call__" in printed
    assert "nobody foresaw this" not in printed
    assert alerting.samples(utc_now()).select("up", ())[0].labels["instance"] == "house"


BOMB = "\n".join(f"    {name}: &{name} [{', '.join([f'*{inner}'] * 10)}]" for inner, name in pairwise("abcdefg"))
HOSTILE = {
    "sum": f"alert: A\n    expr: {'+'.join(['1'] * 5000)}",
    "parentheses": f"alert: A\n    expr: {'(' * 12_000}1{')' * 12_000}",
    "long": f"alert: A\n    expr: 'room_degrees > 1 # {'x' * 1_000_000}'",
    "keys": "alert: A\n    alert: B\n    expr: room_degrees > 1",
    "bomb": f"alert: A\n    a: &a x\n{BOMB}",
}


def test_hostile_rule_files_are_an_error_each_and_the_daemon_lives(tmp_path: Path, rooms: Rooms, pager: Sink) -> None:
    with running(tmp_path, rooms.config(pager.url, rule_files=["*.rules.yml"]), LIFECYCLE) as daemon:
        until_firing(daemon, pager)
        for name, rule in HOSTILE.items():
            (tmp_path / f"{name}.rules.yml").write_text(f"groups:\n- name: {name}\n  rules:\n  - {rule}\n")
        answer = daemon.ask("/-/reload", "POST")
        assert answer.status_code == 500
        files = {line.partition(":")[0] for line in answer.text.splitlines()}
        assert files == {str(tmp_path / f"{name}.rules.yml") for name in HOSTILE}
        assert not any(map(has_ended, until_told_again(pager)))
        assert daemon.end() == 0
    for command in ("check", "run"):
        ended = run(command, "--config.file", str(tmp_path / "config.yaml"))
        assert (ended.returncode, ended.stdout) == (1, "")
        assert ended.stderr.splitlines()[:-1] == answer.text.splitlines()
