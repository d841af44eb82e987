"""The flags of every command: the configuration, and what wins over it."""

import argparse
from pathlib import Path
from typing import Any

import shtab

from exporter.cli.completing import completed
from exporter.cli.interruption import end_soon_on_interrupt
from exporter.config import Config, Overrides, load
from exporter.log import configure as configure_log

DEFAULT_FILE = "config.yaml"
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
HEADING = "flags (before or after the command)"


def add(parser: argparse.ArgumentParser, *, shown: bool) -> list[argparse.Action]:
    """Add them; where they mean nothing they are taken, and not shown."""

    def told(text: str) -> str:
        return text if shown else argparse.SUPPRESS

    # One that is not given must not overwrite one that stands before the command.
    group = parser.add_argument_group(HEADING, argument_default=argparse.SUPPRESS)
    added: list[argparse.Action] = [
        completed(
            group.add_argument(
                "--config.file", metavar="FILE", help=told(f"the configuration (default: {DEFAULT_FILE})")
            ),
            shtab.FILE,
        ),
        group.add_argument("--config.check", action="store_true", help=told("the same as the command check")),
    ]
    for flag, ((section, key), options) in FLAGS.items():
        action = group.add_argument(
            flag, dest=flag.removeprefix("--"), help=told(f"wins over {section}.{key}"), **options
        )
        added.append(completed(action, shtab.FILE) if options.get("metavar") == "FILE" else action)
    return added


def overrides(given: argparse.Namespace) -> Overrides:
    """Return what wins over the configuration."""
    found: dict[str, dict[str, Any]] = {}
    for flag, ((section, key), _) in FLAGS.items():
        if (value := getattr(given, flag.removeprefix("--"), None)) is not None:
            found.setdefault(section, {})[key] = value
    return found


def read(given: argparse.Namespace, default: str = DEFAULT_FILE) -> Config:
    """Read the configuration; raises ConfigError."""
    return load(Path(getattr(given, "config.file", default)), overrides(given))


def configured(given: argparse.Namespace) -> Config:
    """Read the configuration, and log as it says: to standard error, so that results stay alone."""
    config = read(given)
    if given.own_process:
        configure_log(config.log, config.redact)
    return config


def for_questions(given: argparse.Namespace) -> Config:
    """Read the configuration for a command that asks sources, which Ctrl-C ends whatever it waits for."""
    config = configured(given)
    if given.own_process:
        end_soon_on_interrupt()
    return config
