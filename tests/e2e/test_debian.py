"""How the programs for tests are found, and what is said when they cannot be."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.debian import PROGRAMS, ProgramMissing, program

# Stands in for apt-get and dpkg: notes how it was called, and makes what the real one would make.
FAKE = f"""#!{sys.executable}
import pathlib, sys
here, words = pathlib.Path(__file__).parent, sys.argv[1:]
with (here / "calls").open("a") as calls:
    print(pathlib.Path(__file__).name, *words, file=calls)
if pathlib.Path(__file__).name == "dpkg":
    content = pathlib.Path(words[-1], "usr")
    for place in ("bin", "share/prometheus/alertmanager"):
        (content / place).mkdir(parents=True)
    (content / "bin/promtool").write_text("unpacked")
    (content / "share/prometheus/alertmanager/default.tmpl").write_text("the templates")
    (content / "bin/prometheus-alertmanager").write_text(
        "#!/bin/sh\\nexec cat /usr/share/prometheus/alertmanager/default.tmpl"
    )
    (content / "bin/prometheus-alertmanager").chmod(0o755)
elif "download" in words and not any(word.startswith("Dir::State::lists=") for word in words) and STALE:
    sys.exit("E: 404  Not Found")
elif "download" in words:
    pathlib.Path("promtool.deb").write_text("")
elif BROKEN:
    sys.exit("E: Temporary failure resolving")
"""


def packaging(folder: Path, *, stale: bool = False, broken: bool = False) -> str:
    """Make a PATH that has nothing but a packaging system: with `stale` lists, `broken` if they cannot be renewed."""
    for name in ("apt-get", "dpkg"):
        (folder / name).write_text(FAKE.replace("STALE", str(stale)).replace("BROKEN", str(broken)))
        (folder / name).chmod(0o755)
    return str(folder)


def calls(folder: Path) -> list[str]:
    return [line.split(" -o ")[0] for line in (folder / "calls").read_text().splitlines()]


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_runs(name: str) -> None:
    said = subprocess.run([program(name), "--version"], capture_output=True, text=True, check=True)
    others = {"redis-server": "Redis server v=7", "redis-sentinel": "Redis server v=7", "systemd-analyze": "systemd 2"}
    others["zsh"] = "zsh 5"
    told = others.get(name, f"{name}, version ")
    assert told in said.stdout + said.stderr


@pytest.mark.parametrize(("name", "binary"), [("promtool", "promtool"), ("alertmanager", "prometheus-alertmanager")])
def test_what_is_on_path_is_used(name: str, binary: str, tmp_path: Path) -> None:
    (tmp_path / binary).write_text("")
    (tmp_path / binary).chmod(0o755)
    assert program(name, tools=tmp_path / "tools", path=str(tmp_path)) == tmp_path / binary
    assert not (tmp_path / "tools").exists()


def test_a_package_is_unpacked_once_for_all_who_ask(tmp_path: Path) -> None:
    path, tools = packaging(tmp_path), tmp_path / "tools"
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: program("promtool", tools=tools, path=path), range(8)))
    assert {place.read_text() for place in found} == {"unpacked"}
    assert [line.split()[0] for line in calls(tmp_path)] == ["apt-get", "dpkg"]
    assert sorted(left.name for left in tools.iterdir()) == ["lock", "prometheus"]


def test_an_unpacked_alertmanager_finds_its_templates(tmp_path: Path) -> None:
    launcher = program("alertmanager", tools=tmp_path / "tools", path=packaging(tmp_path))
    said = subprocess.run([launcher], cwd="/", capture_output=True, text=True, check=True)
    assert said.stdout == "the templates"


def test_lists_of_our_own_are_used_where_the_systems_are_stale(tmp_path: Path) -> None:
    place = program("promtool", tools=tmp_path / "tools", path=packaging(tmp_path, stale=True))
    assert place.read_text() == "unpacked"
    assert calls(tmp_path)[:3] == [
        "apt-get --quiet download prometheus",
        "apt-get --quiet update",
        "apt-get --quiet download prometheus",
    ]


def test_without_network_the_message_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ProgramMissing) as raised:
        program("promtool", tools=tmp_path / "tools", path=packaging(tmp_path, stale=True, broken=True))
    assert str(raised.value) == (
        "the tests need promtool of Debian's package prometheus: it is not on PATH, and apt-get failed: "
        "E: Temporary failure resolving; install it (apt-get install prometheus), or put promtool onto PATH"
    )


def test_on_another_system_the_message_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ProgramMissing) as raised:
        program("alertmanager", tools=tmp_path / "tools", path=str(tmp_path))
    assert str(raised.value) == (
        "the tests need alertmanager of Debian's package prometheus-alertmanager: it is not on PATH, and there is no "
        "apt-get to fetch it with; install it (apt-get install prometheus-alertmanager), or put alertmanager onto PATH"
    )
