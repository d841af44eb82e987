"""Runs the command that is asked for, and turns what goes wrong into words and an exit code."""

import sys
from collections.abc import Sequence

from exporter.cli import looking, running
from exporter.cli.parser import Root
from exporter.colour import Colour, painted
from exporter.config import ConfigError
from exporter.model import ExporterError

PROBLEMS = 1


def run(arguments: Sequence[str], *, own_process: bool) -> int:
    """Return 0 if all is fine and 1 if there are problems; wrong usage exits with 2.

    Logging is set up as the configuration says if this is a process of its own.
    """
    given = Root().parse_args(arguments)
    given.arguments, given.own_process = arguments, own_process
    try:
        if "version" in given:
            return running.version(given)
        if "config.check" in given:
            return looking.check(given)
        code: int = given.call(given)
    except ConfigError as error:
        count = len(error.problems)
        summary = f"jobhive-exporter: {count} problem{'s' if count > 1 else ''} in the configuration"
        for line in (*error.problems, summary):
            _tell(line)
    except ExporterError as error:
        _tell(f"jobhive-exporter: {error}")
    else:
        return code
    return PROBLEMS


def _tell(line: str) -> None:
    sys.stderr.write(f"{painted(line, Colour.ERROR, sys.stderr)}\n")
