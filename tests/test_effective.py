"""The configuration in force, as people are shown it: whole, readable again, and without a secret."""

from pathlib import Path

import yaml

from exporter.config import load

CONFIG = """
business: {timezone: Europe/Berlin}
database: {url: "postgresql://jobhive:hidden-dsn@db/jobhive"}
redis: {url: "rediss://:hidden-redis@cache/0"}
datadog: {api_key: hidden-api-key, app_key: hidden-app-key, simulated: true}
aws: {access_key_id: !env ID, secret_access_key: !env KEY, budget: {usd_per_month: 5}}
collectors:
  revenue: {interval: 90s}
  custom_sql: {databases: {shop: {url: "postgresql://shop:hidden-shop@db2/shop"}}}
web:
  tokens: [{name: grafana, token: hidden-token-hidden-token-hidden, scopes: [api]}]
alerts:
  alertmanagers: [{url: "http://am:9093", basic_auth: {username: jobhive, password: hidden-password}}]
"""


def test_the_configuration_is_shown_whole_and_without_secrets(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG)
    text = load(path, {}, {"ID": "hidden-id", "KEY": "hidden-secret"}).effective
    shown = yaml.safe_load(text)
    assert "hidden" not in text
    assert text.count("***") == 9
    assert shown["business"]["timezone"] == "Europe/Berlin"
    assert shown["collectors"]["revenue"]["interval"] == "1m30s"
    assert shown["aws"]["budget"] == {"requests_per_day": 20, "usd_per_month": 5.0}
    assert shown["web"]["telemetry_path"] == "/metrics"
    assert shown["database"]["schema"] == "public"
    assert shown["alerts"]["alertmanagers"][0]["url"] == "http://am:9093"


def test_what_is_shown_can_be_loaded_again(tmp_path: Path) -> None:
    path, again = tmp_path / "config.yaml", tmp_path / "again.yaml"
    path.write_text("database: {url: postgresql://db/jobhive}\n")
    before = load(path, {}, {})
    again.write_text(before.effective)
    after = load(again, {}, {})
    assert after.effective == before.effective
    assert [(job.name, job.interval) for job in after.jobs] == [(job.name, job.interval) for job in before.jobs]
