"""What a configuration will spend on AWS: told by `check`, and refused where the budget does not hold it."""

from decimal import Decimal
from pathlib import Path

import pytest

from exporter.budget import Budget
from tests.running import run
from tests.test_config import MINIMAL, loaded, problems

AWS = MINIMAL + "aws: {}\n"
KEYS = "aws: {access_key_id: !env ID, secret_access_key: !env KEY}\n"


def test_with_a_section_aws_costs_are_collected_and_divided(tmp_path: Path) -> None:
    config = loaded(tmp_path, AWS)
    jobs = {job.name: job for job in config.jobs}
    assert (jobs["cost"].source, jobs["cost"].interval.total_seconds() / 3600) == ("aws", 8)
    assert jobs["unit_economics"].source == "snapshot"
    assert jobs["cost"].contract.max_staleness == 3 * jobs["cost"].interval
    assert config.budgets == {"aws_ce": Budget(20, None)}
    assert config.bill
    assert (config.bill.requests_a_day, config.bill.usd_a_month) == (15, Decimal("4.65"))


@pytest.mark.parametrize("text", [MINIMAL, AWS + "collectors: {cost: {enabled: false}}\n"])
def test_without_costs_there_is_no_bill_and_nothing_to_divide(tmp_path: Path, text: str) -> None:
    config = loaded(tmp_path, text)
    assert config.bill is None
    assert not {"cost", "unit_economics"} & {job.name for job in config.jobs}
    disabled = {note.family for note in config.disabled if note.reason == "collector_disabled"}
    assert {"jobhive_aws_cost", "jobhive_aws_cost_per_active_user"} <= disabled


@pytest.mark.parametrize(
    ("schedule", "requests"),
    [("interval: 12h", 12), ("interval: 5h", 21), ("cron: 0 */6 * * *", 18), ("cron: 0 6 1 * *", 9)],
)
def test_the_schedule_makes_the_bill(tmp_path: Path, schedule: str, requests: int) -> None:
    config = loaded(
        tmp_path, MINIMAL + f"aws: {{budget: {{requests_per_day: 50}}}}\ncollectors: {{cost: {{{schedule}}}}}\n"
    )
    assert config.bill
    assert config.bill.requests_a_day == requests


def test_fewer_questions_cost_less(tmp_path: Path) -> None:
    config = loaded(tmp_path, AWS + "collectors: {cost: {options: {reservation_services: []}}}\n")
    assert config.bill
    assert config.bill.requests_a_day == 12


def test_a_schedule_beyond_the_budget_is_refused(tmp_path: Path) -> None:
    text = MINIMAL + "aws:\n  budget:\n    requests_per_day: 14\n    usd_per_month: 4.64\n"
    assert problems(tmp_path, text) == [
        "4:23: aws.budget.requests_per_day: the collector cost needs 15 requests a day; "
        "raise this, or run the collector less often",
        "5:20: aws.budget.usd_per_month: the collector cost spends 4.65 USD in a month of 31 days; "
        "raise this, or run the collector less often",
    ]
    loaded(tmp_path, text.replace("14", "15").replace("4.64", "4.65"))


def test_keys_come_from_elsewhere_and_are_shown_nowhere(tmp_path: Path) -> None:
    environ = {"DATABASE_URL": "postgresql://db/x", "ID": "AKIACANARY", "KEY": "canary-secret"}
    config = loaded(tmp_path, MINIMAL + KEYS, environ)
    assert config.aws
    assert config.aws.access_key_id
    assert config.aws.access_key_id.reveal() == "AKIACANARY"
    assert "canary" not in repr(config).lower()
    assert config.redact("x canary-secret AKIACANARY") == "x *** ***"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            'aws: {access_key_id: "AKIACANARY", secret_access_key: !env DATABASE_URL}\n',
            "2:22: aws.access_key_id: a key must not stand in this file; write !env NAME or !file PATH",
        ),
        (
            "aws: {access_key_id: !env DATABASE_URL}\n",
            "2:6: aws: has access_key_id alone; give access_key_id and secret_access_key, or none of them and a role",
        ),
        (
            "aws: {session_token: !env DATABASE_URL}\n",
            "2:6: aws: has session_token alone; give access_key_id and secret_access_key, or none of them and a role",
        ),
    ],
)
def test_keys_that_are_wrong(tmp_path: Path, text: str, problem: str) -> None:
    assert problems(tmp_path, MINIMAL + text) == [problem]


def test_the_meaning_of_costs_is_their_own(tmp_path: Path) -> None:
    """What changes the numbers has them made anew, at a price; nothing else does."""

    def fingerprint(text: str) -> str:
        return next(job.contract.fingerprint for job in loaded(tmp_path, text).jobs if job.name == "cost")

    before = fingerprint(AWS)
    assert fingerprint(AWS + "business: {timezone: America/New_York}\n") == before
    assert fingerprint(MINIMAL + "aws: {budget: {requests_per_day: 30}}\n") == before
    assert fingerprint(AWS + "collectors: {cost: {options: {metric: AmortizedCost}}}\n") != before
    assert fingerprint(MINIMAL + "aws: {endpoint: 'http://127.0.0.1:1'}\n") != before


def test_the_monthly_budget_is_a_threshold(tmp_path: Path) -> None:
    text = AWS + "collectors: {cost: {options: {monthly_budget: 4000}}}\n"
    assert loaded(tmp_path, text).definitions.thresholds["aws_monthly_budget"] == 4000
    assert "aws_monthly_budget" not in loaded(tmp_path, AWS).definitions.thresholds


def test_check_prints_the_bill(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("aws: {budget: {usd_per_month: 5}}\n")
    checked = run("check", "--config.file", str(path))
    assert checked.returncode == 0, checked.stderr
    bill = "aws_ce: 15 requests a day, about 4.65 USD a month; at most 20 requests a day and 5 USD a month"
    assert bill in checked.stdout.splitlines()


def test_collect_says_why_it_has_nothing_to_divide(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(f"aws: {{}}\nstate: {{path: {tmp_path / 's.db'}}}\n")
    collected = run("collect", "unit_economics", "--config.file", str(path))
    assert (collected.returncode, collected.stdout) == (0, "")
    assert collected.stderr == ("# unit_economics reads what other collectors found, which only a running daemon has\n")
