"""The figures of the report: by hand from the golden data, and what is said where there are none."""

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from exporter.model import Note
from exporter.reference import catalogue
from exporter.reports.calendar import KEY, Week
from exporter.reports.lines import CURRENCY, HELD, MOVED, PARTS, Line
from exporter.reports.model import Figure, Report, Restated
from exporter.reports.summary import about, headlines
from exporter.reports.text import text
from exporter.reports.weekly import Circumstances, weekly
from tests.conftest import connect
from tests.reports.making import MARCH, configured, evidence, made, sample, small

LINES = [line for part in PARTS for line in part.lines]
FAMILIES = {family.name: (owner, family) for owner, families in catalogue().items() for family in families}
# Of the event view, which has no family (metrics.md 4.2).
UNNAMED = "customer_events"
OWNERS = {MOVED: "revenue", HELD: "interviews", "forecast": "cost"}


def rows(report: Report, section: str) -> dict[tuple[str, str], tuple[str, str, str]]:
    figures = report.section(section).figures
    return {(one.title, one.window): (one.shown, one.shown_before, one.change) for one in figures}


# golden.md sections 1 and 2: customer 4 left on 11 March; activity of users 1 and 3, then of 1, 3 and 5.
REVENUE_W11 = {
    ("MRR", "week's end"): ("$85.00", "$115.00", "−$30.00 (−26.1%)"),
    ("ARR (run rate)", "week's end"): ("$1,020.00", "$1,380.00", "−$360.00 (−26.1%)"),
    ("Paying customers", "week's end"): ("3", "4", "−1 (−25.0%)"),
    ("ARPU per paying customer", "week's end"): ("$28.33", "$28.75", "−$0.42 (−1.4%)"),
    ("MRR at the start", "week"): ("$115.00", "$115.00", "±0"),
    ("+ new", "week"): ("$0.00", "$0.00", "±0"),
    ("+ reactivation", "week"): ("$0.00", "$0.00", "±0"),
    ("+ expansion", "week"): ("$0.00", "$0.00", "±0"),
    ("− contraction", "week"): ("$0.00", "$0.00", "±0"),
    ("− churn", "week"): ("$30.00", "$0.00", "+$30.00"),
    ("= net new MRR", "week"): ("−$30.00", "$0.00", "−$30.00"),
    ("Customers who joined", "week"): ("0", "0", "±0"),
    ("Customers who returned", "week"): ("0", "0", "±0"),
    ("Customers who left", "week"): ("1", "0", "+1"),
    ("Customer churn", "last month"): ("0.0%", "0.0%", "±0"),
    ("Customers churned", "last month"): ("0", "0", "±0"),
    ("Gross MRR churn", "last month"): ("0.0%", "0.0%", "±0"),
    ("Net revenue retention", "30 d"): ("73.9%", "100.0%", "−26.1 pp"),
}
USERS_W11 = {
    ("Active users", "7 d"): ("1", "1", "±0"),
    ("Active users", "30 d"): ("3", "4", "−1 (−25.0%)"),
    ("New users", "7 d"): ("0", "0", "±0"),
    ("Registered users", "week's end"): ("5", "5", "±0"),
}
# Session 4 was abandoned on Sunday the 19th; 1 and 3 were completed on the 20th, 2 is open for ever.
INTERVIEWS_W17 = {
    ("Started, hiring", "week"): ("3", "1", "+2 (+200%)"),
    ("Completed, hiring", "week"): ("2", "0", "+2"),
    ("Completed, practice", "week"): ("0", "0", "±0"),
    ("Completion of those started", "week"): ("66.7%", "0.0%", "+66.7 pp"),
    ("No-shows, hiring", "week"): ("0", "0", "±0"),
    ("Abandoned, hiring", "week"): ("0", "1", "−1 (−100%)"),
    ("Median duration", "week"): ("1.8\u00a0h", "–", "–"),
}


def test_revenue_and_users_of_a_week(reported: str, tmp_path: Path) -> None:
    report = made(configured(tmp_path, reported), "2026-W11").report
    assert rows(report, "revenue") == REVENUE_W11
    assert USERS_W11.items() <= rows(report, "users").items()
    assert report.trends["mrr USD"].weeks[-3:] == ("2026-W09", "2026-W10", "2026-W11")
    assert report.trends["mrr USD"].values[-3:] == (115, 115, 85)
    assert report.trends["users"].values[-2:] == (1, 1)
    assert next(iter(headlines(report))) == "MRR is $85.00, down 26.1% from $115.00: $30.00 churn."


def test_interviews_of_a_week(reported: str, tmp_path: Path) -> None:
    report = made(configured(tmp_path, reported), "2026-W17").report
    assert INTERVIEWS_W17.items() <= rows(report, "interviews").items()
    assert (
        report.section("interviews").find(f'{HELD}:jobhive_interviews_started{{kind="practice",window="week"}}') is None
    )
    assert report.trends["hiring"].values[-2:] == (0, 2)


def test_a_past_week_comes_out_the_same_whenever_it_is_made(reported: str, tmp_path: Path) -> None:
    config = configured(tmp_path, reported)
    sooner, later = (made(config, "2026-W11", MARCH.end + timedelta(days=days)) for days in (1, 400))
    assert sooner.report.sections == later.report.sections
    assert sooner.document == later.document


def test_the_business_zone_moves_the_week(reported: str, tmp_path: Path) -> None:
    """Subscription 8 starts on 1 April 00:00 UTC: on Tuesday in New York, 31 March 20:00, as in W14 of UTC too."""
    report = made(configured(tmp_path, reported, business={"timezone": "America/New_York"}), "2026-W11").report
    assert report.week.window.start.hour == 4
    assert "The clocks changed" not in text(report)
    assert "the week has 167 hours, while 7 d are always 168" in text(
        made(configured(tmp_path, reported, business={"timezone": "America/New_York"}), "2026-W10").report
    )


def test_what_is_not_configured_is_said_to_be_unavailable(reported: str, tmp_path: Path) -> None:
    report = made(configured(tmp_path, reported), "2026-W11").report
    assert {section.name: section.unavailable for section in report.unavailable} == {
        "system": "not configured",
        "costs": "not configured",
    }
    assert "Unavailable this week: System, Costs of AWS." in list(headlines(report))


def test_a_part_that_a_deployment_lacks_costs_no_other(reported: str, tmp_path: Path) -> None:
    tables = {name: {"columns": {"user_id": None}} for name in ("subscription", "activity")}
    config = configured(tmp_path, reported, database={"url": reported, "tables": tables})
    report = made(config, "2026-W17").report
    assert report.section("revenue").unavailable == "this deployment has no such column"
    assert rows(report, "interviews")["Completed, hiring", "week"][0] == "2"
    found = report.figure("users", 'engagement:jobhive_active_users{window="7d"}')
    assert found
    assert found.approximate == "activity is derived from what users left elsewhere"


# The contract: names and labels are those of the catalogue.


@pytest.mark.parametrize("line", [line for line in LINES if line.family != UNNAMED], ids=lambda line: str(line.title))
def test_a_figure_is_of_a_family_with_such_labels(line: Line) -> None:
    owner, family = FAMILIES[line.family]
    assert OWNERS.get(line.source, line.source) == owner
    assert sorted(line.labels) == [label.name for label in family.labels]
    for label in family.labels:
        value = line.labels[label.name]
        own_week = value == KEY and line.source in (MOVED, HELD)
        asked_for = (line.source, value) == ("system", "7d")
        assert value == CURRENCY or own_week or asked_for or label.values is None or value in label.values, label.name


def test_every_figure_is_told_with_its_window() -> None:
    assert {line.title for line in LINES if not line.window} == set()
    assert len({(line.title, line.window) for line in LINES}) == len(LINES)


def test_no_figure_is_of_candidates() -> None:
    assert {line.title for line in LINES if "candidate" in line.family} == set()


# What a figure says that has no value.


def one(report: Report, section: str, title: str) -> Figure:
    return next(figure for figure in report.section(section).figures if figure.title == title)


@pytest.mark.parametrize(
    ("notes", "reason"),
    [
        ([], "too few to tell"),
        ([Note("disabled", "jobhive_arpu", "column_unmapped")], "this deployment has no such column"),
        ([Note("disabled", "jobhive_arpu", "not_enabled")], "not enabled at its source"),
    ],
)
def test_a_missing_figure_says_why(notes: list[Note], reason: str) -> None:
    mrr = sample("jobhive_mrr", 1, currency="USD")
    found = evidence(MARCH.end, revenue=[mrr, *notes])
    report = weekly(MARCH, found, evidence(MARCH.before().end), Circumstances())
    figure = one(report, "revenue", "ARPU per paying customer")
    assert (figure.value, figure.reason, figure.shown) == (None, reason, "–")
    assert one(report, "revenue", "MRR at the start").reason == "not configured"


def test_a_source_that_failed_is_named_with_its_reason() -> None:
    now = evidence(MARCH.end, {"engagement": "timeout: too slow"}, revenue=[sample("jobhive_mrr", 1, currency="USD")])
    report = weekly(MARCH, now, evidence(MARCH.before().end), Circumstances())
    assert report.section("users").unavailable == "timeout: too slow"
    assert "Users: timeout: too slow" in dict(about(report))["Unavailable"]


def test_logins_alone_tell_nothing_of_a_past_week() -> None:
    found = evidence(
        MARCH.end,
        engagement=[
            sample("jobhive_active_users", 5, window="7d"),
            sample("jobhive_users_new", 5, window="7d"),
            Note("approximate", "jobhive_active_users", "activity_login_only"),
        ],
    )
    report = weekly(MARCH, found, found, Circumstances())
    active = one(report, "users", "Active users")
    assert (active.value, active.before, active.reason) == (None, None, "logins alone do not tell the past")
    assert one(report, "users", "New users").value == 5


def test_each_currency_has_its_own_figures() -> None:
    found = evidence(
        MARCH.end,
        revenue=[
            sample("jobhive_mrr", Decimal(value), currency=name) for name, value in (("EUR", "0"), ("JPY", "1200"))
        ],
    )
    report = weekly(MARCH, found, found, Circumstances(currencies=("EUR", "JPY")))
    shown = [figure.shown for figure in report.section("revenue").figures if figure.title == "MRR"]
    assert shown == ["€0.00", "¥1,200"]
    assert next(iter(headlines(report))).startswith("MRR is ¥1,200")


@pytest.mark.parametrize(
    ("hours", "expected"), [(47, ()), (49, ("the newest row of session was 2 days old at the end of the week",))]
)
def test_a_table_without_new_rows_is_stale(hours: int, expected: tuple[str, ...]) -> None:
    newest = (MARCH.end - timedelta(hours=hours)).timestamp()
    family = "jobhive_source_newest_row_timestamp_seconds"
    # Plans change seldom: nobody expects a new subscription every day.
    rows_ = [sample(family, newest, table="session"), sample(family, newest, table="subscription")]
    found = evidence(MARCH.end, data_quality=rows_, revenue=[sample("jobhive_mrr", 1, currency="USD")])
    assert weekly(MARCH, found, found, Circumstances()).stale == expected


def test_what_the_last_report_said_and_is_another_now_is_restated() -> None:
    key = 'revenue:jobhive_mrr{currency="USD"}'
    users = 'engagement:jobhive_active_users{window="7d"}'
    report = small(said={key: "$120.00", users: "10", "gone": "1"})
    assert report.restated == (Restated("MRR", "week's end", "$120.00", "$115.00"),)
    assert "MRR (week's end), week before: $120.00 in the last report, $115.00 now" in text(report)
    (first, *_) = small(said=small(Week(date(2026, 3, 2), ZoneInfo("UTC"))).said).restated or ()
    assert first.said == "$85.00"
    assert small().restated is None
    assert "Not compared: no report on the week before was sent in the last days." in text(small())
    assert "No figure of the last report has changed since." in text(small(said={}))


def test_only_reading_leaves_the_database_as_it_is(reported: str, tmp_path: Path) -> None:
    def rows_of() -> Any:
        with connect(reported) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_user_tables")
            return cursor.fetchone()

    before = rows_of()
    made(configured(tmp_path, reported), "2026-W11")
    assert rows_of() == before
    assert not (tmp_path / "state.db").exists()
