"""The status page: what it says in each state, to a browser and to a terminal."""

import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import product
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from alerts.manager import Counts, Standing
from alerts.model import Alert, AlertState
from alerts.rounds import GroupState
from alerts.rule_round import RuleState
from exporter.budget import Account
from exporter.columns import columns
from exporter.health import Build
from exporter.model import Failure, Note, Reason, Sample
from exporter.reporting import Told
from exporter.store import RECENT, Store
from exporter.web.status.routes import status_routes
from exporter.web.status.view import Surroundings
from exporter.web.status.words import plain, span
from exporter.web_settings import WebSection
from tests.alerts.timeline import group
from tests.families import HIDDEN, MINUTE, MONEY, NOW, contract, result

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
SECOND = timedelta(seconds=1)
HOSTILE = "<script>alert('x')</script>"


class House:
    """The status page over a store of its own."""

    def __init__(self, *names: str) -> None:
        self.now = NOW
        self.contracts = {name: contract(name) for name in names or ("cost", "revenue")}
        self.store = Store(NOW)
        self.store.configure(self.contracts.values(), (Note("disabled", MONEY.name, "not_enabled"),), {}, NOW)
        self.around = Surroundings(Build("1.2.3", "abc"), sources=dict.fromkeys(self.contracts, "database"))

    def succeed(self, name: str, *samples: Sample) -> None:
        self.store.put(result(*samples, name=name, ended=self.now), self.contracts[name])

    def fail(self, name: str, reason: Reason = Reason.QUERY, message: str = "no such table; map it") -> None:
        self.store.fail(self.contracts[name], Failure(reason, message, self.now, 0.2))

    def get(self, path: str = "/", *, browser: bool = True, external_url: str | None = None) -> str:
        routes = status_routes(
            lambda: self.now, self.store.snapshot, lambda: self.around, WebSection(external_url=external_url)
        )
        response = TestClient(Starlette(routes=routes)).get(path, headers=BROWSER if browser else {})
        assert response.headers["content-type"].startswith("text/html" if browser else "text/plain")
        assert response.headers["vary"] == "Accept"
        return response.text


# What happens, in order; then the verdict, and the words for the state of revenue.
STORIES = [
    ("", "Starting: 2 of 2 collectors have not run yet.", "not run yet"),
    ("succeed cost", "Starting: 1 of 2 collectors have not run yet.", "not run yet"),
    ("succeed cost, succeed revenue", "All is well: 2 collectors, no alert.", "ok"),
    ("succeed cost, fail revenue", "1 of 2 collectors need a look: revenue.", "failing"),
    (
        "succeed cost, succeed revenue, fail revenue",
        "1 of 2 collectors need a look: revenue.",
        "failing, last good values served",
    ),
    ("succeed cost, succeed revenue, wait", "2 of 2 collectors need a look: cost, revenue.", "stale"),
]


@pytest.mark.parametrize("browser", [True, False])
@pytest.mark.parametrize(("story", "verdict", "state"), STORIES)
def test_the_page_begins_with_a_verdict(story: str, verdict: str, state: str, browser: bool) -> None:
    house = House()
    for step in filter(None, story.split(", ")):
        if step == "wait":
            house.now += 16 * MINUTE
        else:
            outcome, name = step.split()
            getattr(house, outcome)(name)
    page = house.get(browser=browser)
    assert verdict in page
    row = re.search(r"revenue</a></th>\s*<td[^>]*>.&nbsp;([^<]*)<" if browser else r"revenue +(.*?)  ", page)
    assert row
    assert row[1] == state


@pytest.mark.parametrize("reason", Reason)
def test_a_failure_is_told_in_words(reason: Reason) -> None:
    house = House("revenue")
    house.fail("revenue", reason, HOSTILE)
    html, text = house.get(), house.get(browser=False)
    assert f"{reason}: " in text
    assert HOSTILE in text
    assert "&lt;script&gt;" in html
    assert "<script" not in html


# What the runs of two collectors came to, and what is said of the source of both.
SOURCES = [
    ((None, None), "not asked yet"),
    ((None, "ok"), "answers"),
    (("ok", "ok"), "answers"),
    (("ok", Reason.QUERY), "answers"),
    (("ok", Reason.TIMEOUT), "answers 1 of 2 collectors; the source did not answer in time"),
    ((Reason.CONNECT, Reason.CONNECT), "the source cannot be reached"),
]


@pytest.mark.parametrize(("outcomes", "state"), SOURCES)
def test_a_source_is_as_well_as_those_who_ask_it(outcomes: tuple[object, ...], state: str) -> None:
    house = House()
    for name, outcome in zip(("cost", "revenue"), outcomes, strict=True):
        if isinstance(outcome, Reason):
            house.fail(name, outcome)
        elif outcome:
            house.succeed(name)
    assert re.search(rf"^database +{re.escape(state)} +cost, revenue$", house.get(browser=False), re.MULTILINE)


def test_next_runs_budgets_and_what_is_simulated_are_told() -> None:
    house = House()
    house.around = Surroundings(
        Build("1.2.3", "abc"),
        sources={"cost": "aws"},
        simulated=("aws",),
        next_runs={"cost": NOW + 5 * MINUTE},
        accounts=(Account("aws_ce", 14, Decimal("0.14"), 0, Decimal("0.86")),),
    )
    for page in (house.get(), house.get(browser=False)):
        for text in (
            "in 5 min",
            "Simulated, not real: all that comes from aws.",
            "aws (simulated, not real)",
            "0 requests, 0.86 USD this month",
            "14 requests, 0.14 USD ever",
            "1.2.3",
        ):
            assert text in page


def test_the_latest_runs_are_shown_and_no_more() -> None:
    house = House("revenue")
    for _ in range(RECENT):
        house.succeed("revenue")
    house.fail("revenue")
    house.now += SECOND
    assert "." * (RECENT - 1) + "x\n" in house.get(browser=False)
    assert f"The latest {RECENT} runs: {RECENT - 1} succeeded, 1 failed" in house.get()
    assert house.get().count("<rect") == RECENT


def test_the_page_of_a_collector_has_its_series() -> None:
    house = House("revenue")
    house.succeed("revenue", MONEY.sample(Decimal("12345.5"), currency="EUR"), HIDDEN.sample(1, who="somebody"))
    page, text = house.get("/collectors/revenue"), house.get("/collectors/revenue", browser=False)
    assert "<code>currency=EUR</code>" in page
    assert re.search(r"^  currency=EUR  12,345.5$", text, re.MULTILINE)
    assert "1 series" in text
    for shown in (page, text):
        assert "somebody" not in shown
        assert HIDDEN.name not in shown
        # The other family has no sample though its collector ran.
        assert "not defined at present" in shown


def test_a_collector_that_never_ran_says_why_it_has_no_series() -> None:
    text = House("revenue").get("/collectors/revenue", browser=False)
    assert "no series: not enabled" in text
    assert "no series: nothing is served" in text


def test_an_unknown_collector_is_not_found() -> None:
    house = House()
    routes = status_routes(lambda: NOW, house.store.snapshot, lambda: house.around, WebSection())
    response = TestClient(Starlette(routes=routes)).get("/collectors/nobody")
    assert (response.status_code, response.text) == (404, "there is no such collector; / lists them\n")


@pytest.mark.parametrize("path", ["/", "/collectors/revenue"])
def test_the_page_needs_nothing_from_elsewhere(path: str) -> None:
    house = House()
    house.succeed("revenue")
    page = house.get(path)
    assert not re.findall(r"https?://|<script|<link|<img|url\(|@import", page)
    assert '<a class="skip"' in page
    assert len(set(re.findall(r'id="([^"]+)"', page))) == len(re.findall(r'id="([^"]+)"', page))
    # What scrolls sideways on a phone can be reached with the keyboard.
    assert page.count('class="table') == page.count('tabindex="0"')


@pytest.mark.parametrize(
    ("external_url", "path", "base"),
    [
        (None, "/", "./"),
        (None, "/collectors/revenue", "../"),
        ("https://example.org/jobhive/", "/collectors/revenue", "https://example.org/jobhive/"),
    ],
)
def test_links_lead_home_behind_a_proxy_too(external_url: str | None, path: str, base: str) -> None:
    assert f'<base href="{base}">' in House().get(path, external_url=external_url)


def _luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_every_text_stands_out_from_its_ground() -> None:
    """WCAG 2.2, 1.4.3: the contrast of text is at least 4.5, in light and in dark."""
    style = House().get()
    colours = {name: (light, dark) for name, light, dark in re.findall(r"--(\w+): light-dark\((\S+), (\S+)\)", style)}
    for text, ground, scheme in product(("text", "quiet", "link", "good", "bad"), ("ground", "card"), (0, 1)):
        pair = sorted((_luminance(colours[name][scheme]) for name in (text, ground)), reverse=True)
        assert (pair[0] + 0.05) / (pair[1] + 0.05) >= 4.5, (text, ground, scheme)


@pytest.mark.parametrize(
    ("seconds", "text"), [(-5, "0 s"), (119, "119 s"), (120, "2 min"), (7200, "2 h"), (172800, "2 d")]
)
def test_spans_are_written_with_their_largest_unit(seconds: int, text: str) -> None:
    assert span(timedelta(seconds=seconds)) == text


@pytest.mark.parametrize(
    ("family", "value", "text"),
    [
        ("jobhive_churn_ratio", Decimal("0.0512"), "5.12%"),
        ("jobhive_last_timestamp_seconds", 1776686400, "2026-04-20 12:00:00 UTC"),
        ("jobhive_last_timestamp_seconds", 0, "never"),
        ("jobhive_age_seconds", 0.25, "0.25 s"),
        ("jobhive_used_bytes", 1536, "1.5 KiB"),
        ("jobhive_used_bytes", 3 * 1024**5, "3072 TiB"),
        ("jobhive_mrr", Decimal("1234567.891"), "1,234,567.891"),
        ("jobhive_users", 100, "100"),
    ],
)
def test_values_are_written_in_the_unit_of_their_family(family: str, value: Decimal, text: str) -> None:
    assert plain(family, value) == text


def test_columns_stand_below_each_other() -> None:
    assert columns([("a", "bb"), ("ccc", "d")]) == "a    bb\nccc  d"


RULES = """
{alert: Hot, expr: one > 0, labels: {severity: critical}}
{alert: Odd, expr: one > 1}
{record: two, expr: one * 2}
"""


def _alert(name: str, state: AlertState, minutes: int, **changes: Any) -> Alert:
    labels = {"alertname": name, "severity": "critical", "room": HOSTILE}
    since = NOW - minutes * MINUTE
    fired = since if state is AlertState.FIRING else None
    return Alert(labels, {"summary": "It is hot."}, 1, state, since, fired, **changes)


def _with_rules(*states: RuleState, lacking: frozenset[str] = frozenset()) -> House:
    house, rules = House(), group(RULES)
    nothing = (frozenset[str](),) * 3
    state = GroupState(states, NOW - 30 * SECOND, seconds=0.25)
    standing = Standing(rules, state, Counts(), nothing, (lacking, *nothing[1:]))
    house.around = Surroundings(Build("1.2.3", "abc"), rules=(standing,))
    return house


def test_alerts_are_told_the_firing_ones_first_and_the_newest_before() -> None:
    alerts = [
        _alert("Pending", AlertState.PENDING, 1),
        _alert("Old", AlertState.FIRING, 180),
        _alert("Gone", AlertState.INACTIVE, 1),
        _alert("New", AlertState.FIRING, 5, held_since=NOW),
    ]
    house = _with_rules(RuleState({alert.key: alert for alert in alerts}), RuleState(), RuleState())
    page, text = house.get(), house.get(browser=False)
    lines = [line.split() for line in text.splitlines() if "critical" in line]
    assert [line[0] for line in lines] == ["New", "Old", "Pending"]
    assert re.search(r"^New +firing, held +critical +5 min ago +room=<script>", text, re.MULTILINE)
    assert "Gone" not in page + text
    assert "\nAlerts firing: New, Old.\n" in text
    assert '<h1 class="verdict bad">Alerts firing: New, Old.</h1>' in page
    assert "It is hot." in page
    assert HOSTILE not in page


def test_an_alert_that_always_fires_is_no_reason_to_look() -> None:
    house = _with_rules(RuleState(), RuleState(), RuleState())
    for name in ("cost", "revenue"):
        house.succeed(name)
    always = replace(_alert("Watchdog", AlertState.FIRING, 5), labels={"alertname": "Watchdog", "severity": "none"})
    (standing,) = house.around.rules
    states = (RuleState({always.key: always}), *standing.state.rules[1:])
    house.around = replace(house.around, rules=(standing._replace(state=replace(standing.state, rules=states)),))
    assert "All is well: 2 collectors, no alert." in house.get(browser=False)


@pytest.mark.parametrize(
    ("state", "lacking", "told"),
    [
        (RuleState(), set(), "ok"),
        (RuleState(health="err", error="vector contains duplicates"), set(), "Hot: vector contains duplicates"),
        (RuleState(held_by=("revenue",)), set(), "Hot: held, nobody knows of revenue"),
        (RuleState(), {"cost"}, "Hot: inactive, cost is not configured"),
    ],
)
def test_a_group_tells_which_rules_were_not_asked_and_why(state: RuleState, lacking: set[str], told: str) -> None:
    house = _with_rules(state, RuleState(), RuleState(), lacking=frozenset(lacking))
    page, text = house.get(), house.get(browser=False)
    assert "No alert is firing or pending." in text
    assert re.search(r"^\S+ +3 +30 s ago, took 0.250 s +(ok|see below)$", text, re.MULTILINE)
    assert told in text
    assert told in page


def test_reports_are_told_with_their_last_delivery() -> None:
    house = House()
    reports = (Told("weekly", NOW - 2 * 24 * 60 * MINUTE, 3), Told("monthly", None, 0))
    house.around = Surroundings(Build("1.2.3", "abc"), reports=reports)
    text = house.get(browser=False)
    assert re.search(r"^weekly +2 d ago +3$", text, re.MULTILINE)
    assert re.search(r"^monthly +never +0$", text, re.MULTILINE)
    assert "<td>2 d ago</td>" in house.get()


def test_a_pause_and_a_configuration_with_mistakes_are_in_the_verdict() -> None:
    house = House()
    house.succeed("cost")
    house.succeed("revenue")
    house.around = Surroundings(
        Build("1.2.3", "abc"), paused_until=NOW + 5 * MINUTE, problems=(f"config.yaml:1:1: {HOSTILE}",)
    )
    page, text = house.get(), house.get(browser=False)
    verdict = (
        "Paused: nothing is collected until 2026-04-20 12:05:00 UTC. "
        "The new configuration has mistakes; the old one is in use."
    )
    assert f'<h1 class="verdict bad">{verdict}</h1>' in page
    assert verdict in text
    assert f"config.yaml:1:1: {HOSTILE}" in text
    assert HOSTILE not in page


def test_a_group_before_its_first_round_is_neither_well_nor_ill() -> None:
    house = _with_rules(RuleState(), RuleState(), RuleState())
    (standing,) = house.around.rules
    house.around = replace(house.around, rules=(standing._replace(state=replace(standing.state, ts=None)),))
    assert re.search(r"^test +3 +not yet +not asked yet$", house.get(browser=False), re.MULTILINE)
    assert "…&nbsp;not asked yet" in house.get()
