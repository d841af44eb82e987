"""The command line: run (the default), check, collect, backfill, report, schema, rules, demo, version; common flags."""

import argparse
import os
import re
import sys
import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from alerts.durations import duration
from exporter import (
    backfill,
    check,
    collect,
    daemon,
    isolation,
    order,
    report_command,
    rule_set,
    rules_backtest,
    rules_check,
    rules_command,
    rules_files,
    views,
)
from exporter.config import Config, ConfigError, Overrides, load
from exporter.connections import connected, open_database
from exporter.log import configure as configure_log
from exporter.model import ExporterError

PROBLEMS = 1
NAME = re.compile("[a-z_][a-z0-9_]{0,62}")
# Windows reach back from an instant, and PostgreSQL knows fewer years than Python has.
EARLIEST, LATEST = datetime(1990, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)
# Flag → section and key of config.yaml that it wins over.
FLAGS: dict[str, tuple[tuple[str, str], dict[str, Any]]] = {
    "--web.listen-address": (("web", "listen_addresses"), {"action": "append", "metavar": "HOST:PORT"}),
    "--web.systemd-socket": (("web", "systemd_socket"), {"action": "store_true"}),
    "--web.telemetry-path": (("web", "telemetry_path"), {"metavar": "PATH"}),
    "--web.external-url": (("web", "external_url"), {"metavar": "URL"}),
    "--web.enable-lifecycle": (("web", "enable_lifecycle"), {"action": "store_true"}),
    "--web.max-requests": (("web", "max_requests"), {"type": int, "metavar": "N"}),
    "--web.disable-exporter-metrics": (("web", "disable_exporter_metrics"), {"action": "store_true"}),
    "--web.config.file": (("web", "config_file"), {"metavar": "FILE"}),
    "--log.level": (("log", "level"), {"choices": ["debug", "info", "warn", "error"]}),
    "--log.format": (("log", "format"), {"choices": ["logfmt", "json"]}),
}


def entry() -> None:
    """Run the program; leaves at once where a collector still hangs, as the interpreter would wait for its thread."""
    code = main()
    if threading.active_count() > 1:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(code)
    sys.exit(code)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns 0 if all is fine and 1 if there are problems (wrong usage exits with 2)."""
    given = _parser().parse_args(arguments)
    given.arguments = sys.argv[1:] if arguments is None else list(arguments)
    try:
        return _run(given)
    except ConfigError as error:
        print(error, file=sys.stderr)
        count = len(error.problems)
        print(f"jobhive-exporter: {count} problem{'s' if count > 1 else ''} in the configuration", file=sys.stderr)
    except ExporterError as error:
        print(f"jobhive-exporter: {error}", file=sys.stderr)
    return PROBLEMS


def _run(given: argparse.Namespace) -> int:
    if "version" in given or given.command == "version":
        build = daemon.build()
        print(f"jobhive-exporter, version {build.version} (revision: {build.revision})")
        return 0
    if given.command == "demo":
        # The demo is an extra: its server package is missing from a plain installation.
        from demo.command import Given
        from demo.command import run as run_demo

        servers = Given(given.database, given.redis)
        return run_demo(
            given.users, given.seed, given.data_dir, _overrides(given), traffic=not given.no_traffic, given=servers
        )

    if given.command == "rules":
        return _rules(given)

    def read() -> Config:
        return load(Path(getattr(given, "config.file", "config.yaml")), _overrides(given))

    config = read()
    if given.command == "check" or "config.check" in given:
        return check.run(config, connect=getattr(given, "connect", False))
    if given.command == "collect":
        return collect.run(config, given.name, given.at, explain=given.explain)
    if given.command == "backfill":
        grid = order.Grid(given.start, given.end, given.step)
        asked = order.Order(grid, given.out, given.collector, tuple(sorted(given.label)))
        return backfill.run(config, asked, connected(config), daemon.utc_now)
    if given.command == "report":
        return report_command.run(config, report_command.wanted(given), daemon.utc_now)
    if given.command == "schema":
        sys.stdout.write(_views(config, given.schema, given.role))
        return 0
    configure_log(config.log, config.redact)
    return daemon.run(config, read)


def _rules(given: argparse.Namespace) -> int:
    if given.what == "test":
        return rules_command.test(given.files)
    if given.what == "backtest":
        return rules_backtest.run(
            rules_backtest.Order(
                files=tuple(given.files),
                history=tuple(given.history),
                start=given.start,
                end=given.end,
                step=given.step,
                lookback=given.lookback,
            )
        )
    if given.what == "check" and given.isolate:
        return isolation.run(given.arguments, given.files)
    path = getattr(given, "config.file", None if given.files else "config.yaml")
    # Without a configuration a rule may ask for what any collector has by default.
    config = load(Path(path), _overrides(given)) if path else None
    files = given.files or (rule_set.files(config) if config else [])
    least = given.min_prometheus or rules_files.oldest(config)
    if given.what == "list":
        return rules_command.show(files, least, config)
    return rules_check.check(files, rules_check.Terms(config, least, given.strict))


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


def _overrides(given: argparse.Namespace) -> Overrides:
    overrides: dict[str, dict[str, Any]] = {}
    for flag, ((section, key), _) in FLAGS.items():
        if (value := getattr(given, flag.removeprefix("--"), None)) is not None:
            overrides.setdefault(section, {})[key] = value
    return overrides


def _parser() -> argparse.ArgumentParser:
    # A flag may stand before or after the command; one that is not given must not overwrite one that is.
    shared = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    shared.add_argument("--config.file", metavar="FILE", help="the configuration (default: config.yaml)")
    shared.add_argument("--config.check", action="store_true", help="the same as the command check")
    for flag, ((section, key), options) in FLAGS.items():
        shared.add_argument(flag, dest=flag.removeprefix("--"), help=f"wins over {section}.{key}", **options)
    parser = argparse.ArgumentParser(
        "jobhive-exporter", description="Prometheus exporter for JobHive.", parents=[shared], allow_abbrev=False
    )
    parser.add_argument(
        "--version", action="store_true", default=argparse.SUPPRESS, help="the same as the command version"
    )
    parser.set_defaults(command="run")
    commands = parser.add_subparsers(metavar="COMMAND")

    def command(name: str, text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text, parents=[shared], allow_abbrev=False)
        added.set_defaults(command=name)
        return added

    command("run", "Run the daemon (the default).")
    checking = command("check", "Check the configuration; contacts nothing.")
    checking.add_argument("--connect", action="store_true", help="open each source, read only, and tell what it gives")
    collecting = command("collect", "Run one collector once and print its metrics.")
    collecting.add_argument("name", metavar="NAME", help="the collector")
    collecting.add_argument(
        "--at", type=_instant, metavar="T", help="a past instant, like 2026-04-01T00:00:00Z (default: now)"
    )
    collecting.add_argument("--explain", action="store_true", help="tell queries, rows, durations and plans as well")
    _add_backfill(command("backfill", "Write the past of the collectors as OpenMetrics, for promtool to import."))
    report_command.add(command("report", "Make a report, and send it if asked to."), shared)
    _add_schema(command("schema", "Tell what the database should have."))
    _add_rules(command("rules", "Check, test or list files of alerting rules; contacts nothing."))
    demo = command("demo", "Run the daemon on a synthetic JobHive of its own.")
    demo.add_argument(
        "--users", type=int, default=2000, metavar="N", help="how many users it has (default: %(default)s)"
    )
    demo.add_argument(
        "--seed", type=int, default=7, help="two runs with one seed have the same data (default: %(default)s)"
    )
    demo.add_argument("--data-dir", type=Path, metavar="DIR", help="where its data live (default: a folder below /tmp)")
    demo.add_argument("--database", metavar="URL", help="an empty PostgreSQL database, in place of an embedded one")
    demo.add_argument("--redis", metavar="URL", help="an empty Redis database, in place of an embedded one")
    demo.add_argument("--no-traffic", action="store_true", help="write nothing into its database once it is loaded")
    command("version", "Print the version.")
    return parser


def _add_schema(parser: argparse.ArgumentParser) -> None:
    def name(text: str) -> str:
        if not NAME.fullmatch(text):
            raise argparse.ArgumentTypeError("not a plain name; use at most 63 small letters, digits and _")
        return text

    text = "Print SQL for read-only views of the mapped tables and a role that may read nothing else."
    printing = parser.add_subparsers(metavar="WHAT", required=True).add_parser(
        "print-views", help=text, description=text, allow_abbrev=False
    )
    printing.add_argument("--config.file", default=argparse.SUPPRESS, metavar="FILE", help="the configuration")
    printing.add_argument("--schema", type=name, default="jobhive_metrics", help="where (default: %(default)s)")
    printing.add_argument("--role", type=name, default="jobhive_exporter", help="for whom (default: %(default)s)")


def _add_rules(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(metavar="WHAT", required=True, dest="what")

    def action(name: str, text: str, files: str = "+") -> argparse.ArgumentParser:
        added = actions.add_parser(name, help=text, description=text, allow_abbrev=False)
        added.add_argument("files", nargs=files, type=Path, metavar="FILE")
        return added

    action("test", "Run promtool's tests of rules.")
    _add_backtest(action("backtest", "Replay rules over history, and tell when their alerts would have fired."))
    for name, text in (
        ("check", "Tell what is wrong with rule files, as Prometheus and as our lint see it."),
        ("list", "List rules, and the collectors that each depends on."),
    ):
        added = action(name, f"{text} Without FILE: those of the configuration.", "*")
        added.add_argument("--config.file", default=argparse.SUPPRESS, metavar="FILE", help="the configuration")
        added.add_argument(
            "--min-prometheus",
            type=_version,
            metavar="VERSION",
            help="the oldest Prometheus that reads the files too (default: that of the configuration, or 2.42)",
        )
        if name == "check":
            added.add_argument("--strict", action="store_true", help="exit with 1 for warnings too")
            added.add_argument(
                "--isolate", action="store_true", help="read files of strangers in a process that may crash"
            )


def _add_backtest(parser: argparse.ArgumentParser) -> None:
    def span(text: str) -> timedelta:
        try:
            if found := duration(text):
                return found
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None
        raise argparse.ArgumentTypeError("must be longer than 0")

    parser.add_argument("--from", dest="start", required=True, type=_instant, metavar="T", help="the first instant")
    parser.add_argument(
        "--to", dest="end", required=True, type=_instant, metavar="T", help="the end; itself not included"
    )
    parser.add_argument(
        "--history",
        action="append",
        required=True,
        type=Path,
        metavar="FILE",
        help="OpenMetrics as backfill writes it, or a .csv; repeatable, each is a source with instants of its own",
    )
    parser.add_argument(
        "--step", type=span, metavar="DURATION", help="from round to round (default: each group's own interval)"
    )
    parser.add_argument(
        "--lookback",
        type=span,
        metavar="DURATION",
        help="how long a sample without a successor holds (default: 5m, or twice the distance of instants)",
    )


def _version(text: str) -> tuple[int, int]:
    try:
        return rules_files.version(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _add_backfill(parser: argparse.ArgumentParser) -> None:
    def whole_second(text: str) -> datetime:
        return order.whole(_instant(text))

    parser.add_argument("--from", dest="start", required=True, type=whole_second, metavar="T", help="the first instant")
    parser.add_argument(
        "--to", dest="end", required=True, type=whole_second, metavar="T", help="the end; itself not included"
    )
    parser.add_argument(
        "--step", required=True, type=order.step, metavar="DURATION", help="from instant to instant, like 5m or 1h"
    )
    parser.add_argument(
        "--out", required=True, type=Path, metavar="FILE", help="the file; FILE.part keeps what an ended run had"
    )
    parser.add_argument(
        "--collector", action="append", default=[], metavar="NAME", help="repeatable (default: all configured)"
    )
    parser.add_argument(
        "--label",
        action="append",
        default=[],
        type=order.label,
        metavar="NAME=VALUE",
        help="added to every series, like job=jobhive; repeatable",
    )


def _instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
        if instant.tzinfo and EARLIEST <= instant <= LATEST:
            return instant.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise argparse.ArgumentTypeError("not an instant with a time zone; write for example 2026-04-01T00:00:00Z")
