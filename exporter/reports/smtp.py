"""Delivers a message to a mail server: STARTTLS or TLS, with a deadline for the whole of it."""

import re
import smtplib
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from email.message import EmailMessage
from socket import SHUT_RDWR
from threading import Event, Thread
from typing import Any

from exporter.model import ExporterError
from exporter.report_settings import SmtpSection

# Nobody's address leaves in a log line, though servers like to repeat it.
ADDRESS = re.compile(r"<?[^\s<>@]+@[^\s<>@]+>?")
LONGEST_ANSWER = 200


class DeliveryError(ExporterError):
    """A message was not delivered; `unconfirmed` says that it may have been all the same."""

    def __init__(self, message: str, *, unconfirmed: bool = False) -> None:
        super().__init__(message)
        self.unconfirmed = unconfirmed


def deliver(
    settings: SmtpSection, message: EmailMessage, recipients: Sequence[str], about_to_leave: Callable[[], None]
) -> int:
    """Deliver a message; returns how many recipients the server refused. Raises DeliveryError.

    `about_to_leave` is called when the server is ready to take it: what fails before has certainly not left, and when
    the connection breaks after it nobody knows.
    """
    host, port = settings.address
    try:
        return _Delivery(settings, recipients, about_to_leave).run(message.as_bytes())
    except smtplib.SMTPResponseException as error:
        raise DeliveryError(f"{host}:{port} answered {error.smtp_code} {_said(error.smtp_error)}") from None
    except smtplib.SMTPException as error:
        raise DeliveryError(f"{host}:{port}: {_said(str(error))}") from None
    except ssl.SSLError as error:
        text = f"{host}:{port} cannot be trusted or speaks no TLS: {error.reason or error}; see security and ca_file"
        raise DeliveryError(text) from None
    except OSError as error:
        raise DeliveryError(f"{host}:{port} cannot be reached: {error.strerror or error}") from None


class _Delivery:
    """One connection."""

    def __init__(self, settings: SmtpSection, recipients: Sequence[str], about_to_leave: Callable[[], None]) -> None:
        self._settings, self._recipients, self._about_to_leave = settings, recipients, about_to_leave

    def run(self, content: bytes) -> int:
        host, port = self._settings.address
        client, done = self._client(), Event()
        # Each answer has a deadline of its own, and a server that trickles would keep them all.
        Thread(target=_watch, args=(client, self._settings.timeout.total_seconds(), done), daemon=True).start()
        try:
            client.connect(host, port)
            return self._sent(client, content)
        finally:
            done.set()
            with suppress(OSError, smtplib.SMTPException):
                client.close()

    def _client(self) -> smtplib.SMTP:
        seconds, secured = self._settings.timeout.total_seconds(), self._settings.security == "tls"
        client = (
            smtplib.SMTP_SSL(timeout=seconds, context=self._context()) if secured else smtplib.SMTP(timeout=seconds)
        )
        # The name that the certificate must have; the library takes it from a constructor that connects at once.
        client._host = self._settings.host  # type: ignore[attr-defined]  # noqa: SLF001
        return client

    def _context(self) -> ssl.SSLContext:
        file = self._settings.ca_file
        return ssl.create_default_context(cafile=str(file) if file else None)

    def _sent(self, client: smtplib.SMTP, content: bytes) -> int:
        settings = self._settings
        client.ehlo_or_helo_if_needed()
        if settings.security == "starttls":
            client.starttls(context=self._context())
            client.ehlo()
        if settings.username and settings.password:
            client.login(settings.username, settings.password.reveal())
        _check(client.mail(settings.sender))
        refused = [code for code, _ in map(client.rcpt, self._recipients) if code not in (250, 251)]
        if len(refused) == len(self._recipients):
            raise DeliveryError(f"{settings.host} refused every recipient ({refused[0]})")
        self._about_to_leave()
        try:
            _check(client.data(content))
        except (smtplib.SMTPServerDisconnected, OSError) as error:
            if isinstance(error, smtplib.SMTPResponseException):
                raise
            text = f"the connection to {settings.host} broke while the message was sent, which may have arrived"
            raise DeliveryError(text, unconfirmed=True) from None
        with suppress(OSError, smtplib.SMTPException):
            client.quit()
        return len(refused)


def _check(answer: tuple[int, Any]) -> None:
    code, text = answer
    if code != 250:
        raise smtplib.SMTPResponseException(code, text)


def _watch(client: smtplib.SMTP, seconds: float, done: Event) -> None:
    """End what is waited for when the deadline is over, and whatever is waited for after that."""
    done.wait(seconds)
    while not done.is_set():
        _cut(client)
        done.wait(1)


def _cut(client: smtplib.SMTP) -> None:
    with suppress(OSError, AttributeError):
        client.sock.shutdown(SHUT_RDWR)  # type: ignore[union-attr]


def _said(answer: bytes | str) -> str:
    text = answer.decode(errors="replace") if isinstance(answer, bytes) else answer
    return ADDRESS.sub("***", " ".join(text.split()))[:LONGEST_ANSWER]
