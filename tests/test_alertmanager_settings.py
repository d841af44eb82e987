"""The settings of Alertmanagers: what they become for the notifier, and what is refused."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from alerts.delivery.endpoint import BasicAuth, Endpoint, Tls
from alerts.notifier import FallbackWebhook
from exporter.alertmanager_settings import Alertmanagers, FallbackSection
from exporter.secrets import Secret

ALERTMANAGERS: TypeAdapter[Any] = TypeAdapter(Alertmanagers)


def test_what_the_notifier_gets() -> None:
    given = [
        {"url": "http://alertmanager-0:9093"},
        {
            "url": "https://[::1]/prefix",
            "timeout": "5s",
            "basic_auth": {"username": "jobhive", "password": "secret"},
            "tls": {"ca_file": "ca.pem", "cert_file": "c.pem", "key_file": "k.pem", "server_name": "am"},
        },
        {"url": "http://c", "bearer_token_file": "/run/token"},
    ]
    endpoints = [one.endpoint() for one in ALERTMANAGERS.validate_python(given)]
    tls = Tls(Path("ca.pem"), Path("c.pem"), Path("k.pem"), "am")
    assert endpoints == [
        Endpoint("http://alertmanager-0:9093"),
        Endpoint("https://[::1]/prefix", timedelta(seconds=5), BasicAuth("jobhive", Secret("secret")), None, tls),
        Endpoint("http://c", bearer_token_file=Path("/run/token")),
    ]
    assert [endpoint.name for endpoint in endpoints] == ["alertmanager-0:9093", "[::1]:443", "c:80"]
    assert "secret" not in repr(endpoints)


def test_the_fallback() -> None:
    section = FallbackSection.model_validate({"url": "https://hooks.example.org/x"})
    assert section.webhook() == FallbackWebhook(Endpoint("https://hooks.example.org/x"), timedelta(minutes=5))


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"url": "alertmanager:9093"}, "not an address; write for example http://alertmanager:9093"),
        ({"url": "http://"}, "not an address"),
        ({"url": "http://a:99999"}, "not an address"),
        ({"url": "http://a?b"}, "not an address"),
        ({"url": "http://u:hidden@a"}, "a password in it would be shown; write basic_auth beside it"),
        ({"url": "http://a", "timeout": "0s"}, "must be longer than nothing"),
        ({"url": "http://a", "tls": {"ca_file": "x"}}, "tls is set for an address without TLS; write https://"),
        ({"url": "https://a", "tls": {"cert_file": "x"}}, "cert_file and key_file belong together"),
        ({"url": "http://a", "basic_auth": {"username": "a:b", "password": "p"}}, "String should match pattern"),
        ({"url": "http://a", "basic_auth": {"username": "a", "password": "p\n"}}, "a password is one line of text"),
        (
            {"url": "http://a", "bearer_token_file": "x", "basic_auth": {"username": "a", "password": "p"}},
            "basic_auth and bearer_token_file exclude each other; keep one",
        ),
        ({"url": "http://a", "nosuch": 1}, "Extra inputs are not permitted"),
    ],
)
def test_what_is_refused(given: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValidationError) as error:
        ALERTMANAGERS.validate_python([given])
    assert problem in error.value.errors(include_input=False)[0]["msg"]


def test_two_at_one_address() -> None:
    with pytest.raises(ValidationError) as error:
        ALERTMANAGERS.validate_python([{"url": "http://a"}, {"url": "http://a:80/prefix"}])
    problem = "two Alertmanagers are at a:80; each needs its own host and port"
    assert problem in error.value.errors(include_input=False)[0]["msg"]
