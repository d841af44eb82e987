"""The emergency pause: a file that says until when, and cannot be forgotten for more than a day."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from exporter.health import Build
from exporter.pause import Pause, PauseError
from exporter.web.operation import operation_routes

NOW = datetime(2026, 4, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def client(pause: Pause, *, lifecycle: bool = True) -> TestClient:
    routes = operation_routes(
        Build("1.2.3", "abc"), lambda: "log: {level: info}\n", pause, lambda: NOW, lifecycle=lifecycle
    )
    return TestClient(Starlette(routes=routes))


# What stands in a file that was written at NOW, and how long it holds.
FILES = [
    ("", HOUR),
    ("30m\n", HOUR / 2),
    ("2026-04-20T13:30:00+00:00", 1.5 * HOUR),
    ("2026-04-20T15:30:00+02:00", 1.5 * HOUR),
    ("2026-04-20T13:30:00", 1.5 * HOUR),
    ("until Monday", HOUR),
    ("\xff", HOUR),
    ("30d", 24 * HOUR),
    ("2027-01-01T00:00:00Z", 24 * HOUR),
    ("2026-04-20T11:00:00Z", timedelta(0)),
]


@pytest.mark.parametrize(("text", "length"), FILES)
def test_a_file_pauses_for_as_long_as_it_says(tmp_path: Path, text: str, length: timedelta) -> None:
    pause = Pause(tmp_path / "state.db")
    pause.path.write_text(text, encoding="latin-1")
    os.utime(pause.path, (NOW.timestamp(), NOW.timestamp()))
    second = timedelta(seconds=1)
    assert pause.until(NOW + length) is None
    assert pause.until(NOW + length - second) == (NOW + length if length else None)


def test_without_a_file_nothing_is_paused(tmp_path: Path) -> None:
    assert Pause(tmp_path / "state.db").until(NOW) is None
    assert Pause(tmp_path / "state.db").path == tmp_path / "state.db.pause"


def test_a_pause_over_http_is_there_for_whoever_asks_the_file(tmp_path: Path) -> None:
    pause = Pause(tmp_path / "state.db")
    answer = client(pause).post("/-/pause?for=10m")
    assert (answer.status_code, answer.text) == (200, "paused until 2026-04-20T12:10:00+00:00\n")
    assert Pause(tmp_path / "state.db").until(NOW) == NOW + HOUR / 6
    assert client(pause).post("/-/resume").text == "collecting goes on\n"
    assert pause.until(NOW) is None
    assert client(pause).post("/-/resume").status_code == 200


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        ("soon", "'soon' is not a duration; write for example 30m"),
        ("2d", "a pause lasts at most a day and ends by itself, not 2d; write for example 30m"),
        ("0s", "a pause lasts at most a day and ends by itself, not 0s; write for example 30m"),
    ],
)
def test_a_pause_that_makes_no_sense_is_refused(tmp_path: Path, asked: str, problem: str) -> None:
    pause = Pause(tmp_path / "state.db")
    with pytest.raises(PauseError, match=problem):
        pause.begin(asked, NOW)
    answer = client(pause).post(f"/-/pause?for={asked}")
    assert (answer.status_code, answer.text) == (400, f"{problem}\n")
    assert not pause.path.exists()


@pytest.mark.parametrize("path", ["/-/pause", "/-/resume"])
def test_pausing_over_http_must_be_switched_on(tmp_path: Path, path: str) -> None:
    pause = Pause(tmp_path / "state.db")
    answer = client(pause, lifecycle=False).post(path)
    assert answer.status_code == 403
    assert f"start with --web.enable-lifecycle, or write the file {pause.path}" in answer.text


def test_a_folder_that_is_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(PauseError, match="cannot be written: No such file or directory; see to its folder"):
        Pause(tmp_path / "gone" / "state.db").begin("", NOW)


def test_version_and_configuration_can_be_read(tmp_path: Path) -> None:
    asked = client(Pause(tmp_path / "state.db"))
    version = asked.get("/version").json()
    assert (version["version"], version["revision"]) == ("1.2.3", "abc")
    assert version["python"].startswith("3.")
    config = asked.get("/config")
    assert (config.text, config.headers["content-type"]) == ("log: {level: info}\n", "application/yaml")
