"""The command line: what it prints where, and how it ends."""

import re
from pathlib import Path

import pytest

from exporter.cli import main
from tests.conftest import execute

CONFIG = "database: {url: !env DATABASE_URL}\n"


@pytest.fixture
def config(tmp_path: Path, golden: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration on the golden data set."""
    monkeypatch.setenv("DATABASE_URL", golden)
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG)
    return path


def run(*arguments: object) -> int:
    return main([str(argument) for argument in arguments])


GOLDEN_REVENUE = """\
# HELP jobhive_mrr Monthly recurring revenue of paying subscriptions. Cached; refreshed every 5m by collector revenue.
# TYPE jobhive_mrr gauge
jobhive_mrr{currency="USD"} 115
# HELP jobhive_arr Annual run rate: 12 times the recurring revenue; not a forecast. Cached; refreshed every 5m by collector revenue.
# TYPE jobhive_arr gauge
jobhive_arr{currency="USD"} 1380
# HELP jobhive_arpu Recurring revenue per paying customer. Cached; refreshed every 5m by collector revenue.
# TYPE jobhive_arpu gauge
jobhive_arpu{currency="USD"} 28.75
"""


def test_collect_prints_the_families_of_the_collector_alone(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("collect", "revenue", "--at", "2026-04-01T00:00:00Z", "--config.file", config) == 0
    out, err = capsys.readouterr()
    assert out.startswith(GOLDEN_REVENUE)
    assert 'jobhive_churn_ratio{level="subscription",window="prev_month"} 0.25\n' in out
    assert 'jobhive_churn_ratio{level="customer",window="prev_month"} 0\n' in out
    assert "jobhive_exporter_" not in out
    assert "# jobhive_mrr is approximate: past_due_since_unknown" in err


def test_collect_is_exact_to_the_microsecond(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    values = []
    for at in ("2026-04-01T00:00:00Z", "2026-04-01T00:00:00.000001Z", "2026-03-31T20:00:00.000001-04:00"):
        assert run("--config.file", config, "collect", "revenue", "--at", at) == 0
        values.append(next(line for line in capsys.readouterr().out.splitlines() if line.startswith("jobhive_mrr{")))
    assert values == ['jobhive_mrr{currency="USD"} 115', *['jobhive_mrr{currency="USD"} 145'] * 2]


def test_collect_prints_what_is_json_only_if_the_configuration_says_so(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ("collect", "interviews", "--at", "2026-04-20T12:00:00Z", "--config.file", config)
    assert run(*command) == 0
    assert "jobhive_interviewer_" not in capsys.readouterr().out
    config.write_text(CONFIG + "export: [jobhive_interviewer_interviews]\n")
    assert run(*command) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("jobhive_interviewer_")]
    assert len(lines) == 12
    assert 'jobhive_interviewer_interviews{interviewer="none",kind="hiring",window="24h"} 1' in lines


def test_explain_adds_queries_rows_durations_and_plans(
    config: Path, golden: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("collect", "revenue", "--at", "2026-04-01T00:00:00Z", "--explain", "--config.file", config) == 0
    out, err = capsys.readouterr()
    assert out.startswith(GOLDEN_REVENUE)
    assert re.search(r"^# \d+ series as of 2026-04-01T00:00:00\+00:00 in \d", err, re.MULTILINE)
    assert "# query figures: " in err
    assert "Execution Time: " in err
    statement = err.partition("# query history: ")[2].partition("\n")[2].partition(";\n")[0]
    execute(golden, statement)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["collect", "nonsense"],
            "jobhive-exporter: there is no collector nonsense in {config}; configured are ai_quality, candidates, data_quality, engagement, features, interviews, journey, operations, revenue\n",
        ),
        (
            ["check", "--config.file", "/none.yaml"],
            "/none.yaml:1:1: file: the file cannot be read: No such file or directory",
        ),
    ],
)
def test_problems_are_told_and_end_with_1(
    config: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert run("--config.file", config, *arguments) == 1
    assert message.format(config=config) in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nonsense"], "invalid choice: 'nonsense'"),
        (["--nonsense"], "unrecognized arguments: --nonsense"),
        (
            ["collect", "revenue", "--at", "2026-04-01"],
            "not an instant with a time zone; write for example 2026-04-01T00:00:00Z",
        ),
        (
            ["collect", "revenue", "--at", "soon"],
            "not an instant with a time zone; write for example 2026-04-01T00:00:00Z",
        ),
        (["--log.level", "loud"], "invalid choice: 'loud'"),
    ],
)
def test_wrong_usage_ends_with_2(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run(*arguments)
    assert ended.value.code == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--version"], ["version"]])
def test_version(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*arguments) == 0
    assert capsys.readouterr().out.startswith("jobhive-exporter, version 0.1.0 (revision: ")


@pytest.mark.parametrize("arguments", [["check"], ["--config.check"]])
def test_check_contacts_nothing(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://reader:canary@nowhere.invalid/jobhive")
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG)
    assert run(*arguments, "--config.file", path) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{path} is fine",
        "database postgresql+psycopg2://reader:***@nowhere.invalid/jobhive, schema public",
        "",
        "collector     schedule  deadline  max staleness  required",
        "ai_quality    every 1h  5m        3h             no",
        "candidates    every 1h  5m        3h             no",
        "data_quality  every 5m  2m30s     15m            no",
        "engagement    every 5m  2m30s     15m            no",
        "features      every 5m  2m30s     15m            no",
        "interviews    every 5m  2m30s     15m            no",
        "journey       every 1h  5m        3h             no",
        "operations    every 1m  30s       3m             no",
        "revenue       every 5m  2m30s     15m            no",
        "",
        "alerts: 26 rules in 6 groups, told to nobody",
        "inactive without ai_realtime: JobHiveAISlow, JobHiveAIAccuracyLow, JobHiveAISilent",
        "inactive without cost: JobHiveCostJump, JobHiveCostForecastOverBudget, JobHiveCostAnomaly",
        "inactive without system: JobHiveAPIErrorsHigh, JobHiveAPILatencyHigh, JobHiveDatabaseConnectionsHigh",
    ]


def test_check_connect_tells_what_each_family_is(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config.write_text(CONFIG + "collectors: {data_quality: {enabled: false}}\n")
    assert run("check", "--connect", "--config.file", config) == 0
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert any(
        line.startswith("database: connected as postgres, PostgreSQL 18") and line.endswith("read only")
        for line in lines
    )
    assert "jobhive_data_quality_rows disabled collector_disabled" in lines
    assert "jobhive_mrr approximate past_due_since_unknown" in lines
    assert "jobhive_subscriptions exact" in lines
    assert "jobhive_interviewer_interviews exact JSON only" in lines
    assert (
        "jobhive_churn_ratio approximate past_due_since_unknown, price_history_unknown, status_history_unknown" in lines
    )


def test_check_connect_tells_of_a_family_that_lacks_a_feature(
    config: Path, golden: str, capsys: pytest.CaptureFixture[str]
) -> None:
    execute(golden, "DROP TABLE learning_enrolment")
    assert run("check", "--connect", "--config.file", config) == 0
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert "jobhive_feature_completion_ratio partial table_unmapped" in lines
    assert "jobhive_feature_events exact" in lines
    assert run("collect", "features", "--at", "2026-04-20T12:00:00Z", "--config.file", config) == 0
    out, err = capsys.readouterr()
    assert 'jobhive_feature_completion_base{feature="interview_practice",window="30d"} 0\n' in out
    assert "# jobhive_feature_completion_base is partial: table_unmapped\n" in err


def test_check_connect_names_what_the_database_lacks(
    config: Path, golden: str, capsys: pytest.CaptureFixture[str]
) -> None:
    execute(golden, "ALTER TABLE accounts_user RENAME COLUMN date_joined TO joined")
    assert run("check", "--connect", "--config.file", config) == 1
    out = capsys.readouterr().out
    mend = "public.accounts_user has no column date_joined; map it under database.tables.user.columns.date_joined"
    assert f"collector revenue failed (query): {mend}\n" in out


def test_check_connect_shows_no_password_of_a_database_that_is_down(
    config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://reader:canary-password@127.0.0.1:1/jobhive")
    assert run("check", "--connect", "--config.file", config) == 1
    out, err = capsys.readouterr()
    assert "Connection refused" in out
    assert "canary" not in out + err
