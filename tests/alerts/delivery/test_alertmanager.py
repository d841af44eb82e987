"""The notifier and a real Alertmanager: alerts appear, merge and resolve."""

import json
import ssl
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import bcrypt
import pytest

from alerts.delivery.endpoint import BasicAuth, Endpoint, Tls
from alerts.delivery.payload import body, document, fingerprint
from alerts.model import Outgoing
from exporter.secrets import Secret
from tests.alerts.delivery.alertmanagers import Alertmanager, alertmanager, amtool, pair
from tests.alerts.delivery.alerts import many, outgoing
from tests.alerts.delivery.notifying import Notifying, notifying
from tests.e2e.processes import written
from tests.waiting import eventually
from tests.web import certificates


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Alertmanager]:
    with alertmanager(tmp_path_factory.mktemp("alertmanager")) as running:
        yield running


def changed(**parts: Any) -> dict[str, object]:
    """Return an alert as Alertmanager reads it, with other parts; None leaves one out."""
    found = document(outgoing("Table")) | parts
    return {name: value for name, value in found.items() if value is not None}


GOOD = changed()
ROWS = [
    ("valid", [GOOD], 200),
    ("empty array", [], 200),
    ("null", None, 200),
    ("an empty label", [changed(labels={"alertname": "Table", "none": ""})], 200),
    ("no alertname", [changed(labels={"a": "b"})], 200),
    ("no labels at all", [changed(labels={})], 400),
    ("a bad name of a label", [changed(labels={"a-b": "c"})], 400),
    ("ends before it starts", [changed(endsAt="2020-01-01T00:00:00Z")], 400),
    ("ends when it starts", [changed(startsAt=GOOD["startsAt"], endsAt=GOOD["startsAt"])], 200),
    ("labels missing", [changed(labels=None)], 422),
    ("generatorURL is none", [changed(generatorURL="::")], 422),
    ("a value that is no string", [changed(labels={"a": 1})], 400),
    ("a blank instead of T", [changed(startsAt="2026-01-01 00:00:00")], 200),
]


@pytest.mark.parametrize(("content", "status"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_it_answers_as_the_table_says(server: Alertmanager, content: object, status: int) -> None:
    assert server.post(json.dumps(content)).status_code == status


def test_it_wants_json(server: Alertmanager) -> None:
    assert server.post(json.dumps([GOOD]), content_type="text/plain").status_code == 415
    assert server.post("[{").status_code == 400


def test_one_bad_alert_does_not_keep_the_good_ones_out(server: Alertmanager) -> None:
    sent = [changed(labels={"alertname": "BesideBad"}), changed(labels={"a-b": "c"})]
    assert server.post(json.dumps(sent)).status_code == 400
    eventually(lambda: "BesideBad" in server.alerts(), within=10)


def test_there_is_no_limit_of_size(server: Alertmanager) -> None:
    alerts = [one._replace(annotations={"description": "x" * 2000}) for one in many(5000)]
    sent = body(alerts)
    assert len(sent) > 10_000_000
    assert server.post(sent).status_code == 200


def test_an_alert_appears_keeps_its_start_and_resolves(server: Alertmanager) -> None:
    with notifying(server.url) as notifier:
        first = outgoing("Appears", area="revenue", empty="")
        notifier.enqueue(server.name, [first])
        shown = eventually(lambda: server.alerts().get("Appears"), within=10)
        assert shown
        assert shown["labels"] == {"alertname": "Appears", "area": "revenue"}
        assert shown["fingerprint"] == fingerprint(first.labels)
        assert shown["annotations"] == {"summary": "Appears fires."}
        assert shown["startsAt"] == document(first)["startsAt"]
        assert shown["generatorURL"] == first.generator_url
        assert "Appears" in amtool(server.url)
        later = first._replace(annotations={"summary": "Still."}, starts_at=first.starts_at + timedelta(minutes=5))
        notifier.enqueue(server.name, [later])
        eventually(
            lambda: server.alerts()["Appears"]["annotations"],
            until=lambda seen: seen == {"summary": "Still."},
            within=10,
        )
        assert server.alerts()["Appears"]["startsAt"] == document(first)["startsAt"]
        notifier.enqueue(server.name, [first._replace(ends_at=first.ends_at - timedelta(minutes=5))])
        eventually(lambda: "Appears" not in server.alerts(), within=10)
        assert "Appears" not in amtool(server.url)
        assert notifier.count("notification_failures_total", server.name) == 0


def test_what_it_does_not_take_is_found(server: Alertmanager) -> None:
    alerts = [outgoing(f"Good{number}") for number in range(10)]
    bad = outgoing("Poison")._replace(generator_url="http://a b/")
    with notifying(server.url) as notifier:
        notifier.enqueue(server.name, [*alerts[:5], bad, *alerts[5:]])
        notifier.until("notifications_rejected_total", server.name, 1)
        eventually(lambda: {alert.labels["alertname"] for alert in alerts} <= server.alerts().keys(), within=10)
        assert "Poison" not in server.alerts()


@pytest.mark.parametrize("client_certificate", [False, True])
def test_tls_and_users(tmp_path: Path, client_certificate: bool) -> None:
    authority = certificates.authority(tmp_path, "ca")
    own = certificates.server(tmp_path, "server", authority)
    client = certificates.client(tmp_path, "client", authority)
    tls = {"cert_file": str(own.cert), "key_file": str(own.key)}
    if client_certificate:
        tls |= {"client_auth_type": "RequireAndVerifyClientCert", "client_ca_file": str(authority.cert)}
    users = {"jobhive": bcrypt.hashpw(b"right", bcrypt.gensalt(4)).decode()}
    config = written(tmp_path / "web.yml", {"tls_server_config": tls, "basic_auth_users": users})
    context = ssl.create_default_context(cafile=authority.cert)
    if client_certificate:
        context.load_cert_chain(client.cert, client.key)
    flags = ("--cluster.listen-address=", f"--web.config.file={config}")
    with alertmanager(tmp_path, "tls", *flags, tls=context, auth=("jobhive", "right")) as server:
        right, wrong = BasicAuth("jobhive", Secret("right")), BasicAuth("jobhive", Secret("wrong"))
        trusting = Tls(
            authority.cert, client.cert if client_certificate else None, client.key if client_certificate else None
        )
        delivered(server, Endpoint(server.url, basic_auth=right, tls=trusting))
        with notifying(Endpoint(server.url, basic_auth=wrong, tls=trusting)) as notifier:
            notifier.enqueue(server.name, many(1))
            notifier.until("notifications_dropped_total", server.name, 1)
        stranger = (
            Endpoint(server.url, basic_auth=right)
            if not client_certificate
            else Endpoint(server.url, basic_auth=right, tls=Tls(authority.cert))
        )
        with notifying(stranger) as notifier:
            notifier.enqueue(server.name, many(1))
            assert eventually(notifier.failed, within=10).keys() == {server.name}


def delivered(server: Alertmanager, endpoint: Endpoint) -> None:
    with notifying(endpoint) as notifier:
        notifier.enqueue(server.name, [outgoing("Private")])
        eventually(lambda: "Private" in server.alerts(), within=10)


def test_a_pair_of_which_one_dies(tmp_path: Path) -> None:
    with pair(tmp_path) as (one, two), notifying(one.url, two.url) as notifier:
        assert eventually(lambda: len(one.get("/api/v2/status").json()["cluster"]["peers"]) == 2, within=20)
        sent(notifier, [outgoing("Before")])
        for server in (one, two):
            eventually(lambda: "Before" in server.alerts(), within=10)  # noqa: B023
        one.kill()
        sent(notifier, [outgoing("Before"), outgoing("During")])
        eventually(lambda: "During" in two.alerts(), within=5)
        failed = eventually(notifier.failed, within=10)
        assert failed == {one.name: {outgoing("Before").key, outgoing("During").key}}
        one.start()
        assert one.alerts() == {}
        notifier.enqueue(one.name, [outgoing("Before"), outgoing("During")])
        eventually(lambda: one.alerts().keys() == {"Before", "During"}, within=10)
        assert sorted(two.alerts()) == ["Before", "During"]
        assert len(two.get("/api/v2/alerts").json()) == 2
        notifier.until("alertmanager_up", one.name, 1)


def sent(notifier: Notifying, alerts: list[Outgoing]) -> None:
    for name in notifier.alertmanagers:
        notifier.enqueue(name, alerts)
