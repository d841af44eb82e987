"""`/api/v1/rules` and `/api/v1/alerts`: their members in each state, the filters and the portions."""

import json
from datetime import timedelta
from typing import Any

import pytest

from tests.families import NOW
from tests.web.prometheus.house import House, groups_of

HOT = {"__name__": "one", "room": "a"}
RULES = """
groups:
- name: second
  interval: 30s
  limit: 7
  rules:
  - {record: "room:one:sum", expr: sum by (room) (one), labels: {tier: "1"}}
  - {record: plain, expr: one}
  - alert: Hot
    expr: one > 0
    for: 1m30s
    keep_firing_for: 5m
    labels: {severity: page, area: x}
    annotations: {summary: "{{ $labels.room }} has {{ $value }}", description: Hot.}
  - {alert: Bad, expr: one + on () group_left () two, labels: {severity: page}}
- name: first
  rules:
  - {alert: Cold, expr: one < 0, labels: {area: y}}
"""
NEVER = "0001-01-01T00:00:00Z"


def house() -> House:
    return House(groups_of(RULES), [(HOT, 900.0), *(({"__name__": "two", "i": i}, 1.0) for i in "12")])


def rules(found: House, **parameters: str | list[str]) -> list[Any]:
    answer: Any = found.data("rules", parameters)
    return list(answer["groups"])


def test_before_the_first_round_nobody_knows_any_state() -> None:
    first, second = rules(house())
    assert first == {
        "name": "first",
        "file": "test.rules.yml",
        "rules": [
            {
                "state": "unknown",
                "name": "Cold",
                "query": "one < 0",
                "duration": 0,
                "keepFiringFor": 0,
                "labels": {"area": "y"},
                "annotations": {},
                "alerts": [],
                "health": "unknown",
                "evaluationTime": 0,
                "lastEvaluation": NEVER,
                "type": "alerting",
            }
        ],
        "interval": 60,
        "limit": 0,
        "evaluationTime": 0,
        "lastEvaluation": NEVER,
    }
    assert [rule["name"] for rule in second["rules"]] == ["room:one:sum", "plain", "Hot", "Bad"]


def test_a_round_gives_every_rule_a_state() -> None:
    found = house()
    found.run()
    first, second = rules(found)
    recorded, plain, hot, bad = second["rules"]
    (at,) = {second["lastEvaluation"], recorded["lastEvaluation"], hot["lastEvaluation"]}
    assert NOW - timedelta(seconds=30) < NOW.fromisoformat(at) <= NOW
    assert (second["interval"], second["limit"]) == (30, 7)
    assert recorded == {
        "name": "room:one:sum",
        "query": "sum by (room) (one)",
        "labels": {"tier": "1"},
        "health": "ok",
        "evaluationTime": 0,
        "lastEvaluation": at,
        "type": "recording",
    }
    assert "labels" not in plain
    assert (hot["duration"], hot["keepFiringFor"]) == (90, 300)
    assert hot["annotations"] == {"description": "Hot.", "summary": "{{ $labels.room }} has {{ $value }}"}
    assert hot["alerts"] == [
        {
            "labels": {"alertname": "Hot", "area": "x", "room": "a", "severity": "page"},
            "annotations": {"description": "Hot.", "summary": "a has 900"},
            "state": "pending",
            "activeAt": at,
            "value": "9e+02",
        }
    ]
    assert list(hot["labels"]) == ["area", "severity"]
    assert (bad["health"], bad["state"], bad["alerts"]) == ("err", "inactive", [])
    assert "many-to-many matching not allowed" in bad["lastError"]
    assert [first["rules"][0][name] for name in ("state", "health")] == ["inactive", "ok"]
    assert found.data("alerts") == {"alerts": hot["alerts"]}


def test_the_most_severe_alert_is_the_state_of_its_rule_and_what_is_over_is_not_told() -> None:
    found = house()
    states = []
    for minutes, rooms in ((0, "a"), (2, "ab"), (3, "b"), (4, ""), (9, ""), (10, "")):
        found.samples = [({"__name__": "one", "room": room}, 1.0) for room in rooms]
        found.run(NOW + timedelta(minutes=minutes))
        (hot,) = [one for group in rules(found) for one in group["rules"] if one["name"] == "Hot"]
        alerts = [(one["labels"]["room"], one["state"], "keepFiringSince" in one) for one in hot["alerts"]]
        states.append((hot["state"], alerts))
    assert states == [
        ("pending", [("a", "pending", False)]),
        ("firing", [("a", "firing", False), ("b", "pending", False)]),
        ("firing", [("a", "firing", True), ("b", "pending", False)]),
        ("firing", [("a", "firing", True)]),
        ("inactive", []),
        ("inactive", []),
    ]


def test_a_rule_whose_source_is_unknown_tells_by_whom_it_is_held() -> None:
    found = house()
    found.run()
    found.unknown = {"one"}
    found.run(NOW + timedelta(minutes=1))
    (hot,) = [one for group in rules(found) for one in group["rules"] if one["name"] == "Hot"]
    assert (hot["health"], hot["heldBy"], hot["state"]) == ("unknown", ["one"], "pending")
    assert len(hot["alerts"]) == 1


def test_a_rule_whose_collector_nobody_runs_tells_what_it_lacks() -> None:
    found = house()
    found.lacking = {(found.groups[1].id, 0): frozenset({"two", "one"})}
    found.begin()
    found.run()
    (cold,) = rules(found, **{"rule_name[]": "Cold"})[0]["rules"]
    assert {name: cold[name] for name in ("state", "health", "lacks", "alerts", "lastEvaluation")} == {
        "state": "inactive",
        "health": "unknown",
        "lacks": ["one", "two"],
        "alerts": [],
        "lastEvaluation": NEVER,
    }


FILTERS: list[tuple[dict[str, str | list[str]], list[str]]] = [
    ({}, ["Cold", "room:one:sum", "plain", "Hot", "Bad"]),
    ({"type": "alert"}, ["Cold", "Hot", "Bad"]),
    ({"type": "RECORD"}, ["room:one:sum", "plain"]),
    ({"rule_name[]": ["Hot", "plain"]}, ["plain", "Hot"]),
    ({"rule_name[]": "hot"}, []),
    ({"rule_group[]": "first"}, ["Cold"]),
    ({"rule_group[]": ["first", "second"], "type": "record"}, ["room:one:sum", "plain"]),
    ({"file[]": "test.rules.yml", "rule_name[]": "Hot"}, ["Hot"]),
    ({"file[]": "other.rules.yml"}, []),
    ({"match[]": '{severity="page"}'}, ["Hot", "Bad"]),
    ({"match[]": ['{severity="page",area!="x"}', '{area="y"}']}, ["Cold", "Bad"]),
    ({"match[]": '{area=~"x|y"}'}, ["Cold", "Hot"]),
    ({"match[]": "plain"}, []),
    ({"match[]": '{__name__="plain"}'}, []),
]


@pytest.mark.parametrize(("parameters", "names"), FILTERS)
def test_a_filter_leaves_rules_out_and_groups_without_any(
    parameters: dict[str, str | list[str]], names: list[str]
) -> None:
    found = rules(house(), **parameters)
    assert [rule["name"] for group in found for rule in group["rules"]] == names
    assert all(group["rules"] for group in found)


@pytest.mark.parametrize(("text", "told"), [("true", False), ("1", False), ("false", True), ("", True), ("F", True)])
def test_alerts_can_be_left_out(text: str, *, told: bool) -> None:
    found = house()
    found.run()
    (group,) = rules(found, **{"rule_name[]": "Hot", "exclude_alerts": text})
    assert (group["rules"][0]["alerts"] is not None) == told
    assert group["rules"][0]["state"] == "pending"


def test_portions_add_up_to_the_whole() -> None:
    found, portions, token = house(), [], ""
    while True:
        more: dict[str, str | list[str]] = {"group_next_token": token} if token else {}
        answer: Any = found.data("rules", {"group_limit": "1", **more})
        portions.append([group["name"] for group in answer["groups"]])
        if not (token := answer.get("groupNextToken", "")):
            break
        # SHA-1 of "test.rules.yml;second".
        assert token == "9a707ab3b7959bdfd14281f80285330061917129"
    assert portions == [["first"], ["second"]]


def test_a_portion_that_is_the_whole_has_no_token() -> None:
    assert set(house().data("rules", {"group_limit": "2"})) == {"groups"}  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("parameters", "error"),
    [
        ({"type": "foo"}, '"type": not supported value "foo"'),
        ({"exclude_alerts": "yes"}, "\"exclude_alerts\": cannot parse 'yes': write true or false"),
        ({"group_limit": "x"}, '"group_limit": group_limit needs to be a whole number greater than 0'),
        ({"group_limit": "0"}, '"group_limit": group_limit needs to be a whole number greater than 0'),
        ({"group_limit": "9" * 5000}, '"group_limit": group_limit needs to be a whole number greater than 0'),
        ({"group_limit": "-1"}, '"group_limit": group_limit needs to be a whole number greater than 0'),
        (
            {"group_next_token": "x"},
            '"group_next_token": group_limit needs to be present in order to paginate over the groups',
        ),
        (
            {"group_next_token": "x", "group_limit": "1"},
            "\"group_next_token\": invalid group_next_token 'x'. were rule groups changed?",
        ),
        ({"match[]": "{}"}, '"match[]": vector selector must contain at least one non-empty matcher.'),
        ({"match[]": "sum(up)"}, '"match[]": \'sum(up)\' is no selector; write for example up{job="jobhive"}'),
    ],
)
def test_what_says_nothing_sensible_is_refused(parameters: dict[str, str], error: str) -> None:
    status, text = house().get("rules", **parameters)
    assert status == 400
    assert json.loads(text) == {"status": "error", "errorType": "bad_data", "error": f"invalid parameter {error}"}


@pytest.mark.parametrize("path", ["rules", "alerts", "metadata", "status/buildinfo"])
def test_only_questions_that_can_be_long_may_be_posted(path: str) -> None:
    assert house().client().post(f"/api/v1/{path}").status_code == 405
