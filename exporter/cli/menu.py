"""Commands and the help that they give: what each does, what it contacts, and how it is used."""

import argparse
import shutil
import sys
import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, NoReturn

from exporter.cli import flags
from exporter.colour import Colour, painted

if TYPE_CHECKING:
    # It has no other name.
    from argparse import _SubParsersAction as SubParsersAction

    from _typeshed import SupportsWrite

PROGRAM = "jobhive-exporter"
WIDEST = 100
Call = Callable[[argparse.Namespace], int]


def _columns() -> int:
    return min(shutil.get_terminal_size().columns, WIDEST) - 2


def _formatter(prog: str) -> argparse.HelpFormatter:
    return argparse.RawDescriptionHelpFormatter(prog, width=_columns(), max_help_position=28)


class Parser(argparse.ArgumentParser):
    """A parser of our manners; `line` is what lists say of it, `shows_flags` whether those of all commands matter."""

    def __init__(
        self, prog: str | None = None, line: str = "", text: str = "", epilog: str = "", *, shows_flags: bool = True
    ) -> None:
        # Shells show the first line beside a command that they offer.
        description = "\n\n".join(textwrap.fill(part, _columns()) for part in (line, text) if part)
        super().__init__(prog, None, description, epilog, formatter_class=_formatter, allow_abbrev=False)
        self.line, self.shows_flags = line, shows_flags

    def error(self, message: str) -> NoReturn:
        """Exit with 2."""
        self.print_usage(sys.stderr)
        self.exit(2, painted(f"{self.prog}: error: {message}", Colour.ERROR, sys.stderr) + "\n")

    def print_help(self, file: "SupportsWrite[str] | None" = None) -> None:
        """Print it; argparse would hide that nobody reads on."""
        (file or sys.stdout).write(self.format_help())

    def add_flags(self) -> list[argparse.Action]:
        """Add the flags of all commands, last: the usage names what is a command's own."""
        self.usage = self.format_usage().removeprefix("usage: ").rstrip().replace("%", "%%")
        return flags.add(self, shown=self.shows_flags)


class Menu:
    """A list of commands, of which some are lists again; `parsers` has them all, by their full names."""

    def __init__(self, parser: Parser, name: str = "", parsers: dict[str, Parser] | None = None) -> None:
        self._below: SubParsersAction[Parser] = parser.add_subparsers(
            metavar="COMMAND", prog=parser.prog, required=bool(name), parser_class=Parser
        )
        self._name = name
        self.parsers = {} if parsers is None else parsers

    @property
    def commands(self) -> Mapping[str, Parser]:
        """Return those that can be run."""
        return {name: parser for name, parser in self.parsers.items() if parser.get_default("call")}

    def add(
        self, name: str, line: str, text: str, *examples: str, call: Call, shows_flags: bool = True
    ) -> argparse.ArgumentParser:
        """Add a command: a line for lists, what else it does and what it contacts, and examples of its use."""
        epilog = written("examples" if len(examples) > 1 else "example", examples)
        parser = self._below.add_parser(name, help=line, line=line, text=text, epilog=epilog, shows_flags=shows_flags)
        parser.set_defaults(call=call)
        self.parsers[f"{self._name}{name}"] = parser
        return parser

    def menu(self, name: str, line: str) -> "Menu":
        """Add a list of commands."""
        parser = self._below.add_parser(name, help=line, line=line, shows_flags=False)
        self.parsers[f"{self._name}{name}"] = parser
        return Menu(parser, f"{self._name}{name} ", self.parsers)


def written(heading: str, examples: Sequence[str]) -> str:
    """Return examples as a help shows them."""
    return "\n".join([f"{heading}:", *(f"  $ {PROGRAM} {example}".rstrip() for example in examples)])
