"""Colours and bars: on a terminal only, never with NO_COLOR; the words are the same everywhere."""

import re
from pathlib import Path

import pytest

from exporter.cli import main
from tests.cli.terminals import on_terminal

RED, GREEN, YELLOW = "\x1b[31m", "\x1b[32m", "\x1b[33m"
CODE = re.compile(r"\x1b\[[0-9;]*[mK]")
RULES = """\
groups:
  - name: one
    rules:
      - alert: JobHiveSomething
        expr: {expression}
"""
# Nobody listens there.
CONFIG = "database: {url: 'postgresql://reader@127.0.0.1:1/jobhive'}\n"
CASES = """\
rule_files: [one.rules.yml]
evaluation_interval: 1m
tests:
  - interval: 1m
    input_series: [{{series: 'jobhive_arr', values: '1 1'}}]
    alert_rule_test: [{{eval_time: 1m, alertname: JobHiveSomething, exp_alerts: [{expected}]}}]
"""
HISTORY = """\
# TYPE jobhive_arr gauge
jobhive_arr 1 1767225600
jobhive_arr 1 1767225660
# EOF
"""
BACKTEST = ("--from", "2026-01-01T00:00:00Z", "--to", "2026-01-01T00:10:00Z", "--history")


@pytest.fixture(autouse=True)
def _terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")


def written(folder: Path, expression: str = "jobhive_arr > 0", expected: str = "") -> Path:
    (folder / "one.rules.yml").write_text(RULES.format(expression=expression))
    (folder / "one.test.yml").write_text(CASES.format(expected=expected))
    (folder / "past.om").write_text(HISTORY)
    (folder / "config.yaml").write_text(CONFIG)
    (folder / "wrong.yaml").write_text("colectors: {}\n")
    return folder


@pytest.mark.parametrize(
    ("words", "code", "painted"),
    [
        (["check", "--config.file", "config.yaml"], 0, rf"{GREEN}\S*config.yaml is fine"),
        (["check", "--config.file", "wrong.yaml"], 1, f"{RED}.*wrong.yaml:1:1: colectors: "),
        (["collect", "nonsense", "--config.file", "config.yaml"], 1, f"{RED}jobhive-exporter: there is no"),
        (["rules", "check", "one.rules.yml"], 1, f"{RED}.*one.rules.yml:"),
        (["rules", "check", "../{shipped}"], 0, f"{GREEN}1 files, "),
        (["rules", "test", "one.test.yml"], 1, f"{RED}  FAILED:"),
        (["rules", "test", "../{tests}"], 0, f"{GREEN}  SUCCESS"),
        (["report", "weekly", "--config.file", "config.yaml"], 1, f"{RED}jobhive-exporter: there is nothing to report"),
    ],
)
def test_what_is_painted(
    words: list[str],
    code: int,
    painted: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(written(tmp_path))
    (tmp_path.parent / "alerts").unlink(missing_ok=True)
    (tmp_path.parent / "alerts").symlink_to(Path(__file__).parent.parent.parent / "alerts")
    places = {"shipped": "alerts/rules/revenue.rules.yml", "tests": "alerts/tests/revenue.test.yml"}
    words = [word.format(**places) for word in words]
    shown = on_terminal(*words)
    assert shown.code == code
    plain = painted.replace(RED, "").replace(GREEN, "")
    assert re.search(painted.replace("[", r"\[", 1), shown.text)
    for name, value in (("NO_COLOR", "1"), ("TERM", "dumb")):
        with monkeypatch.context() as patch:
            patch.setenv(name, value)
            assert not re.search(r"\x1b\[[0-9;]*m", on_terminal(*words).text)
    assert main(words) == code
    output = capsys.readouterr()
    assert "\x1b" not in output.out + output.err
    assert re.search(plain, output.out + output.err)


def test_a_warning_is_yellow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(written(tmp_path, 'max(jobhive_arr{currency=~"USD"}) > 1'))
    assert YELLOW in on_terminal("rules", "check", "one.rules.yml").text


def test_empty_no_color_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(written(tmp_path))
    monkeypatch.setenv("NO_COLOR", "")
    assert GREEN in on_terminal("check", "--config.file", "config.yaml").text


def test_a_backtest_has_a_bar_on_a_terminal_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(written(tmp_path))
    words = ["rules", "backtest", *BACKTEST, "past.om", "one.rules.yml"]
    shown = on_terminal(*words)
    assert shown.code == 0
    assert re.search(r"seconds of history \[#{20}\.{20}\] 30\d of 600, .* left", shown.text)
    assert f"[{'#' * 40}] 600 of 600" in shown.text
    assert main(words) == 0
    output = capsys.readouterr()
    assert output.err == ""
    assert CODE.sub("", shown.text).endswith(output.out)


def test_a_report_has_a_bar_on_a_terminal_alone(tmp_path: Path, golden: str) -> None:
    (tmp_path / "config.yaml").write_text(f"database: {{url: '{golden}'}}\nstate: {{path: {tmp_path}/state.db}}\n")
    shown = on_terminal("report", "weekly", "--week", "2026-W11", "--config.file", tmp_path / "config.yaml")
    assert shown.code == 0
    assert f"steps [{'#' * 40}] 6 of 6" in shown.text
