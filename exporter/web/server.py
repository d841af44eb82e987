"""The HTTP server: sockets that the daemon bound, served by uvicorn in a thread of its own."""

import ipaddress
import os
import socket
import ssl
import threading
from collections.abc import Iterable, Mapping

import uvicorn
from starlette.types import ASGIApp

from exporter.model import ExporterError

# Where systemd begins, behind the three standard streams.
FIRST_SOCKET = 3


class ListenError(ExporterError):
    """An address cannot be listened on."""


def bind(addresses: Iterable[str]) -> list[socket.socket]:
    """Bind every address, or none; raises ListenError with the mend."""
    bound: list[socket.socket] = []
    for address in addresses:
        try:
            bound.append(_bind(*split(address)))
            # Connections have it from here: asyncio sets it only where a socket names its protocol. Without it every
            # second part of an answer waits for the client to acknowledge the first one, which takes 40 ms.
            bound[-1].setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            for done in bound:
                done.close()
            # The library repeats the address in its own text.
            own = isinstance(error, socket.gaierror) or error.errno is None
            reason = (str(error.strerror) if own else os.strerror(error.errno or 0)).lower()
            mend = "stop what uses it, or choose another with --web.listen-address"
            raise ListenError(f"cannot listen on {address}: {reason}; {mend}") from None
    return bound


def from_systemd(environ: Mapping[str, str], process: int) -> list[socket.socket]:
    """Return the sockets that systemd opened for this process (sd_listen_fds); raises ListenError if there are none."""
    count = environ.get("LISTEN_FDS", "")
    if environ.get("LISTEN_PID") != str(process) or not count.isdecimal() or count == "0":
        mend = "start the service by its .socket unit, or leave --web.systemd-socket out"
        raise ListenError(f"systemd has passed no socket to this process; {mend}")
    return [socket.socket(fileno=FIRST_SOCKET + place) for place in range(int(count))]


def split(address: str) -> tuple[str, int]:
    """Split HOST:PORT, :PORT or [IPv6]:PORT; no host is every address."""
    host, _, port = address.rpartition(":")
    return host.removeprefix("[").removesuffix("]"), int(port)


def is_loopback(address: str) -> bool:
    """Tell whether only this machine reaches an address; a name other than localhost counts as reachable."""
    host, _ = split(address)
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _bind(host: str, port: int) -> socket.socket:
    if not host and socket.has_dualstack_ipv6():
        return socket.create_server(("", port), family=socket.AF_INET6, dualstack_ipv6=True)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family)


class Server:
    """Serves an application until `stop`, over TLS if there is a context."""

    def __init__(self, app: ASGIApp, sockets: list[socket.socket], tls: ssl.SSLContext | None = None) -> None:
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            timeout_graceful_shutdown=3,
            ssl_context_factory=(lambda *_: tls) if tls else None,
        )
        self._sockets = sockets
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=[sockets], name="web", daemon=True)

    def start(self) -> None:
        """Start serving."""
        self._thread.start()

    def stop(self) -> None:
        """Answer what is being asked, and close."""
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join(5)
        for bound in self._sockets:
            bound.close()
