"""Debian's programs for tests: from PATH, otherwise unpacked below .tools; a failure with the mend, never a skip."""

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

TOOLS = Path(__file__).parent.parent / ".tools"
# Program → the package it is in, and its name there.
PROGRAMS = {
    "prometheus": ("prometheus", "prometheus"),
    "promtool": ("prometheus", "promtool"),
    "alertmanager": ("prometheus-alertmanager", "prometheus-alertmanager"),
    "amtool": ("prometheus-alertmanager", "amtool"),
    "redis-server": ("redis-tools", "redis-server"),
    "redis-sentinel": ("redis-tools", "redis-sentinel"),
    "systemd-analyze": ("systemd", "systemd-analyze"),
    "zsh": ("zsh", "zsh"),
}
# Libraries that a machine need not have, unpacked beside the program.
LIBRARIES = {
    "zsh": ("zsh-common",),
    "redis-tools": ("liblzf1", "libjemalloc2"),
    "systemd": ("libsystemd-shared", "libseccomp2", "libkmod2", "libapparmor1", "libip4tc2", "libaudit1", "libcap-ng0"),
}
DOWNLOAD_SECONDS = 300
# Debian's Alertmanager reads its templates at a fixed place, where nothing is when its package is merely unpacked.
TEMPLATES = b"/usr/share/prometheus/alertmanager"
# A path of the same length, relative to where it runs.
WORKING_FOLDER = b".".ljust(len(TEMPLATES), b"/")
LAUNCHER = """#!/bin/sh
cd "$(dirname "$0")/../share/prometheus/alertmanager" && exec ../../../bin/prometheus-alertmanager "$@"
"""


# Redis is one program: it looks at its own name.
REDIS_LAUNCHER = """#!/bin/sh
own="$(dirname "$0")/.."
LD_LIBRARY_PATH="$(echo "$own"/lib/*)" exec "$own/libexec/{name}" "$@"
"""
# It finds its libraries, and the units that a unit may name.
SYSTEMD_LAUNCHER = """#!/bin/sh
own="$(dirname "$0")/../.."
export LD_LIBRARY_PATH="$(echo "$own"/usr/lib/*/systemd):$(echo "$own"/usr/lib/*-linux-*):$(echo "$own"/lib/*-linux-*)"
SYSTEMD_UNIT_PATH="$own/lib/systemd/system:" exec "$own/usr/libexec/systemd-analyze" "$@"
"""


class ProgramMissing(Exception):
    """A program that tests need is neither installed nor to be had."""

    def __init__(self, name: str, package: str, reason: str) -> None:
        super().__init__(
            f"the tests need {name} of Debian's package {package}: it is not on PATH, and {reason}; "
            f"install it (apt-get install {package}), or put {name} onto PATH"
        )


def program(name: str, *, tools: Path = TOOLS, path: str | None = None) -> Path:
    """Return where a program is; unpacks its package into `tools` if `path` (PATH by default) does not have it."""
    package, binary = PROGRAMS[name]
    if installed := shutil.which(binary, path=path) or shutil.which(name, path=path):
        return Path(installed)
    unpacked = tools / package / "usr" / "bin" / name
    if not unpacked.exists():
        try:
            _obtain(package, tools, path)
        except _Refused as refused:
            raise ProgramMissing(name, package, str(refused)) from None
    return unpacked


class _Refused(Exception):
    """A command of the packaging system is missing or failed."""


def _obtain(package: str, tools: Path, path: str | None) -> None:
    """Download and unpack a package; it appears whole or not at all, and once for all who ask at the same time."""
    tools.mkdir(parents=True, exist_ok=True)
    with _locked(tools / "lock"), tempfile.TemporaryDirectory(prefix="new-", dir=tools) as folder:
        if (tools / package).exists():
            return
        scratch, content = Path(folder), Path(folder) / "content"
        for part in (package, *LIBRARIES.get(package, ())):
            _download(part, scratch, tools / "apt", path)
        for archive in scratch.glob("*.deb"):
            _run(["dpkg", "-x", str(archive), str(content)], scratch, path)
        if (alertmanager := content / "usr" / "bin" / "prometheus-alertmanager").exists():
            _relocate(alertmanager)
        if (redis := content / "usr" / "bin" / "redis-check-rdb").exists():
            _name_redis(redis)
        if (analyze := content / "usr" / "bin" / "systemd-analyze").exists():
            _lead(analyze, SYSTEMD_LAUNCHER)
        if (shell := content / "bin" / "zsh").exists():
            (content / "usr" / "bin").mkdir()
            shell.rename(content / "usr" / "bin" / "zsh")
        content.rename(tools / package)


def _download(package: str, folder: Path, own: Path, path: str | None) -> None:
    download = ["apt-get", "--quiet", "download", package]
    try:
        _run(download, folder, path)
    except _Refused:
        # The system's lists are missing or name files that are gone, and only root may renew them: use lists of our own.
        options = _own_lists(own)
        _run(["apt-get", "--quiet", "update", *options], folder, path)
        _run([*download, *options], folder, path)


def _relocate(alertmanager: Path) -> None:
    """Make Alertmanager find its templates in its working folder, and add a launcher that runs it there."""
    alertmanager.write_bytes(alertmanager.read_bytes().replace(TEMPLATES, WORKING_FOLDER))
    launcher = alertmanager.with_name("alertmanager")
    launcher.write_text(LAUNCHER)
    launcher.chmod(0o755)


def _name_redis(program: Path) -> None:
    """Add launchers under the names by which Redis knows what to be, which find its libraries."""
    folder = program.parent.with_name("libexec")
    folder.mkdir()
    for name in ("redis-server", "redis-sentinel"):
        (folder / name).hardlink_to(program)
        launcher = program.with_name(name)
        launcher.write_text(REDIS_LAUNCHER.format(name=name))
        launcher.chmod(0o755)


def _lead(program: Path, launcher: str) -> None:
    """Put a launcher into the place of a program."""
    folder = program.parent.with_name("libexec")
    folder.mkdir(exist_ok=True)
    program.rename(folder / program.name)
    program.write_text(launcher)
    program.chmod(0o755)


def _own_lists(own: Path) -> list[str]:
    """Return the options that make apt keep lists and cache in a folder of ours."""
    places = {"Dir::State::lists": own / "lists", "Dir::Cache": own / "cache"}
    for place in places.values():
        (place / "partial").mkdir(parents=True, exist_ok=True)
    # As root apt would download as another user, who may not write here.
    settings = {**places, "APT::Sandbox::User": "root"}
    return [word for key, value in settings.items() for word in ("-o", f"{key}={value}")]


def _run(command: Sequence[str], folder: Path, path: str | None) -> None:
    executable = shutil.which(command[0], path=path)
    if executable is None:
        raise _Refused(f"there is no {command[0]} to fetch it with")
    done = subprocess.run(
        [executable, *command[1:]],
        cwd=folder,
        env=os.environ | {"LC_ALL": "C"},
        capture_output=True,
        text=True,
        timeout=DOWNLOAD_SECONDS,
        check=False,
    )
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise _Refused(f"{command[0]} failed: {said[-1] if said else 'it said nothing'}")


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    with file.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
