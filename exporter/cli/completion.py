"""The command `completion`: what a shell completes, made of the parser itself."""

import argparse
import sys

import shtab

from exporter.cli.menu import Menu, Parser

SHELLS = ("bash", "zsh")


def add(menu: Menu, root: Parser) -> None:
    """Add the command; `root` is the parser of all commands."""

    def call(given: argparse.Namespace) -> int:
        sys.stdout.write(f"{shtab.complete(root, given.shell)}\n")
        return 0

    parser = menu.add(
        "completion",
        "Print a script that completes commands in bash or zsh.",
        "It knows flags, files, and names of collectors too. Contacts nothing.",
        "completion bash \\\n      > ~/.local/share/bash-completion/completions/jobhive-exporter",
        "completion zsh > ~/.zfunc/_jobhive-exporter",
        call=call,
        shows_flags=False,
    )
    parser.add_argument("shell", choices=SHELLS, help="for which shell")
