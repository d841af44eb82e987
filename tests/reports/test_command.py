"""`report weekly` on the command line, and the section `reports` of config.yaml."""

from pathlib import Path

import pytest

from exporter.cli import main
from exporter.config import ConfigError, load
from tests.reports.mail_servers import Inbox, serving
from tests.reports.making import written
from tests.running import free_port

ONE = ("revenue",)
WEEK = ("--week", "2026-W11")


def run(path: Path, *arguments: object) -> int:
    return main(["report", "weekly", "--config.file", str(path), *map(str, arguments)])


def test_the_text_is_printed(reported: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(written(tmp_path, reported, ONE), *WEEK) == 0
    output = capsys.readouterr()
    assert output.out.startswith("JobHive: weekly report, week 11\n")
    assert "MRR is $85.00, down 26.1% from $115.00: $30.00 churn." in output.out
    assert output.err == ""
    assert not (tmp_path / "state.db").exists()


def test_files_are_written(reported: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path, reported, ONE)
    assert run(path, *WEEK, "--pdf", tmp_path / "out.pdf", "--html", tmp_path / "out.html") == 0
    assert capsys.readouterr().out == ""
    assert (tmp_path / "out.pdf").read_bytes().startswith(b"%PDF-")
    assert "$85.00" in (tmp_path / "out.html").read_text()
    assert run(path, *WEEK, "--pdf", "/proc/out.pdf") == 1
    assert "/proc/out.pdf cannot be written: " in capsys.readouterr().err


def test_it_is_sent_once_and_again_if_asked(reported: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    inbox = Inbox(refused=("gone@example.org",))
    with serving(inbox) as port:
        smtp = {"host": "localhost", "port": port, "security": "none", "sender": "reports@example.org"}
        weekly = {"recipients": ["board@example.org", "gone@example.org"]}
        path = written(tmp_path, reported, ONE, reports={"smtp": smtp, "weekly": weekly})
        assert run(path, *WEEK, "--send") == 0
        assert capsys.readouterr().err == "report weekly of 2026-W11 was sent to 1 of 2 recipients\n"
        assert run(path, *WEEK, "--send") == 0
        assert "report weekly of 2026-W11 was sent on " in capsys.readouterr().err
        assert len(inbox.letters) == 1
        assert run(path, *WEEK, "--send", "--again") == 0
        assert len({letter.message["Message-ID"] for letter in inbox.letters}) == 1
        assert len(inbox.letters) == 2
    assert run(path, "--week", "2026-W12", "--send") == 1
    assert "cannot be reached: Connection refused" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--week", "2026-46"), 2, "2026-46 is not a week; write for example 2026-W46"),
        (("--week", "1970-W01"), 2, "1970-W01 is too far away"),
        (("--week", "8000-W01"), 1, "is not over; the last complete one is "),
        (("--send",), 1, "reports.weekly is missing, so nobody gets the report; add it"),
    ],
)
def test_mistakes_are_told(
    arguments: tuple[str, ...], code: int, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path, "postgresql://localhost/x", ONE)
    try:
        found = run(path, *arguments)
    except SystemExit as ended:
        found = int(ended.code or 0)
    assert found == code
    assert said in capsys.readouterr().err


def test_a_database_that_is_down_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = f"postgresql://somebody:canary-word@localhost:{free_port()}/x"
    assert run(written(tmp_path, url, ONE), *WEEK) == 1
    said = capsys.readouterr().err
    assert said.startswith("jobhive-exporter: there is nothing to report on 2026-W11: revenue: connect: ")
    assert "canary-word" not in said


SMTP = "smtp: {host: mail, sender: a@example.org"
MISTAKES = [
    ("weekly: {}", "has nobody who gets it; write recipients: [board@example.org], or folder: reports"),
    (
        "weekly: {recipients: [a@b.c]}",
        "weekly has recipients, but there is no smtp; add smtp: {host: ..., sender: ...}",
    ),
    (f"{SMTP}, username: x}}", "username and password belong together; write both or neither"),
    (f"{SMTP}, security: none, username: x, password: canary-word}}", "a password would be sent in the clear"),
    (f"{SMTP}, security: none, ca_file: x}}", "ca_file is for TLS"),
    ("weekly: {folder: x, cron: '* *'}", "not a cron expression of five fields; write for example '0 7 * * 1'"),
    (
        f"{SMTP}}}, weekly: {{recipients: ['B <b@c.d>']}}",
        "not an address of e-mail; write for example board@example.org",
    ),
    (f'{SMTP}}}, weekly: {{recipients: ["a@b.c\\nBcc: x@y.z"]}}', "not an address of e-mail"),
    (f"{SMTP}}}, weekly: {{recipients: [a@b.c, A@B.C]}}", "a@b.c stands there twice; leave it once"),
    ("monthly: {}", "unknown key"),
]


@pytest.mark.parametrize(("text", "said"), MISTAKES, ids=[said for _, said in MISTAKES])
def test_mistakes_below_reports(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(f"database: {{url: postgresql://localhost/x}}\nreports: {{{text}}}\n")
    with pytest.raises(ConfigError) as raised:
        load(path, {}, {})
    (line,) = raised.value.problems
    assert said in line
    assert "reports" in line
    assert "canary-word" not in line


def test_the_password_is_a_secret(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    smtp = f"{SMTP}, username: x, password: canary-word}}"
    path.write_text(f"database: {{url: postgresql://localhost/x}}\nreports: {{{smtp}}}\n")
    config = load(path, {}, {})
    assert "canary-word" not in repr(config.reports)
    assert config.redact("a canary-word b") == "a *** b"
