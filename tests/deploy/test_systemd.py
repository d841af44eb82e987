"""The unit of systemd: systemd has nothing to say against it, and it is closed up."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from exporter.cli import parser
from exporter.config import load
from tests.debian import program
from tests.deploy.dockerfile import ROOT

UNIT = ROOT / "deploy" / "systemd" / "jobhive-exporter.service"
EXECUTABLE = "/opt/jobhive-exporter/bin/jobhive-exporter"
# 0 is closed, 10 is open.
WORST = 1.5


def analyze(*words: str) -> subprocess.CompletedProcess[str]:
    environ = os.environ | {"LC_ALL": "C", "SYSTEMD_COLORS": "0"}
    return subprocess.run(
        [program("systemd-analyze"), *words], capture_output=True, text=True, check=False, env=environ
    )


def verified(folder: Path, text: str) -> str:
    """What systemd says of a unit; it looks whether what it starts can be started."""
    executable = folder / "jobhive-exporter"
    executable.write_text("#!/bin/sh\n")
    executable.chmod(0o755)
    unit = folder / UNIT.name
    unit.write_text(text.replace(EXECUTABLE, str(executable)))
    done = analyze("verify", "--man=no", str(unit))
    return done.stdout + done.stderr


def settings() -> list[tuple[str, str]]:
    return re.findall(r"^(\w+)=(.*)$", UNIT.read_text(), re.MULTILINE)


def test_systemd_has_nothing_to_say(tmp_path: Path) -> None:
    # It exits with 0 for keys that it does not know: what it says decides.
    assert verified(tmp_path, UNIT.read_text()) == ""


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("ProtectSystm=strict", "'ProtectSystm'"),
        ("ProtectSystem=very", "Failed to parse"),
        ("SystemCallFilter=@nothing", "@nothing"),
    ],
)
def test_it_would_say_what_is_wrong(tmp_path: Path, line: str, said: str) -> None:
    assert said in verified(tmp_path, UNIT.read_text().replace("[Install]", f"{line}\n\n[Install]"))


def test_it_is_closed_up() -> None:
    done = analyze("security", "--offline=yes", "--no-pager", str(UNIT))
    found = re.search(r"Overall exposure level for jobhive-exporter.service: ([\d.]+)", done.stdout)
    assert found, done.stdout + done.stderr
    assert float(found[1]) <= WORST, done.stdout


def test_what_it_starts_is_understood() -> None:
    (command,) = [value for key, value in settings() if key == "ExecStart"]
    path, *words = command.split()
    assert path == EXECUTABLE
    assert vars(parser.Root().parse_args(words))["config.file"] == "/etc/jobhive-exporter/config.yaml"
    assert ("ExecReload", "/bin/kill -HUP $MAINPID") in settings()
    assert ("Restart", "on-failure") in settings()


def test_its_example_of_a_configuration_is_one(tmp_path: Path) -> None:
    text = (UNIT.parent / "config.yaml").read_text()
    (credential,) = [value.partition(":")[0] for key, value in settings() if key == "LoadCredential"]
    place = f"/run/credentials/{UNIT.name}/{credential}"
    assert f"!file {place}\n" in text
    (tmp_path / credential).write_text("postgresql://reader@db/jobhive\n")
    (tmp_path / "config.yaml").write_text(text.replace(place, credential))
    config = load(tmp_path / "config.yaml", {}, {"STATE_DIRECTORY": "/var/lib/jobhive-exporter"})
    assert config.state_path.parent == Path("/var/lib/jobhive-exporter")
