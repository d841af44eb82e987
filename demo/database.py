"""The database side of the data set: tables first, indexes after the rows."""

import re
from pathlib import Path

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import connection, cursor
from sqlalchemy import make_url

from demo.rows import TABLES

SCHEMA = Path(__file__).with_name("schema.sql")
# The large tables that an application appends to, and the index that tells in which order it does.
TIMELINES = {
    "interviews_interviewsession": "interviews_session_created_idx",
    "interviews_sentimentsession": "interviews_sentiment_created_idx",
    "assessments_skillassessment": "assessments_sa_created_idx",
    "analytics_useractivity": "analytics_act_time_idx",
    "analytics_usersession": "analytics_usess_started_idx",
}


def connect(url: str) -> connection:
    """A connection to the database of an SQLAlchemy URL."""
    address = make_url(url)
    _, options = address.get_dialect()().create_connect_args(address)
    link: connection = psycopg2.connect(**options)
    return link


def make_tables(cursor: cursor) -> None:
    """The tables of an empty database, ready for bulk loading."""
    for statement in _statements("CREATE TABLE"):
        cursor.execute(statement)
    # The keys are right by construction; looking each of them up would take longer than everything else.
    cursor.execute("SET LOCAL session_replication_role = replica")


def finish_tables(cursor: cursor) -> None:
    """What is cheaper once the rows are there: indexes, order on disk, sequences, statistics."""
    cursor.execute("SET LOCAL maintenance_work_mem = '256MB'")
    indexes = {statement.split()[2]: statement for statement in _statements("CREATE INDEX")}
    # First the one that gives the order: bringing a table into order builds all its indexes anew.
    for table, index in TIMELINES.items():
        cursor.execute(indexes.pop(index))
        cursor.execute(sql.SQL("CLUSTER {} USING {}").format(sql.Identifier(table), sql.Identifier(index)))
    for statement in indexes.values():
        cursor.execute(statement)
    move_on = sql.SQL("SELECT setval(pg_get_serial_sequence(%s, 'id'), max(id)) FROM {}")
    for table in TABLES.values():
        cursor.execute(move_on.format(sql.Identifier(table)), [table])
    cursor.execute("ANALYZE")


def _statements(kind: str) -> list[str]:
    text = re.sub(r"--.*", "", SCHEMA.read_text())
    return [statement for statement in map(str.strip, text.split(";")) if statement.startswith(kind)]
