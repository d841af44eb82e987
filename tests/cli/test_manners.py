"""How commands end and where they write, as processes: codes, streams, a reader that stops, Ctrl-C."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from exporter.cli import BROKEN_PIPE, main
from exporter.cli.interruption import INTERRUPTED
from exporter.cli.parser import EXIT_CODES
from exporter.cli.program import PROBLEMS

PROGRAM = (sys.executable, "-m", "exporter")
NOBODY = "database: {url: 'postgresql://reader@127.0.0.1:1/jobhive'}\n"
ROOT = Path(__file__).parent.parent.parent
SPAN = ("--from", "2026-01-01T00:00:00Z", "--to", "2026-01-02T00:00:00Z")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("manners")
    (made / "config.yaml").write_text(NOBODY)
    (made / "wrong.yaml").write_text("colectors: {}\n")
    (made / "broken.rules.yml").write_text("groups: [{name: one, rules: [{alert: A, expr: '1 +'}]}]\n")
    (made / "broken.test.yml").write_text("rule_files: [broken.rules.yml]\ntests: []\n")
    (made / "past.om").write_text(
        "# TYPE jobhive_mrr_growth_ratio gauge\njobhive_mrr_growth_ratio 1 1767225600\n# EOF\n"
    )
    return made


RULES, TESTS = f"{ROOT}/alerts/rules/revenue.rules.yml", f"{ROOT}/alerts/tests/exporter.prometheus.test.yml"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("--help", 0),
        ("rules check --help", 0),
        ("--version", 0),
        ("version", 0),
        ("check", 0),
        ("--config.check", 0),
        ("collect revenue --config.check", 0),
        (f"rules check {RULES}", 0),
        ("rules list", 0),
        (f"rules test {TESTS}", 0),
        (f"rules backtest {' '.join(SPAN)} --history past.om {RULES}", 0),
        ("completion bash", 0),
        ("check --config.file wrong.yaml", 1),
        ("check --config.file none.yaml", 1),
        ("run --config.file wrong.yaml", 1),
        ("--config.file wrong.yaml", 1),
        ("collect nonsense", 1),
        ("collect revenue", 1),
        ("schema print-views", 1),
        ("rules check broken.rules.yml", 1),
        ("rules test broken.test.yml", 1),
        ("rules list broken.rules.yml", 1),
        (f"rules backtest {' '.join(SPAN)} --history none.om {RULES}", 1),
        (f"backfill {' '.join(SPAN)} --step 1h --out past.om --collector nonsense", 1),
        ("report weekly --week 2026-W11", 1),
        ("report weekly --send", 1),
        ("demo --users 20 --web.listen-address nonsense", 1),
        ("nonsense", 2),
        ("--nonsense", 2),
        ("rules", 2),
        ("report", 2),
        ("schema", 2),
        ("collect", 2),
        ("collect revenue --at soon", 2),
        ("backfill --step 1h", 2),
        ("rules backtest", 2),
        ("report weekly --week soon", 2),
        ("demo --alertmanager nonsense", 2),
        ("completion tcsh", 2),
    ],
)
def test_how_a_command_line_ends(line: str, code: int, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    try:
        ended: object = main(line.split())
    except SystemExit as left:
        ended = left.code
    assert ended == code


def test_every_code_is_documented() -> None:
    assert {0, PROBLEMS, 2, INTERRUPTED, BROKEN_PIPE} == EXIT_CODES.keys()


def run(words: Sequence[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*PROGRAM, *words], cwd=folder, capture_output=True, text=True, check=False, timeout=60)


def test_results_and_complaints_have_streams_of_their_own(folder: Path) -> None:
    fine = run(["check"], folder)
    assert (fine.returncode, fine.stderr) == (0, "")
    assert fine.stdout.startswith("config.yaml is fine\n")
    failed = run(["collect", "revenue"], folder)
    assert (failed.returncode, failed.stdout) == (1, "")
    assert failed.stderr.startswith("jobhive-exporter: collector revenue failed (connect): ")


def test_a_log_does_not_mix_with_results(folder: Path) -> None:
    script = (
        "import sys; from exporter.cli import flags; import argparse, structlog;"
        "flags.configured(argparse.Namespace(own_process=True, **{'config.file': 'config.yaml'}));"
        "structlog.get_logger().warning('something'); print('result')"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=folder, capture_output=True, text=True, check=True)
    assert done.stdout == "result\n"
    assert re.fullmatch(r"ts=\S+ level=warning event=something\n", done.stderr)


@pytest.mark.parametrize("words", [["--help"], ["check"]], ids=" ".join)
def test_a_reader_that_stops_ends_it_quietly(words: list[str], folder: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [*PROGRAM, *words], cwd=folder, stdout=write, stderr=subprocess.PIPE, text=True, check=False, timeout=60
    )
    os.close(write)
    assert (done.returncode, done.stderr) == (BROKEN_PIPE, "")


@contextmanager
def started(command: Sequence[str], folder: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def interrupted(process: subprocess.Popen[str]) -> tuple[int, str]:
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=5)
    return process.returncode, out + err


def test_ctrl_c_ends_a_command_that_waits(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(30)
        url = f"postgresql://reader@127.0.0.1:{server.getsockname()[1]}/jobhive"
        (folder / "silent.yaml").write_text(f"database: {{url: '{url}'}}\n")
        with started([*PROGRAM, "collect", "revenue", "--config.file", "silent.yaml"], folder) as process:
            client, _ = server.accept()
            with client:
                # It has said hello, and waits for an answer that does not come.
                client.settimeout(30)
                assert client.recv(1)
                assert interrupted(process) == (INTERRUPTED, "")


def test_ctrl_c_ends_a_command_that_is_being_imported(folder: Path) -> None:
    interpreter, *rest = PROGRAM
    with started([interpreter, "-X", "importtime", *rest, "version"], folder) as process:
        assert process.stderr
        while "pydantic" not in process.stderr.readline():
            assert process.poll() is None
        code, said = interrupted(process)
        assert code == INTERRUPTED
        assert "Traceback" not in said
        assert "version 0" not in said
