import hashlib
import io
from datetime import UTC, datetime
from typing import Any, get_args, get_type_hints

import pytest
from psycopg2.extensions import connection

from demo.database import connect
from demo.dataset import load, rows
from demo.errors import DemoError
from demo.postgres import EmbeddedPostgres
from demo.rows import TABLES, Instant, Session, Subscription
from demo.world import make_world
from tests.demo.conftest import NOW, USERS, ignore

# What may lie ahead: appointments, and the ends of what has been paid or agreed.
AHEAD = {"scheduled_at", "current_period_end", "trial_end", "discount_end"}
MRR = """
    SELECT sum(coalesce(s.unit_price, p.price) * s.quantity
               / CASE p.interval WHEN 'year' THEN 12 WHEN 'week' THEN 7 / 30.4375 ELSE p.interval_count END)
    FROM billing_customersubscription s JOIN billing_plan p ON p.id = s.plan_id
    WHERE s.started_at < %(at)s AND (s.ended_at IS NULL OR s.ended_at >= %(at)s)
      AND (s.trial_end IS NULL OR s.trial_end < %(at)s) AND p.interval <> 'lifetime'
"""


def ask(link: connection, question: str, **values: object) -> list[tuple[Any, ...]]:
    with link, link.cursor() as cursor:
        cursor.execute(question, values)
        return cursor.fetchall()


def content(link: connection) -> dict[str, str]:
    """A hash of every table, byte by byte as PostgreSQL writes it."""
    hashes = {}
    for table in TABLES.values():
        text = io.StringIO()
        with link, link.cursor() as cursor:
            cursor.copy_expert(f"COPY (SELECT * FROM {table} ORDER BY id) TO STDOUT", text)
        hashes[table] = hashlib.sha256(text.getvalue().encode()).hexdigest()
    return hashes


def loaded(server: EmbeddedPostgres, name: str, seed: int) -> dict[str, str]:
    url = server.create(name)
    load(url, users=USERS, seed=seed, now=NOW, progress=ignore)
    link = connect(url)
    try:
        return content(link)
    finally:
        link.close()


def test_the_same_seed_gives_the_same_bytes(server: EmbeddedPostgres, company: connection) -> None:
    assert loaded(server, "twin", seed=7) == content(company)


def test_another_seed_gives_another_company(server: EmbeddedPostgres, company: connection) -> None:
    other, same = loaded(server, "other", seed=8), content(company)
    assert {table for table in other if other[table] == same[table]} == {
        "assessments_skill",
        "billing_plan",
        "interviews_interviewer",
    }


def test_every_table_has_rows_and_a_sequence_that_goes_on(company: connection) -> None:
    for table in TABLES.values():
        [(rows, last)] = ask(company, f"SELECT count(*), max(id) FROM {table}")
        [(following,)] = ask(company, f"SELECT last_value FROM {table}_id_seq")
        assert rows > 0, table
        assert following == last, table


def test_every_column_is_used(company: connection) -> None:
    for kind, table in TABLES.items():
        for column in get_type_hints(kind):
            [(filled,)] = ask(company, f'SELECT count("{column}") FROM {table}')
            assert filled > 0, (table, column)


def test_every_key_leads_somewhere(company: connection) -> None:
    """The load does not check foreign keys, so this does."""
    keys = ask(
        company,
        """SELECT c.conrelid::regclass::text, a.attname, c.confrelid::regclass::text
           FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
           WHERE c.contype = 'f'""",
    )
    assert len(keys) == 21
    for table, column, target in keys:
        lost = f"SELECT count(*) FROM {table} WHERE {column} NOT IN (SELECT id FROM {target})"
        assert ask(company, lost) == [(0,)], (table, column)


@pytest.mark.parametrize(
    "now",
    [NOW, datetime(2024, 2, 29, 3, 0, tzinfo=UTC), datetime(2026, 11, 1, 0, 0, 0, 1, tzinfo=UTC)],
    ids=["a working day", "a leap day", "a Sunday at midnight"],
)
def test_nothing_is_written_before_it_happens(now: datetime) -> None:
    end = now.timestamp()
    for row in rows(make_world(USERS, 7, now)):
        for column, hint in get_type_hints(type(row), include_extras=True).items():
            if Instant in (hint, *get_args(hint)) and column not in AHEAD:
                assert (getattr(row, column) or 0) <= end, (column, row)


def test_the_log_of_a_subscription_adds_up_to_its_row(company: connection) -> None:
    last = "(array_remove(array_agg({0} ORDER BY occurred_at, e.id), NULL))[count({0})]"
    fold = ", ".join(
        last.format(column)
        for column in ("to_status", "to_plan_id", "to_quantity", "to_unit_price", "to_discount_percent")
    )
    differences = ask(
        company,
        f"""SELECT s.id FROM billing_customersubscription s JOIN billing_subscriptionevent e ON e.subscription_id = s.id
            GROUP BY s.id
            HAVING ({fold}) IS DISTINCT FROM (s.status, s.plan_id, s.quantity, s.unit_price, s.discount_percent)""",
    )
    assert differences == []
    openings = ask(
        company,
        """SELECT count(*) FROM billing_customersubscription s WHERE NOT EXISTS (
             SELECT FROM billing_subscriptionevent e WHERE e.subscription_id = s.id AND e.occurred_at = s.started_at
               AND e.to_status IS NOT NULL AND e.to_plan_id IS NOT NULL AND e.to_quantity IS NOT NULL)""",
    )
    assert openings == [(1,)]  # The one that is canceled without an end has no log: it is wrong on purpose.


def test_periods_end_after_now_while_a_subscription_is_open(company: connection) -> None:
    stale = """SELECT count(*) FROM billing_customersubscription
               WHERE status IN ('active', 'trialing')
                 AND NOT (current_period_start <= %(at)s AND current_period_end >= %(at)s)"""
    assert ask(company, stale, at=NOW) == [(0,)]
    early = """SELECT count(*) FROM billing_customersubscription
               WHERE updated_at < started_at OR ended_at < started_at OR updated_at < ended_at"""
    assert ask(company, early) == [(0,)]


def test_all_statuses_are_there(company: connection) -> None:
    subscriptions = {status for (status,) in ask(company, "SELECT status FROM billing_customersubscription")}
    assert subscriptions == {"active", "past_due", "trialing", "paused", "unpaid", "canceled", "incomplete"}
    sessions = {status for (status,) in ask(company, "SELECT status FROM interviews_interviewsession")}
    assert sessions == {"scheduled", "in_progress", "completed", "abandoned", "no_show", "cancelled", "archived"}
    stages = {stage for (stage,) in ask(company, "SELECT to_stage FROM jobs_applicationstageevent")}
    assert stages == {"applied", "screening", "interview", "offer", "hired", "rejected", "on_hold"}


def test_revenue_has_grown_for_a_year(company: connection) -> None:
    [(today,)] = ask(company, MRR, at=NOW)
    [(then,)] = ask(company, MRR, at=NOW.replace(year=NOW.year - 1))
    assert today > 1.5 * float(then)


def test_weekends_are_quiet_and_nights_too(company: connection) -> None:
    by_day = dict(
        ask(company, "SELECT extract(isodow FROM occurred_at)::int, count(*) FROM analytics_useractivity GROUP BY 1")
    )
    assert max(by_day[6], by_day[7]) < 0.6 * min(by_day[day] for day in range(1, 6))
    by_hour = dict(
        ask(company, "SELECT extract(hour FROM occurred_at)::int, count(*) FROM analytics_useractivity GROUP BY 1")
    )
    assert max(by_hour[hour] for hour in range(5)) < 0.3 * by_hour[14]


@pytest.mark.parametrize("is_practice", [True, False])
def test_interviews_run_now_and_ended_just_now(company: connection, is_practice: bool) -> None:
    running = """SELECT count(*) FROM interviews_interviewsession WHERE is_practice = %(practice)s
                 AND status = 'in_progress' AND end_time IS NULL AND start_time > %(at)s - interval '1 hour'"""
    ended = """SELECT count(*) FROM interviews_interviewsession WHERE is_practice = %(practice)s
               AND status = 'completed' AND end_time > %(at)s - interval '1 hour'"""
    for question in (running, ended):
        [(found,)] = ask(company, question, practice=is_practice, at=NOW)
        assert found >= 1


def test_candidates_who_come_again_get_better(company: connection) -> None:
    [(first, later)] = ask(
        company,
        """SELECT avg(points) FILTER (WHERE turn = 1), avg(points) FILTER (WHERE turn = 6) FROM (
             SELECT technical_accuracy AS points, row_number() OVER person AS turn, count(*) OVER everything AS turns
             FROM interviews_interviewsession WHERE status = 'completed'
             WINDOW person AS (PARTITION BY user_id ORDER BY start_time, id), everything AS (PARTITION BY user_id)
           ) AS history WHERE turns >= 6""",
    )
    assert later > first + 3


def test_wrong_rows_are_few() -> None:
    found = list(rows(make_world(USERS, 7, NOW)))
    sessions = [row for row in found if isinstance(row, Session)]
    backwards = [row for row in sessions if row.start_time and row.end_time and row.end_time < row.start_time]
    endless = [row for row in found if isinstance(row, Subscription) and row.status == "canceled" and not row.ended_at]
    assert len(backwards) == len(endless) == 1


def test_progress_is_told_up_to_the_end(server: EmbeddedPostgres) -> None:
    told: list[int] = []
    load(server.create("told"), users=200, now=NOW, progress=told.append)
    assert told == [100, 200]


def test_refuses_a_company_too_small_to_show_anything(server: EmbeddedPostgres) -> None:
    with pytest.raises(DemoError, match=r"^20 users are too few for a company; pass --users with 100 or more$"):
        load(server.url("postgres"), users=20, now=NOW, progress=ignore)
