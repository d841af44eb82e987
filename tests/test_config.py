"""config.yaml: every mistake is told at once, with its place and its mend, and no secret is shown."""

from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from alerts.policies import Policy
from exporter.config import Config, ConfigError, load
from exporter.registry import NAMES
from exporter.secrets import Redactor

ROOT = Path(__file__).parent.parent
URL = "postgresql://reader:canary-password@db.example.org/jobhive"
MINIMAL = "database: {url: !env DATABASE_URL}\n"


def loaded(folder: Path, text: str, environ: dict[str, str] | None = None) -> Config:
    path = folder / "config.yaml"
    path.write_text(text)
    return load(path, {}, {"DATABASE_URL": URL} if environ is None else environ)


def problems(folder: Path, text: str, environ: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(ConfigError) as raised:
        loaded(folder, text, environ)
    return [line.removeprefix(f"{folder}/config.yaml:") for line in raised.value.problems]


def test_the_file_at_the_root_works_with_a_database_url_and_holds_every_default(tmp_path: Path) -> None:
    shipped = load(ROOT / "config.yaml", {}, {"DATABASE_URL": URL})
    minimal = loaded(tmp_path, MINIMAL)
    for name in (
        "definitions",
        "database",
        "redis",
        "jobs",
        "disabled",
        "web",
        "log",
        "state_path",
        "alerts",
        "reports",
    ):
        assert getattr(shipped, name) == getattr(minimal, name), name


def test_every_key_of_the_tree_is_in_the_file_at_the_root() -> None:
    from exporter.settings import root_model

    text = (ROOT / "config.yaml").read_text()
    for section in ("alerts", "aws", "business", "database", "redis", "web", "log", "reports", "state"):
        fields = root_model().model_fields[section].annotation
        for kind in getattr(fields, "__args__", (fields,)):
            for name, field in getattr(kind, "model_fields", {}).items():
                assert f" {field.alias or name}:" in text, f"{section}.{name}"


TEN_MISTAKES = """\
busines: {}
business:
  timezone: Mars/Olympus
  week_start: someday
database:
  url: !env NOPE_URL
  schema: [3]
  tables:
    user:
      columns: {idd: x}
    plan:
      price_unit: cents
      interval_map: {month: [a], year: [A]}
    subscription:
      status_map: {living: [x]}
collectors:
  revenu: {}
  revenue:
    interval: 5 minutes
    deadline: 10m
    options: {currencies: [usd], dunning_grac: 3d}
  data_quality:
    cron: "* * *"
    deadline: 10m
    deadline: 11m
web:
  listen_addresses: [foo, "127.0.0.1:99999"]
log: {level: !file missing.txt, format: !secret x}
"""
TEN_ANSWERS = [
    "1:1: busines: unknown key; did you mean business?",
    "3:13: business.timezone: not an IANA time zone; write for example UTC or America/New_York",
    "4:15: business.week_start: should be 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday' or 'sunday'",
    "6:8: database.url: the environment variable NOPE_URL is not set; "
    "set it, or write !env {name: NOPE_URL, default: VALUE}",
    "7:11: database.schema: should be a valid string",
    "10:17: database.tables.user.columns.idd: unknown key; remove it, or correct its name",
    "12:19: database.tables.plan.price_unit: should be 'major' or 'minor'",
    "13:21: database.tables.plan.interval_map: 'A' stands under both 'month' and 'year'; leave it under one",
    "15:19: database.tables.subscription.status_map: 'living' is no class; "
    "the classes are active, past_due, trialing, paused, unpaid, canceled, other",
    "17:3: collectors.revenu: unknown key; did you mean revenue?",
    "19:15: collectors.revenue.interval: not a duration; write for example 90s, 5m, 1h30m or 30d",
    "20:15: collectors.revenue.deadline: the deadline is not shorter than the time between runs (5m); shorten it",
    "21:28: collectors.revenue.options.currencies.0: string should match pattern '^[A-Z]{3}$'",
    "21:34: collectors.revenue.options.dunning_grac: unknown key; did you mean dunning_grace?",
    "23:11: collectors.data_quality.cron: not a cron expression of five fields; "
    "write for example '0 */8 * * *', with a day of the month or of the week, not both",
    "25:5: collectors.data_quality.deadline: stands here again, first in line 24; leave one",
    "25:15: collectors.data_quality.deadline: the deadline is not shorter than the time between runs (5m); shorten it",
    "27:22: web.listen_addresses.0: not an address; write HOST:PORT, :PORT or [IPv6]:PORT",
    "27:27: web.listen_addresses.1: not an address; write HOST:PORT, :PORT or [IPv6]:PORT",
    "28:14: log.level: the file missing.txt cannot be read: No such file or directory; check its path and mode",
    "28:41: log.format: unknown tag !secret; there are !env and !file",
]


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    assert problems(tmp_path, TEN_MISTAKES) == TEN_ANSWERS


SINGLE = [
    ("", "1:1: database: is missing, so there is nothing to collect; add database: {url: !env DATABASE_URL}"),
    ("- a\n", "1:1: file: the file is not a map; write section: and keys below it"),
    ("database: {}\n", "1:11: database.url: is missing; add it"),
    ("a: [\n", "2:1: file: this is not YAML: expected the node content, but found '<stream end>'"),
    ("a: \0\n", "1:1: file: this is not YAML: it is not text; write UTF-8"),
    ("a: &a [*a]\n", "1:1: file: this is nested too deeply or repeats itself too often by aliases; write it out"),
    (
        "database: {url: mysql://h/d}\n",
        "1:17: database.url: not a PostgreSQL URL; write postgresql://HOST/DATABASE, with USER:PASSWORD@ before HOST",
    ),
    (
        MINIMAL + "collectors: {revenue: {interval: 1m, cron: '* * * * *'}}\n",
        "2:38: collectors.revenue: has interval and cron; keep one of them",
    ),
    (
        MINIMAL + "collectors: {revenue: {interval: 1h, max_staleness: 30m}}\n",
        "2:53: collectors.revenue.max_staleness: is shorter than the time between runs (1h); values would vanish between runs",
    ),
    (
        MINIMAL + "collectors: {revenue: {interval: 99999999999d}}\n",
        "2:34: collectors.revenue.interval: longer than ten years; shorten it",
    ),
    (
        MINIMAL + "collectors: {revenue: {interval: 0s}}\n",
        "2:34: collectors.revenue.interval: must be longer than nothing; write for example 30s",
    ),
    (
        MINIMAL + "collectors: {revenue: {enabled: !!bool maybe}}\n",
        "2:33: collectors.revenue.enabled: this value cannot be read; put it into quotes",
    ),
    (
        MINIMAL + 'web: {max_requests: !!int ""}\n',
        "2:21: web.max_requests: this value cannot be read; put it into quotes",
    ),
    (
        'database: {url: !file "a\\0b"}\n',
        "1:17: database.url: the file a\0b cannot be read: its path or its text is not UTF-8; check its path and mode",
    ),
    ('{"\\ud800": 1}\n', "1:2: file: has a key that is not printable; correct it"),
    ('"a\\nb": 1\n', "1:1: file: has a key that is not printable; correct it"),
    (
        "a: &a [1,1,1,1,1,1,1,1,1]\n"
        + "".join(
            f"{new}: &{new} [{', '.join(['*' + old] * 9)}]\n" for old, new in zip("abcdef", "bcdefg", strict=True)
        ),
        "1:1: file: this is nested too deeply or repeats itself too often by aliases; write it out",
    ),
    (
        MINIMAL + "web: {telemetry_path: /-/healthy}\n",
        "2:23: web.telemetry_path: another page has this path; write for example /metrics",
    ),
    (
        "database: {url: 'postgresql://u:p@ss0rd@h/d'}\n",
        "1:17: database.url: its password holds a character that ends it; write @ : / ? and # in it as %40 %3A %2F %3F %23",
    ),
    (
        "database: {url: 'postgresql://u:p@ss:word@h/d'}\n",
        "1:17: database.url: not a database URL; write postgresql://HOST/DATABASE, with USER:PASSWORD@ before HOST",
    ),
    (
        "database: {url: 'postgresql://u@h/d?password=canary'}\n",
        "1:17: database.url: a password after the question mark would be shown; write USER:PASSWORD@ before HOST",
    ),
    (
        "redis: {url: 'redis://u:canary@x@h'}\n",
        "1:14: redis.url: its password holds a character that ends it; write @ : / ? and # in it as %40 %3A %2F %3F %23",
    ),
    ("redis: {}\n", "1:8: redis.url: is missing; add it"),
    (
        "redis: {url: rediss://h, ca_file: none.pem}\n",
        "1:35: redis.ca_file: the file cannot be read: No such file or directory; check its path and mode",
    ),
    (
        f"redis: {{url: redis://h, ca_file: {__file__}}}\n",
        "1:34: redis.ca_file: is for TLS, which the URL does not ask for; write rediss:// in it, or remove this",
    ),
    (
        f"redis: {{url: rediss://h, key_file: {__file__}}}\n",
        "1:36: redis.key_file: is a key without a certificate; add cert_file",
    ),
    (
        "redis: {url: redis://h, sentinel_password: 12}\n",
        "1:44: redis.sentinel_password: a password is text; put it into quotes",
    ),
    (
        "redis: {url: redis://h}\ncollectors: {ai_realtime: {options: {components: [a, A-b, a]}}}\n",
        "2:54: collectors.ai_realtime.options.components.1: string should match pattern '^[a-z0-9_]{1,64}$'",
    ),
    (
        "redis: {url: redis://h}\ncollectors: {ai_realtime: {options: {components: [a, b, a]}}}\n",
        "2:50: collectors.ai_realtime.options.components: a stands there twice; leave it once",
    ),
    (MINIMAL + "database: {url: x}\n", "2:1: database: stands here again, first in line 1; leave one"),
    (
        "database: {url: !env {nam: X}}\n",
        "1:17: database.url: write !env NAME or !env {name: NAME, default: VALUE}",
    ),
    (
        MINIMAL + "collectors: {revenue: {enabled: false}, data_quality: {enabled: false}, x: {}}\n",
        "2:73: collectors.x: unknown key; remove it, or correct its name",
    ),
    (
        MINIMAL + "export: [jobhive_interviewer_interviews, jobhive_interviewer_interview]\n",
        "2:42: export.1: no family that is JSON only; did you mean jobhive_interviewer_interviews?",
    ),
    (
        MINIMAL + "export: [jobhive_nonsense_of_mine]\n",
        "2:10: export.0: no family that is JSON only; docs/metrics.md marks those that are",
    ),
    (MINIMAL + "export: [jobhive_mrr]\n", "2:10: export.0: is on /metrics anyway; remove it"),
    (MINIMAL + "export: jobhive_mrr\n", "2:9: export: should be a valid tuple"),
]


@pytest.mark.parametrize(("text", "message"), SINGLE)
def test_a_mistake_is_told_with_its_place_and_mend(tmp_path: Path, text: str, message: str) -> None:
    assert message in problems(tmp_path, text)


def test_a_missing_file_is_a_problem_of_its_own(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as raised:
        load(tmp_path / "none.yaml", {}, {})
    assert raised.value.problems[0].endswith(
        "none.yaml:1:1: file: the file cannot be read: No such file or directory; check its path"
    )


def test_environment_defaults_and_files(tmp_path: Path) -> None:
    (tmp_path / "level").write_text("error\n")
    config = loaded(
        tmp_path,
        MINIMAL + "log: {level: !file level, format: !env {name: NOT_SET, default: json}}\n"
        "web: {max_requests: !env MOST}\n",
        {"DATABASE_URL": URL, "MOST": "7"},
    )
    assert (config.log.level, config.log.format, config.web.max_requests) == ("error", "json", 7)


@pytest.mark.parametrize(
    "text",
    [
        "database: {urll: !env DATABASE_URL}\n",
        "database: {url: !env DATABASE_URL, schema: {x: !env DATABASE_URL}}\n",
        "database: {url: {x: !env DATABASE_URL}}\n",
        MINIMAL + "business: {timezone: !env DATABASE_URL, week_start: !env DATABASE_URL}\n",
        MINIMAL + "database2: !env DATABASE_URL\n",
        MINIMAL + "collectors: {revenue: {options: {currencies: !env DATABASE_URL}}}\n",
        "database: {url: !env DATABASE_URL, tables: {plan: {interval_map: {month: [!env DATABASE_URL, !env DATABASE_URL], "
        "year: [!env DATABASE_URL]}}}}\n",
        "database: {url: !env DATABASE_URL, tables: {plan: {interval_map: {x: !env DATABASE_URL}}}}\n",
    ],
)
def test_a_secret_in_the_wrong_place_is_still_a_secret(tmp_path: Path, text: str) -> None:
    assert "canary" not in "\n".join(problems(tmp_path, text))


def test_a_config_does_not_show_its_password(tmp_path: Path) -> None:
    config = loaded(tmp_path, MINIMAL)
    assert "canary" not in repr(config)
    assert config.redact("failed for reader:canary-password") == "failed for reader:***"


def test_a_cron_schedule_is_as_stale_as_its_longest_gap(tmp_path: Path) -> None:
    config = loaded(tmp_path, MINIMAL + "collectors: {revenue: {cron: '0 9 * * 1-5'}}\n")
    job = next(job for job in config.jobs if job.name == "revenue")
    assert job.interval == timedelta(days=3)
    assert job.contract.max_staleness == timedelta(days=9)
    assert "at cron '0 9 * * 1-5' by collector revenue." in job.contract.families[0].help


@pytest.mark.parametrize(
    ("expression", "zone", "gap"),
    [
        ("*/10 * * * *", "UTC", timedelta(minutes=10)),
        ("*/10 * * * *", "America/New_York", timedelta(minutes=70)),
        ("0 3 * * *", "Europe/Berlin", timedelta(hours=25)),
        ("0 0 1 1 *", "UTC", timedelta(days=366)),
        ("0 0 29 2 *", "UTC", timedelta(days=1461)),
    ],
)
def test_the_longest_gap_of_a_schedule_counts_leap_years_and_clocks_put_back(
    tmp_path: Path, expression: str, zone: str, gap: timedelta
) -> None:
    text = f"business: {{timezone: {zone}}}\ncollectors: {{revenue: {{cron: '{expression}'}}}}\n"
    assert next(job for job in loaded(tmp_path, MINIMAL + text).jobs if job.name == "revenue").interval == gap


@pytest.mark.parametrize(("interval", "staleness"), [("1s", 120), ("39s", 120), ("41s", 123), ("1h", 10800)])
def test_values_stay_for_three_intervals_and_two_minutes_at_least(
    tmp_path: Path, interval: str, staleness: int
) -> None:
    config = loaded(tmp_path, MINIMAL + f"collectors: {{revenue: {{interval: {interval}}}}}\n")
    job = next(job for job in config.jobs if job.name == "revenue")
    assert job.contract.max_staleness == timedelta(seconds=staleness)
    assert job.deadline == min(job.interval / 2, timedelta(minutes=5))


def test_a_secret_that_begins_with_another_is_hidden_whole() -> None:
    redact = Redactor(["abcd", "abcdefgh", "x"])
    assert redact("abcdefgh, abcd and x at postgresql://u:p@h") == "***, *** and x at postgresql://u:***@h"


def test_a_collector_that_is_switched_off_leaves_notes(tmp_path: Path) -> None:
    config = loaded(tmp_path, MINIMAL + "collectors: {revenue: {enabled: false}}\n")
    without = ("ai_realtime", "cost", "revenue", "system", "unit_economics")
    assert [job.name for job in config.jobs] == [name for name in NAMES if name not in without]
    assert ("disabled", "jobhive_mrr", "collector_disabled") in config.disabled


def test_a_family_that_is_json_only_is_exported_on_demand_and_means_the_same(tmp_path: Path) -> None:
    name = "jobhive_interviewer_interviews"
    contracts = [
        next(job.contract for job in loaded(tmp_path, text).jobs if job.name == "interviews")
        for text in (MINIMAL, MINIMAL + f"export: [{name}]\n")
    ]
    exposed = [{family.name for family in contract.families if family.is_exposed} for contract in contracts]
    assert exposed[1] - exposed[0] == {name}
    assert not [name for name in exposed[0] if name.startswith("jobhive_interviewer_")]
    assert contracts[0].fingerprint == contracts[1].fingerprint


def test_a_collector_runs_where_its_source_is_configured(tmp_path: Path) -> None:
    live = loaded(tmp_path, "redis: {url: redis://h}\n")
    assert [(job.name, job.interval, job.deadline) for job in live.jobs] == [
        ("ai_realtime", timedelta(seconds=15), timedelta(seconds=7.5))
    ]
    assert live.jobs[0].contract.max_staleness == timedelta(minutes=2)
    assert ("disabled", "jobhive_mrr", "collector_disabled") in live.disabled
    assert ("disabled", "jobhive_ai_processing_samples", "collector_disabled") in loaded(tmp_path, MINIMAL).disabled


def test_passwords_of_redis_are_hidden_as_they_are_and_as_they_are_written(tmp_path: Path) -> None:
    text = "redis: {url: 'rediss+sentinel://u:p%40ss%20word@h/jobhive', sentinel_password: canary}\n"
    config = loaded(tmp_path, text)
    assert config.redact("p@ss word, p%40ss%20word, p%40ss+word, canary") == "***, ***, ***, ***"
    assert "p@ss" not in repr(config)
    assert "canary" not in repr(config)


def test_the_meaning_of_numbers_makes_the_fingerprint_and_the_schedule_does_not(tmp_path: Path) -> None:
    def fingerprint(text: str, environ: dict[str, str] | None = None) -> str:
        return next(job for job in loaded(tmp_path, text, environ).jobs if job.name == "revenue").contract.fingerprint

    plain = fingerprint(MINIMAL)
    assert fingerprint(MINIMAL + "collectors: {revenue: {interval: 1m, required: true}}\n") == plain
    assert fingerprint(MINIMAL, {"DATABASE_URL": URL.replace("canary-password", "rotated")}) == plain
    for change in (
        "business: {timezone: America/New_York}\n",
        "business: {population: {exclude_staff: false}}\n",
        "collectors: {revenue: {options: {customer_key: company}}}\n",
    ):
        assert fingerprint(MINIMAL + change) != plain
    assert fingerprint(MINIMAL, {"DATABASE_URL": URL.replace("db.example", "other.example")}) != plain


def test_flags_win_over_the_file(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(MINIMAL + "log: {level: error, format: json}\n")
    config = load(path, {"log": {"level": "debug"}, "web": {"max_requests": 3}}, {"DATABASE_URL": URL})
    assert (config.log.level, config.log.format, config.web.max_requests) == ("debug", "json", 3)


def test_the_state_lies_below_the_state_directory(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(MINIMAL + "business: {timezone: America/New_York, week_start: sunday}\n")
    config = load(path, {}, {"DATABASE_URL": URL, "STATE_DIRECTORY": "/var/lib/jobhive"})
    assert config.state_path == Path("/var/lib/jobhive/jobhive-exporter.db")
    assert (config.definitions.timezone, config.definitions.week_start) == (ZoneInfo("America/New_York"), 6)


ALERTS = """
alerts:
  rule_files: [""]
  target: {labels: {"a-b": x}}
  notify: perhaps
  resend_delay: soon
  evaluation_interval: 0s
  min_prometheus: "3"
  unsupported: ignore
  unknown_source: {policy: alert}
  overrides: [{rule: x}]
  alertmanagers:
    - {url: "am:9093"}
    - {url: "http://user:canary@am:9093"}
    - {url: "http://am:9093", basic_auth: {username: x, password: [canary]}}
"""


def test_mistakes_below_alerts(tmp_path: Path) -> None:
    told = problems(tmp_path, MINIMAL + ALERTS)
    keys = [line.split(": ")[1] for line in told]
    assert keys == [
        "alerts.rule_files.0",
        "alerts.target.labels.a-b",
        "alerts.notify",
        "alerts.resend_delay",
        "alerts.evaluation_interval",
        "alerts.min_prometheus",
        "alerts.unsupported",
        "alerts.unknown_source.policy",
        "alerts.overrides.0.rule",
        "alerts.alertmanagers.0.url",
        "alerts.alertmanagers.1.url",
        "alerts.alertmanagers.2.basic_auth.password",
    ]
    assert "canary" not in "".join(told)


def test_two_alertmanagers_at_one_address(tmp_path: Path) -> None:
    (line,) = problems(tmp_path, MINIMAL + "alerts: {alertmanagers: [{url: 'http://am:1'}, {url: 'http://am:1/x'}]}\n")
    assert "two Alertmanagers are at am:1; each needs its own host and port" in line


def test_the_password_of_an_alertmanager_is_redacted(tmp_path: Path) -> None:
    text = "alerts: {alertmanagers: [{url: 'http://am:1', basic_auth: {username: x, password: canary-word}}]}\n"
    assert "canary-word" not in loaded(tmp_path, MINIMAL + text).redact("it said canary-word")


def test_an_override_changes_only_what_it_gives(tmp_path: Path) -> None:
    text = """
alerts:
  unknown_source: {max_hold: 2h}
  overrides:
    - {group: cost, unknown_source: {when: stale}}
    - {alert: Job*, missing_series: {policy: keep_last, at_most: 5m}}
"""
    policies = loaded(tmp_path, MINIMAL + text).alerts.policies
    hours, minutes = timedelta(hours=2), timedelta(minutes=5)
    assert policies.default == Policy(max_hold=hours)
    assert policies.of("cost", "JobX") == Policy(when="stale", max_hold=hours)
    assert policies.of("other", "JobX") == Policy(max_hold=hours, keep_last=minutes)


def test_a_fallback_needs_alertmanagers_for_which_it_stands_in(tmp_path: Path) -> None:
    given = MINIMAL + "alerts: {fallback: {url: 'https://hook.example.org/x'}}\n"
    (line,) = problems(tmp_path, given)
    assert line.endswith(
        "alerts.fallback: it is told only while no Alertmanager can be reached, and alerts.alertmanagers is empty; "
        "name Alertmanagers there, or remove it"
    )
    assert problems(tmp_path, MINIMAL + "alerts: {alertmanagers: [{url: no}], fallback: {url: 'http://x'}}\n") != [line]
