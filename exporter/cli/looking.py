"""The commands that look: at the configuration, at one collector, at what the database should let us read."""

import argparse
import sys

from exporter import check as checking
from exporter import collect as collecting
from exporter import views
from exporter.cli import flags, values
from exporter.cli.completing import COLLECTORS, completed
from exporter.cli.menu import Menu
from exporter.config import Config
from exporter.connections import open_database
from exporter.model import ExporterError


def add(menu: Menu) -> None:
    """Add the commands."""
    parser = menu.add(
        "check",
        "Check the configuration; contacts nothing.",
        "Prints all that is wrong with it, or what runs when, what it will cost and who hears of alerts. With "
        "--connect it also opens each source, read only, runs every collector once, and tells what each family is.",
        "check",
        "check --connect --config.file /etc/jobhive/config.yaml",
        call=check,
    )
    parser.add_argument("--connect", action="store_true", help="open each source, read only, and tell what it gives")
    _add_collect(menu)
    schema = menu.menu("schema", "Tell what the database should have.")
    _add_views(schema)


def _add_collect(menu: Menu) -> None:
    parser = menu.add(
        "collect",
        "Run one collector once and print its metrics.",
        "Contacts the sources of that collector alone, read only. The metrics go to standard output as /metrics has "
        "them, all words about them to standard error.",
        "collect revenue",
        "collect revenue --at 2026-04-01T00:00:00Z --explain",
        call=collect,
    )
    completed(parser.add_argument("name", metavar="NAME", help="the collector"), COLLECTORS)
    parser.add_argument(
        "--at", type=values.instant, metavar="T", help="a past instant, like 2026-04-01T00:00:00Z (default: now)"
    )
    parser.add_argument("--explain", action="store_true", help="tell queries, rows, durations and plans as well")


def _add_views(menu: Menu) -> None:
    parser = menu.add(
        "print-views",
        "Print SQL for read-only views, and a role that reads them.",
        "The views are of the mapped tables, and the role may read nothing else. Reads the catalogue of the database "
        "and changes nothing: give the SQL to psql as its owner.",
        "schema print-views > views.sql",
        "schema print-views --schema metrics --role exporter",
        call=print_views,
    )
    name = values.plain_name
    parser.add_argument("--schema", type=name, default="jobhive_metrics", help="where (default: %(default)s)")
    parser.add_argument("--role", type=name, default="jobhive_exporter", help="for whom (default: %(default)s)")


def check(given: argparse.Namespace) -> int:
    """Check the configuration."""
    return checking.run(flags.for_questions(given), connect=getattr(given, "connect", False))


def collect(given: argparse.Namespace) -> int:
    """Run a collector."""
    return collecting.run(flags.for_questions(given), given.name, given.at, explain=given.explain)


def print_views(given: argparse.Namespace) -> int:
    """Print SQL."""
    sys.stdout.write(_views(flags.for_questions(given), given.schema, given.role))
    return 0


def _views(config: Config, schema: str, role: str) -> str:
    database = open_database(config)
    if database is None:
        raise ExporterError(f"{config.path} has no section database; the views are made of the tables it maps")
    try:
        columns = database.read(10, lambda transaction: transaction.columns)
    except ExporterError as error:
        raise ExporterError(config.redact(f"database: {error}")) from None
    finally:
        database.close()
    return views.script(config.definitions, columns, schema=schema, role=role)
