"""The pages: links lead somewhere, flags and keys exist, and every command runs here, in another test, or says why not."""

import os
import re
import shlex
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import cache
from io import StringIO
from itertools import takewhile
from pathlib import Path

import pytest
import yaml

from demo.binaries import INSTALLATION, package_folder
from demo.postgres import EmbeddedPostgres
from exporter import cli
from exporter.config import load
from exporter.settings import Root
from exporter.state import MIGRATIONS
from tests.alerts.delivery.alertmanagers import alertmanager
from tests.conftest import GOLDEN, SCHEMA, execute
from tests.debian import program
from tests.docs_pages import ROOT, Block, anchors, blocks, links, pages, words
from tests.running import Daemon, running
from tests.waiting import eventually

PAGES = pages()
BLOCKS = [block for page, text in PAGES.items() for block in blocks(page, text)]
# Who runs the commands of a page.
HERE = "tests/test_docs.py"
RUN_BY = {
    "README.md": HERE,
    "docs/access.md": "tests/web/test_wiring.py",
    "docs/alerting.md": HERE,
    "docs/api.md": "tests/web/api/test_daemon.py",
    "docs/backfill.md": HERE,
    "docs/commands.md": "tests/cli/test_help.py",
    "docs/custom-sql.md": "tests/test_custom_sql.py",
    "docs/datadog.md": "tests/test_datadog.py",
    "docs/first-15-minutes.md": HERE,
    "docs/install.md": "tests/deploy/test_install.py",
    "docs/migrating.md": HERE,
    "docs/operations.md": HERE,
    "docs/report.md": HERE,
    "docs/status.md": HERE,
    "docs/views.md": HERE,
}
# Commands that cannot run within a test, and what does the same.
ELSEWHERE = {
    "make demo": "tests/demo/test_command.py",
    "make test": "Makefile",
    "python3 -m venv venv && venv/bin/pip install .": "tests/deploy/test_install.py",
    # The fixture has one that runs.
    "venv/bin/jobhive-exporter": HERE,
}
# YAML that is for others, by a key that it begins with.
FOREIGN_YAML = {
    "scrape_configs": "Prometheus",
    "tls_server_config": "the web configuration file",
    "global": "sql_exporter",
    "metrics": "query-exporter",
}
NEEDED = r"(root|Docker|Kubernetes|a terminal|the Prometheus)\b"
CONSOLES = [block for block in BLOCKS if block.language == "console"]
MISTAKES = "problems in the configuration"
RUN_HERE = [block for block in CONSOLES if RUN_BY.get(block.page) == HERE and not block.needs]


def name_of(block: Block) -> str:
    return f"{block.page}:{block.line}"


# Links


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page: str) -> None:
    for target in links(PAGES[page]):
        path, _, anchor = target.partition("#")
        found = (ROOT / page).parent / path if path else ROOT / page
        assert found.exists(), f"{page}: there is no {target}"
        if anchor:
            assert anchor in anchors(found.read_text()), f"{page}: {target} names no heading"


def test_the_front_page_leads_to_every_page_and_stays_short() -> None:
    linked = {target.partition("#")[0] for target in links(PAGES["README.md"])}
    for path in (ROOT / "docs").iterdir():
        if path.suffix in (".md", ".txt"):
            assert f"docs/{path.name}" in linked, f"README.md does not lead to {path.name}"
    assert PAGES["README.md"].count("\n") <= 150


# Flags and keys


@cache
def help_of(words: tuple[str, ...]) -> str:
    """Return the help of a command; nothing where there is no such command."""
    said = StringIO()
    with redirect_stdout(said), redirect_stderr(StringIO()), pytest.raises(SystemExit):
        cli.main([*words, "--help"])
    return said.getvalue()


def flags(words: tuple[str, ...]) -> set[str]:
    """Return the flags of a command."""
    return set(re.findall(r"--[a-z][\w.-]*", help_of(words)))


def unknown(command: str) -> list[str]:
    """Return what a command line of ours says that the program does not know."""
    said = re.sub(r"(?:>|\||&&| #|\().*", "", command).replace("…", "").split()[1:]
    plain = tuple(takewhile(lambda word: word.islower() and not word.startswith(("-", "[")), said))
    known = flags(plain) or flags(plain[:1])
    given = [word.strip("[]").partition("=")[0] for word in said if word.strip("[]").startswith("--")]
    return [flag for flag in given if flag not in known] if known or not plain else list(plain)


COMMANDS = set(re.findall(r"^ +([a-z]+)(?: [a-z-]+)?  +", help_of(()), re.MULTILINE))


def test_a_strange_word_is_found() -> None:
    assert unknown("jobhive-exporter chekc") == ["chekc"]
    assert unknown("jobhive-exporter collect revenue --at T --explane") == ["--explane"]
    assert unknown("jobhive-exporter collect revenue --pdf x") == ["--pdf"]


@pytest.mark.parametrize("page", PAGES)
def test_every_command_and_flag_of_ours_exists(page: str) -> None:
    spoken = [word for word in words(PAGES[page]) if word.startswith("jobhive-exporter ")]
    spoken += [f"jobhive-exporter {word}" for word in words(PAGES[page]) if word.split()[0] in COMMANDS and " " in word]
    lines = [line for block in CONSOLES if block.page == page for line in block.commands]
    typed = [line[found.end() :] for line in lines if (found := re.search(r"(?:^|bin/)(?=jobhive-exporter )", line))]
    for command in (*spoken, *typed):
        assert unknown(command) == [], f"{page}: {command}"
    for word in words(PAGES[page]):
        if re.match(r"--(web|log|config)\.", word):
            assert re.split("[= ]", word)[0] in flags(()), f"{page}: {word}"


class Plain(yaml.SafeLoader):
    """Reads tags as text."""


Plain.add_multi_constructor("!", lambda _, __, node: node.value)


def yaml_blocks() -> list[Block]:
    return [block for block in BLOCKS if block.language == "yaml"]


def foreign(block: Block) -> bool:
    return not FOREIGN_YAML.keys().isdisjoint(yaml.load(block.text, Plain))


@pytest.mark.parametrize("block", [one for one in yaml_blocks() if not foreign(one)], ids=name_of)
def test_yaml_is_a_configuration(block: Block, tmp_path: Path) -> None:
    text = block.text.replace("/run/secrets/", f"{tmp_path}/")
    for secret in re.findall(r"!file ([^\s,}]+)", text):
        (tmp_path / secret).write_text("a-secret-of-some-length")
    environ = dict.fromkeys(re.findall(r"!env (\w+)", text), "a-secret-of-some-length")
    environ |= {name: "sqlite:////nowhere.db" for name in environ if name.endswith("_URL")}
    environ |= {"DATABASE_URL": "postgresql://127.0.0.1:1/jobhive", "REDIS_URL": "redis://127.0.0.1:1"}
    path = tmp_path / "config.yaml"
    path.write_text(f"{text}\ndatabase: {{url: !env DATABASE_URL}}\n" if "database:" not in text else text)
    config = load(path, {}, environ)
    assert set(yaml.load(text, Plain)) <= set(Root.model_fields)
    assert config.path == path


# Commands


def test_every_page_with_commands_is_run_somewhere() -> None:
    for page in {block.page for block in CONSOLES}:
        runner = RUN_BY[page]
        assert Path(page).name in (ROOT / runner).read_text(), f"{runner} does not know {page}"
    for runner in ELSEWHERE.values():
        assert (ROOT / runner).exists()


def test_what_does_not_run_says_what_it_needs() -> None:
    for block in CONSOLES:
        assert re.match(f"Needs {NEEDED}|$", block.needs), f"{name_of(block)}: {block.needs}"


def test_what_is_spared_is_written_somewhere() -> None:
    typed = {bare(command) for block in CONSOLES for command in block.commands}
    assert set(ELSEWHERE) <= typed


def bare(command: str) -> str:
    return re.sub(r"\s+#.*", "", command)


@dataclass
class Desk:
    """A folder with the program, a database and a daemon, as the reader of a page has them."""

    folder: Path
    daemon: Daemon
    database: str
    alertmanager: str

    def type(self, command: str, environ: dict[str, str]) -> str:
        """Run a command, ours in this process; addresses are those of here, and long histories are short."""
        for place, here in {
            r"postgresql://(owner|reader):secret@db\.example\.org/jobhive": self.database,
            r"postgresql://jobhive_exporter:secret@db\.example\.org/jobhive": self.database.replace(
                "postgres@", "jobhive_exporter@"
            ),
            r"(127\.0\.0\.1|localhost):10077": self.daemon.address,
            r"http://127\.0\.0\.1:9093": self.alertmanager,
            r"--step (5m|1h)": "--step 300d",
            r"(?<=--from 2026-10-01T00:00:00Z --to )\S+": "2026-10-01T01:00:00Z",
        }.items():
            command = re.sub(place, here, command)
        if command.startswith("export "):
            name, _, value = command.removeprefix("export ").partition("=")
            environ[name] = value
            return ""
        if command.startswith("jobhive-exporter "):
            line, _, file = command.partition(" > ")
            said = self._ours(shlex.split(line)[1:], environ)
            (self.folder / (file.strip() or "said")).write_text(said)
            return said
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", command],
            cwd=self.folder,
            env=os.environ | environ,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, f"{command}: {done.stderr}"
        return done.stdout

    def _ours(self, arguments: list[str], environ: dict[str, str]) -> str:
        said, told = StringIO(), StringIO()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(said), redirect_stderr(told):
            patch.chdir(self.folder)
            for name, value in environ.items():
                patch.setenv(name, value)
            code = cli.main(arguments)
        assert code == 0, f"{arguments}: {told.getvalue()}"
        return said.getvalue()


CONFIG = """
database: {url: !env DATABASE_URL}
reports: {weekly: {folder: reports}}
collectors:
  custom_sql:
    queries:
      orders:
        sql: SELECT count(*) AS shop_orders FROM jobs_job
        metrics: {shop_orders: {help: Orders.}}
"""


def shims(folder: Path) -> None:
    """Put the programs of the pages into a folder."""
    folder.mkdir()
    for name, command in {
        "python3": shlex.quote(sys.executable),
        "psql": str(package_folder() / INSTALLATION / "bin" / "psql"),
        "promtool": str(program("promtool")),
        "amtool": str(program("amtool")),
    }.items():
        (folder / name).write_text(f'#!/bin/sh\nexec {command} "$@"\n')
        (folder / name).chmod(0o755)


@pytest.fixture(scope="module")
def desk(postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("desk")
    url = postgres.create("docs")
    execute(url, SCHEMA.read_text())
    execute(url, GOLDEN.read_text())
    shims(folder / "bin")
    (folder / "alerts").symlink_to(ROOT / "alerts")
    (folder / "daemon").mkdir()
    shipped = (ROOT / "alerts" / "rules" / "exporter.rules.yml").read_text()
    (folder / "daemon" / "often.rules.yml").write_text(shipped.replace("interval: 1m", "interval: 1s"))
    with alertmanager(folder) as receiver:
        tree = {
            "database": {"url": url},
            "alerts": {"alertmanagers": [{"url": receiver.url}], "rule_files": ["often.rules.yml"]},
            "state": {"path": str(folder / "jobhive-exporter.db")},
        }
        with running(folder / "daemon", tree) as daemon:
            eventually(lambda: daemon.ask("/-/ready").status_code == 200, within=60)
            yield Desk(folder, daemon, url.replace("+psycopg2", ""), receiver.url)


def configuration_above(block: Block) -> str:
    """Return what the page has in its config.yaml where a block stands."""
    told = [
        one.text
        for one in BLOCKS
        if one.page == block.page and one.line < block.line and one.language == "yaml" and "database:" in one.text
    ]
    return told[-1] if told else CONFIG


@pytest.mark.parametrize("page", sorted({block.page for block in RUN_HERE}))
def test_the_commands_of_a_page_run(desk: Desk, page: str) -> None:
    environ = {"DATABASE_URL": desk.database, "PATH": f"{desk.folder}/bin:{os.environ['PATH']}", "HOME": "/nonexistent"}
    for block in (block for block in RUN_HERE if block.page == page and MISTAKES not in block.text):
        (desk.folder / "config.yaml").write_text(configuration_above(block))
        for command in map(bare, block.commands):
            if command not in ELSEWHERE:
                desk.type(command.replace("venv/bin/", ""), environ)


def test_the_alert_of_the_first_15_minutes_arrives(desk: Desk) -> None:
    (command,) = [one for block in RUN_HERE for one in block.commands if one.startswith("amtool ")]
    environ = {"PATH": f"{desk.folder}/bin:{os.environ['PATH']}", "HOME": "/nonexistent"}
    eventually(lambda: "Watchdog" in desk.type(command, environ), within=90)


def test_a_backup_has_what_the_daemon_knew(desk: Desk) -> None:
    (command,) = [one for block in RUN_HERE for one in block.commands if "VACUUM INTO" in one]
    environ = {"PATH": f"{desk.folder}/bin:{os.environ['PATH']}"}
    (desk.folder / "backup.db").unlink(missing_ok=True)
    desk.type(f"umask 077; {command}", environ)
    assert (desk.folder / "backup.db").stat().st_mode & 0o777 == 0o600
    with closing(sqlite3.connect(desk.folder / "backup.db")) as copy:
        assert copy.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
        kept = {name for (name,) in copy.execute("SELECT collector FROM jhx_snapshot")}
    assert {"revenue", "data_quality"} <= kept


def test_mistakes_are_told_as_the_front_page_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (block,) = [one for one in CONSOLES if MISTAKES in one.text]
    above = "database:\n  url: postgresql://127.0.0.1/jobhive\n\n\n\n\ncollectors:\n  revenue:\n"
    (tmp_path / "config.yaml").write_text(f"{above}    interval: 5 minutes\n    dedline: 2m\n")
    monkeypatch.chdir(tmp_path)
    assert cli.main(block.commands[0].split()[1:]) == 1
    assert capsys.readouterr().err == block.text.partition("\n")[2]
