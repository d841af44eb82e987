"""A command on a pseudo-terminal, in this process, and what people would see there."""

import os
import pty
import sys
import threading
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from exporter.cli import main


class Shown(NamedTuple):
    """How a command ended, and what it wrote, with all control characters."""

    code: int
    text: str


def on_terminal(*arguments: object) -> Shown:
    """Run a command whose standard output and error are a terminal."""
    parent, child = pty.openpty()
    found: list[bytes] = []
    reader = threading.Thread(target=lambda: found.extend(_read(parent)))
    reader.start()
    with os.fdopen(child, "w", encoding="utf-8") as terminal, pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdout", terminal)
        patch.setattr(sys, "stderr", terminal)
        code = main([str(one) for one in arguments])
    reader.join(10)
    os.close(parent)
    return Shown(code, b"".join(found).decode().replace("\r\n", "\n"))


def _read(parent: int) -> Iterator[bytes]:
    """Yield what arrives until nobody has the terminal open."""
    while True:
        try:
            part = os.read(parent, 65536)
        except OSError:
            return
        if not part:
            return
        yield part
