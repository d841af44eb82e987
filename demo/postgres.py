"""A real PostgreSQL for the demo: the programs of a wheel, a Unix socket, settings for throw-away data."""

import os
import pwd
import subprocess
import tempfile
from pathlib import Path
from signal import SIGINT, SIGKILL, SIGQUIT
from urllib.parse import quote

import psycopg2
from psycopg2 import sql

from demo.binaries import MAJOR, find_binaries
from demo.errors import DemoError
from demo.folder import Account, claim, first_closed, make_private, remove
from demo.process import command_of, end, wait
from demo.server import EmbeddedServer

PORT = 5432
# The kernel cuts the path of a socket at 108 bytes (104 on macOS).
SOCKET_PATH_LIMIT = 100
START_SECONDS = 60.0
STOP_SIGNALS = ((SIGINT, 10.0), (SIGQUIT, 5.0), (SIGKILL, 5.0))
INITDB = (
    "--auth=trust",
    "--encoding=UTF8",
    "--locale=C",
    "--username=postgres",
    "--no-sync",
    "--no-instructions",
)
SETTINGS = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "50",
    "shared_buffers": "128MB",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    # Minimal WAL and rare checkpoints: the data is loaded once, in bulk, and nobody replicates it.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "4GB",
    # Small containers have a small /dev/shm, and what lies there would outlive a killed server.
    "dynamic_shared_memory_type": "mmap",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


def default_folder() -> Path:
    """The folder of this user's demo, the same at every call, so that the next run finds what the last one left."""
    return Path(tempfile.gettempdir()) / f"jobhive-demo-{os.getuid()}"


class EmbeddedPostgres(EmbeddedServer):
    """A PostgreSQL server in a folder of its own, reachable only by its owner and by root."""

    stop_signals = STOP_SIGNALS

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._account = _server_account()

    def start(self) -> None:
        """Start the server, with the data of the last run if there is any; returns when it takes connections."""
        self._check_path()
        self._lock = claim(self.folder, 0o711 if self._account else 0o700)
        try:
            self._end_leftover()
            binaries = find_binaries(self.folder, self._account)
            self._initialise(binaries)
            self._launch(binaries)
        except BaseException:
            self.stop()
            raise

    @property
    def place(self) -> str:
        """Where the databases are."""
        return str(self.folder)

    def url(self, database: str) -> str:
        """The SQLAlchemy URL of a database of this server."""
        return f"postgresql+psycopg2://postgres@/{quote(database)}?host={quote(str(self._sockets))}&port={PORT}"

    def create(self, database: str) -> str:
        """Make an empty database, in place of an older one of that name; returns its URL."""
        connection = psycopg2.connect(host=str(self._sockets), port=PORT, user="postgres", dbname="postgres")
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                name = sql.Identifier(database)
                cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
                cursor.execute(sql.SQL("CREATE DATABASE {}").format(name))
        finally:
            connection.close()
        return self.url(database)

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    @property
    def _sockets(self) -> Path:
        return self.folder / "socket"

    @property
    def _log(self) -> Path:
        return self.folder / "postgres.log"

    def _check_path(self) -> None:
        socket = self._sockets / f".s.PGSQL.{PORT}"
        if len(os.fsencode(socket)) > SOCKET_PATH_LIMIT:
            raise DemoError(
                f"{self.folder} is too long: the path of a socket in it, {socket}, has more than "
                f"{SOCKET_PATH_LIMIT} bytes; pass --data-dir with a shorter path"
            )
        closed = first_closed(self.folder, self._account) if self._account else None
        if closed:
            raise DemoError(
                f"{self.folder} cannot be reached by the user nobody, as which PostgreSQL runs when you are root: "
                f"{closed} is closed to others; pass --data-dir with a folder elsewhere, for example below /tmp"
            )

    def _end_leftover(self) -> None:
        """End the server of a killed demo. We hold the lock, so a server of this data belongs to nobody else."""
        pid_file = self._data / "postmaster.pid"
        pid = pid_file.read_text().partition("\n")[0] if pid_file.exists() else ""
        if pid.isdigit() and self._serves(int(pid)):
            end(int(pid), lambda: not self._serves(int(pid)), STOP_SIGNALS)
        # PostgreSQL would believe in the files of a dead server when its number was given to another process since.
        pid_file.unlink(missing_ok=True)
        remove(self._sockets)

    def _serves(self, pid: int) -> bool:
        return f"postgres -D {self._data} " in command_of(pid)

    def _initialise(self, binaries: Path) -> None:
        version = self._data / "PG_VERSION"
        if version.exists() and version.read_text().strip() == MAJOR:
            return
        fresh = self.folder / "data.new"
        remove(self._data)
        remove(fresh)
        make_private(fresh, self._account)
        if self._run([str(binaries / "initdb"), *INITDB, "--pgdata", str(fresh)], "w").wait() != 0:
            raise DemoError(f"initdb failed in {self.folder}: {self._last_words()}")
        fresh.rename(self._data)

    def _launch(self, binaries: Path) -> None:
        make_private(self._sockets, self._account)
        settings = SETTINGS | {"unix_socket_directories": str(self._sockets)}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        self._process = self._run([str(binaries / "postgres"), "-D", str(self._data), *options], "a")
        if not wait(lambda: self._ready() or self._ended(), START_SECONDS) or self._ended():
            raise DemoError(
                f"PostgreSQL does not start in {self.folder}: {self._last_words()}; "
                f"read {self._log}, or delete the folder"
            )

    def _ready(self) -> bool:
        try:
            lines = (self._data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) > 7 and lines[0] == str(self.pid) and lines[7].strip() == "ready"

    def _ended(self) -> bool:
        return self._process is None or self._process.poll() is not None

    def _run(self, command: list[str], mode: str) -> subprocess.Popen[bytes]:
        """Start a program of PostgreSQL in a session of its own, so that the terminal's Ctrl-C does not reach it."""
        self._log.touch(mode=0o600)
        with self._log.open(mode) as log:
            try:
                return subprocess.Popen(  # noqa: S603 - the command is ours
                    command,
                    cwd=self.folder,
                    # Nothing of our environment: it may hold secrets, and a locale that is not installed.
                    env={"LC_ALL": "C"},
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    user=self._account.uid if self._account else None,
                    group=self._account.gid if self._account else None,
                    extra_groups=[] if self._account else None,
                )
            except OSError as error:
                raise DemoError(
                    f"cannot run {command[0]} ({error.strerror}); pass --data-dir with a folder where programs may run"
                ) from error

    def _last_words(self) -> str:
        lines = self._log.read_text(errors="replace").splitlines()
        return lines[-1] if lines else "it said nothing"


def _server_account() -> Account | None:
    """PostgreSQL refuses to run as root; for root it runs as nobody."""
    if os.geteuid() != 0:
        return None
    nobody = pwd.getpwnam("nobody")
    return Account(nobody.pw_uid, nobody.pw_gid)
