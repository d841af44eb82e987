"""`--isolate`: what ends the process that reads a file is told with the file's name."""

import sys
from pathlib import Path

import pytest

from exporter.cli import main
from exporter.isolation import Bounds, run

# Stands for a reader whose parser crashes on, or never ends with, a file that says so.
READER = """
import os, pathlib, sys
for name in sys.argv[2:]:
    text = pathlib.Path(name).read_text()
    if text == "crash": os.kill(os.getpid(), 11)
    if text == "forever": os.read(os.pipe()[0], 1)
    if text == "large": b"x" * 2**31
    print(name, "is fine")
"""
COMMAND = (sys.executable, "-c", READER)


def files(folder: Path, *contents: str) -> list[Path]:
    found = [folder / f"{number}.rules.yml" for number in range(len(contents))]
    for path, content in zip(found, contents, strict=True):
        path.write_text(content)
    return found


def told(paths: list[Path], capfd: pytest.CaptureFixture[str]) -> tuple[int, str]:
    arguments = ["check", "--isolate", *map(str, paths)]
    code = run(arguments, paths, COMMAND, Bounds(seconds=2, memory=2**30))
    return code, capfd.readouterr().err


def test_the_code_is_that_of_the_command(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert told(files(tmp_path, "a", "b"), capfd) == (0, "")


def test_a_crash_names_the_file(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    paths = files(tmp_path, "a", "crash", "b")
    said = f"jobhive-exporter: {paths[1]}: ends the process that reads it (SIGSEGV); leave it out\n"
    assert told(paths, capfd) == (1, said)
    assert told(paths[1:2], capfd) == (1, said)


def test_time_is_bounded(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (path,) = paths = files(tmp_path, "forever")
    assert told(paths, capfd) == (1, f"jobhive-exporter: {path}: takes longer than 2 s; leave it out\n")


def test_memory_is_bounded(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    code, said = told(files(tmp_path, "large"), capfd)
    assert code == 1
    assert said.splitlines()[-1] == "MemoryError"


def test_rules_check_does_the_same_in_a_process_of_its_own(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "x.rules.yml"
    path.write_text("groups:\n- name: g\n  rules:\n  - {alert: A, expr: 'up ='}\n")
    codes, outputs = [], []
    for flags in ([], ["--isolate"]):
        codes.append(main(["rules", "check", *flags, str(path)]))
        outputs.append(capfd.readouterr())
    assert codes == [1, 1]
    assert outputs[0] == outputs[1]
    assert outputs[0].err.startswith(f"{path}:4:23: ")
