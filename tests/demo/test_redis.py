import os
import re
import socket
import subprocess
import sys
from pathlib import Path
from signal import SIGKILL
from urllib.parse import unquote, urlsplit

import pytest

from demo import redis
from demo.errors import DemoError
from demo.process import command_of
from demo.redis import EmbeddedRedis, find_program

HOLDER = """
import sys
from pathlib import Path
from demo.redis import EmbeddedRedis
server = EmbeddedRedis(Path(sys.argv[1]))
server.start()
print(server.pid, flush=True)
sys.stdin.read()
"""
pytestmark = pytest.mark.skipif(
    find_program() is None, reason="there is no wheel of Redis here, and none in the system"
)


def ask(server: EmbeddedRedis, *words: str) -> str:
    """The answer to one command, as it comes over the socket that the URL names."""
    address = urlsplit(server.url)
    assert address.scheme == "unix"
    with socket.socket(socket.AF_UNIX) as link:
        link.settimeout(5)
        link.connect(unquote(address.path))
        parts = [f"${len(word)}\r\n{word}\r\n" for word in words]
        link.sendall(f"*{len(words)}\r\n{''.join(parts)}".encode())
        return link.recv(1 << 16).decode()


def leave_server_behind(folder: Path) -> int:
    """Start a server in a process of its own and kill that; returns the process of the server that goes on."""
    command = [sys.executable, "-c", HOLDER, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout
        pid = int(holder.stdout.readline())
        holder.kill()
    return pid


def test_answers_on_a_private_socket_and_nowhere_else(folder: Path) -> None:
    with EmbeddedRedis(folder) as server:
        assert ask(server, "PING") == "+PONG\r\n"
        assert (folder / "redis.sock").stat().st_mode & 0o777 == 0o700
        assert folder.stat().st_mode & 0o777 == 0o700
        assert "*2\r\n$4\r\nport\r\n$1\r\n0\r\n" in ask(server, "CONFIG", "GET", "port")
        assert server.pid
        sockets = [str(path.readlink()) for path in Path(f"/proc/{server.pid}/fd").iterdir()]
        numbers = {name.removeprefix("socket:[").rstrip("]") for name in sockets if name.startswith("socket:")}
        tcp = [line.split()[9] for name in ("tcp", "tcp6") for line in Path("/proc/net", name).read_text().splitlines()]
        assert not numbers & set(tcp)


def test_can_what_live_samples_need(folder: Path) -> None:
    """Redis 6.2: a sorted set is read by score, from its end, with a limit."""
    with EmbeddedRedis(folder) as server:
        assert ask(server, "ZADD", "samples", "1.5", "a", "2.5", "b") == ":2\r\n"
        newest = ask(server, "ZRANGE", "samples", "(9", "0", "BYSCORE", "REV", "LIMIT", "0", "1")
        assert newest == "*1\r\n$1\r\nb\r\n"


def test_keeps_nothing(folder: Path) -> None:
    with EmbeddedRedis(folder) as server:
        ask(server, "SET", "here", "today")
    assert sorted(path.name for path in folder.iterdir()) == ["lock", "redis.log"]
    with EmbeddedRedis(folder) as server:
        assert ask(server, "DBSIZE") == ":0\r\n"


def test_runs_in_a_folder_with_an_awkward_name(folder: Path) -> None:
    with EmbeddedRedis(folder / "my 100% é data") as server:
        assert ask(server, "PING") == "+PONG\r\n"


def test_stops_the_server_it_started(folder: Path) -> None:
    server = EmbeddedRedis(folder)
    server.start()
    pid = server.pid
    assert pid
    assert os.getsid(pid) == pid  # A session of its own: the terminal's Ctrl-C does not reach it.
    server.stop()
    assert server.pid is None
    assert command_of(pid) == ""
    server.stop()


def test_ends_the_server_of_a_killed_demo(folder: Path) -> None:
    left = leave_server_behind(folder)
    assert str(folder) in command_of(left)
    with EmbeddedRedis(folder) as server:
        assert command_of(left) == ""
        assert server.pid != left
        assert ask(server, "PING") == "+PONG\r\n"


def test_starts_after_the_server_was_killed_too(folder: Path) -> None:
    os.kill(leave_server_behind(folder), SIGKILL)
    with EmbeddedRedis(folder) as server:
        assert ask(server, "PING") == "+PONG\r\n"


def test_leaves_a_process_alone_that_only_has_the_number_of_an_old_server(folder: Path) -> None:
    with EmbeddedRedis(folder):
        pass
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        (folder / "redis.pid").write_text(f"{other.pid}\n")
        with EmbeddedRedis(folder) as server:
            assert ask(server, "PING") == "+PONG\r\n"
        assert other.poll() is None
        other.kill()


def test_refuses_a_folder_in_which_a_server_runs(folder: Path) -> None:
    with EmbeddedRedis(folder) as server:
        message = f"another demo is running in {folder} (process {os.getpid()}); stop it, or pass --data-dir"
        with pytest.raises(DemoError, match=f"^{re.escape(message)}$"):
            EmbeddedRedis(folder).start()
        assert ask(server, "PING") == "+PONG\r\n"


def test_refuses_a_path_too_long_for_a_socket(folder: Path) -> None:
    deep = folder / ("x" * 90)
    with pytest.raises(
        DemoError, match=r"/redis\.sock has more than 100 bytes, too many for a socket; pass --data-dir"
    ):
        EmbeddedRedis(deep).start()
    assert not deep.exists()


def test_changes_nothing_outside_of_the_folder(folder: Path) -> None:
    program = find_program()
    assert program
    outside = (Path.home(), Path.cwd(), folder.parent, program, *program.parents)
    inside = folder / "redis"

    def look() -> dict[Path, tuple[int, int, int, int]]:
        found = {path: path.stat() for path in outside}
        return {path: (status.st_mode, status.st_uid, status.st_gid, status.st_size) for path, status in found.items()}

    before, names = look(), sorted(program.parent.iterdir())
    with EmbeddedRedis(inside):
        assert look() == before
    assert look() == before
    assert sorted(program.parent.iterdir()) == names
    assert list(folder.iterdir()) == [inside]


def test_says_why_the_server_does_not_start(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(redis.SETTINGS, "maxmemory", "much")
    with pytest.raises(DemoError, match=f"^Redis does not start in {folder}: .+; read {folder}/redis.log$"):
        EmbeddedRedis(folder).start()
    monkeypatch.undo()
    with EmbeddedRedis(folder) as server:  # The failed start let the folder go.
        assert ask(server, "PING") == "+PONG\r\n"


def test_takes_the_server_of_the_system_where_there_is_no_wheel(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundled = find_program()
    assert bundled
    (folder / "bin").mkdir()
    (folder / "bin" / "redis-server").symlink_to(bundled)
    monkeypatch.setattr(redis, "PACKAGE", "no_such_package")
    monkeypatch.setenv("PATH", str(folder / "bin"))
    assert find_program() == folder / "bin" / "redis-server"
    monkeypatch.setenv("PATH", str(folder))
    assert find_program() is None
    message = "the demo finds no redis-server; install Redis 6.2 or newer with your package manager"
    with pytest.raises(DemoError, match=f"^{re.escape(message)}$"):
        EmbeddedRedis(folder / "redis").start()
