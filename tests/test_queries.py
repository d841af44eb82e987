"""Custom queries in config.yaml: what becomes of them, and every mistake with its place and its mend."""

from datetime import timedelta
from pathlib import Path

import pytest

from exporter.config import Config, Job
from exporter.tasks import task_of
from tests.sources import slow_driver
from tests.test_config import MINIMAL, loaded, problems

QUERIES = """\
collectors:
  custom_sql:
    databases:
      eu: {url: 'sqlite:////eu.db', labels: {region: eu}}
      us: {url: !env US_URL, labels: {region: us}}
    queries:
      orders:
        databases: [eu, us]
        interval: 1m
        sql: SELECT 1 AS shop_orders
        metrics:
          shop_orders: {help: Orders}
      sums:
        database: eu
        cron: '0 3 * * *'
        deadline: 1m
        max_staleness: 2d
        required: true
        max_series: 7
        sql: SELECT count(*) AS shop_sums FROM orders WHERE placed_at < :at AND channel = :channel
        parameters: {channel: [web, !env SECRET]}
        metrics:
          shop_sums: {help: Sums, labels: [channel]}
      home:
        sql: SELECT 1 AS home_total
        metrics:
          home_total: {help: Home, type: counter}
"""
ENVIRON = {
    "DATABASE_URL": "postgresql://reader:canary-password@db.example.org/jobhive",
    "US_URL": "postgresql://u:canary-us@h/d",
    "SECRET": "canary-parameter",
}


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return loaded(tmp_path, MINIMAL + QUERIES, ENVIRON)


def job(config: Config, name: str) -> Job:
    return next(job for job in config.jobs if job.name == name)


def test_every_query_is_a_collector_of_its_own_on_each_database(config: Config) -> None:
    names = [job.name for job in config.jobs if job.name.startswith("custom_sql")]
    assert names == ["custom_sql:orders:eu", "custom_sql:orders:us", "custom_sql:sums", "custom_sql:home"]
    eu, us = job(config, names[0]), job(config, names[1])
    assert eu.contract.families == us.contract.families
    (family,) = eu.contract.families
    assert [label.name for label in family.labels] == ["database", "region"]
    assert family.help == "Orders. Cached; refreshed every 1m by collector custom_sql:orders."
    assert (eu.source, us.source) == ("custom_sql:eu", "custom_sql:us")
    assert (eu.interval, eu.deadline) == (timedelta(minutes=1), timedelta(seconds=30))


def test_a_query_has_the_terms_of_a_collector(config: Config) -> None:
    sums, home = job(config, "custom_sql:sums"), job(config, "custom_sql:home")
    assert (sums.cron, sums.interval, sums.deadline) == ("0 3 * * *", timedelta(days=1), timedelta(minutes=1))
    terms = sums.contract
    assert (terms.max_staleness, terms.required, terms.max_series) == (timedelta(days=2), True, 7)
    assert "at cron '0 3 * * *' by collector custom_sql:sums." in terms.families[0].help
    assert (home.interval, home.source) == (timedelta(minutes=5), "custom_sql:jobhive")
    assert home.contract.max_staleness == timedelta(minutes=15)


def test_each_database_has_a_lane_of_its_own(config: Config) -> None:
    lanes = {found.name: task_of(found, config, print, None).lane for found in config.jobs}
    assert lanes["custom_sql:orders:eu"] == lanes["custom_sql:sums"] == "custom_sql:eu"
    assert lanes["custom_sql:home"] == "custom_sql:jobhive"
    assert (lanes["operations"], lanes["revenue"]) == ("quick", "database")


def test_no_secret_of_a_database_or_a_parameter_is_shown(config: Config) -> None:
    texts = [repr(config), config.redact("canary-us, canary-parameter and canary-password; web")]
    assert texts[1] == "***, *** and ***; web"
    assert "canary-us" not in texts[0]


def test_what_is_switched_off_leaves_notes_and_no_collector(tmp_path: Path) -> None:
    one = loaded(tmp_path, MINIMAL + QUERIES.replace("interval: 1m", "enabled: false"), ENVIRON)
    assert ("disabled", "shop_orders", "collector_disabled") in one.disabled
    assert len([note for note in one.disabled if note.family == "shop_orders"]) == 1
    assert [found.name for found in one.jobs if "custom" in found.name] == ["custom_sql:sums", "custom_sql:home"]
    none = loaded(tmp_path, MINIMAL + QUERIES.replace("custom_sql:", "custom_sql:\n    enabled: false"), ENVIRON)
    assert {note.family for note in none.disabled} >= {"shop_orders", "shop_sums", "home_total"}
    assert not any("custom" in found.name for found in none.jobs)


def test_queries_need_no_database_of_jobhive(tmp_path: Path) -> None:
    text = QUERIES.partition("      home:")[0]
    assert [found.name for found in loaded(tmp_path, text, ENVIRON).jobs][-1] == "custom_sql:sums"


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        ("interval: 1m", "interval: 2m", False),
        ("canary-us", "rotated", False),
        ("help: Orders", "help: More orders", False),
        ("SELECT 1 AS shop_orders", "SELECT 2 AS shop_orders", True),
        ("region: us", "region: na", True),
        ("@h/d", "@other/d", True),
    ],
)
def test_the_meaning_of_a_query_makes_its_fingerprint(tmp_path: Path, old: str, new: str, changes: bool) -> None:
    prints = [
        job(loaded(tmp_path, MINIMAL + text, ENVIRON | {"US_URL": url}), "custom_sql:orders:us").contract.fingerprint
        for text, url in (
            (QUERIES, ENVIRON["US_URL"]),
            (QUERIES.replace(old, new), ENVIRON["US_URL"].replace(old, new)),
        )
    ]
    assert (prints[0] != prints[1]) is changes


def test_a_parameter_that_changes_changes_the_meaning(tmp_path: Path) -> None:
    prints = {
        job(loaded(tmp_path, MINIMAL + QUERIES, ENVIRON | {"SECRET": secret}), "custom_sql:sums").contract.fingerprint
        for secret in ("one-value", "another-value")
    }
    assert len(prints) == 2


MISTAKES = """\
collectors:
  custom_sql:
    databases:
      bad: {url: nonsense}
      driver: {url: 'mysql+pymysql://u:canary@h/d'}
      jobhive: {url: 'sqlite:///x.db'}
      odd name: {url: 'sqlite:///x.db'}
      a: {url: 'sqlite:///a.db', labels: {region: eu}}
      b: {url: 'sqlite:///b.db', label: {region: us}}
      c: {url: 'sqlite:///b.db', labels: {__region: us}}
    queries:
      one:
        database: a
        databases: [a, b, nowhere, a, bad]
        interval: 1m
        cron: '* * * * *'
        deadline: 5m
        max_staleness: 1s
        sql: SELECT :missing, :at, ':word'
        parameters: [{at: 1, unused: 2, even: 3}, {at: 1, unused: 2}]
        metrics:
          jobhive_mrr: {help: x, labels: [even]}
          up: {help: x}
          scrape_x: {help: x}
          one: {help: x, type: counter}
          two_total: {help: x}
          two_count: {help: x}
          many: {help: x, values: [a, b, a]}
          label: {help: x, value_label: kind}
          both: {help: x, values: [a], static_value: 1}
          fold: {help: x, fold: sum}
          labels: {help: x, labels: [job, le, database, x, region], static_labels: {x: '1'}}
          type: {help: x, type: histogram}
          helpless: {typ: gauge}
      two:
        sql: SELECT :empty
        parameters: [{empty: null}]
        metrics:
          two: {help: x}
          two_total: {help: x, type: counter, labels: [empty]}
      three:
        parameter: [{a: 1}]
        databases: []
        sql: SELECT 1
        metrics: {}
      four:
        interval: 5x
        parameters: {a: 1}
        sql: SELECT 1 AS four
        metrics: {'fo ur': {help: ''}}
      five: {sql: '', metrics: {five: {help: x}}}
"""
P = "collectors.custom_sql"
ANSWERS = [
    f"4:18: {P}.databases.bad.url: not a database URL; write DIALECT://HOST/DATABASE, with USER:PASSWORD@ before HOST",
    f"5:21: {P}.databases.driver.url: the driver of mysql is not installed: no module pymysql; "
    "install it beside the exporter, or name another one: mysql+DRIVER://",
    f"6:7: {P}.databases.jobhive: the name jobhive is that of the database of JobHive; choose another one",
    f"7:7: {P}.databases.odd name: the name should match pattern '^[a-zA-Z0-9_-]{{1,50}}$'",
    f"9:34: {P}.databases.b.label: unknown key; did you mean labels?",
    f"10:43: {P}.databases.c.labels.__region: the name should match pattern '^_?[a-zA-Z][a-zA-Z0-9_]*$'",
    f"14:9: {P}.queries.one.databases: has database and databases; keep one of them",
    f"14:9: {P}.queries.one.databases: a stands here 2 times; leave one",
    f"14:9: {P}.queries.one.databases: there is no database nowhere; there are a, b, c, jobhive",
    f"14:9: {P}.queries.one.databases: a and b have different labels; give them the same ones",
    f"14:9: {P}.queries.one.databases: a gives the label region, which the query has itself; leave one",
    f"16:9: {P}.queries.one: has interval and cron; keep one of them",
    f"17:19: {P}.queries.one.deadline: the deadline is not shorter than the time between runs (1m); shorten it",
    f"18:24: {P}.queries.one.max_staleness: is shorter than the time between runs (1m); values would vanish between runs",
    f"19:9: {P}.queries.one.sql: asks for the parameter missing, which is not given; "
    "give it below parameters, or write \\:missing if it is none",
    f"19:9: {P}.queries.one.sql: asks for the parameter word, which is not given; "
    "give it below parameters, or write \\:word if it is none",
    f"20:9: {P}.queries.one.parameters: at is the instant of the run, which is there by itself; choose another name",
    f"20:9: {P}.queries.one.parameters: even is not in every set; give it in each, null where there is none",
    f"20:9: {P}.queries.one.parameters: unused is neither in the SQL nor a label; write :unused there, or remove it",
    f"22:11: {P}.queries.one.metrics.jobhive_mrr: names that begin with jobhive_, process_, python_ are the exporter's "
    "own; choose another one",
    f"23:11: {P}.queries.one.metrics.up: is a name that Prometheus gives to series of its own; choose another one",
    f"24:11: {P}.queries.one.metrics.scrape_x: is a name that Prometheus gives to series of its own; choose another one",
    f"25:11: {P}.queries.one.metrics.one: is a counter, whose name ends in _total; write one_total",
    f"26:11: {P}.queries.one.metrics.two_total: is a gauge, whose name must not end in _total; "
    "write type: counter if it only goes up, or rename it",
    f"27:11: {P}.queries.one.metrics.two_count: is a gauge, whose name must not end in _count; choose another name",
    f"28:27: {P}.queries.one.metrics.many.values: are several columns, which need value_label: "
    "the label that has the name of the column",
    f"28:27: {P}.queries.one.metrics.many.values: a stands here 2 times; leave one",
    f"29:28: {P}.queries.one.metrics.label.value_label: needs values: the columns whose names it is to have",
    f"30:40: {P}.queries.one.metrics.both.static_value: has values and static_value; keep one of them",
    f"31:27: {P}.queries.one.metrics.fold.fold: needs labels: without any there is nothing to fold",
    f"32:29: {P}.queries.one.metrics.labels.labels: the label job is that of the target in Prometheus; choose another name",
    f"32:29: {P}.queries.one.metrics.labels.labels: the label le belongs to histograms and summaries; choose another name",
    f"32:29: {P}.queries.one.metrics.labels.labels: the label database is given 2 times (databases gives one, too); leave one",
    f"32:29: {P}.queries.one.metrics.labels.labels: the label x is given 2 times; leave one",
    f"33:33: {P}.queries.one.metrics.type.type: should be 'gauge' or 'counter'",
    f"34:21: {P}.queries.one.metrics.helpless.help: is missing; add it",
    f"34:22: {P}.queries.one.metrics.helpless.typ: unknown key; did you mean type?",
    f"39:11: {P}.queries.two.metrics.two: query one has this metric already; choose another name, or join the two by UNION ALL",
    f"40:11: {P}.queries.two.metrics.two_total: query one has this metric already; "
    "choose another name, or join the two by UNION ALL",
    f"40:47: {P}.queries.two.metrics.two_total.labels: the parameter empty is empty in one of its sets, and a label is not; "
    "give it a value",
    f"42:9: {P}.queries.three.parameter: unknown key; did you mean parameters?",
    f"43:20: {P}.queries.three.databases: tuple should have at least 1 item after validation, not 0",
    f"45:9: {P}.queries.three.metrics: has no metric; write NAME: {{help: WHAT IT IS}}",
    f"47:19: {P}.queries.four.interval: not a duration; write for example 90s, 5m, 1h30m or 30d",
    f"48:21: {P}.queries.four.parameters: a is not a list of values; write a: [VALUE, VALUE]",
    f"50:19: {P}.queries.four.metrics.fo ur: the name should match pattern '^[a-zA-Z_][a-zA-Z0-9_]*$'",
    f"50:35: {P}.queries.four.metrics.fo ur.help: string should have at least 1 character",
    f"51:19: {P}.queries.five.sql: string should have at least 1 character",
]


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    assert problems(tmp_path, MISTAKES) == ANSWERS


def test_a_query_without_a_database_needs_that_of_jobhive(tmp_path: Path) -> None:
    text = "collectors: {custom_sql: {queries: {q: {sql: SELECT 1 AS a, metrics: {a: {help: x}}}}}}\n"
    assert problems(tmp_path, text) == [
        "1:37: collectors.custom_sql.queries.q.database: there is no database of JobHive in this file; name one of your own"
    ]


def test_a_driver_that_is_there_is_used(tmp_path: Path) -> None:
    slow_driver.register()
    text = QUERIES.replace("sqlite:////eu.db", "slowsql:////eu.db")
    config = loaded(tmp_path, MINIMAL + text, ENVIRON)
    assert config.sql_sources["custom_sql:eu"].url.drivername == "slowsql"
