"""The settings of Alertmanagers and of the fallback webhook, below `alerts` in config.yaml."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, PlainValidator, model_validator

from alerts.delivery.endpoint import BasicAuth, Endpoint, Tls
from alerts.notifier import FallbackWebhook
from exporter.secrets import Secret
from exporter.section import Section, Span

DEFAULT_TIMEOUT = timedelta(seconds=10)
HEADER_TEXT = re.compile(r"[^\x00-\x1f\x7f]+")


def address(given: str) -> str:
    """Return the address of a receiver; ValueError if it is none."""
    mend = "write for example http://alertmanager:9093 or https://alertmanager.example.org/prefix"
    try:
        parts = urlsplit(given)
        hidden = parts.username or parts.password
        good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        raise ValueError(f"not an address; {mend}") from None
    if hidden:
        raise ValueError("a password in it would be shown; write basic_auth beside it")
    if not good or parts.query or parts.fragment:
        raise ValueError(f"not an address; {mend}")
    return given


def _password(given: object) -> Secret:
    if not isinstance(given, str) or not HEADER_TEXT.fullmatch(given):
        raise ValueError("a password is one line of text; write !env NAME or !file PATH")
    return Secret(given)


class BasicAuthSection(Section):
    """A user's name and password."""

    username: str = Field(min_length=1, pattern=r"^[^:\x00-\x1f\x7f]+$")
    """Without a colon."""
    password: Annotated[Secret, PlainValidator(_password)]
    """One line of text."""


class TlsSection(Section):
    """Files in PEM."""

    ca_file: Path | None = None
    """Stands in for the authorities of the system."""
    cert_file: Path | None = None
    """What we show where the server asks for a certificate; with `key_file`."""
    key_file: Path | None = None
    """The key of `cert_file`."""
    server_name: str | None = Field(default=None, min_length=1)
    """The name in the server's certificate, where it is not that of the URL."""

    @model_validator(mode="after")
    def _pair(self) -> "TlsSection":
        if (self.cert_file is None) != (self.key_file is None):
            raise ValueError("cert_file and key_file belong together; write both or neither")
        return self


class ReceiverSection(Section):
    """A server that takes alerts."""

    url: Annotated[str, AfterValidator(address)]
    """`http://` or `https://`, without user and password."""
    timeout: Span = DEFAULT_TIMEOUT
    """How long one request may take."""
    basic_auth: BasicAuthSection | None = None
    bearer_token_file: Path | None = None
    """Read again for each request; not with `basic_auth`."""
    tls: TlsSection = TlsSection()

    @model_validator(mode="after")
    def _consistent(self) -> "ReceiverSection":
        if self.basic_auth and self.bearer_token_file:
            raise ValueError("basic_auth and bearer_token_file exclude each other; keep one")
        if self.tls != TlsSection() and self.url.startswith("http:"):
            raise ValueError("tls is set for an address without TLS; write https://")
        return self

    def endpoint(self) -> Endpoint:
        """Return the server for the notifier."""
        basic = BasicAuth(self.basic_auth.username, self.basic_auth.password) if self.basic_auth else None
        tls = Tls(self.tls.ca_file, self.tls.cert_file, self.tls.key_file, self.tls.server_name)
        return Endpoint(self.url, self.timeout, basic, self.bearer_token_file, tls)


class AlertmanagerSection(ReceiverSection):
    """An Alertmanager; its path is a prefix of /api/v2/alerts."""


class FallbackSection(ReceiverSection):
    """A webhook in place of Alertmanagers that cannot be reached."""

    after: Span = timedelta(minutes=5)
    """Told when every Alertmanager has been unreachable for so long."""

    def webhook(self) -> FallbackWebhook:
        """Return the webhook for the notifier."""
        return FallbackWebhook(self.endpoint(), self.after)


def distinct(given: tuple[AlertmanagerSection, ...]) -> tuple[AlertmanagerSection, ...]:
    """Refuse Alertmanagers that metrics could not tell apart."""
    names = [one.endpoint().name for one in given]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"two Alertmanagers are at {name}; each needs its own host and port")
    return given


Alertmanagers = Annotated[tuple[AlertmanagerSection, ...], AfterValidator(distinct)]
