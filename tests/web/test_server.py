"""The sockets that the daemon listens on."""

import socket

from exporter.web.server import bind


def test_a_connection_sends_at_once_what_it_has() -> None:
    listening = bind(["127.0.0.1:0"])[0]
    with listening, socket.create_connection(listening.getsockname()):
        connection, _ = listening.accept()
        with connection:
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
