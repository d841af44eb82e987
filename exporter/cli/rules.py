"""The commands for files of alerting rules. None of them contacts anything."""

import argparse
from pathlib import Path

import shtab

from exporter import isolation, rule_set, rules_backtest, rules_check, rules_command, rules_files
from exporter.cli import flags, values
from exporter.cli.completing import completed
from exporter.cli.menu import Call, Menu
from exporter.config import Config


def add(menu: Menu) -> None:
    """Add the commands."""
    rules = menu.menu("rules", "Check, test or list files of alerting rules; contacts nothing.")
    _add_check(rules)
    test_parser = rules.add(
        "test",
        "Run promtool's tests of rules.",
        "Contacts nothing. Tells what differs, as promtool does.",
        "rules test alerts/tests/revenue.test.yml",
        call=test,
        shows_flags=False,
    )
    _add_files(test_parser, "+")
    _add_listing(
        rules,
        "list",
        "List rules, and the collectors that each depends on.",
        "Contacts nothing. Without FILE: those of the configuration.",
        "rules list",
        "rules list alerts/rules/revenue.rules.yml",
        call=show,
    )
    _add_backtest(rules)


def _add_check(menu: Menu) -> None:
    parser = _add_listing(
        menu,
        "check",
        "Tell what is wrong with rule files.",
        "It is what Prometheus would refuse, and what our lint finds. Contacts nothing. "
        "Without FILE: those of the configuration.",
        "rules check",
        "rules check --strict alerts/rules/revenue.rules.yml",
        call=check,
    )
    parser.add_argument("--strict", action="store_true", help="exit with 1 for warnings too")
    parser.add_argument(isolation.FLAG, action="store_true", help="read files of strangers in a process that may crash")


def _add_listing(menu: Menu, name: str, line: str, text: str, *examples: str, call: Call) -> argparse.ArgumentParser:
    parser = menu.add(name, line, text, *examples, call=call)
    _add_files(parser, "*")
    parser.add_argument(
        "--min-prometheus",
        type=values.version,
        metavar="VERSION",
        help="the oldest Prometheus that reads the files too (default: that of the configuration, or 2.42)",
    )
    return parser


def _add_files(parser: argparse.ArgumentParser, count: str) -> None:
    completed(parser.add_argument("files", nargs=count, type=Path, metavar="FILE"), shtab.FILE)


def _add_backtest(menu: Menu) -> None:
    parser = menu.add(
        "backtest",
        "Tell when alerts would have fired over history.",
        "Contacts nothing: the history is what backfill wrote, or a table.",
        "rules backtest --from 2026-01-01T00:00:00Z \\\n"
        "      --to 2026-04-01T00:00:00Z --history past.om alerts/rules/revenue.rules.yml",
        call=backtest,
        shows_flags=False,
    )
    _add_files(parser, "+")
    parser.add_argument(
        "--from", dest="start", required=True, type=values.instant, metavar="T", help="the first instant"
    )
    parser.add_argument(
        "--to", dest="end", required=True, type=values.instant, metavar="T", help="the end; itself not included"
    )
    history = parser.add_argument(
        "--history",
        action="append",
        required=True,
        type=Path,
        metavar="FILE",
        help="OpenMetrics as backfill writes it, or a .csv; repeatable, each is a source with instants of its own",
    )
    completed(history, shtab.FILE)
    parser.add_argument(
        "--step", type=values.span, metavar="DURATION", help="from round to round (default: each group's own interval)"
    )
    parser.add_argument(
        "--lookback",
        type=values.span,
        metavar="DURATION",
        help="how long a sample without a successor holds (default: 5m, or twice the distance of instants)",
    )


def test(given: argparse.Namespace) -> int:
    """Run tests of rules."""
    return rules_command.test(given.files)


def check(given: argparse.Namespace) -> int:
    """Check rule files."""
    if given.isolate:
        return isolation.run(given.arguments, given.files)
    config = _config(given)
    least = given.min_prometheus or rules_files.oldest(config)
    return rules_check.check(_files(given, config), rules_check.Terms(config, least, given.strict))


def show(given: argparse.Namespace) -> int:
    """List rules."""
    config = _config(given)
    return rules_command.show(_files(given, config), given.min_prometheus or rules_files.oldest(config), config)


def backtest(given: argparse.Namespace) -> int:
    """Replay rules."""
    order = rules_backtest.Order(
        files=tuple(given.files),
        history=tuple(given.history),
        start=given.start,
        end=given.end,
        step=given.step,
        lookback=given.lookback,
    )
    return rules_backtest.run(order)


def _config(given: argparse.Namespace) -> Config | None:
    """Read the configuration; with files it need not be there, and a rule may ask for what any collector has."""
    return None if given.files and "config.file" not in given else flags.read(given)


def _files(given: argparse.Namespace, config: Config | None) -> list[Path]:
    return given.files or (rule_set.files(config) if config else [])
