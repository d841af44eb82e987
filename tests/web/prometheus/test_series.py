"""What a person who writes an expression is offered: series, labels, values and the meaning of families."""

import json
from collections.abc import Mapping, Sequence

import pytest

from tests.web.prometheus.house import House

SAMPLES = [
    ({"__name__": "up", "job": "jobhive"}, 1.0),
    ({"__name__": "jobhive_mrr", "currency": "USD", "job": "jobhive"}, 1.0),
    ({"__name__": "jobhive_mrr", "currency": "EUR", "job": "jobhive"}, 2.0),
    ({"__name__": "recorded", "a-b": "x"}, 1.0),
]
Parameters = Mapping[str, str | Sequence[str]]
EUR, USD = ({"__name__": "jobhive_mrr", "currency": one, "job": "jobhive"} for one in ("EUR", "USD"))
UP = {"__name__": "up", "job": "jobhive"}
GAUGE = {"jobhive_mrr": [{"type": "gauge", "help": "Money.", "unit": ""}]}
COUNTER = {"jobhive_exporter_collector_runs_total": [{"type": "counter", "help": "Runs.", "unit": ""}]}


@pytest.mark.parametrize(
    ("path", "parameters", "found"),
    [
        ("labels", {}, ["__name__", "a-b", "currency", "job"]),
        ("labels", {"match[]": "up"}, ["__name__", "job"]),
        ("labels", {"match[]": ["up", "recorded"]}, ["__name__", "a-b", "job"]),
        ("labels", {"match[]": "nosuch"}, []),
        ("labels", {"start": "0", "end": "1"}, ["__name__", "a-b", "currency", "job"]),
        ("label/__name__/values", {}, ["jobhive_mrr", "recorded", "up"]),
        ("label/currency/values", {}, ["EUR", "USD"]),
        ("label/currency/values", {"match[]": '{currency!="USD",job="jobhive"}'}, ["EUR"]),
        ("label/currency/values", {"match[]": "up", "label": "job"}, []),
        ("label/nosuch/values", {}, []),
        ("series", {"match[]": "jobhive_mrr"}, [EUR, USD]),
        ("series", {"match[]": ['{job="jobhive"}', "up"]}, [EUR, USD, UP]),
        ("series", {"match[]": "nosuch"}, []),
        ("metadata", {}, COUNTER | GAUGE),
        ("metadata", {"metric": "jobhive_mrr"}, GAUGE),
        ("metadata", {"metric": "nosuch"}, {}),
        ("metadata", {"limit": "1"}, COUNTER),
        ("metadata", {"limit": "0"}, {}),
        ("metadata", {"limit": "-1"}, COUNTER | GAUGE),
        (
            "status/buildinfo",
            {},
            {"version": "1.2.3", "revision": "abc", "branch": "", "buildUser": "", "buildDate": "", "goVersion": ""},
        ),
    ],
)
def test_what_there_is_now_is_offered(path: str, parameters: Parameters, found: object) -> None:
    assert House(samples=list(SAMPLES)).data(path, parameters) == found


@pytest.mark.parametrize("path", ["series", "labels"])
def test_a_long_question_comes_as_a_form(path: str) -> None:
    answer = House(samples=list(SAMPLES)).client().post(f"/api/v1/{path}", data={"match[]": ["up", "nosuch"]})
    assert answer.json()["data"] == ([UP] if path == "series" else ["__name__", "job"])


@pytest.mark.parametrize(
    ("path", "parameters", "error"),
    [
        ("series", {}, "no match[] parameter provided"),
        (
            "series",
            {"match[]": "up offset 5m"},
            'invalid parameter "match[]": uses offset 5m, which needs history; this daemon evaluates instant '
            "expressions. Prometheus can evaluate it.",
        ),
        (
            "labels",
            {"match[]": "1"},
            'invalid parameter "match[]": \'1\' is no selector; write for example up{job="jobhive"}',
        ),
        ("label/a-b/values", {}, 'invalid label name: "a-b"'),
        ("metadata", {"limit": "many"}, "limit must be a number"),
    ],
)
def test_what_says_nothing_sensible_is_refused(path: str, parameters: dict[str, str], error: str) -> None:
    status, text = House(samples=list(SAMPLES)).get(path, **parameters)
    assert (status, json.loads(text)) == (400, {"status": "error", "errorType": "bad_data", "error": error})
