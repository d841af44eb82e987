"""A network that can be broken: a process of its own forwards TCP to a PostgreSQL's Unix socket, or swallows it all.

`python -m tests.sources.proxy SOCKET` prints its port; then each line it reads, `stall` or `resume`, is answered.
A process of its own, because what it proves is that nothing freezes in the one that it serves.
"""

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import Iterator

from sqlalchemy import URL, make_url

# Whoever waits without a deadline is let go in the end, so that the test fails instead of hanging.
LONGEST_STALL = 20.0


class Network:
    """The way to one database."""

    def __init__(self, process: subprocess.Popen[str], server: URL) -> None:
        self._process = process
        self.url = server.set(host="127.0.0.1", port=int(self._answer()), query={})

    def stall(self) -> None:
        """Swallow everything from now on, also connections."""
        self._tell("stall")

    def resume(self) -> None:
        """Let everything through again, also what was held back."""
        self._tell("resume")

    def _tell(self, command: str) -> None:
        assert self._process.stdin
        self._process.stdin.write(f"{command}\n")
        self._process.stdin.flush()
        assert self._answer() == command

    def _answer(self) -> str:
        assert self._process.stdout
        return self._process.stdout.readline().strip()


@contextlib.contextmanager
def network_to(url: str) -> Iterator[Network]:
    """Put a breakable network before the database of a URL."""
    server = make_url(url)
    command = [sys.executable, "-m", "tests.sources.proxy", socket_of(server)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Network(process, server)
        finally:
            process.kill()


def socket_of(server: URL) -> str:
    """Return the path of the Unix socket that a URL means."""
    return f"{server.query['host']}/.s.PGSQL.{server.query['port']}"


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, flows: asyncio.Event) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            await flows.wait()
            writer.write(data)
            await writer.drain()
        writer.close()


async def _serve(target: str) -> None:
    flows = asyncio.Event()
    flows.set()

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await flows.wait()
        from_server, to_server = await asyncio.open_unix_connection(target)
        await asyncio.gather(_pump(reader, to_server, flows), _pump(from_server, writer, flows))

    async with await asyncio.start_server(forward, "127.0.0.1", 0) as server:
        print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201 - the answer to who started us
        loop = asyncio.get_running_loop()
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            if line.strip() == "stall":
                flows.clear()
                loop.call_later(LONGEST_STALL, flows.set)
            else:
                flows.set()
            print(line.strip(), flush=True)  # noqa: T201


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1]))
