"""The section `web` of config.yaml: where the pages are, and who may see them."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, PlainValidator

from exporter.secrets import Secret
from exporter.section import Section

TOKEN, SHORTEST_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*"), 16
RESERVED = (
    *("/", "/-/healthy", "/healthz", "/-/ready", "/readyz", "/-/reload", "/-/pause", "/-/resume"),
    *("/config", "/version"),
)


def _telemetry_path(given: str) -> str:
    if given in RESERVED or given.startswith(("/api/", "/collectors/")):
        raise ValueError("another page has this path; write for example /metrics")
    return given


def _address(given: str) -> str:
    host, colon, port = given.rpartition(":")
    if not colon or not port.isdecimal() or int(port) > 65535 or (":" in host and not host.startswith("[")):
        raise ValueError("not an address; write HOST:PORT, :PORT or [IPv6]:PORT")
    return given


def _token(given: object) -> Secret:
    if not isinstance(given, str):
        raise ValueError("a token is text; put it into quotes")
    if len(given) < SHORTEST_TOKEN:
        raise ValueError(f"is shorter than {SHORTEST_TOKEN} characters; make one with openssl rand -hex 32")
    if not TOKEN.fullmatch(given):
        raise ValueError("cannot stand in a header; use letters, digits and -._~+/ only, with = at the end at most")
    return Secret(given)


Address = Annotated[str, AfterValidator(_address)]
TokenScope = Literal["metrics", "api", "candidates", "admin"]
OF_A_COMPANY = {"api", "candidates"}


class TokenSection(Section):
    """A bearer token, and what it opens; with a company, only what is of that company."""

    name: str = Field(min_length=1)
    """What the log calls it; it is distinct."""
    token: Annotated[Secret, PlainValidator(_token)]
    """At least 16 characters: `openssl rand -hex 32`."""
    scopes: tuple[TokenScope, ...] = Field(min_length=1)
    """What it opens: `candidates` are personal data, `admin` is `/config` and all below `/-/`."""
    company: int | None = Field(default=None, ge=1)
    """The id of the only company whose interviews and candidates it opens."""


def _distinct(given: tuple[TokenSection, ...]) -> tuple[TokenSection, ...]:
    for index, token in enumerate(given):
        if token.company is not None and not set(token.scopes) <= OF_A_COMPANY:
            raise ValueError(f"{token.name} is limited to a company, which has the scopes api and candidates only")
        for other in given[:index]:
            if token.name == other.name:
                raise ValueError(f"two tokens are named {token.name}; give each its own name")
            if token.token == other.token:
                raise ValueError(f"{other.name} and {token.name} are the same token; make each anew")
    return given


class WebSection(Section):
    """The HTTP server."""

    listen_addresses: tuple[Address, ...] = Field(default=("127.0.0.1:10077",), min_length=1)
    """`HOST:PORT`, `:PORT` or `[IPv6]:PORT`; loopback by default, because the page shows revenue."""
    telemetry_path: Annotated[str, AfterValidator(_telemetry_path)] = Field(
        default="/metrics", pattern="^/[A-Za-z0-9_/-]+$"
    )
    """Where the metrics are."""
    systemd_socket: bool = False
    """Take the sockets that systemd opened, and not `listen_addresses`."""
    external_url: str | None = Field(default=None, pattern="^https?://")
    """How others reach these pages: for links, and for the label `instance` of alerts."""
    enable_lifecycle: bool = False
    """Answer `POST /-/reload`, `/-/pause` and `/-/resume`; SIGHUP reloads always."""
    max_requests: int = Field(default=40, gt=0)
    """So many at once; more are answered with 503."""
    disable_exporter_metrics: bool = False
    """Leave out `process_*` and `python_*`."""
    config_file: str | None = Field(default=None, min_length=1)
    """The web configuration file: TLS, client certificates, users, headers, rate limit. A relative path is below the
    working directory."""
    tokens: Annotated[tuple[TokenSection, ...], AfterValidator(_distinct)] = ()
