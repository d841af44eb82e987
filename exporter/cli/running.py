"""The commands that run the daemon, on a JobHive or on one of its own, and those that tell which program this is."""

import argparse
from functools import partial
from pathlib import Path

import shtab

from exporter import daemon
from exporter.cli import flags, values
from exporter.cli.completing import completed
from exporter.cli.menu import Menu


def add(menu: Menu) -> None:
    """Add the commands."""
    menu.add(
        "run",
        "Run the daemon (the default).",
        "It asks the sources of the configuration on their schedules, serves what they said, evaluates rules, tells "
        "Alertmanagers and sends reports. SIGHUP reads the configuration again; SIGTERM and Ctrl-C end it, with 0.",
        "",
        "run --config.file /etc/jobhive-exporter/config.yaml",
        call=run,
    )
    _add_demo(menu)
    menu.add("version", "Print the version.", "Contacts nothing.", "version", call=version, shows_flags=False)


def _add_demo(menu: Menu) -> None:
    parser = menu.add(
        "demo",
        "Run the daemon on a synthetic JobHive of its own.",
        "Starts a PostgreSQL and a Redis unless they are given, makes two years of a company, and goes on writing. "
        "Datadog and AWS are simulated: no request leaves this machine, but alerts to an Alertmanager that is named. "
        "Ctrl-C ends it with all that it started.",
        "demo --users 500",
        "demo --alertmanager http://localhost:9093",
        call=demo,
    )
    parser.add_argument(
        "--users", type=int, default=2000, metavar="N", help="how many users it has (default: %(default)s)"
    )
    parser.add_argument(
        "--seed", type=int, default=7, help="two runs with one seed have the same data (default: %(default)s)"
    )
    folder = parser.add_argument(
        "--data-dir", type=Path, metavar="DIR", help="where its data live (default: a folder below /tmp)"
    )
    completed(folder, shtab.DIRECTORY)
    parser.add_argument("--database", metavar="URL", help="an empty PostgreSQL database, in place of an embedded one")
    parser.add_argument("--redis", metavar="URL", help="an empty Redis database, in place of an embedded one")
    parser.add_argument("--no-traffic", action="store_true", help="write nothing into its database once it is loaded")
    parser.add_argument(
        "--alertmanager",
        action="append",
        type=values.alertmanager,
        default=[],
        metavar="URL",
        help="who is told of alerts, like http://localhost:9093; repeatable (default: nobody)",
    )


def run(given: argparse.Namespace) -> int:
    """Run the daemon."""
    return daemon.run(flags.configured(given), partial(flags.read, given))


def demo(given: argparse.Namespace) -> int:
    """Run the demo."""
    # The demo is an extra: its server package is missing from a plain installation.
    from demo.command import Given
    from demo.command import run as run_demo

    overrides = flags.overrides(given)
    if given.alertmanager:
        overrides = {**overrides, "alerts": {"alertmanagers": [{"url": url} for url in given.alertmanager]}}
    servers = Given(given.database, given.redis)
    return run_demo(given.users, given.seed, given.data_dir, overrides, traffic=not given.no_traffic, given=servers)


def version(_: argparse.Namespace) -> int:
    """Print the version."""
    build = daemon.build()
    print(f"jobhive-exporter, version {build.version} (revision: {build.revision})")
    return 0
