"""How it is asked: tags, ages, methods, parameters, refusals in one shape; and what is asked of the database: nothing."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from exporter.web.api.endpoints import CANDIDATE, ENDPOINTS
from exporter.web.api.openapi import PATH
from tests.web.api.house import API, House, house, statements

PATHS = [endpoint.path.replace("{user_id}", "1") for endpoint in ENDPOINTS]
OF_MEMORY = [
    f"{endpoint.path}{query}"
    for endpoint in ENDPOINTS
    if endpoint is not CANDIDATE
    for query in (("", "?compat=seed") if endpoint.seed else ("",))
]
PROBLEM = "application/problem+json"


@pytest.mark.parametrize("path", [*OF_MEMORY, PATH, f"{API}/dashboard/interviews?window=7d", f"{API}/nothing"])
def test_what_is_in_memory_is_answered_without_a_query(full: House, path: str) -> None:
    with statements() as sent:
        assert full.client().get(path).status_code in (200, 404)
    assert sent == []


def test_what_is_live_is_one_question_of_few_statements(fresh: House) -> None:
    client = fresh.client()
    client.get(f"{API}/candidates/1/performance")
    fresh.now += timedelta(seconds=61)
    with statements() as sent:
        assert client.get(f"{API}/candidates/1/performance").status_code == 200
    asked = [statement for statement in sent if "interviews_interviewsession" in statement]
    # The others open the transaction and look the columns up.
    assert (len(asked), len(sent)) == (1, 3)
    with statements() as sent:
        assert client.get(f"{API}/dashboard/interviews?company=7&window=8d").status_code == 200
    assert len([statement for statement in sent if "interviews_interviewsession" in statement]) == 3


@pytest.mark.parametrize("path", [*PATHS, PATH])
def test_who_has_the_answer_already_gets_304(full: House, path: str) -> None:
    client = full.client()
    first = client.get(path)
    etag = first.headers["etag"]
    assert etag.startswith('"')
    for known in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        again = client.get(path, headers={"If-None-Match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
        assert again.headers["cache-control"] == first.headers["cache-control"]
    assert client.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


NEITHER = ("identity", "gzip;q=0", "*;q=0", "br")


@pytest.mark.parametrize("path", [f"{API}/dashboard/business", f"{API}/dashboard/interviews?company=7", PATH])
def test_who_takes_gzip_gets_it_under_a_tag_of_its_own(full: House, path: str) -> None:
    client = full.client()
    plain = client.get(path, headers={"Accept-Encoding": "identity"})
    packed = client.get(path, headers={"Accept-Encoding": "br, gzip;q=0.5"})
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) < len(plain.content) / 3
    assert packed.content == plain.content
    tags = plain.headers["etag"], packed.headers["etag"]
    assert tags[1] == tags[0][:-1] + '-gzip"'
    for answer in (plain, packed):
        assert answer.headers["vary"] == "Authorization, Accept-Encoding"
    for encoding in NEITHER:
        answer = client.get(path, headers={"Accept-Encoding": encoding})
        assert ("content-encoding" in answer.headers, answer.headers["etag"]) == (False, tags[0])
    for encoding, own, other in (("identity", *tags), ("gzip", *reversed(tags))):
        asked = {own: 304, other: 200, f"{other}, {own}": 304}
        for known, status in asked.items():
            answer = client.get(path, headers={"Accept-Encoding": encoding, "If-None-Match": known})
            assert (answer.status_code, answer.headers["etag"]) == (status, own)


def test_what_is_short_is_not_packed(full: House) -> None:
    answer = full.client().get(f"{API}/dashboard/funnel?compat=seed", headers={"Accept-Encoding": "gzip"})
    assert len(answer.content) < 1000
    assert "content-encoding" not in answer.headers
    assert not answer.headers["etag"].endswith('-gzip"')


def test_another_content_has_another_tag(fresh: House) -> None:
    client = fresh.client()
    path = f"{API}/dashboard/business"
    before, seed = client.get(path), client.get(f"{path}?compat=seed")
    fresh.collect("revenue")
    after = client.get(path)
    assert len({answer.headers["etag"] for answer in (before, seed, after)}) == 3
    assert after.json()["revenue"]["stale"] is False


def test_other_terms_make_another_answer_of_the_same_snapshot(fresh: House) -> None:
    fresh.collect("revenue")
    client, path = fresh.client(), f"{API}/dashboard/business?compat=seed"
    assert client.get(path).json()["revenue"]["mrr"] == 145
    fresh.terms = replace(fresh.terms, currency="EUR")
    assert client.get(path).json()["revenue"]["mrr"] is None


@pytest.mark.parametrize("path", [*PATHS, PATH])
def test_head_has_the_headers_of_get(full: House, path: str) -> None:
    client = full.client()
    head, get = client.head(path), client.get(path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers == get.headers
    assert get.headers["content-type"] == "application/json"
    assert get.headers["vary"] == "Authorization, Accept-Encoding"


def test_an_answer_holds_until_the_first_collector_is_due(fresh: House) -> None:
    client = fresh.client()

    def age(path: str = "business") -> str:
        return str(client.get(f"{API}/dashboard/{path}").headers["cache-control"])

    assert age() == "private, max-age=1"
    fresh.collect("revenue", "engagement", "interviews", "features", "journey")
    assert age() == "private, max-age=300"
    assert age("funnel") == "private, max-age=3600"
    fresh.now += timedelta(seconds=100)
    assert age() == "private, max-age=200"
    fresh.now += timedelta(seconds=300)
    assert age() == "private, max-age=1"


def test_a_question_to_the_database_holds_for_a_minute(fresh: House) -> None:
    client, path = fresh.client(), f"{API}/dashboard/interviews?company=7"
    first = client.get(path)
    fresh.now += timedelta(seconds=20)
    second = client.get(path)
    assert [answer.headers["cache-control"] for answer in (first, second)] == [
        "private, max-age=60",
        "private, max-age=40",
    ]
    assert first.content == second.content
    fresh.now += timedelta(seconds=40)
    third = client.get(path)
    assert third.json()["interviews"]["as_of"] == "2026-04-20T12:01:00Z"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_there_is_get_and_head_only(full: House, method: str) -> None:
    for path in (PATHS[0], PATH):
        answer = full.client().request(method, path)
        assert (answer.status_code, answer.headers["content-type"]) == (405, PROBLEM)
        assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD"}
        assert answer.json()["detail"] == "this path has no such method; see Allow"


@pytest.mark.parametrize("path", ["/api", "/api/v1", "/api/v1/dashboard/none", "/api/v1/candidates/1"])
def test_a_path_that_does_not_exist(full: House, path: str) -> None:
    answer = full.client().get(path)
    assert answer.headers["content-type"] == PROBLEM
    assert answer.json() == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "there is nothing at this path",
        "reason": None,
        "mistakes": [],
    }
    assert answer.status_code == 404


def test_elsewhere_a_refusal_is_a_line_of_text(full: House) -> None:
    answer = full.client().get("/nothing")
    assert (answer.status_code, answer.text) == (404, "there is nothing at this path\n")


MISTAKES = [
    ("dashboard/business?compat=new", "compat", "is not one of 'seed'"),
    ("dashboard/business?compat=seed&compat=seed", "compat", "stands there twice; leave it in one place"),
    ("dashboard/business?kim%40example.org=1", "query", "has a parameter that is unknown; there are compat"),
    ("metrics?compat=seed", "query", "has a parameter, and there are none"),
    ("dashboard/ai?mode=last10", "mode", "is not one of 'last100'"),
    ("dashboard/features?window=8d", "window", "is not one of 24h, 7d, 30d"),
    ("dashboard/system?window=24h", "window", "is not one of 5m, 1h"),
    ("dashboard/features?window=1M", "window", "not a window; write for example 90m, 24h, 14d, 2w or prev_week"),
    ("dashboard/interviews?company=acme", "company", "not a number; write digits only"),
    ("dashboard/interviews?company=0", "company", "Input should be greater than or equal to 1"),
    ("dashboard/interviews?company=9223372036854775808", "company", "Input should be less than or equal to "),
    ("dashboard/interviews?company=1_0", "company", "not a number; write digits only"),
    ("dashboard/interviews?from=april", "from", "not a date nor an instant; write 2026-04-01 or "),
    ("dashboard/interviews?from=2026-04-31", "from", "not a date nor an instant"),
    ("dashboard/interviews?from=2026-04-01T00:00:00", "from", "not a date nor an instant"),
    ("dashboard/interviews?from=2026-04-01T00:00:00+02:00", "from", "not a date nor an instant; write 2026-04-01 or "),
    ("dashboard/interviews?from=2026-04-21", "from", "does not begin before it ends, or before now"),
    ("dashboard/interviews?from=2026-04-02&to=2026-04-02", "from", "does not begin before it ends, or before now"),
    ("dashboard/interviews?from=2025-04-18", "from", "makes more than 366 days; ask for fewer"),
    ("dashboard/interviews?to=0001-01-01", "from", "lies before all time"),
    ("dashboard/interviews?window=367d", "window", "makes more than 366 days; ask for fewer"),
    ("dashboard/interviews?window=0d", "window", "does not begin before it ends, or before now"),
    ("dashboard/interviews?window=999999w", "window", "lies before all time"),
    ("dashboard/interviews?window=3y", "window", "not a window; write for example 90m, 24h, 14d, 2w or prev_week"),
    ("dashboard/interviews?window=1d&to=2026-04-02", "window", "stands beside from or to; leave one of them"),
    ("candidates/kim/performance", "user_id", "not the id of a user; write digits only"),
    ("candidates/9223372036854775808/performance", "user_id", "not the id of a user; write digits only"),
]


@pytest.mark.parametrize(("path", "parameter", "detail"), MISTAKES)
def test_a_wrong_parameter_is_named_with_the_mend(full: House, path: str, parameter: str, detail: str) -> None:
    answer = full.client().get(f"{API}/{path}")
    assert (answer.status_code, answer.headers["content-type"]) == (422, PROBLEM)
    found = answer.json()
    assert found["title"] == "Unprocessable Entity"
    assert [mistake["parameter"] for mistake in found["mistakes"]] == [parameter]
    assert found["mistakes"][0]["detail"].startswith(detail)
    assert found["detail"] == f"{parameter}: {found['mistakes'][0]['detail']}"
    # What was sent may be anybody's name.
    assert "kim" not in answer.text


PERIODS = [
    ("from=2026-03-01&to=2026-04-01", "2026-03-01T05:00:00Z", "2026-04-01T04:00:00Z"),
    ("from=2026-04-01", "2026-04-01T04:00:00Z", "2026-04-20T12:00:00Z"),
    ("to=2026-04-11", "2026-03-12T04:00:00Z", "2026-04-11T04:00:00Z"),
    ("from=2026-04-01T00:00:00%2B02:00&to=2026-04-01T12:00:00z", "2026-03-31T22:00:00Z", "2026-04-01T12:00:00Z"),
    ("window=90m", "2026-04-20T10:30:00Z", "2026-04-20T12:00:00Z"),
    ("window=2w", "2026-04-06T12:00:00Z", "2026-04-20T12:00:00Z"),
    ("window=prev_day", "2026-04-19T04:00:00Z", "2026-04-20T04:00:00Z"),
    ("window=prev_week", "2026-04-13T04:00:00Z", "2026-04-20T04:00:00Z"),
    ("window=prev_month", "2026-03-01T05:00:00Z", "2026-04-01T04:00:00Z"),
]


@pytest.mark.parametrize(("query", "start", "end"), PERIODS)
def test_a_period_is_of_the_business_calendar_and_half_open(
    rich: str, tmp_path: Any, query: str, start: str, end: str
) -> None:
    with house(tmp_path, rich, business={"timezone": "America/New_York"}) as found:
        assert found.get(f"/dashboard/interviews?{query}")["filter"]["period"] == {"from": start, "to": end}
