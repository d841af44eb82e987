"""TLS: a checked section → an SSLContext, and the context that hands every new connection to the one in use."""

import ipaddress
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, NamedTuple, Self

from exporter.web.web_config import INLINE, TlsSection

VERSIONS = {
    "TLS10": ssl.TLSVersion.TLSv1,
    "TLS11": ssl.TLSVersion.TLSv1_1,
    "TLS12": ssl.TLSVersion.TLSv1_2,
    "TLS13": ssl.TLSVersion.TLSv1_3,
}
VERIFY = {
    "NoClientCert": ssl.CERT_NONE,
    "VerifyClientCertIfGiven": ssl.CERT_OPTIONAL,
    "RequireAndVerifyClientCert": ssl.CERT_REQUIRED,
}
# OpenSSL speaks TLS 1.0 and 1.1 only where weak signatures are allowed.
OLD, WEAK = ("TLS10", "TLS11"), ":@SECLEVEL=0"


class Fault(NamedTuple):
    """What is wrong with a key of tls_server_config, and how to mend it."""

    key: str
    text: str


def files(tls: TlsSection, folder: Path) -> dict[str, Path]:
    """Return the files that a section names: key → path; relative ones are below the folder."""
    return {key: folder / getattr(tls, key) for key in INLINE if getattr(tls, key)}


def make_context(tls: TlsSection, folder: Path) -> tuple[ssl.SSLContext, list[Fault]]:
    """Make a context, or say why it cannot be used."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    texts, faults = _texts(tls, folder)
    faults += _contents(tls, texts)
    if faults:
        return context, faults
    try:
        _settings(context, tls)
        if "client_ca_file" in texts:
            context.load_verify_locations(cadata=texts["client_ca_file"])
        if {"cert_file", "key_file"} <= set(texts):
            _load_chain(context, tls, folder)
    except OSError as error:
        faults.append(_refusal(error, tls))
    return context, faults


def sans(certificate: Mapping[str, Any]) -> set[str]:
    """Return the alternative names of a certificate, as `ssl` gives it, in the spelling of Go."""
    found = set()
    for kind, value in certificate.get("subjectAltName", ()):
        if kind in ("DNS", "email", "URI"):
            found.add(value)
        elif kind == "IP Address":
            found.add(str(ipaddress.ip_address(value.strip())))
    return found


class LiveContext(ssl.SSLContext):
    """Hands each new connection to the context of the moment, so that everything may change without a restart.

    Loading a new chain into one live context would keep its old client CAs, which OpenSSL cannot take out again.
    """

    def __new__(cls, _: Callable[[], ssl.SSLContext]) -> Self:
        """Make a context that itself speaks to nobody."""
        return super().__new__(cls, ssl.PROTOCOL_TLS_SERVER)

    def __init__(self, current: Callable[[], ssl.SSLContext]) -> None:
        self._current = current

    def wrap_bio(self, *args: Any, **options: Any) -> ssl.SSLObject:
        """Begin a connection; asyncio calls this once for each."""
        return self._current().wrap_bio(*args, **options)


def _texts(tls: TlsSection, folder: Path) -> tuple[dict[str, str], list[Fault]]:
    """Read certificate, key and CA; what is not ASCII in a PEM file is a comment."""
    texts = {key: text for key, name in INLINE.items() if (text := tls.inline(name))}
    faults = []
    for key, path in files(tls, folder).items():
        try:
            texts[key] = path.read_text("ascii", errors="ignore")
        except (OSError, ValueError) as error:
            reason = str(getattr(error, "strerror", error)).lower()
            faults.append(Fault(key, f"the file {path} cannot be read: {reason}; check the path and its mode"))
    return texts, faults


def _contents(tls: TlsSection, texts: Mapping[str, str]) -> Iterator[Fault]:
    for key in ("cert_file", "client_ca_file"):
        if key in texts and not _holds_certificates(texts[key]):
            yield Fault(_written(tls, key), "holds no certificate; write it in PEM form")
    key = texts.get("key_file", "PRIVATE KEY-----")
    if "ENCRYPTED" in key:
        text = "is encrypted, and nobody is there to type the passphrase; decrypt it with openssl pkey, and protect it"
        yield Fault(_written(tls, "key_file"), text)
    elif "PRIVATE KEY-----" not in key:
        yield Fault(_written(tls, "key_file"), "holds no private key; write it in PEM form")


def _holds_certificates(text: str) -> bool:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_verify_locations(cadata=text)
    except (ssl.SSLError, ValueError, TypeError):
        return False
    return True


def _settings(context: ssl.SSLContext, tls: TlsSection) -> None:
    context.verify_mode = VERIFY[tls.client_auth_type]
    # As in Go, whatever stands in the CA file is trusted, even where another CA signed it.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.minimum_version, context.maximum_version = VERSIONS[tls.min_version], VERSIONS[tls.max_version]
    context.set_alpn_protocols(["http/1.1"])
    suites, weak = ":".join(tls.cipher_suites), WEAK if tls.min_version in OLD else ""
    if suites or weak:
        context.set_ciphers((suites or "DEFAULT") + weak)
    if not tls.prefer_server_cipher_suites:
        context.options &= ~ssl.OP_CIPHER_SERVER_PREFERENCE
    for curve in tls.curve_preferences:
        context.set_ecdh_curve(curve)
    if tls.client_allowed_sans:
        context.sslobject_class = _checking(frozenset(tls.client_allowed_sans))


def _checking(allowed: frozenset[str]) -> type[ssl.SSLObject]:
    """Return a kind of connection whose handshake fails unless the client's certificate has an allowed name."""

    class CheckedObject(ssl.SSLObject):
        def do_handshake(self) -> None:
            super().do_handshake()
            if not allowed & sans(self.getpeercert() or {}):
                raise ssl.SSLCertVerificationError("the client certificate has no name of client_allowed_sans")

    return CheckedObject


def _load_chain(context: ssl.SSLContext, tls: TlsSection, folder: Path) -> None:
    """Load certificate and key; OpenSSL takes them from files only, so what is inline goes through a private one."""
    named = files(tls, folder)
    with ExitStack() as stack:
        for key in ("cert_file", "key_file"):
            if key not in named:
                copy = stack.enter_context(NamedTemporaryFile("w", prefix="jobhive-exporter-"))
                copy.write(tls.inline(INLINE[key]))
                copy.flush()
                named[key] = Path(copy.name)
        context.load_cert_chain(named["cert_file"], named["key_file"], password="")


def _refusal(error: OSError, tls: TlsSection) -> Fault:
    if not isinstance(error, ssl.SSLError):
        return Fault("cert", f"no temporary file can be written: {error.strerror}; set TMPDIR, or write cert_file")
    if error.reason in ("KEY_VALUES_MISMATCH", "NO_CERTIFICATE_ASSIGNED"):
        text = "does not belong to the certificate; put the two files of one issue together"
        return Fault(_written(tls, "key_file"), text)
    reason = (error.reason or "no reason given").lower().replace("_", " ")
    return Fault(_written(tls, "cert_file"), f"OpenSSL refuses certificate or key: {reason}; issue both anew")


def _written(tls: TlsSection, key: str) -> str:
    """Return the key under which a part stands: the file's, or the inline one."""
    return key if getattr(tls, key) else INLINE[key]
