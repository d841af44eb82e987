"""`schema print-views`: what is printed loads with psql, shows what the tables show, and lets the role do nothing else."""

import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from psycopg2 import errors
from sqlalchemy import make_url

from demo.binaries import INSTALLATION, package_folder
from exporter.cli import main
from exporter.collect import once
from exporter.config import load
from exporter.model import Result
from tests.conftest import connect, execute
from tests.deployments import rename, strip

AT = datetime(2026, 4, 20, 12, tzinfo=UTC)
PSQL = package_folder() / INSTALLATION / "bin" / "psql"
ROLE = "jobhive_exporter"
# Everything that has to be asked for, so that each table is read.
COLLECTORS = {
    "engagement": {"options": {"session_duration": True}},
    "revenue": {"options": {"by_plan": True}},
    "interviews": {"options": {"per_company": [{"id": 1, "label": "acme"}]}},
}
PERSONAL = ("email", "username", "first_name", "password", "phone")


class Deployment:
    """A database with a mapping, and a configuration file on it."""

    def __init__(self, url: str, tables: dict[str, Any], folder: Path) -> None:
        self.url = url
        self.path = folder / "tables.yaml"
        self.path.write_text(yaml.safe_dump({"database": {"url": url, "tables": tables}, "collectors": COLLECTORS}))

    def psql(self, script: str) -> None:
        command = [str(PSQL), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", "-", self.url.replace("+psycopg2", "")]
        ran = subprocess.run(command, input=script, text=True, capture_output=True, check=False)
        assert (ran.returncode, ran.stderr, ran.stdout) == (0, "", "")

    def over_views(self, script: str) -> Path:
        """Write the configuration that the comments of the script tell, for the role."""
        told = "\n".join(line.removeprefix("--   ") for line in script.splitlines() if line.startswith("--   "))
        path = self.path.with_name("views.yaml")
        collectors = yaml.safe_dump({"collectors": COLLECTORS})
        path.write_text(told[told.index("database:") :] + "\n" + collectors)
        return path


@pytest.fixture(params=["default", "renamed", "seed only"])
def deployment(request: pytest.FixtureRequest, golden: str, tmp_path: Path) -> Deployment:
    execute(golden, "".join(f"ALTER TABLE accounts_user ADD COLUMN {name} text;" for name in PERSONAL))
    made: dict[str, Callable[[str], dict[str, Any]]] = {"default": lambda _: {}, "renamed": rename, "seed only": strip}
    return Deployment(golden, made[request.param](golden), tmp_path)


@pytest.fixture
def script(deployment: Deployment, capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["schema", "print-views", "--config.file", str(deployment.path)]) == 0
    return capsys.readouterr().out


def as_role(url: str) -> str:
    return make_url(url).set(username=ROLE).render_as_string()


def results(path: Path, url: str) -> list[Result]:
    config = load(path, {}, {"DATABASE_URL": url})
    return [once(config, job, AT) for job in config.jobs if job.module.Collector.source == "database"]


def test_every_collector_finds_the_same_through_the_views(deployment: Deployment, script: str) -> None:
    deployment.psql(script)
    direct = results(deployment.path, deployment.url)
    through = results(deployment.over_views(script), as_role(deployment.url))
    assert {result.collector for result in direct} >= {"revenue", "interviews", "operations"}
    for expected, found in zip(direct, through, strict=True):
        assert set(found.samples) == set(expected.samples), expected.collector
        assert found.notes == expected.notes
        assert found.samples


def test_the_script_can_be_loaded_again_after_the_mapping_has_changed(deployment: Deployment, script: str) -> None:
    earlier = script.replace("    last_login,\n", "").replace("    id,\n", "    id, true AS later,\n")
    for version in (earlier, script, script):
        deployment.psql(version)
    assert view_columns(deployment.url, "accounts_user")[:3] == ["id", "date_joined", "last_login"]


def view_columns(url: str, view: str) -> list[str]:
    connection = connect(url)
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT column_name FROM information_schema.columns"
                " WHERE table_schema = 'jobhive_metrics' AND table_name = %s ORDER BY ordinal_position",
                [view],
            )
            return [name for (name,) in cursor.fetchall()]
    finally:
        connection.close()


REFUSED = (
    "SELECT * FROM public.accounts_user",
    "UPDATE jobhive_metrics.accounts_user SET is_verified = true",
    "DELETE FROM jobhive_metrics.accounts_user",
    "CREATE TABLE jobhive_metrics.mine ()",
    "DROP VIEW jobhive_metrics.accounts_user",
)


def test_the_role_can_read_the_views_and_nothing_else(deployment: Deployment, script: str) -> None:
    deployment.psql(script)
    connection = connect(as_role(deployment.url))
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*), current_setting('statement_timeout'), current_setting('transaction_read_only')"
                " FROM jobhive_metrics.accounts_user"
            )
            assert cursor.fetchone() == (5, "5min", "on")
            # The first lock opened, the second one holds.
            cursor.execute("SET default_transaction_read_only = off")
            for statement in REFUSED:
                with pytest.raises(errors.InsufficientPrivilege):
                    cursor.execute(statement)
    finally:
        connection.close()


def test_nothing_personal_is_in_a_view(deployment: Deployment, script: str) -> None:
    deployment.psql(script)
    assert not set(view_columns(deployment.url, "accounts_user")) & set(PERSONAL)
    assert "PASSWORD '" not in script.upper()


def test_a_condition_on_a_view_uses_the_index_of_the_table(deployment: Deployment, script: str) -> None:
    deployment.psql(script)
    connection = connect(as_role(deployment.url))
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SET enable_seqscan = off; EXPLAIN SELECT id FROM jobhive_metrics.accounts_user"
                " WHERE id = 3 AND lower(is_verified::text) = 'true'"
            )
            assert "Index Scan using" in "\n".join(line for (line,) in cursor.fetchall())
    finally:
        connection.close()


def test_constants_are_written_as_they_are(golden: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    odd = "o'hara \\ 100%s"
    tables = {"plan": {"columns": {"slug": {"const": odd}}}, "session": {"columns": {"duration": {"const": 90}}}}
    deployment = Deployment(golden, tables, tmp_path)
    assert main(["schema", "print-views", "--config.file", str(deployment.path), "--schema", "order"]) == 0
    deployment.psql(capsys.readouterr().out)
    connection = connect(golden)
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                'SELECT DISTINCT slug, duration, pg_typeof(duration)::text FROM "order".billing_plan,'
                ' "order".interviews_interviewsession'
            )
            assert cursor.fetchall() == [(odd, 90.0, "double precision")]
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("tables", "more", "message"),
    [
        (
            {"plan": {"name": "prices"}},
            [],
            "there is no table public.prices; set database.tables.plan.name, or grant SELECT on it",
        ),
        (
            {"plan": {"columns": {"slug": "short"}}},
            [],
            "database.tables.plan.columns maps slug to short, which public.billing_plan does not have",
        ),
        (
            {},
            ["--schema", "public"],
            "database.schema is public, where the views go; use the configuration that maps the tables, or --schema",
        ),
    ],
)
def test_what_cannot_be_a_view_is_refused(
    golden: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    tables: dict[str, Any],
    more: list[str],
    message: str,
) -> None:
    deployment = Deployment(golden, tables, tmp_path)
    assert main(["schema", "print-views", "--config.file", str(deployment.path), *more]) == 1
    out, err = capsys.readouterr()
    assert (out, err) == ("", f"jobhive-exporter: {message}\n")


def test_names_are_plain(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["schema", "print-views", "--role", 'x"; DROP TABLE y'])
    assert ended.value.code == 2
    assert "not a plain name; use at most 63 small letters, digits and _" in capsys.readouterr().err


def test_a_database_that_is_down_is_told_without_its_password(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    deployment = Deployment("postgresql://reader:canary-password@127.0.0.1:1/jobhive", {}, tmp_path)
    assert main(["schema", "print-views", "--config.file", str(deployment.path)]) == 1
    out, err = capsys.readouterr()
    assert "Connection refused" in err
    assert "canary" not in out + err
