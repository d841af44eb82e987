"""Mail servers: aiosmtpd with TLS, users and whims, and one that drops the line in the middle of a message."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any, NamedTuple

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from tests.running import free_port
from tests.web import certificates

USER, PASSWORD = b"jobhive", b"right-canary-word"


class Letter(NamedTuple):
    """What arrived."""

    sender: str
    recipients: tuple[str, ...]
    message: EmailMessage


class Inbox:
    """Takes messages, or what `rcpt` and `data` answer in its place."""

    def __init__(
        self, refused: tuple[str, ...] = (), answer: str = "250 thank you", late: threading.Event | None = None
    ):
        self.letters: list[Letter] = []
        self._refused, self.answer, self._late = refused, answer, late

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        if address in self._refused:
            return f"550 <{address}> is unknown here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        if not self.answer.startswith("250"):
            return self.answer
        message = message_from_bytes(envelope.content, policy=default)
        self.letters.append(Letter(envelope.mail_from, tuple(envelope.rcpt_tos), message))
        return self.answer


class Place(NamedTuple):
    """A certificate for localhost, and the authority that stands for it."""

    authority: Path
    context: ssl.SSLContext


def place(folder: Path) -> Place:
    authority = certificates.authority(folder, "authority")
    issued = certificates.server(folder, "localhost", authority)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(issued.cert, issued.key)
    return Place(authority.cert, context)


def knows(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    return AuthResult(success=(data.login, data.password) == (USER, PASSWORD), handled=False)


@contextmanager
def serving(inbox: Inbox, **options: Any) -> Iterator[int]:
    """Yield the port of a server that puts what it takes into an inbox."""
    server = Controller(inbox, hostname="127.0.0.1", port=free_port(), **options)
    server.start()
    try:
        yield server.port
    finally:
        server.stop()


@contextmanager
def talking(talk: Callable[[socket.socket], None]) -> Iterator[int]:
    """Yield the port of a server that says what it likes, to one client after the other."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.1)
        over = threading.Event()

        def serve() -> None:
            while not over.is_set():
                try:
                    client, _ = listener.accept()
                except TimeoutError:
                    continue
                with client:
                    client.settimeout(10)
                    talk(client)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            over.set()
            thread.join(15)


def drops_the_line(client: socket.socket) -> None:
    """Take everything up to the middle of the message."""
    client.sendall(b"220 here\r\n")
    for answer in (b"250 hello\r\n", b"250 fine\r\n", b"250 fine\r\n", b"354 go on\r\n"):
        client.recv(4096)
        client.sendall(answer)
    client.recv(1024)


def takes_and_says_nothing(over: threading.Event) -> Callable[[socket.socket], None]:
    """Take the whole message, and leave its sender without an answer."""

    def talk(client: socket.socket) -> None:
        client.sendall(b"220 here\r\n")
        for answer in (b"250 hello\r\n", b"250 fine\r\n", b"250 fine\r\n", b"354 go on\r\n"):
            client.recv(4096)
            client.sendall(answer)
        taken = b""
        while not taken.endswith(b"\r\n.\r\n") and (more := client.recv(65536)):
            taken += more
        over.wait(10)

    return talk


def trickles(client: socket.socket) -> None:
    """Answer a byte at a time, each of them in time, for ever."""
    try:
        while True:
            client.sendall(b"2")
            client.settimeout(0.02)
            try:
                if not client.recv(1):
                    return
            except TimeoutError:
                continue
    except OSError:
        return
