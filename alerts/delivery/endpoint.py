"""Where alerts are sent to, and as whom."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from exporter.secrets import Secret

PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class BasicAuth:
    """A user's name and password."""

    username: str
    password: Secret


@dataclass(frozen=True, slots=True)
class Tls:
    """Files in PEM: whom to trust instead of the system's authorities, and a certificate of our own with its key."""

    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    server_name: str | None = None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A server that takes alerts; of a bearer token there is only its file, which is read for each request."""

    url: str
    timeout: timedelta = timedelta(seconds=10)
    basic_auth: BasicAuth | None = None
    bearer_token_file: Path | None = None
    tls: Tls = Tls()

    @property
    def name(self) -> str:
        """Return host:port."""
        parts = urlsplit(self.url)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        return f"{host}:{parts.port or PORTS[parts.scheme]}"
