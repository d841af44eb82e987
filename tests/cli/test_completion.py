"""The scripts of `completion`, run by the shells they are for."""

import os
import pty
import select
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from exporter.cli import main
from exporter.registry import NAMES
from tests.cli.helps import ROOT
from tests.debian import program
from tests.waiting import eventually

# Asks as bash does when somebody types the words and presses Tab.
ASK_BASH = """\
compopt() { :; }
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
_shtab_jobhive_exporter
printf '%s\\n' "${COMPREPLY[@]}"
"""
# Beside the program, wherever it was unpacked.
START_ZSH = """\
{modules}fpath=({scripts} {functions} $fpath); autoload -Uz compinit && compinit -u -D; cd {scripts}; echo rea''dy
"""
END_OF_LINE = "\x15"
FIRST = {name.partition(" ")[0] for name in ROOT.commands}


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("completion")
    for name, path in (("bash", "_jobhive-exporter.bash"), ("zsh", "_jobhive-exporter")):
        with pytest.MonkeyPatch.context() as patch, (folder / path).open("w") as file:
            patch.setattr("sys.stdout", file)
            assert main(["completion", name]) == 0
    (folder / "config.yaml").touch()
    (folder / "data").mkdir()
    return folder


def bash(scripts: Path, words: Sequence[str]) -> set[str]:
    """What bash offers for the last word."""
    command = [
        "bash",
        "--norc",
        "-c",
        ASK_BASH,
        "bash",
        f"{scripts}/_jobhive-exporter.bash",
        "jobhive-exporter",
        *words,
    ]
    done = subprocess.run(command, cwd=scripts, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ([""], FIRST),
        (["co"], {"collect", "completion"}),
        (["rules", ""], {"check", "test", "list", "backtest"}),
        (["collect", ""], set(NAMES)),
        (["collect", "ai_"], {"ai_quality", "ai_realtime"}),
        (["collect", "revenue", "--e"], {"--explain"}),
        (["backfill", "--collector", "re"], {"revenue"}),
        (["--log.level", ""], {"debug", "info", "warn", "error"}),
        (["check", "--log.format", "l"], {"logfmt"}),
        (["check", "--config.file", "con"], {"config.yaml"}),
        (["--web.config.file", "con"], {"config.yaml"}),
        (["demo", "--data-dir", ""], {"data"}),
        (["report", "weekly", "--pdf", "con"], {"config.yaml"}),
        (["rules", "check", "con"], {"config.yaml"}),
        (["rules", "test", "--lo"], set()),
        (["completion", ""], {"bash", "zsh"}),
    ],
    # A set is written in another order by each process, and they must agree on the names of tests.
    ids=lambda value: " ".join(sorted(value) if isinstance(value, set) else value),
)
def test_bash_completes(scripts: Path, words: list[str], offered: set[str]) -> None:
    assert bash(scripts, words) == offered


@pytest.fixture(scope="module")
def zsh(scripts: Path) -> Iterator["Zsh"]:
    with zsh_in(scripts) as shell:
        yield shell


class Zsh:
    """A zsh that somebody types into."""

    def __init__(self, parent: int) -> None:
        self._parent, self._said = parent, ""

    def said(self) -> str:
        """What it has written since it was last asked something."""
        while select.select([self._parent], [], [], 0)[0]:
            self._said += os.read(self._parent, 65536).decode()
        return self._said

    def type(self, keys: str) -> None:
        self._said = ""
        os.write(self._parent, keys.encode())


@contextmanager
def zsh_in(scripts: Path) -> Iterator[Zsh]:
    root = program("zsh").parents[2]
    modules = next(root.glob("usr/lib/*/zsh/5*"), None)
    found = f"module_path=({modules}); zmodload zsh/zle; setopt zle; " if modules else ""
    environ = {"TERM": "dumb", "PS1": "> ", "HOME": str(scripts), "PATH": os.environ["PATH"], "COLUMNS": "200"}
    parent, child = pty.openpty()
    process = subprocess.Popen(
        [program("zsh"), "-f", "-i"], stdin=child, stdout=child, stderr=child, env=environ, start_new_session=True
    )
    os.close(child)
    shell = Zsh(parent)
    try:
        functions = f"{root}/usr/share/zsh/functions/**/*(/)"
        shell.type(START_ZSH.format(modules=found, scripts=scripts, functions=functions))
        eventually(shell.said, within=30, until=lambda said: "ready" in said)
        yield shell
    finally:
        process.kill()
        process.wait()
        os.close(parent)


@pytest.mark.parametrize(
    ("typed", "becomes"),
    [
        ("comp", "completion "),
        ("collect rev", "collect revenue "),
        ("backfill --collector ai_r", "backfill --collector ai_realtime "),
        ("rules ", "backtest  -- Tell when alerts would have fired over history."),
        ("--config.file con", "--config.file config.yaml "),
        ("--log.format j", "--log.format json "),
        ("demo --data-dir d", "demo --data-dir data/"),
        ("completion b", "completion bash "),
    ],
)
def test_zsh_completes(zsh: Zsh, typed: str, becomes: str) -> None:
    zsh.type(f"{END_OF_LINE}jobhive-exporter {typed}\t")
    eventually(zsh.said, within=10, until=lambda said: becomes in said)
