"""What the Dockerfile promises. `make image-check` builds it for real and runs the result, which takes minutes and root."""

import fnmatch
import json
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from deploy import bundle, layers
from exporter.cli import parser
from exporter.daemon import SIGNALS
from tests.deploy.dockerfile import ROOT, Instruction, Stage, instructions, stages
from tests.e2e.processes import free_port

TEXT = (ROOT / "Dockerfile").read_text()
STAGES = stages(TEXT)
RUNTIME, EXPORTER, DEMO = (STAGES[name] for name in ("runtime", "exporter", "demo"))
HEALTHCHECK = re.sub(r"^.* CMD ", "", RUNTIME.one("HEALTHCHECK").text)


def lineage(stage: Stage) -> list[Stage]:
    """The stage, and those that it goes on from."""
    return [stage, *(lineage(STAGES[stage.base]) if stage.base in STAGES else [])]


def test_one_argument_decides_on_every_base() -> None:
    assert instructions(TEXT)[0] == Instruction("ARG", "BASE_IMAGE=python:3.13-slim-bookworm")
    assert {stage.base for stage in STAGES.values()} - STAGES.keys() == {"${BASE_IMAGE}"}


def test_the_last_stage_is_the_exporter() -> None:
    assert list(STAGES)[-1] == "exporter"
    assert (EXPORTER.base, DEMO.base) == ("runtime", "runtime")


def test_nothing_is_built_in_what_is_shipped() -> None:
    for stage in (EXPORTER, DEMO):
        steps = [one.text for part in lineage(stage) for one in part.all("RUN")]
        assert not [text for text in steps if re.search(r"\b(pip install|apt|apt-get|gcc|curl|wget)\b", text)]
        assert len(lineage(stage)) == 2


def test_dependencies_come_before_the_source() -> None:
    dependencies = STAGES["dependencies"]
    assert {word for one in dependencies.all("COPY") for word in one.words[:-1]} == {
        "requirements/build.txt",
        "requirements/run.txt",
    }
    for name in ("wheel", "build", "demo-build"):
        assert STAGES[name].base == "dependencies"


def test_only_locked_packages_are_fetched() -> None:
    fetching = [
        one for stage in STAGES.values() for one in stage.all("RUN") if re.search("pip (install|wheel)", one.text)
    ]
    assert len(fetching) == 5
    for one in fetching:
        assert "--require-hashes -r" in one.text or "--no-index --no-deps" in one.text


def test_a_package_index_stays_out_of_the_image() -> None:
    fetching = [one.text for stage in STAGES.values() for one in stage.all("RUN") if "--require-hashes" in one.text]
    assert all("--mount=type=secret,id=pip,target=/etc/pip.conf --mount=type=secret,id=ca" in text for text in fetching)
    files = [path for path in (ROOT / "deploy").rglob("*") if path.is_file() and path.suffix != ".pyc"]
    for path in (ROOT / "Dockerfile", *files):
        assert not re.search(r"index-url *=? *http|trusted-host *=? *\w+\.\w+", path.read_text())


def test_a_user_with_a_number_and_few_rights() -> None:
    last = RUNTIME.instructions[-1]
    assert last == Instruction("USER", "10077:10077")
    assert not EXPORTER.all("USER") + DEMO.all("USER")
    assert not [one for one in RUNTIME.all("COPY") if one.flag("chown")]
    (volume,) = RUNTIME.one("VOLUME").words
    assert RUNTIME.one("WORKDIR").text == volume
    assert f"STATE_DIRECTORY={volume}" in RUNTIME.one("ENV").words
    assert f"install --directory --owner=10077 --group=10077 --mode=0700 {volume}" in RUNTIME.one("RUN").text


def test_it_stops_by_the_signal_that_the_daemon_waits_for() -> None:
    assert signal.Signals[RUNTIME.one("STOPSIGNAL").text] in SIGNALS


def test_labels() -> None:
    labels = dict(re.findall(r'org\.opencontainers\.image\.([\w.]+)="([^"]+)"', RUNTIME.one("LABEL").text))
    assert labels.keys() == {"title", "description", "licenses", "version", "revision", "base.name"}
    declared = {one.text.partition("=")[0] for one in RUNTIME.all("ARG")}
    assert {value.removeprefix("$") for value in labels.values() if value.startswith("$")} == declared


@pytest.mark.parametrize("stage", STAGES.values(), ids=STAGES)
def test_what_is_copied_is_there_and_not_ignored(stage: Stage) -> None:
    for one in stage.all("COPY"):
        if source := one.flag("from"):
            assert list(STAGES).index(source) < list(STAGES).index(stage.name)
            continue
        for word in one.words[:-1]:
            assert (ROOT / word).exists()
            assert is_in_context(word), f".dockerignore leaves out {word}"


@pytest.mark.parametrize("path", [".git", ".venv", "tests", "alerts/tests", "deploy", "web.yml", "demo/__pycache__"])
def test_what_is_left_out_of_the_context(path: str) -> None:
    assert not is_in_context(path)


def is_in_context(path: str) -> bool:
    """As Docker decides: the last line that matches the path, or a folder above it, wins."""
    wins = True
    for line in (ROOT / ".dockerignore").read_text().split():
        pattern = line.removeprefix("!").removeprefix("**/")
        parts = [path, *map(str, Path(path).parents)]
        names = parts + ([Path(path).name] if "**/" in line else [])
        if any(fnmatch.fnmatch(name, pattern) for name in names if name != "."):
            wins = line.startswith("!")
    return wins


@pytest.mark.parametrize("stage", [EXPORTER, DEMO], ids=["exporter", "demo"])
def test_its_command_is_understood(stage: Stage) -> None:
    program, *words = stage.one("ENTRYPOINT").words
    assert program == "jobhive-exporter"
    given = vars(parser.Root().parse_args(words))
    assert given["web.listen-address"] == [":10077"]
    if file := given.get("config.file"):
        assert file in {one.words[-1] for one in RUNTIME.all("COPY")}


def test_the_health_check_asks_the_exporter_and_nobody_else() -> None:
    program, *words = json.loads(HEALTHCHECK)
    assert program == "python3"
    assert "'127.0.0.1', 10077" in words[-1]
    port = free_port()
    words[-1] = words[-1].replace("10077", str(port))
    # A proxy that the environment names would be asked by urllib.
    environ = {"PATH": "", "http_proxy": "http://127.0.0.1:1"}
    check = [sys.executable, *words]
    assert subprocess.run(check, env=environ, capture_output=True, check=False).returncode == 1
    with answering(port, 200):
        assert subprocess.run(check, env=environ, check=False).returncode == 0
    with answering(port, 503):
        assert subprocess.run(check, env=environ, check=False).returncode == 1


@contextmanager
def answering(port: int, status: int) -> Iterator[None]:
    """A server that gives one answer to everything."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/-/healthy" else 404)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()


def test_layers_are_told_with_their_sizes() -> None:
    history = [
        {"created_by": "/bin/sh -c #(nop) COPY dir:1 in /x"},
        {"created_by": "/bin/sh -c #(nop) USER 1", "empty_layer": True},
        {"created_by": f"/bin/sh -c {'long ' * 40}"},
    ]
    image = {"OCIv1": {"rootfs": {"diff_ids": ["a", "b"]}, "history": history}}
    assert list(layers.lines(image, {"a": 1_500_000, "b": 250_000})) == [
        "     1.5 MB  COPY dir:1 in /x",
        "     0.0 MB  USER 1",
        f"     0.2 MB  {('long ' * 20)[:99]}…",
        "     1.8 MB  together",
    ]


def test_the_image_is_tried_with_nothing_to_write_but_its_volume() -> None:
    image: dict[str, Any] = {
        "User": "10077:10077",
        "Volumes": {"/var/lib/x": {}},
        "Entrypoint": ["x"],
        "Env": ["A=1"],
        "WorkingDir": "/var/lib/x",
    }
    made = bundle.config(image, "/root", "/state", ["B=2"])
    assert made["root"] == {"path": "/root", "readonly": True}
    assert made["process"]["user"] == {"uid": 10077, "gid": 10077}
    assert (made["process"]["capabilities"], made["process"]["noNewPrivileges"]) == ({}, True)
    assert made["process"]["env"] == ["A=1", "B=2"]
    assert [mount["destination"] for mount in made["mounts"] if "rw" in mount.get("options", ())] == ["/var/lib/x"]
