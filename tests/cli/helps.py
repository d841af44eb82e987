"""What the help texts say, read as people would: from their text."""

import re
import shlex
from collections.abc import Mapping

from exporter.cli.parser import Root

ROOT = Root()
HELPS: Mapping[str, str] = {"": ROOT.format_help()} | {
    name: parser.format_help() for name, parser in ROOT.commands.items()
}
EXAMPLE = re.compile(r"^  \$ jobhive-exporter((?:.*\\\n)*.*)$", re.MULTILINE)


def examples(help_text: str) -> list[list[str]]:
    """Return the words of each example, as a shell parts them; what a shell does with > is not ours."""
    lines = [line.replace("\\\n", " ") for line in EXAMPLE.findall(help_text)]
    return [shlex.split(line.partition(" > ")[0]) for line in lines]
