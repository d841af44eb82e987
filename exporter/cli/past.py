"""The commands that tell of the past: the weekly report, and the history for a new Prometheus."""

import argparse
from pathlib import Path

import shtab

from exporter import backfill as backfilling
from exporter import order, report_command
from exporter.cli import flags, values
from exporter.cli.completing import COLLECTORS, completed
from exporter.cli.menu import Menu
from exporter.connections import connected
from exporter.daemon import utc_now


def add(menu: Menu) -> None:
    """Add the commands."""
    _add_weekly(menu.menu("report", "Make a report, and send it if asked to."))
    _add_backfill(menu)


def _add_weekly(menu: Menu) -> None:
    parser = menu.add(
        "weekly",
        "Print, write or send the report on a business week.",
        "Without --pdf, --html or --send its text is printed. Asks the sources of the configuration, read only; "
        "only --send writes to a mail server, or into a folder.",
        "report weekly",
        "report weekly --week 2026-W46 --pdf week-46.pdf",
        call=weekly,
    )
    parser.add_argument(
        "--week", type=values.week_name, metavar="WEEK", help="like 2026-W46 (default: the last complete one)"
    )
    completed(parser.add_argument("--pdf", type=Path, metavar="FILE", help="write it as a PDF"), shtab.FILE)
    completed(parser.add_argument("--html", type=Path, metavar="FILE", help="write it as HTML"), shtab.FILE)
    parser.add_argument(
        "--send", action="store_true", help="send it as reports.weekly says, unless it was sent already"
    )
    parser.add_argument("--again", action="store_true", help="with --send: send it even if it was sent already")


def _add_backfill(menu: Menu) -> None:
    parser = menu.add(
        "backfill",
        "Write the past as OpenMetrics, for promtool to import.",
        "Runs the collectors for every instant. Asks the database, read only; what would be paid for is left out. "
        "Ctrl-C ends it, and the same command goes on where it was.",
        "backfill --from 2026-01-01T00:00:00Z \\\n"
        "      --to 2026-04-01T00:00:00Z --step 1h --label job=jobhive --out past.om",
        call=backfill,
    )
    parser.add_argument(
        "--from", dest="start", required=True, type=values.whole_second, metavar="T", help="the first instant"
    )
    parser.add_argument(
        "--to", dest="end", required=True, type=values.whole_second, metavar="T", help="the end; itself not included"
    )
    parser.add_argument(
        "--step", required=True, type=order.step, metavar="DURATION", help="from instant to instant, like 5m or 1h"
    )
    out = parser.add_argument(
        "--out", required=True, type=Path, metavar="FILE", help="the file; FILE.part keeps what an ended run had"
    )
    completed(out, shtab.FILE)
    collector = parser.add_argument(
        "--collector", action="append", default=[], metavar="NAME", help="repeatable (default: all configured)"
    )
    completed(collector, COLLECTORS)
    parser.add_argument(
        "--label",
        action="append",
        default=[],
        type=order.label,
        metavar="NAME=VALUE",
        help="added to every series, like job=jobhive; repeatable",
    )


def weekly(given: argparse.Namespace) -> int:
    """Make the weekly report."""
    wanted = report_command.Wanted(given.week, given.pdf, given.html, given.send, given.again)
    return report_command.run(flags.for_questions(given), wanted, utc_now)


def backfill(given: argparse.Namespace) -> int:
    """Write the past."""
    config, grid = flags.for_questions(given), order.Grid(given.start, given.end, given.step)
    asked = order.Order(grid, given.out, given.collector, tuple(sorted(given.label)))
    return backfilling.run(config, asked, connected(config), utc_now)
