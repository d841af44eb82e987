"""Databases that are not as the default names have it, made of the golden one."""

import re
from pathlib import Path
from typing import Any

from tests.conftest import SCHEMA, connect, execute

SEED = Path(__file__).with_name("seed.sql")
# The example of sources.md 1.7.
RENAMED: dict[str, Any] = {
    "session": {
        "name": "hiring_interview",
        "columns": {
            "user_id": "candidate_id",
            "status": "state",
            "start_time": "begun_at",
            "end_time": "finished_at",
            "completion_percentage": "pct_complete",
            "technical_accuracy": "tech_score",
            "behavioral_score": None,
            "is_practice": {"const": False},
        },
        "status_map": {
            "completed": ["DONE", "COMPLETED"],
            "in_progress": ["LIVE"],
            "abandoned": ["DROPPED"],
            "cancelled": ["CANCELED", "CANCELLED"],
            "no_show": ["NOSHOW"],
            "scheduled": ["BOOKED"],
        },
    },
    "plan": {
        "columns": {"interval": "period", "price": "amount_cents", "interval_count": None, "currency": None},
        "price_unit": "minor",
    },
}
TO_RENAMED = """
ALTER TABLE interviews_interviewsession RENAME TO hiring_interview;
ALTER TABLE hiring_interview RENAME COLUMN user_id TO candidate_id;
ALTER TABLE hiring_interview RENAME COLUMN status TO state;
ALTER TABLE hiring_interview RENAME COLUMN start_time TO begun_at;
ALTER TABLE hiring_interview RENAME COLUMN end_time TO finished_at;
ALTER TABLE hiring_interview RENAME COLUMN completion_percentage TO pct_complete;
ALTER TABLE hiring_interview RENAME COLUMN technical_accuracy TO tech_score;
ALTER TABLE hiring_interview DROP COLUMN behavioral_score, DROP COLUMN is_practice;
UPDATE hiring_interview SET state = CASE state WHEN 'completed' THEN 'Done' WHEN 'in_progress' THEN 'LIVE'
    WHEN 'scheduled' THEN 'BOOKED' WHEN 'no_show' THEN 'NOSHOW' WHEN 'abandoned' THEN 'DROPPED' ELSE state END;
ALTER TABLE billing_plan RENAME COLUMN "interval" TO period;
ALTER TABLE billing_plan RENAME COLUMN price TO amount_cents;
UPDATE billing_plan SET amount_cents = amount_cents * 100;
ALTER TABLE billing_plan DROP COLUMN interval_count, DROP COLUMN currency;
"""


def rename(golden: str) -> dict[str, Any]:
    """Give the tables the names of the example; returns the mapping."""
    execute(golden, TO_RENAMED)
    return RENAMED


def strip(golden: str) -> dict[str, Any]:
    """Leave the columns of the original document, and no table more; returns the mapping, which says nothing."""
    connection = connect(golden)
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE SCHEMA seed; SET search_path = seed; {SEED.read_text()}")
            cursor.execute(
                "SELECT table_name, string_agg(quote_ident(column_name), ', ' ORDER BY ordinal_position)"
                " FROM information_schema.columns WHERE table_schema = 'seed' GROUP BY table_name"
            )
            columns = dict(cursor.fetchall())
            # In the order of the script, which is that of the references.
            for table in re.findall(r"CREATE TABLE (\w+)", SEED.read_text()):
                cursor.execute(f"INSERT INTO seed.{table} SELECT {columns[table]} FROM public.{table}")
            cursor.execute("DROP SCHEMA public CASCADE; ALTER SCHEMA seed RENAME TO public")
    finally:
        connection.close()
    return {}


def marked_seed() -> dict[str, set[str]]:
    """Return the columns that demo/schema.sql marks as of the original document, by table."""
    found: dict[str, set[str]] = {}
    for table, body in re.findall(r"CREATE TABLE (\w+) \((.*?)\n\);", SCHEMA.read_text(), re.DOTALL):
        if re.search(rf"CREATE TABLE {table} \( +-- optional", SCHEMA.read_text()):
            continue
        found[table] = {name.strip('"') for name in re.findall(r"^    (\S+) .*-- seed", body, re.MULTILINE)}
    return found
