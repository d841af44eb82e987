"""The commands of docs/install.md: those of pip run, the others say what they need and name what is there."""

import os
import re
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import NamedTuple

import pytest

from exporter import __version__
from tests.deploy.dockerfile import ROOT, stages

PAGE = (ROOT / "docs" / "install.md").read_text()
PATHS = re.compile(r"(?<![\w/.])((?:deploy|requirements|docs)/[\w./-]+)")


class Block(NamedTuple):
    """Commands, and what the line above says they need."""

    section: str
    needs: str
    commands: list[str]


def blocks() -> list[Block]:
    found = []
    for section, body in re.findall(r"^##+ (.+?)\n(.*?)(?=^## |^### |\Z)", PAGE, re.MULTILINE | re.DOTALL):
        for above, text in re.findall(r"([^\n]*)\n\n```console\n(.*?)```", body, re.DOTALL):
            needs = above if above.startswith("Needs ") else ""
            found.append(Block(section, needs, [line[2:] for line in text.splitlines()]))
    return found


def test_every_block_is_read() -> None:
    assert [block.section for block in blocks()] == [
        "pip",
        "systemd",
        "Container",
        "Without an engine",
        "Kubernetes",
        "Everything at once",
    ]
    assert PAGE.count("```console") == len(blocks())
    assert [block.section for block in blocks() if not block.needs] == ["pip"]


def test_what_pip_installs_runs(tmp_path: Path) -> None:
    """As the page says, but the locked packages come from the environment of the tests: they are those."""
    environ = os.environ | {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PYTHONWARNINGS": ""}
    environ.pop("PYTHONPATH", None)
    source = tmp_path / "source"
    source.mkdir()
    for name in ("exporter", "collectors", "alerts", "demo", "pyproject.toml", "README.md", "LICENSE", "config.yaml"):
        (source / name).symlink_to(ROOT / name)
    (block,) = [one for one in blocks() if one.section == "pip"]
    said = ""
    for command in block.commands:
        if command.startswith("export "):
            name, _, value = command.removeprefix("export ").partition("=")
            environ[name] = value
        elif "--require-hashes" in command:
            (site,) = (source / "venv" / "lib").glob("python*/site-packages")
            # First, as a new environment may have an older setuptools.
            (site / "tests.pth").write_text(f"import sys; sys.path.insert(0, {sysconfig.get_path('purelib')!r})\n")
        else:
            words = command.replace("python3 ", f"{sys.executable} ").split()
            done = subprocess.run(words, cwd=source, env=environ, capture_output=True, text=True, check=False)
            assert done.returncode == 0, f"{command}: {done.stderr}"
            said = done.stdout
    assert f"jobhive-exporter, version {__version__}" in said


@pytest.mark.parametrize("block", blocks(), ids=lambda block: block.section)
def test_what_a_command_names_is_there(block: Block) -> None:
    for command in block.commands:
        for path in PATHS.findall(command):
            assert (ROOT / path).exists(), f"{command}: there is no {path}"
        for target in re.findall(r"^make ([\w-]+)", command):
            assert re.search(f"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)
        for target in re.findall(r"--target (\S+)", command):
            assert target in stages((ROOT / "Dockerfile").read_text())


def test_every_overlay_is_told() -> None:
    for folder in (ROOT / "deploy" / "kubernetes" / "overlays").iterdir():
        assert f"| `{folder.name}` |" in PAGE


def test_every_build_argument_is_told() -> None:
    text = (ROOT / "Dockerfile").read_text()
    for name in set(re.findall(r"^ARG (\w+)", text, re.MULTILINE)):
        assert f"`{name}`" in PAGE


def test_every_link_leads_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", PAGE):
        assert (ROOT / "docs" / target).exists(), target
