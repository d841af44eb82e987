"""Who may see what: scopes, and tokens that are limited to one company."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from exporter.cli import main
from exporter.web.access import OF_A_COMPANY
from exporter.web.api.endpoints import CANDIDATE, ENDPOINTS, INTERVIEWS
from exporter.web.api.openapi import PATH
from tests.oracle import usage
from tests.running import write
from tests.web.api.house import API, House, house, series
from tests.web.api.test_values import renamed
from tests.web.api.world import ACME, NOON, REGULAR, RICH, SETTINGS, of_company

TOKENS: list[dict[str, Any]] = [
    {"name": "grafana", "token": "token-of-grafana-0", "scopes": ["api"]},
    {"name": "people", "token": "token-of-people-00", "scopes": ["candidates"]},
    {"name": "page", "token": "token-of-the-page-0", "scopes": ["metrics", "admin"]},
    {"name": "acme", "token": "token-of-acme-0000", "scopes": ["api", "candidates"], "company": ACME},
    {"name": "nobody", "token": "token-of-nobody-00", "scopes": ["api", "candidates"], "company": 404},
]
SENT = {token["name"]: {"Authorization": f"Bearer {token['token']}"} for token in TOKENS}
PATHS = [*(endpoint.path.replace("{user_id}", "1") for endpoint in ENDPOINTS), PATH]
PROBLEM = "application/problem+json"


@dataclass
class Door:
    """A house, and who knocks."""

    found: House

    def ask(self, path: str, name: str = "") -> Any:
        return self.found.client().get(path, headers=SENT.get(name, {}))


@pytest.fixture(scope="module")
def door(rich: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    companies = {"interviews": {"options": {"per_company": [{"id": 9, "label": "beta"}]}}}
    folder = tmp_path_factory.mktemp("tokens")
    with house(folder, rich, web={"tokens": TOKENS}, collectors=companies) as found:
        found.collect("interviews")
        yield Door(found)


@pytest.mark.parametrize("path", PATHS)
def test_a_stranger_gets_401_and_a_token_what_its_scopes_open(door: Door, path: str) -> None:
    stranger = door.ask(path)
    assert (stranger.status_code, stranger.headers["content-type"]) == (401, PROBLEM)
    assert stranger.json()["detail"] == "send a bearer token"
    assert stranger.headers["www-authenticate"] == "Bearer"
    personal = path.startswith(f"{API}/candidates")
    allowed = {name: door.ask(path, name).status_code for name in ("grafana", "people", "page")}
    assert allowed == {"grafana": 403 if personal else 200, "people": 200 if personal else 403, "page": 403}


def test_a_missing_scope_is_named(door: Door) -> None:
    answer = door.ask(f"{API}/candidates/1/performance", "grafana")
    assert answer.headers["content-type"] == PROBLEM
    assert answer.json()["detail"] == "this needs the scope candidates; the token grafana has api"


@pytest.mark.parametrize("path", [*PATHS, f"{API}/none", "/", "/metrics", "/-/ready?verbose", "/version"])
def test_a_token_of_a_company_opens_what_is_of_that_company_alone(door: Door, path: str) -> None:
    answer = door.ask(path, "acme")
    own = path in OF_A_COMPANY or path == CANDIDATE.path.replace("{user_id}", "1")
    assert answer.status_code == (200 if own else 403)
    if path.startswith(API) and not own:
        assert answer.json()["detail"] == "the token acme is limited to company 7; this is of all of them"


def test_the_interviews_of_the_token_s_company(door: Door) -> None:
    answers = [door.ask(f"{INTERVIEWS.path}{query}", "acme") for query in ("", "?company=7")]
    assert answers[0].content == answers[1].content
    found = answers[0].json()
    expected = renamed(usage.expected_interviews(of_company(RICH, ACME), NOON, SETTINGS), "30d", "custom")
    assert found["filter"]["company"] == ACME
    for name in ("interviews", "pipeline"):
        mine = {one: value for one, value in expected.items() if one[0] in found[name]["families"]}
        assert series(found[name]) == {one: pytest.approx(float(value)) for one, value in mine.items()}
    # Nothing of another company, be it only its name.
    assert all(figure["series"] is None for figure in found["companies"]["families"].values())
    assert "grace" not in answers[0].text
    assert "beta" not in answers[0].text
    assert "beta" in door.ask(INTERVIEWS.path, "grafana").text


@pytest.mark.parametrize("query", ["company=9", "company=9&window=7d", "company=9&compat=seed"])
def test_another_company_is_refused(door: Door, query: str) -> None:
    answer = door.ask(f"{INTERVIEWS.path}?{query}", "acme")
    assert answer.status_code == 403
    assert answer.json()["detail"] == "the token acme is limited to company 7; leave company out"


def test_a_company_sees_a_candidate_s_interviews_for_its_jobs(door: Door) -> None:
    path = f"{API}/candidates/{REGULAR}/performance"
    mine, everything = (door.ask(path, name).json() for name in ("acme", "people"))
    assert [interview["interview_id"] for interview in mine["history"]] == [11, 12, 14]
    assert everything["total_interviews"] == 5
    expected = usage.expected_performance(of_company(RICH, ACME), NOON, SETTINGS, REGULAR)
    assert expected
    assert mine["improvement"]["technical"]["last_less_first"] == pytest.approx(
        float(expected.improvement["technical"] or 0)
    )


def test_who_never_came_to_a_company_does_not_exist_for_it(door: Door) -> None:
    unknown = door.ask(f"{API}/candidates/99/performance", "people")
    for user, name in ((2, "acme"), (99, "acme"), (REGULAR, "nobody")):
        answer = door.ask(f"{API}/candidates/{user}/performance", name)
        assert (answer.status_code, answer.content) == (404, unknown.content)
    assert door.ask(f"{API}/candidates/2/performance", "people").status_code == 200


def test_answers_are_not_mixed_up_between_tokens(door: Door) -> None:
    etags = {name: door.ask(INTERVIEWS.path, name).headers["etag"] for name in ("grafana", "acme", "nobody")}
    assert len(set(etags.values())) == 3
    begun = {
        name: door.ask(f"{INTERVIEWS.path}?compat=seed", name).json()["basic_metrics"] for name in ("acme", "nobody")
    }
    assert [found["total_interviews"] for found in begun.values()] == [3, 0]
    answer = door.found.client().get(INTERVIEWS.path, headers=SENT["acme"] | {"If-None-Match": etags["grafana"]})
    assert answer.status_code == 200


def test_a_company_has_no_other_scopes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = {"web": {"tokens": [TOKENS[3] | {"scopes": ["api", "metrics"]}]}}
    path = write(tmp_path, {"database": {"url": "postgresql://127.0.0.1:1/x"}} | wrong)
    assert main(["check", "--config.file", str(path)]) == 1
    said = capsys.readouterr().err
    assert "acme is limited to a company, which has the scopes api and candidates only" in said


def test_without_tokens_everybody_is_somebody(door: Door) -> None:
    opened = replace(door, found=door.found)
    tokens, opened.found.tokens = opened.found.tokens, ()
    try:
        assert opened.ask(f"{API}/dashboard/business").status_code == 200
    finally:
        opened.found.tokens = tokens
