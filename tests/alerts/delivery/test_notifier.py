"""The notifier against servers that answer well and badly."""

import threading
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from alerts.delivery.client import EndpointError
from alerts.delivery.endpoint import BasicAuth, Endpoint, Tls
from alerts.model import Notifier, Outgoing
from alerts.notifier import AlertmanagerNotifier, FallbackWebhook
from exporter.secrets import Secret
from exporter.telemetry import Telemetry
from tests.alerts.delivery.alerts import GENERATOR, many, outgoing
from tests.alerts.delivery.notifying import notifying
from tests.alerts.delivery.sink import HANG, RESET, sink
from tests.running import free_port
from tests.waiting import eventually


def test_it_is_what_the_engine_expects() -> None:
    notifier: Notifier = AlertmanagerNotifier([Endpoint("https://am/x")], Telemetry().notifications, "1")
    assert notifier.alertmanagers == ("am:443",)


def test_the_request_is_as_alertmanager_reads_it() -> None:
    starts = datetime(2026, 11, 22, 16, 6, 10, 151999, tzinfo=UTC)
    labels = {"alertname": "JobHiveMRRDrop", "currency": "USD", "empty": ""}
    alert = Outgoing(labels, {"summary": "Fallen.", "none": ""}, starts, starts + timedelta(minutes=20), GENERATOR)
    with sink() as server, notifying(f"{server.url}/prefix/") as notifier:
        notifier.enqueue(server.name, [alert])
        (request,) = eventually(lambda: server.requests, within=10)
    assert request.path == "/prefix/api/v2/alerts"
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["User-Agent"] == "jobhive-exporter/1.2.3"
    assert request.alerts == [
        {
            "labels": {"alertname": "JobHiveMRRDrop", "currency": "USD"},
            "annotations": {"summary": "Fallen."},
            "startsAt": "2026-11-22T16:06:10.151Z",
            "endsAt": "2026-11-22T16:26:10.151Z",
            "generatorURL": GENERATOR,
        }
    ]


def test_many_alerts_go_in_batches_over_one_connection() -> None:
    with sink() as server, notifying(server.url) as notifier:
        notifier.enqueue(server.name, many(200))
        notifier.until("notifications_total", server.name, 200)
        assert server.numbers() == [f"{number:05d}" for number in range(200)]
        assert (server.sizes, server.connections) == ([64, 64, 64, 8], 1)
        assert notifier.failed() == {}
        assert notifier.count("notification_queue_length", server.name) == 0
        assert 0 < notifier.count("notification_latency_seconds", server.name) < 5


@pytest.mark.parametrize(
    ("status", "failed", "dropped"),
    [(500, True, 0), (503, True, 0), (429, True, 0), (302, True, 0), (307, True, 0), (RESET, True, 0), (401, False, 3), (404, False, 3), (415, False, 3)],
)  # fmt: skip
def test_what_fails_is_given_back_if_a_repeat_may_help_and_is_not_repeated(
    status: int, failed: bool, dropped: int
) -> None:
    alerts = many(3)
    with sink(status) as server, notifying(server.url) as notifier:
        notifier.enqueue(server.name, alerts)
        notifier.until("notification_failures_total", server.name, 1)
        notifier.until("notifications_dropped_total", server.name, dropped)
        if failed:
            assert eventually(notifier.failed, within=5) == {server.name: {alert.key for alert in alerts}}
        assert notifier.failed() == {}
        assert notifier.count("alertmanager_up", server.name) == 0
        assert notifier.count("notifications_total", server.name) == 0
        server.judge = lambda _: 200
        notifier.enqueue(server.name, alerts)
        notifier.until("notifications_total", server.name, 3)
        assert notifier.count("alertmanager_up", server.name) == 1
        assert [request.path for request in server.requests] == ["/api/v2/alerts"] * 2


def test_nobody_listens() -> None:
    port = free_port()
    with notifying(f"http://127.0.0.1:{port}") as notifier:
        notifier.enqueue(f"127.0.0.1:{port}", many(1))
        assert eventually(notifier.failed, within=10) == {f"127.0.0.1:{port}": {many(1)[0].key}}


def test_one_that_hangs_does_not_hold_up_the_other() -> None:
    with sink(HANG) as hanging, sink() as healthy, notifying(hanging.url, healthy.url) as notifier:
        for name in notifier.alertmanagers:
            notifier.enqueue(name, many(3))
        eventually(lambda: hanging.requests, within=10)
        notifier.until("notifications_total", healthy.name, 3)
        assert notifier.count("alertmanager_up", hanging.name) == 1
        # Its deadline is 2 s.
        assert eventually(notifier.failed, within=10).keys() == {hanging.name}
        assert notifier.count("alertmanager_up", hanging.name) == 0


def test_the_newest_state_replaces_one_that_waits() -> None:
    release = threading.Event()

    def slow(_: object) -> int:
        release.wait(10)
        return 200

    with sink(slow) as server, notifying(server.url) as notifier:
        notifier.enqueue(server.name, [outgoing("First")])
        eventually(lambda: notifier.count("notification_queue_length", server.name) == 0, within=10)
        for ends_in in (4, 5, -1):
            notifier.enqueue(server.name, [outgoing("Odd", ends_in=timedelta(minutes=ends_in)), outgoing("Other")])
        assert notifier.count("notification_queue_length", server.name) == 2
        release.set()
        notifier.until("notifications_total", server.name, 3)
        names = [[alert["labels"]["alertname"] for alert in request.alerts] for request in server.requests]
        assert names == [["First"], ["Odd", "Other"]]
        assert datetime.fromisoformat(server.requests[1].alerts[0]["endsAt"]) < datetime.now(UTC)


def test_a_full_queue_drops_the_oldest_and_counts_them() -> None:
    with sink(HANG) as server, notifying(server.url) as notifier:
        notifier.enqueue(server.name, [outgoing("First")])
        eventually(lambda: server.requests, within=10)
        alerts = many(10_005)
        notifier.enqueue(server.name, alerts)
        assert notifier.count("notification_queue_length", server.name) == 10_000
        assert notifier.count("notifications_dropped_total", server.name) == 5
        assert {alert.key for alert in alerts[:5]} <= set(notifier.failed()[server.name])


@pytest.mark.parametrize("status", [400, 422])
def test_poison_is_found_and_left_out(status: int) -> None:
    def judge(alerts: list[dict[str, dict[str, str]]]) -> int:
        return status if any(alert["labels"]["number"] == "00037" for alert in alerts) else 200

    with sink(judge) as server, notifying(server.url) as notifier:
        notifier.enqueue(server.name, many(64))
        notifier.until("notifications_total", server.name, 63)
        assert notifier.count("notifications_rejected_total", server.name) == 1
        assert len(server.requests) == 13
        assert notifier.failed() == {}
        assert notifier.count("alertmanager_up", server.name) == 1
        notifier.enqueue(server.name, many(64))
        notifier.until("notifications_total", server.name, 126)
        assert server.sizes[13:] == [63]
        assert notifier.count("notifications_rejected_total", server.name) == 1


def test_much_poison_takes_few_requests_and_several_rounds() -> None:
    with sink(400) as server, notifying(server.url) as notifier:
        rejected, rounds = 0, 0
        while rejected < 64:
            before = len(server.requests)
            notifier.enqueue(server.name, many(64))
            rounds += 1
            notifier.until("notification_queue_length", server.name, 0)
            eventually(
                lambda: notifier.failed() or notifier.count("notifications_rejected_total", server.name) == 64,
                within=10,
            )
            rejected = int(notifier.count("notifications_rejected_total", server.name))
            # The first of a batch, and sixteen to search on.
            assert 1 <= len(server.requests) - before <= 17
        assert rounds > 3
        assert notifier.count("notifications_total", server.name) == 0


@pytest.mark.parametrize(
    "bad",
    [
        outgoing()._replace(labels={}),
        outgoing()._replace(labels={"alertname": ""}),
        outgoing()._replace(labels={"a-b": "c"}),
        outgoing()._replace(ends_at=datetime(2020, 1, 1, tzinfo=UTC)),
        outgoing()._replace(generator_url="/graph"),
        outgoing()._replace(generator_url="http://[::1"),
        outgoing(text="\ud800"),
    ],
)
def test_what_no_alertmanager_takes_is_not_sent(bad: Outgoing) -> None:
    with sink() as server, notifying(server.url) as notifier:
        for _ in range(2):
            notifier.enqueue(server.name, [bad, outgoing("Good")])
        notifier.enqueue(server.name, [outgoing("Last")])
        eventually(lambda: "Last" in str(server.requests), within=10)
        assert notifier.count("notifications_rejected_total", server.name) == 1
        assert notifier.count("notification_failures_total", server.name) == 0
        assert {alert["labels"]["alertname"] for request in server.requests for alert in request.alerts} == {
            "Good",
            "Last",
        }


def test_a_stop_delivers_what_waits() -> None:
    slow = threading.Event()

    def judge(_: object) -> int:
        slow.wait(0.2)
        return 200

    with sink(judge) as server:
        with notifying(server.url, drain=10) as notifier:
            notifier.enqueue(server.name, many(200))
        assert len(server.numbers()) == 200
        assert notifier.count("notifications_total", server.name) == 200


def test_a_notifier_that_never_started_stops() -> None:
    notifier = AlertmanagerNotifier([Endpoint("http://am")], Telemetry().notifications, "1")
    notifier.enqueue("am:80", many(1))
    notifier.stop()


def test_a_stop_does_not_wait_for_ever() -> None:
    with sink(HANG) as server:
        with notifying(Endpoint(server.url), drain=1) as notifier:
            notifier.enqueue(server.name, many(100))
            eventually(lambda: server.requests, within=10)
            began = time.monotonic()
        assert time.monotonic() - began < 5
        assert notifier.count("notifications_dropped_total", server.name) == 36


def test_a_password_may_have_any_letters() -> None:
    with sink() as server:
        basic = Endpoint(server.url, basic_auth=BasicAuth("jobhive", Secret("pass:wörd €")))
        with notifying(basic) as notifier:
            notifier.enqueue(server.name, many(1))
            eventually(lambda: server.requests, within=10)
    assert server.requests[0].headers["Authorization"] == "Basic am9iaGl2ZTpwYXNzOnfDtnJkIOKCrA=="


def test_a_token_is_read_for_each_request(tmp_path: Path) -> None:
    file = tmp_path / "token"
    with sink() as server, notifying() as nobody:
        assert nobody.alertmanagers == ()
        file.write_text("first\n")
        with notifying(Endpoint(server.url, bearer_token_file=file)) as notifier:
            for requests, token in enumerate(("first", "second"), 1):
                file.write_text(f"{token}\n")
                notifier.enqueue(server.name, many(1))
                notifier.until("notifications_total", server.name, requests)
            sent = [request.headers["Authorization"] for request in server.requests]
            assert sent == ["Bearer first", "Bearer second"]
            # Neither letters that no header takes nor a file that is gone end the sender.
            for change in (lambda: file.write_text("€"), file.unlink):
                change()
                notifier.enqueue(server.name, many(1))
                assert eventually(notifier.failed, within=10).keys() == {server.name}
            assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("endpoint", "problem"),
    [
        (
            Endpoint("http://am:1", bearer_token_file=Path("/nowhere/token")),
            "bearer_token_file /nowhere/token cannot be read: No such file or directory",
        ),
        (
            Endpoint("https://am:1", tls=Tls(ca_file=Path("/nowhere/ca"))),
            "ca_file /nowhere/ca cannot be used: No such file or directory",
        ),
        (
            Endpoint("https://am:1", tls=Tls(ca_file=Path(__file__))),
            f"ca_file {__file__} cannot be used: no certificate or crl found",
        ),
        (
            Endpoint("https://am:1", tls=Tls(None, Path("/nowhere/c"), Path("/nowhere/k"))),
            "cert_file /nowhere/c and key_file /nowhere/k cannot be used: No such file or directory",
        ),
    ],
)
def test_files_are_checked_before_the_start(endpoint: Endpoint, problem: str) -> None:
    with pytest.raises(EndpointError) as error:
        AlertmanagerNotifier([endpoint], Telemetry().notifications, "1").check()
    assert str(error.value) == problem


def fallback_to(url: str, after: timedelta = timedelta(milliseconds=1)) -> FallbackWebhook:
    return FallbackWebhook(Endpoint(url + "/hook"), after)


def test_the_fallback_is_told_once_when_every_alertmanager_is_unreachable() -> None:
    firing, resolved = outgoing(), outgoing(ends_in=-timedelta(minutes=1))
    resolved = resolved._replace(starts_at=firing.starts_at)
    with (
        sink(200) as one,
        sink(500) as two,
        sink() as webhook,
        notifying(one.url, two.url, fallback=fallback_to(webhook.url)) as notifier,
    ):

        def round_of(alert: Outgoing) -> None:
            for server in (one, two):
                tried = len(server.requests)
                notifier.enqueue(server.name, [alert])
                eventually(partial(server.tried_more_than, tried), within=10)

        for _ in range(3):
            round_of(firing)
        assert webhook.requests == []
        one.judge = lambda _: 500
        for _ in range(4):
            round_of(firing)
        eventually(lambda: webhook.requests, within=10)
        for _ in range(2):
            round_of(resolved)
        notifier.until("notifications_total", webhook.name, 2)
        one.judge = lambda _: 200
        round_of(resolved)
        notifier.until("alertmanager_up", one.name, 1)
        round_of(firing)
        assert len(webhook.requests) == 2
        # Another outage is another reason to tell.
        one.judge = lambda _: 500
        for _ in range(3):
            round_of(firing)
        notifier.until("notifications_total", webhook.name, 3)
        told = [(request.path, request.alerts["status"], len(request.alerts["alerts"])) for request in webhook.requests]
    assert told == [("/hook", status, 1) for status in ("firing", "resolved", "firing")]
    (alert,) = webhook.requests[0].alerts["alerts"]
    assert (alert["status"], alert["labels"]["alertname"]) == ("firing", "Odd")


def test_the_fallback_is_told_again_in_another_outage() -> None:
    alerts = many(1)
    with (
        sink(500) as server,
        sink() as webhook,
        notifying(server.url, fallback=fallback_to(webhook.url)) as notifier,
    ):
        for outage in (1, 2):
            server.judge = lambda _: 500
            for _ in range(3):
                notifier.enqueue(server.name, alerts)
                eventually(notifier.failed, within=10)
            notifier.until("notifications_total", webhook.name, outage)
            server.judge = lambda _: 200
            notifier.enqueue(server.name, alerts)
            notifier.until("alertmanager_up", server.name, 1)
            notifier.enqueue(server.name, alerts)
            notifier.until("notifications_total", server.name, 2 * outage)
        assert len(webhook.requests) == 2


def test_what_the_fallback_does_not_take_it_is_told_again() -> None:
    with (
        sink(500) as server,
        sink(503) as webhook,
        notifying(server.url, fallback=fallback_to(webhook.url)) as notifier,
    ):
        for requests in range(4):
            notifier.enqueue(server.name, many(1))
            eventually(notifier.failed, within=10)
            notifier.until("notification_failures_total", webhook.name, requests)
        webhook.judge = lambda _: 200
        notifier.enqueue(server.name, many(1))
        notifier.until("notifications_total", webhook.name, 1)


def test_the_fallback_waits() -> None:
    with sink(500) as server, sink() as webhook:
        with notifying(server.url, fallback=fallback_to(webhook.url, timedelta(hours=1)), drain=5) as notifier:
            for _ in range(3):
                notifier.enqueue(server.name, many(1))
                eventually(notifier.failed, within=10)
        assert webhook.requests == []
