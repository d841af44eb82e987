import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import pairwise
from random import Random
from typing import get_type_hints

import pytest
from psycopg2.extensions import connection

from demo.agenda import Added, Change, Changed, difference, instants
from demo.changes import Resumed
from demo.database import connect
from demo.dataset import load
from demo.live import State, step
from demo.postgres import EmbeddedPostgres
from demo.rows import TABLES, Ids, Row, Subscription, UserSession
from demo.tables import read_state, write
from demo.traffic import DECISIONS, Traffic
from tests.demo.conftest import NOW, USERS, ignore
from tests.demo.test_dataset import AHEAD, ask
from tests.waiting import eventually

START = int(NOW.timestamp())
TICK, TICKS = 4, 1800
END = START + TICK * TICKS
FOLD = "(array_remove(array_agg({0} ORDER BY occurred_at, e.id), NULL))[count({0})]"


def at(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)


def simulate(state: State, seed: int, ticks: int = TICKS) -> Iterator[tuple[int, list[Change]]]:
    chance = Random(seed)
    for now in range(state.at + TICK, state.at + TICK * ticks + 1, TICK):
        yield now, step(state, chance, now, DECISIONS)


@pytest.fixture(scope="module")
def busy(server: EmbeddedPostgres) -> Iterator[connection]:
    """Two hours after the data set was loaded."""
    url = server.create("busy")
    load(url, users=USERS, now=NOW, progress=ignore)
    link = connect(url)
    for _, changes in simulate(read_state(link, START), seed=1):
        write(link, changes)
    yield link
    link.close()


def test_two_runs_with_one_seed_agree(company: connection) -> None:
    first, second = (list(simulate(read_state(company, START), 1, ticks=600)) for _ in range(2))
    assert first == second
    assert first != list(simulate(read_state(company, START), 2, ticks=600))


def test_deciding_asks_for_no_other_time(company: connection) -> None:
    """Every change is dated between the start and the tick in which it comes, but for what is agreed for later."""
    for now, changes in simulate(read_state(company, START), 3):
        for change in changes:
            kind: type[Row] = type(change.row) if isinstance(change, Added) else change.kind
            values = change.row._asdict() if isinstance(change, Added) else change.values
            for name in instants(kind) - AHEAD:
                assert (values.get(name) or 0) <= now, (name, change)


def test_something_is_written_every_few_seconds(company: connection) -> None:
    busy_ticks = [now for now, changes in simulate(read_state(company, START), 4) if changes]
    gaps = sorted(later - earlier for earlier, later in pairwise(busy_ticks))
    assert gaps[len(gaps) // 2] <= 2 * TICK
    assert gaps[-1] <= 60


def test_a_larger_company_is_busier_up_to_a_limit(company: connection) -> None:
    found = []
    for population in (300, 2000, 20_000, 2_000_000):
        state = read_state(company, START)
        state.population = population
        rows = [row for _, changes in simulate(state, 5, ticks=60) for row in changes if isinstance(row, Added)]
        found.append(sum(isinstance(change.row, UserSession) for change in rows))
    small, typical, large, huge = found
    assert small == typical
    assert 4 * typical < large < huge < 60 * typical


def test_rows_are_added_to_every_table_that_grows(company: connection, busy: connection) -> None:
    fixed = {"companies_company", "jobs_job", "interviews_interviewer", "assessments_skill", "billing_plan"}
    for table in TABLES.values():
        [(before,)] = ask(company, f"SELECT count(*) FROM {table}")
        [(after,)] = ask(busy, f"SELECT count(*) FROM {table}")
        assert (after == before) if table in fixed else (after > before), table
        [(largest,)] = ask(busy, f"SELECT max(id) FROM {table}")
        [(following,)] = ask(busy, f"SELECT last_value FROM {table}_id_seq")
        assert following >= largest, table


def test_every_key_leads_somewhere(busy: connection) -> None:
    """The keys are checked when rows are written; so this only tells that nobody turned the checks off."""
    keys = ask(
        busy,
        """SELECT c.conrelid::regclass::text, a.attname, c.confrelid::regclass::text
           FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
           WHERE c.contype = 'f'""",
    )
    assert keys
    for table, column, target in keys:
        lost = f"SELECT count(*) FROM {table} WHERE {column} NOT IN (SELECT id FROM {target})"
        assert ask(busy, lost) == [(0,)], (table, column)


def test_nothing_is_dated_later_than_now(busy: connection) -> None:
    for kind, table in TABLES.items():
        for column in sorted((instants(kind) & set(get_type_hints(kind))) - AHEAD):
            early = f'SELECT count(*) FROM {table} WHERE "{column}" > %(at)s'
            assert ask(busy, early, at=at(END)) == [(0,)], (table, column)


def test_the_log_of_a_subscription_adds_up_to_its_row(busy: connection) -> None:
    columns = ("to_status", "to_plan_id", "to_quantity", "to_unit_price", "to_discount_percent")
    fold = ", ".join(FOLD.format(column) for column in columns)
    differences = ask(
        busy,
        f"""SELECT s.id FROM billing_customersubscription s JOIN billing_subscriptionevent e ON e.subscription_id = s.id
            GROUP BY s.id
            HAVING ({fold}) IS DISTINCT FROM (s.status, s.plan_id, s.quantity, s.unit_price, s.discount_percent)""",
    )
    assert differences == []
    [(touched,)] = ask(
        busy, "SELECT count(DISTINCT subscription_id) FROM billing_subscriptionevent WHERE occurred_at > %(at)s", at=NOW
    )
    assert touched > 50
    orphans = """SELECT count(*) FROM billing_customersubscription s WHERE created_at > %(at)s AND NOT EXISTS (
                   SELECT FROM billing_subscriptionevent e WHERE e.subscription_id = s.id AND event_type = 'created'
                     AND e.occurred_at = s.started_at)"""
    assert ask(busy, orphans, at=NOW) == [(0,)]


def test_customers_do_all_that_they_may_do(busy: connection) -> None:
    found = ask(busy, "SELECT DISTINCT event_type FROM billing_subscriptionevent WHERE occurred_at > %(at)s", at=NOW)
    assert {kind for (kind,) in found} >= {
        "created",
        "plan_changed",
        "cancellation_requested",
        "ended",
        "payment_failed",
        "payment_recovered",
    }
    trials = "SELECT count(*) FROM billing_customersubscription WHERE trial_start > %(at)s"
    assert ask(busy, trials, at=NOW)[0][0] > 0


def test_subscriptions_stay_sound(busy: connection) -> None:
    wrong = """SELECT count(*) FROM billing_customersubscription WHERE
                 updated_at < started_at OR ended_at < started_at OR updated_at < ended_at OR canceled_at > ended_at
                 OR (status = 'past_due') <> (past_due_since IS NOT NULL) OR quantity < 1
                 OR status IN ('active', 'trialing')
                    AND NOT (current_period_start <= %(at)s AND current_period_end > %(at)s)
                 OR updated_at > %(start)s AND (status = 'canceled') <> (ended_at IS NOT NULL)"""
    assert ask(busy, wrong, at=at(END), start=NOW) == [(0,)]
    twice = """SELECT user_id FROM billing_customersubscription WHERE ended_at IS NULL AND user_id IN (
                 SELECT user_id FROM billing_customersubscription WHERE created_at > %(at)s)
               GROUP BY user_id HAVING count(*) FILTER (WHERE status IN ('active', 'trialing')) > 1"""
    assert ask(busy, twice, at=NOW) == []


def test_interviews_start_progress_and_end(company: connection, busy: connection) -> None:
    statuses = dict(
        ask(
            busy,
            "SELECT status, count(*) FROM interviews_interviewsession WHERE created_at > %(at)s GROUP BY 1",
            at=NOW,
        )
    )
    assert min(statuses[status] for status in ("in_progress", "completed", "abandoned")) > 0
    wrong = """SELECT count(*) FROM interviews_interviewsession WHERE updated_at > %(start)s AND (
                 (status = 'in_progress') <> (start_time IS NOT NULL AND end_time IS NULL)
                 OR (status = 'scheduled') <> (start_time IS NULL AND end_time IS NULL)
                 OR status = 'completed' AND behavioral_score IS NULL
                 OR completion_percentage NOT BETWEEN 0 AND 100
                 OR end_time <= start_time OR start_time < created_at OR duration <> extract(epoch FROM end_time - start_time)
                 OR status = 'in_progress' AND (completion_percentage IS NULL OR start_time < %(late)s))"""
    assert ask(busy, wrong, start=NOW, late=at(END - 2 * 3600)) == [(0,)]
    # Those that ran when the traffic began have ended, and so have the appointments of today.
    running = "SELECT id FROM interviews_interviewsession WHERE status = 'in_progress' AND start_time > %(at)s"
    kept = [number for (number,) in ask(company, running, at=at(START - 3600))]
    assert kept
    still = "SELECT count(*) FROM interviews_interviewsession WHERE id = ANY(%(ids)s) AND status <> 'completed'"
    assert ask(busy, still, ids=kept) == [(0,)]
    missed = "SELECT count(*) FROM interviews_interviewsession WHERE status = 'scheduled' AND scheduled_at < %(at)s"
    assert ask(busy, missed, at=at(END - 300)) == [(0,)]


def test_what_the_ai_says_follows_an_interview(busy: connection) -> None:
    for table, least in (("interviews_sentimentsession", 0.8), ("assessments_skillassessment", 0.8)):
        [(share,)] = ask(
            busy,
            f"""SELECT avg(EXISTS (SELECT FROM {table} r WHERE r.interview_session_id = s.id
                                   AND r.created_at >= s.end_time)::int)
                FROM interviews_interviewsession s WHERE status = 'completed' AND end_time > %(at)s AND end_time < %(to)s""",
            at=NOW,
            to=at(END - 300),
        )
        assert share > least, table
    [(advised,)] = ask(busy, "SELECT count(*) FROM recommendations_recommendation WHERE created_at > %(at)s", at=NOW)
    assert advised > 0


def test_nobody_has_two_interviews_at_a_time(busy: connection) -> None:
    double = """SELECT a.id FROM interviews_interviewsession a JOIN interviews_interviewsession b
                  ON a.user_id = b.user_id AND a.id < b.id AND a.created_at > %(at)s AND b.created_at > %(at)s
                WHERE (a.start_time, coalesce(a.end_time, 'infinity')) OVERLAPS
                      (b.start_time, coalesce(b.end_time, 'infinity'))"""
    assert ask(busy, double, at=NOW) == []


def test_the_stage_of_an_application_is_that_of_its_last_event(busy: connection) -> None:
    differences = """SELECT a.id FROM jobs_application a WHERE a.stage <> (
                       SELECT to_stage FROM jobs_applicationstageevent e WHERE e.application_id = a.id
                       ORDER BY occurred_at DESC, id DESC LIMIT 1)"""
    assert ask(busy, differences) == []
    moved = dict(
        ask(
            busy,
            "SELECT to_stage, count(*) FROM jobs_applicationstageevent WHERE occurred_at > %(at)s GROUP BY 1",
            at=NOW,
        )
    )
    assert {"applied", "screening", "interview", "rejected"} <= set(moved)


def test_users_who_come_by_have_logged_in(busy: connection) -> None:
    late = """SELECT count(*) FROM accounts_user u WHERE last_login < (
                SELECT max(started_at) FROM analytics_usersession s WHERE s.user_id = u.id AND started_at > %(at)s)
              AND NOT EXISTS (SELECT FROM interviews_interviewsession i WHERE i.user_id = u.id AND i.job_id IS NOT NULL)"""
    assert ask(busy, late, at=NOW) == [(0,)]


def test_a_subscription_goes_on_as_it_stands(company: connection) -> None:
    """A row that is taken up and not changed is written as it was."""
    rows = read_state(company, START).subscriptions
    assert len(rows) > 50
    for row in rows.values():
        [again, *events] = Resumed(Ids(), START, row).rows()
        assert (difference(row, again), events) == (Changed(Subscription, row.id, {}), [])


def test_a_state_that_is_read_again_knows_what_the_running_one_knew(busy: connection) -> None:
    state = read_state(busy, END)
    [(users,)] = ask(busy, "SELECT count(*) FROM accounts_user")
    assert state.population == users
    [(running,)] = ask(
        busy,
        """SELECT count(*) FROM interviews_interviewsession WHERE end_time IS NULL AND (
             status = 'in_progress' AND start_time > %(recent)s OR status = 'scheduled' AND scheduled_at > %(recent)s)""",
        recent=at(END - 4 * 3600),
    )
    assert len(state.sessions) == running
    [(open_ones,)] = ask(
        busy,
        """SELECT count(*) FROM billing_customersubscription
           WHERE ended_at IS NULL AND status IN ('active', 'trialing', 'past_due', 'paused')""",
    )
    assert len(state.subscriptions) == open_ones


class Running:
    """Traffic on a database of its own, with what it says; a minute passes in each of its seconds."""

    def __init__(self, url: str, clock: Callable[[], float] | None = None) -> None:
        self.said: list[str] = []
        self.link = connect(url)
        self.begun = time.time()
        self.traffic = Traffic(url, 7, self.said.append, clock or self.hurried)

    def hurried(self) -> float:
        return self.begun + 60 * (time.time() - self.begun)

    def count(self) -> int:
        [(rows,)] = ask(self.link, "SELECT count(*) FROM analytics_useractivity")
        return int(rows)

    def until_it_writes(self) -> None:
        before = self.count()
        eventually(self.count, within=20, until=lambda rows: rows > before)

    def is_stopped_within_a_second(self) -> bool:
        begun = time.monotonic()
        self.traffic.stop()
        return not self.traffic.is_running and time.monotonic() - begun < 1


@pytest.fixture(scope="module")
def live(server: EmbeddedPostgres) -> str:
    url = server.create("live")
    load(url, users=USERS, now=datetime.now(UTC), progress=ignore)
    return url


@pytest.fixture
def running(live: str) -> Iterator[Running]:
    running = Running(live)
    with running.traffic:
        yield running
    running.link.close()


def test_a_thread_writes_until_it_is_stopped(running: Running) -> None:
    running.until_it_writes()
    assert running.is_stopped_within_a_second()
    after = running.count()
    assert running.said == []
    running.traffic.stop()
    assert running.count() == after


def test_stops_before_it_was_started(live: str) -> None:
    Traffic(live, 7, print).stop()


def test_a_write_that_has_to_wait_is_told_once_and_tried_again(running: Running) -> None:
    running.until_it_writes()
    with running.link, running.link.cursor() as cursor:
        cursor.execute("LOCK TABLE analytics_useractivity")
        eventually(lambda: running.said, within=20)
    running.until_it_writes()
    assert running.said == [
        "The live traffic cannot write (canceling statement due to statement timeout); it tries again every second."
    ]


def test_stops_within_a_second_while_it_has_to_wait(running: Running) -> None:
    running.until_it_writes()
    with running.link.cursor() as cursor:
        cursor.execute("LOCK TABLE analytics_useractivity")
        eventually(lambda: running.said, within=20)
        assert running.is_stopped_within_a_second()
    running.link.rollback()


def test_the_traffic_goes_on_after_its_connection_was_cut(running: Running) -> None:
    running.until_it_writes()
    others = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    for (pid,) in ask(running.link, others):
        ask(running.link, "SELECT pg_terminate_backend(%(pid)s)", pid=pid)
    eventually(lambda: running.said, within=20)
    running.until_it_writes()
    # PostgreSQL says why, if there is still somebody to hear it.
    reason = "(terminating connection due to administrator command|server closed the connection unexpectedly)"
    [said] = running.said
    assert re.fullmatch(rf"The live traffic cannot write \({reason}\); it tries again every second\.", said)


def test_a_defect_ends_the_traffic_with_a_line(live: str) -> None:
    def broken() -> float:
        raise ZeroDivisionError("no time")

    running = Running(live, clock=broken)
    with running.traffic:
        eventually(lambda: not running.traffic.is_running, within=10)
    running.link.close()
    assert running.said == ["The live traffic has ended (ZeroDivisionError: no time); the exporter goes on."]
