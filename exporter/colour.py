"""Colours for what is printed: on a terminal only, and never where NO_COLOR is set (https://no-color.org)."""

import os
from collections.abc import Mapping
from enum import Enum
from typing import TextIO


class Colour(Enum):
    """What a line is, as the code of its colour."""

    ERROR = 31
    SUCCESS = 32
    WARNING = 33


def painted(text: str, colour: Colour, stream: TextIO, environ: Mapping[str, str] = os.environ) -> str:
    """Return a text as it is to be written to a stream."""
    shown = stream.isatty() and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"
    return f"\x1b[{colour.value}m{text}\x1b[0m" if shown and text else text
