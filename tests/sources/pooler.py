"""A pool in front of PostgreSQL that gives one session to one client after the other, as poolers do."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import URL, make_url

from tests.sources.proxy import socket_of

SSL_REQUEST, GSS_REQUEST = 80877103, 80877104


class Session:
    """The one session at the server, which outlives its clients."""

    def __init__(self, target: str) -> None:
        self._server = socket.socket(socket.AF_UNIX)
        self._server.connect(target)
        self._greeting = b""

    def serve(self, client: socket.socket) -> None:
        """Serve one client until it leaves; the session does not hear of it."""
        startup = _startup(client)
        if not self._greeting:
            self._server.sendall(startup)
            self._greeting = b"".join(_until_ready(self._server))
        client.sendall(self._greeting)
        # Simple queries only, as psycopg2 sends them: each is answered before the next one comes.
        while (query := _message(client)) and query[:1] != b"X":
            self._server.sendall(query)
            for answer in _until_ready(self._server):
                client.sendall(answer)

    def close(self) -> None:
        """End the session."""
        self._server.close()


@contextmanager
def pool_before(url: str) -> Iterator[URL]:
    """Put a pool before the database of a URL; yields the URL of the pool."""
    server = make_url(url)
    session, listener = Session(socket_of(server)), socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=_accept, args=[listener, session])
    thread.start()
    try:
        yield server.set(host="127.0.0.1", port=listener.getsockname()[1], query={})
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
        listener.close()
        session.close()


def _accept(listener: socket.socket, session: Session) -> None:
    # Closing the listener is what ends this.
    with suppress(OSError):
        while True:
            client, _ = listener.accept()
            with client:
                session.serve(client)


def _startup(client: socket.socket) -> bytes:
    while True:
        length = _exactly(client, 4)
        message = length + _exactly(client, struct.unpack("!I", length)[0] - 4)
        if struct.unpack("!I", message[4:8])[0] not in (SSL_REQUEST, GSS_REQUEST):
            return message
        client.sendall(b"N")


def _until_ready(server: socket.socket) -> Iterator[bytes]:
    while message := _message(server):
        yield message
        if message[:1] == b"Z":
            return


def _message(source: socket.socket) -> bytes:
    """Read one message of the protocol; empty at the end."""
    kind = source.recv(1)
    if not kind:
        return b""
    length = _exactly(source, 4)
    return kind + length + _exactly(source, struct.unpack("!I", length)[0] - 4)


def _exactly(source: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        part = source.recv(size - len(data))
        if not part:
            raise ConnectionResetError("the other side has left")
        data += part
    return data
