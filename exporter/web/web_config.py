"""The format of --web.config.file, that of Prometheus' exporter-toolkit: types and checks. Opens no file."""

import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, model_validator

from exporter.secrets import Secret
from exporter.section import Section
from exporter.validation import validated
from exporter.web.go_names import cipher, client_auth, curve
from exporter.yaml_file import Document, Problem

BCRYPT = re.compile(r"\$2[aby]\$(0[4-9]|[12]\d|3[01])\$[./A-Za-z0-9]{53}")
DURATION = re.compile(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)")
SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
VERSIONS = ("TLS10", "TLS11", "TLS12", "TLS13")
INLINE = {"cert_file": "cert", "key_file": "key", "client_ca_file": "client_ca"}


def _private(given: object) -> Secret:
    if not isinstance(given, str):
        raise ValueError("should be a valid string")
    return Secret(given)


def _one_curve(given: tuple[str, ...]) -> tuple[str, ...]:
    if len(given) > 1:
        raise ValueError("several curves cannot be ordered here; keep one, or remove the key to let OpenSSL choose")
    return given


def _user(given: object) -> str:
    if not isinstance(given, str):
        raise ValueError("a user name is text; put it into quotes")
    if ":" in given:
        raise ValueError("a user with a colon can never log in; choose another name")
    return given


def _password(given: object) -> Secret:
    if not isinstance(given, str) or not BCRYPT.fullmatch(given):
        raise ValueError("not a bcrypt hash ($2y$10$...); print one with htpasswd -nBC 10 USER")
    return Secret(given)


def _seconds(given: object) -> float:
    parts = DURATION.findall(given) if isinstance(given, str) else []
    if given in (0, "0"):
        return 0.0
    if not parts or "".join(amount + unit for amount, unit in parts) != given:
        raise ValueError("not a duration; write for example 50ms or 1s, or 0 for no limit")
    return float(sum(float(amount) * SECONDS[unit] for amount, unit in parts))


class TlsSection(Section):
    """How TLS is spoken; an empty text is the same as no text."""

    cert: str = ""
    """The certificate itself, in PEM, in place of `cert_file`."""
    key: Annotated[Secret, PlainValidator(_private)] = Secret("")
    """The key itself, in place of `key_file`."""
    client_ca: str = ""
    """Who may sign certificates of clients, in place of `client_ca_file`."""
    cert_file: str = ""
    """A relative path is below the folder of this file, as for the others."""
    key_file: str = ""
    """The key of the certificate."""
    client_ca_file: str = ""
    """Who may sign certificates of clients."""
    client_auth_type: Annotated[str, AfterValidator(client_auth)] = "NoClientCert"
    """`NoClientCert`, `VerifyClientCertIfGiven` or `RequireAndVerifyClientCert`."""
    client_allowed_sans: tuple[str, ...] | None = None
    """Names of which a client's certificate must have one."""
    cipher_suites: tuple[Annotated[str, AfterValidator(cipher)], ...] = ()
    """By Go's names, for TLS 1.2."""
    curve_preferences: Annotated[tuple[Annotated[str, AfterValidator(curve)], ...], AfterValidator(_one_curve)] = ()
    """One of them, by Go's name."""
    min_version: Literal["TLS10", "TLS11", "TLS12", "TLS13"] = "TLS12"
    """The oldest TLS that is spoken."""
    max_version: Literal["TLS10", "TLS11", "TLS12", "TLS13"] = "TLS13"
    """The newest TLS that is spoken."""
    prefer_server_cipher_suites: bool = True
    """The server's order of suites wins."""

    def inline(self, name: str) -> str:
        """Return what stands in the file itself: cert, key or client_ca."""
        return self.key.reveal() if name == "key" else str(getattr(self, name))

    def has(self, file_key: str) -> bool:
        """Tell whether a part is given, as a file or inline."""
        return bool(getattr(self, file_key) or self.inline(INLINE[file_key]))


HeaderText = Annotated[str, Field(pattern=r"^[\t -~]*$")]


class HeadersSection(Section):
    """The headers that every answer gets; others are not for a configuration to set."""

    content_security_policy: HeaderText = Field(default="", alias="Content-Security-Policy")
    """Sent as it is."""
    frame_options: Literal["", "deny", "sameorigin"] = Field(default="", alias="X-Frame-Options")
    """Sent as it is."""
    content_type_options: Literal["", "nosniff"] = Field(default="", alias="X-Content-Type-Options")
    """Sent as it is."""
    xss_protection: HeaderText = Field(default="", alias="X-XSS-Protection")
    """Sent as it is."""
    strict_transport_security: HeaderText = Field(default="", alias="Strict-Transport-Security")
    """Sent as it is."""


class HttpSection(Section):
    """What is spoken, and what every answer has."""

    http2: bool = True
    """Accepted without effect: HTTP/1.1 is what we speak."""
    headers: HeadersSection = HeadersSection()


class RateLimitSection(Section):
    """A token bucket for all requests together."""

    interval: Annotated[float, BeforeValidator(_seconds)] = 0.0
    """Seconds from request to request, written `1s` or `50ms`; 0 is no limit."""
    burst: int = Field(default=0, ge=0)
    """So many at once."""

    @model_validator(mode="after")
    def _lets_some_through(self) -> "RateLimitSection":
        if self.interval and not self.burst:
            raise ValueError("without a burst every request is refused; write for example burst: 20")
        return self


class WebConfig(Section):
    """The whole file; without it nothing is asked of anybody."""

    tls_server_config: TlsSection | None = None
    basic_auth_users: dict[Annotated[str, BeforeValidator(_user)], Annotated[Secret, PlainValidator(_password)]] = (
        Field(default_factory=dict)
    )
    """A user's name: the bcrypt hash of the password, as `htpasswd -nBC 10 USER` prints it."""
    http_server_config: HttpSection = HttpSection()
    rate_limit: RateLimitSection = RateLimitSection()

    @property
    def requires_certificate(self) -> bool:
        """Tell whether only clients with a verified certificate can connect."""
        tls = self.tls_server_config
        return tls is not None and tls.client_auth_type == "RequireAndVerifyClientCert"


def parse(document: Document) -> tuple[WebConfig, list[Problem]]:
    """Check a file that was read; every mistake is in the list, with its place."""
    problems, data = list(document.problems), document.data
    if document.secrets:
        text = "!env and !file are not part of this format, other exporters could not read it; write the value itself"
        problems.append(Problem(document.place(()), (), text))
    if not isinstance(data, dict) and not problems:
        problems.append(Problem(document.place(()), (), "the file is not a map; write section: and keys below it"))
    config = validated(WebConfig, _given(data), document, problems)
    if config.tls_server_config:
        problems += _between(config.tls_server_config, document, problems)
    return config, problems


def _given(data: Any) -> dict[Any, Any]:
    """Leave out empty sections, as the toolkit does: their keys are often all commented out."""
    given = data if isinstance(data, dict) else {}
    return {key: value for key, value in given.items() if value not in (None, {}) or key not in WebConfig.model_fields}


def _between(tls: TlsSection, document: Document, known: list[Problem]) -> Iterator[Problem]:
    """Yield what is wrong between keys that are each fine; the first key is the one to mend."""
    section = ("tls_server_config",)
    broken = {problem.path[:2] for problem in known}
    for keys, text in (*_certificates(tls), *_clients(tls), *_versions(tls)):
        if not any((*section, key) in broken for key in keys):
            yield Problem(document.place((*section, keys[0]), key=True), (*section, keys[0]), text)


Finding = tuple[tuple[str, ...], str]


def _certificates(tls: TlsSection) -> Iterator[Finding]:
    for file_key, inline in INLINE.items():
        if getattr(tls, file_key) and tls.inline(inline):
            yield (file_key, inline), f"stands beside {inline}; keep one of them"
    for file_key, what in (("cert_file", "certificate"), ("key_file", "private key")):
        if not tls.has(file_key):
            yield (file_key, INLINE[file_key]), f"is missing, and TLS needs it; name the file of the server's {what}"


def _clients(tls: TlsSection) -> Iterator[Finding]:
    asks, sans = tls.client_auth_type != "NoClientCert", tls.client_allowed_sans
    authority = ("client_ca_file", "client_ca", "client_auth_type")
    if tls.has("client_ca_file") and not asks:
        text = "is missing, so no client would be checked; write RequireAndVerifyClientCert, or remove the client CA"
        yield ("client_auth_type", *authority), text
    if asks and not tls.has("client_ca_file"):
        yield authority, f"is missing, and {tls.client_auth_type} needs it; name the CA that signs your clients"
    if sans is not None and tls.client_auth_type != "RequireAndVerifyClientCert":
        text = "needs client_auth_type: RequireAndVerifyClientCert; write it, or remove the list"
        yield ("client_allowed_sans", "client_auth_type"), text
    elif sans == ():
        yield ("client_allowed_sans",), "allows nobody; name a DNS name, address, e-mail or URI, or remove the list"


def _versions(tls: TlsSection) -> Iterator[Finding]:
    if VERSIONS.index(tls.min_version) > VERSIONS.index(tls.max_version):
        yield ("min_version", "max_version"), f"is newer than max_version {tls.max_version}; correct one of them"
