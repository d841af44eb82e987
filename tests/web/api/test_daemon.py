"""Every endpoint of a real daemon over a real PostgreSQL; and the page in docs, whose examples are run."""

import json
import re
import subprocess
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest

from exporter.registry import NAMES
from exporter.web.api.endpoints import ENDPOINTS
from tests.oracle import usage
from tests.oracle.revenue import expected as expected_revenue
from tests.running import Daemon, running
from tests.waiting import eventually
from tests.web.api.house import API, local, series
from tests.web.api.test_values import assert_same
from tests.web.api.world import ACME, REGULAR, RICH, SETTINGS

PAGE = (Path(__file__).parents[3] / "docs" / "api.md").read_text()
TOKEN = "token-of-the-documents"
Oracle = Callable[..., Mapping[Any, Any]]


class Asked:
    """A daemon, and the token to ask it with."""

    def __init__(self, daemon: Daemon) -> None:
        self.daemon, self.url = daemon, str(daemon.ask("/-/healthy").url).removesuffix("/-/healthy")

    def get(self, path: str, **headers: str) -> httpx.Response:
        return httpx.get(f"{self.url}{path}", headers=headers | {"Authorization": f"Bearer {TOKEN}"}, timeout=20)


@pytest.fixture(scope="module")
def asked(rich: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    often = {"interval": "2s", "deadline": "1900ms", "max_staleness": "1h"}
    collectors = {name: often if name in local() else {"enabled": False} for name in NAMES}
    tokens = [{"name": "docs", "token": TOKEN, "scopes": ["api", "candidates", "metrics"]}]
    config = {"database": {"url": rich}, "collectors": collectors, "web": {"tokens": tokens}}
    with running(tmp_path_factory.mktemp("daemon"), config) as daemon:
        found = Asked(daemon)
        _until_all_ran(found)
        yield found
        assert daemon.end() == 0


def _until_all_ran(found: Asked) -> None:
    def waiting() -> list[str]:
        families = found.get("/metrics").text
        return [name for name in local() if f'collector_success{{collector="{name}"}} 1' not in families]

    eventually(waiting, within=30, until=lambda names: not names)


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: str(endpoint.name))
def test_every_endpoint_answers_in_its_shape(asked: Asked, endpoint: Any) -> None:
    path = endpoint.path.replace("{user_id}", str(REGULAR))
    answer = asked.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    endpoint.shape.model_validate_json(answer.text, by_alias=True, by_name=True)
    if endpoint.seed:
        endpoint.seed.model_validate_json(asked.get(f"{path}?compat=seed").text)
    again = asked.get(path, **{"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304 or again.headers["etag"] != answer.headers["etag"]


SECTIONS: list[tuple[str, str, Oracle]] = [
    ("realtime", "active_interviews", usage.expected_operations),
    ("business", "revenue", expected_revenue),
    ("business", "engagement", usage.expected_engagement),
    ("interviews", "interviews", usage.expected_interviews),
    ("ai", "ai_quality", usage.expected_ai_quality),
    ("features", "features", usage.expected_features),
    ("funnel", "funnel", usage.expected_journey),
    ("cohorts", "cohorts", usage.expected_journey),
]


@pytest.mark.parametrize(("path", "name", "oracle"), SECTIONS)
def test_the_numbers_of_now_are_those_of_the_oracle(asked: Asked, path: str, name: str, oracle: Oracle) -> None:
    section = asked.get(f"{API}/dashboard/{path}").json()[name]
    expected = oracle(RICH, datetime.fromisoformat(section["as_of"]), SETTINGS)
    assert_same(series(section), expected, set(section["families"]))


def test_a_company_s_interviews_of_then(asked: Asked) -> None:
    query = f"company={ACME}&from=2026-03-21T12:00:00Z&to=2026-04-20T12:00:00Z&compat=seed"
    found = asked.get(f"{API}/dashboard/interviews?{query}").json()["basic_metrics"]
    assert (found["total_interviews"], found["completed_interviews"], found["avg_duration"]) == (3, 3, 1800)


def test_the_log_knows_who_asked_and_not_for_whom(asked: Asked) -> None:
    assert asked.get(f"{API}/candidates/31337/performance").status_code == 404
    assert asked.get(f"{API}/candidates/kim@example.org/performance").status_code == 422
    lines = [line for line in asked.daemon.output.splitlines() if "candidate asked for" in line]
    assert re.search(r'event="candidate asked for" by="the token docs" status=404', "\n".join(lines))
    assert "31337" not in asked.daemon.output
    assert "kim" not in asked.daemon.output
    assert TOKEN not in asked.daemon.output


def examples() -> list[tuple[str, Any]]:
    """Return the commands of the page, with the JSON that stands below them."""
    found = re.findall(r"```console\n\$ (.*?)\n```\n(?:\n```json\n(.*?)```)?", PAGE, re.DOTALL)
    return [(command, json.loads(shown) if shown else None) for command, shown in found]


def lacking(shown: Any, answered: Any, place: str = "") -> list[str]:
    """Return what stands on the page, and is not in the answer."""
    if isinstance(shown, dict):
        known = answered if isinstance(answered, dict) else {}
        return [
            text
            for key, value in shown.items()
            for text in (lacking(value, known[key], f"{place}.{key}") if key in known else [f"{place}.{key}"])
        ]
    if isinstance(shown, list) and shown:
        return lacking(shown[0], answered[0], f"{place}[0]") if answered else [f"{place}[0]"]
    return []


def test_there_are_examples_for_each_kind() -> None:
    assert len(examples()) >= 7


@pytest.mark.parametrize(("command", "shown"), examples(), ids=[str(number) for number, _ in enumerate(examples())])
def test_the_examples_of_the_page_work(asked: Asked, command: str, shown: Any) -> None:
    command = command.replace("http://localhost:10077", asked.url).replace("curl ", "curl --silent --show-error ")
    done = subprocess.run(
        ["bash", "-c", command],
        env={"TOKEN": TOKEN, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert lacking(shown, json.loads(done.stdout) if done.stdout else None) == []


def test_the_page_names_every_endpoint() -> None:
    for endpoint in ENDPOINTS:
        assert f"`{endpoint.path}`" in PAGE
