"""The daemon and its commands on a Redis: life, silence, a server that never answers."""

from pathlib import Path

import pytest

from exporter.cli import main
from exporter.live import LiveRecorder
from exporter.registry import NAMES
from tests.redis_servers import embedded, put, silent
from tests.running import running

OFF = {name: {"enabled": False} for name in NAMES}
QUICK = {"interval": "1s", "deadline": "900ms", "options": {"components": ["parser", "quiet"]}}


def test_samples_reach_the_page_and_a_silent_component_is_told(tmp_path: Path) -> None:
    with embedded() as url:
        recorder = LiveRecorder(url)
        for _ in range(40):
            recorder.track_live_processing_metrics("parser", 0.5, 0.75)
        assert recorder.flush(10)
        recorder.close()
        with running(tmp_path, {"redis": {"url": url}, "collectors": OFF | {"ai_realtime": QUICK}}) as daemon:
            page = daemon.until("collector_success", 1, collectors=("ai_realtime",))
            window = ("window", "5m")
            assert page.values["jobhive_ai_processing_samples", frozenset({("component", "parser"), window})] == 40
            assert (
                page.values["jobhive_ai_processing_time_p95_seconds", frozenset({("component", "parser"), window})]
                == 0.5
            )
            for component, available in (("parser", 1), ("quiet", 0)):
                labels = frozenset({("component", component)})
                assert page.values["jobhive_ai_realtime_data_available", labels] == available
            assert daemon.end() == 0


def test_a_redis_that_never_answers_delays_nothing_else(tmp_path: Path, golden: str) -> None:
    operations = {"interval": "1s", "deadline": "900ms"}
    slow = QUICK | {"interval": "20s", "deadline": "6s"}
    with silent() as port:
        config = {
            "database": {"url": golden},
            "redis": {"url": f"redis://:canary-secret@127.0.0.1:{port}"},
            "collectors": OFF | {"ai_realtime": slow, "operations": operations},
        }
        with running(tmp_path, config) as daemon:
            daemon.settled("operations")
            page = daemon.page()
            assert page.of("collector_success", collector="ai_realtime") == 0
            assert daemon.end() == 0
            assert "canary" not in daemon.output


def test_check_connect_names_the_keys_that_hold_no_samples(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "config.yaml"
    with embedded() as url:
        put(url, "ai_accuracy:parser", (0.5, "1795354000"), (0.7, "1795354001"))
        path.write_text(f"redis: {{url: '{url}'}}\n")
        assert main(["check", "--connect", "--config.file", str(path)]) == 0
        out, _ = capsys.readouterr()
        assert "\nredis: connected\n" in out
        assert "\ncollector ai_realtime: ai_accuracy:parser has 2 legacy_member\n" in out
        assert main(["collect", "ai_realtime", "--config.file", str(path)]) == 0
        assert 'jobhive_ai_realtime_data_available{component="parser"} 0\n' in capsys.readouterr().out
    path.write_text("redis: {url: 'redis://:canary@127.0.0.1:1'}\n")
    assert main(["check", "--connect", "--config.file", str(path)]) == 1
    out, _ = capsys.readouterr()
    assert "redis redis://:***@127.0.0.1:1/0\n" in out
    assert "collector ai_realtime failed (connect): Redis: Error 111 connecting to 127.0.0.1:1" in out
    assert "canary" not in out
