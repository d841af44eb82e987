"""`check --connect`: what the database lets us do, what its columns are, which indexes it lacks, which scale scores have."""

from pathlib import Path

import pytest
import yaml

from exporter.cli import main
from tests.conftest import execute
from tests.deployments import rename
from tests.test_views import as_role

TABLES = ("sentiment", "assessment")


class Checked:
    """A configuration on a database, and what `check --connect` says of it."""

    def __init__(self, url: str, path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.url, self.path, self._capsys = url, path, capsys
        self.write({})

    def write(self, tables: object, url: str | None = None, schema: str = "public") -> None:
        database = {"url": url or self.url, "schema": schema, "tables": tables}
        self.path.write_text(yaml.safe_dump({"database": database}))

    def run(self, *statements: str) -> tuple[int, str]:
        for statement in statements:
            execute(self.url, statement)
        code = main(["check", "--connect", "--config.file", str(self.path)])
        return code, self._capsys.readouterr().out


@pytest.fixture
def checked(golden: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Checked:
    return Checked(golden, tmp_path / "config.yaml", capsys)


def test_a_role_that_may_write_is_told(checked: Checked) -> None:
    code, out = checked.run()
    assert code == 0
    assert "\ndatabase: connected as postgres, PostgreSQL 18" in out
    assert ", read only\n" in out
    assert "\nwarning: the role postgres may write to accounts_user, analytics_useractivity, " in out


def test_the_role_of_the_views_is_fine_and_their_indexes_are_not_seen(
    checked: Checked, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["schema", "print-views", "--config.file", str(checked.path)]) == 0
    execute(checked.url, capsys.readouterr().out)
    checked.write({}, as_role(checked.url), "jobhive_metrics")
    code, out = checked.run()
    assert code == 0
    assert "database: connected as jobhive_exporter" in out
    assert "warning" not in out
    assert "CREATE INDEX" not in out
    assert "\nIndexes below these views are not checked; do it with the tables themselves: accounts_user, " in out


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        (
            "ALTER TABLE billing_plan ALTER COLUMN price TYPE text",
            "database: public.billing_plan.price is text, and is read as a number;"
            " map database.tables.plan.columns.price to a column that is one",
        ),
        (
            "ALTER TABLE accounts_user ALTER COLUMN is_verified DROP DEFAULT,"
            " ALTER COLUMN is_verified TYPE smallint USING 1",
            "database: public.accounts_user.is_verified is smallint, and is read as true or false;"
            " map database.tables.user.columns.is_verified to a column that is one",
        ),
        (
            "ALTER TABLE accounts_user ALTER COLUMN last_login TYPE bigint USING 1",
            "database: public.accounts_user.last_login is bigint, and is read as an instant;"
            " map database.tables.user.columns.last_login to a column that is one",
        ),
    ],
)
def test_a_column_of_another_type_is_a_problem(checked: Checked, statement: str, problem: str) -> None:
    code, out = checked.run(statement)
    assert code == 1
    assert f"\n{problem}\n" in out


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE DOMAIN money_amount AS numeric; ALTER TABLE billing_plan ALTER COLUMN price TYPE money_amount",
        "ALTER TABLE billing_plan ALTER COLUMN price TYPE double precision",
        "ALTER TABLE billing_customersubscription ALTER COLUMN status TYPE text",
        "ALTER TABLE accounts_user ALTER COLUMN id TYPE integer",
        "ALTER TABLE interviews_interviewsession ALTER COLUMN duration TYPE interval USING NULL",
    ],
)
def test_a_type_that_reads_as_well_is_none(checked: Checked, statement: str) -> None:
    code, out = checked.run(statement)
    assert (code, "is read as" in out) == (0, False)


@pytest.mark.parametrize(
    ("unit", "kind", "problem"),
    [("interval", "double precision", "an interval"), ("seconds", "interval", "a number"), ("minutes", "bigint", None)],
)
def test_a_duration_is_what_its_unit_says(checked: Checked, unit: str, kind: str, problem: str | None) -> None:
    checked.write({"session": {"duration_unit": unit}})
    code, out = checked.run(f"ALTER TABLE interviews_interviewsession ALTER COLUMN duration TYPE {kind} USING NULL")
    told = f"interviewsession.duration is {kind}, and is read as {problem};"
    assert (told in out) == (problem is not None)
    assert (code == 1) == (problem is not None)


def test_an_instant_without_a_zone_is_a_warning(checked: Checked) -> None:
    code, out = checked.run("ALTER TABLE accounts_user ALTER COLUMN last_login TYPE timestamp")
    assert code == 0
    assert "\nwarning: public.accounts_user.last_login is timestamp without time zone: it is read as UTC\n" in out


@pytest.mark.parametrize(
    ("scale", "highest", "warning"),
    [
        (1, "0.9", None),
        (1, "82", "session.score_scale is 1, but technical_accuracy goes up to 82; higher values are left out"),
        (100, "82", None),
        (100, "1.5", None),
        (
            100,
            "0.9",
            "session.score_scale is 100, but technical_accuracy has no value above 1 (of the latest 10,000 rows)",
        ),
        (1, "'infinity'", None),
        (1, "'NaN'", None),
        (100, "NULL", None),
    ],
)
def test_a_scale_that_the_scores_do_not_have_is_a_warning(
    checked: Checked, scale: float, highest: str, warning: str | None
) -> None:
    checked.write({"session": {"score_scale": scale}})
    code, out = checked.run(
        f"UPDATE interviews_interviewsession SET technical_accuracy = {highest}, behavioral_score = NULL,"
        " completion_percentage = NULL"
    )
    told = [line for line in out.splitlines() if "score_scale" in line]
    assert (code, told) == (0, [f"warning: database.tables.{warning}"] if warning else [])


# What the schema of the demo has already is not advised again.
LACKING = [
    "CREATE INDEX CONCURRENTLY ON public.billing_customersubscription (created_at);",
    "CREATE INDEX CONCURRENTLY ON public.interviews_interviewsession (scheduled_at) WHERE end_time IS NULL;",
    "CREATE INDEX CONCURRENTLY ON public.jobs_applicationstageevent (occurred_at);",
    "CREATE INDEX CONCURRENTLY ON public.recommendations_recommendation (accepted_at);",
]


def advised(out: str) -> list[str]:
    return sorted(line for line in out.splitlines() if line.startswith("CREATE INDEX") and line.endswith(";"))


def test_missing_indexes_are_advised_with_what_they_buy(checked: Checked) -> None:
    code, out = checked.run()
    assert code == 0
    assert advised(out) == LACKING
    assert "-- who did not come, by the appointment\nCREATE INDEX CONCURRENTLY ON public.interviews_interview" in out
    assert (
        "CREATE INDEX CONCURRENTLY ON public.interviews_interviewsession (start_time) WHERE end_time IS NULL\n" in out
    )
    _, after = checked.run("DROP INDEX interviews_session_end_idx; DROP INDEX analytics_act_feature_time_idx")
    more = {
        "CREATE INDEX CONCURRENTLY ON public.interviews_interviewsession (end_time);",
        "CREATE INDEX CONCURRENTLY ON public.analytics_useractivity (feature, occurred_at);",
    }
    assert set(advised(after)) == {*LACKING, *more}


def test_advice_that_was_taken_is_not_repeated(checked: Checked) -> None:
    _, out = checked.run()
    script = out.partition("These indexes would help (docs/indexes.md):\n")[2].partition("\n\n")[0]
    # CONCURRENTLY does not go with several statements at once.
    _, after = checked.run(script.replace(" CONCURRENTLY", ""))
    assert "would help" not in after


def test_advice_has_the_names_and_words_of_the_deployment(checked: Checked) -> None:
    checked.write(rename(checked.url))
    _, out = checked.run()
    where = "WHERE finished_at IS NULL\n    AND (lower(state) NOT IN ('canceled', 'cancelled', 'completed', 'done', 'dropped', 'noshow')) IS NOT FALSE;"
    assert f"CREATE INDEX CONCURRENTLY ON public.hiring_interview (begun_at) {where}" in out
