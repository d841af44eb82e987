"""How shells complete the values of arguments."""

import argparse
from collections.abc import Mapping

from exporter.registry import NAMES

Completer = Mapping[str, str | Mapping[str, str]]
_FUNCTION = "_jobhive_exporter_collectors"
_NAMES = " ".join(NAMES)
COLLECTORS: Completer = {
    "bash": _FUNCTION,
    "zsh": f"({_NAMES})",
    "preamble": {"bash": f'{_FUNCTION}() {{ compgen -W "{_NAMES}" -- "$1"; }}'},
}


def completed(action: argparse.Action, by: Completer) -> argparse.Action:
    """Say how the values of an argument are completed; shtab looks for it there."""
    action.complete = by  # type: ignore[attr-defined]
    return action
