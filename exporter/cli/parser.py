"""The parser of the command line, and the help that tells of all commands."""

import argparse
import textwrap

from exporter.cli import completion, flags, looking, past, rules, running
from exporter.cli.menu import PROGRAM, Menu, Parser, written

TEXT = (
    "Prometheus exporter and alerting daemon for JobHive. Without a command it runs, with config.yaml "
    "of this folder; COMMAND --help tells more of each command."
)
# What somebody wants → the commands for it.
GROUPS = {
    "run it": ("run", "check", "schema print-views"),
    "look": ("collect", "version"),
    "rules of alerts": ("rules check", "rules test", "rules list", "rules backtest"),
    "reports and the past": ("report weekly", "backfill"),
    "try it": ("demo", "completion"),
}
EXAMPLES = ("demo", "check --connect", "collect revenue", "collect --help")
EXIT_CODES = {
    0: "all is fine",
    1: "problems were found, and all of them printed",
    2: "wrong usage",
    130: "ended by Ctrl-C (the daemon then ends with 0)",
    141: "what read the output stopped, like | head",
}
DOCUMENTATION = "Documentation: README.md and docs/ of the source; commands and exit codes: docs/commands.md"


class Root(Parser):
    """The parser of all commands."""

    def __init__(self) -> None:
        super().__init__(PROGRAM, TEXT, epilog=_ending())
        version = self.add_argument(
            "--version", action="store_true", default=argparse.SUPPRESS, help="the same as the command version"
        )
        self._menu = Menu(self)
        for room in (running, looking, rules, past):
            room.add(self._menu)
        completion.add(self._menu, self)
        for parser in self._menu.parsers.values():
            parser.add_flags()
        self._flags = [*self.add_flags(), version]
        self.usage = f"{PROGRAM} [FLAGS] [COMMAND] [ARGUMENTS]"
        self.set_defaults(call=running.run)
        self.commands = self._menu.commands

    def format_help(self) -> str:
        """Return the help; argparse would show one list of commands, and those below others not at all."""
        formatter = self.formatter_class(prog=self.prog)
        formatter.add_usage(self.usage, [], [])
        formatter.add_text(self.description)
        for heading, names in GROUPS.items():
            lines = (f"  {name:<20}{self.commands[name].line}" for name in names)
            formatter.add_text("\n".join([f"{heading}:", *lines]))
        formatter.start_section(flags.HEADING)
        formatter.add_arguments(self._flags)
        formatter.end_section()
        formatter.add_text(self.epilog)
        return formatter.format_help()


def _ending() -> str:
    codes = "\n".join(["exit codes:", *(f"  {code:<5}{meaning}" for code, meaning in EXIT_CODES.items())])
    return "\n\n".join([written("examples", EXAMPLES), codes, textwrap.fill(DOCUMENTATION, 78)])
