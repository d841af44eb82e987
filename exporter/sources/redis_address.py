"""Where a Redis is: the forms of `redis.url`, for one server, its socket, Sentinel and Cluster. Pure."""

import re
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from exporter.secrets import MASK, Secret

Kind = Literal["server", "socket", "sentinel", "cluster"]
SCHEMES: dict[str, tuple[Kind, bool]] = {
    "redis": ("server", False),
    "rediss": ("server", True),
    "unix": ("socket", False),
    "redis+sentinel": ("sentinel", False),
    "rediss+sentinel": ("sentinel", True),
    "redis+cluster": ("cluster", False),
    "rediss+cluster": ("cluster", True),
}
PORTS: dict[Kind, int] = {"server": 6379, "cluster": 6379, "sentinel": 26379}
FORMS: dict[Kind, str] = {
    "server": "redis://USER:PASSWORD@HOST:6379/0",
    "socket": "unix:///PATH/redis.sock?db=0",
    "sentinel": "redis+sentinel://USER:PASSWORD@HOST:26379,HOST:26379/SERVICE/0",
    "cluster": "redis+cluster://USER:PASSWORD@HOST:6379,HOST:6379",
}
HOST = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^:\[\]@\s]+)(?::(?P<port>\d{1,5}))?")
LARGEST_PORT = 65535


@dataclass(frozen=True, slots=True)
class Address:
    """A parsed URL; `hosts` are none for a socket, `service` is the name that Sentinel knows, `path` the socket."""

    kind: Kind
    tls: bool
    hosts: tuple[tuple[str, int], ...] = ()
    user: str | None = None
    password: Secret | None = None
    database: int = 0
    service: str = ""
    path: str = ""

    def __str__(self) -> str:
        """Write the URL without its password."""
        scheme = next(name for name, known in SCHEMES.items() if known == (self.kind, self.tls))
        login = f"{quote(self.user or '')}:{MASK}@" if self.password else ""
        if self.kind == "socket":
            return f"{scheme}://{login}{quote(self.path)}?db={self.database}"
        hosts = ",".join(f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for host, port in self.hosts)
        database = "" if self.kind == "cluster" else f"/{self.database}"
        return f"{scheme}://{login}{hosts}{f'/{quote(self.service)}' if self.service else ''}{database}"


@dataclass(frozen=True, slots=True)
class RedisSettings:
    """How a Redis is reached: files of certificates for TLS, and the login of the Sentinels, if they have one."""

    address: Address
    ca_file: str | None = None
    cert_file: str | None = None
    key_file: str | None = None
    sentinel_user: str | None = None
    sentinel_password: Secret | None = field(default=None)


def parse(text: str) -> Address:
    """Read a URL; ValueError says what is wrong with it, and never quotes it."""
    scheme, separator, rest = text.partition("://")
    if not separator or scheme not in SCHEMES:
        raise ValueError(
            f"not a Redis URL; write {FORMS['server']}, or one of {', '.join(list(SCHEMES)[1:])} before ://"
        )
    kind, tls = SCHEMES[scheme]
    # The host is looked at apart: there may be several, which the library refuses.
    try:
        parts = urlsplit(f"//{rest}")
    except ValueError:
        raise ValueError(f"not a Redis URL; write {FORMS[kind]}") from None
    login, at, hosts = parts.netloc.rpartition("@")
    if "@" in login + parts.path or parts.fragment or (at and ":" in login.partition(":")[2]):
        raise ValueError(
            "its password holds a character that ends it; write @ : / ? and # in it as %40 %3A %2F %3F %23"
        )
    if kind != "socket" and parts.query:
        raise ValueError(f"has a question mark; write {FORMS[kind]}, and a ? in a password as %3F")
    user, _, password = login.partition(":")
    known: dict[str, Any] = {"user": unquote(user) or None, "password": Secret(unquote(password)) if password else None}
    if user and not password:
        raise ValueError(f"has a user without a password; write {FORMS[kind]}")
    if kind == "socket":
        return Address(kind, tls, path=_socket(hosts, parts.path), database=_socket_database(parts.query), **known)
    service, database = _below(kind, parts.path)
    return Address(kind, tls, hosts=_hosts(kind, hosts), service=service, database=database, **known)


def _hosts(kind: Kind, text: str) -> tuple[tuple[str, int], ...]:
    found = [HOST.fullmatch(host) for host in text.split(",")]
    hosts = tuple((match["host"].strip("[]"), int(match["port"] or PORTS[kind])) for match in found if match)
    if len(hosts) < len(found) or (kind == "server" and len(hosts) > 1):
        raise ValueError(f"has no host, or not one as it is written; write {FORMS[kind]}")
    if any(not 0 < port <= LARGEST_PORT for _, port in hosts):
        raise ValueError(f"has a port above {LARGEST_PORT}, or 0; write {FORMS[kind]}")
    return hosts


def _below(kind: Kind, path: str) -> tuple[str, int]:
    """Return the service and the database that the path names."""
    steps = [unquote(step) for step in path.strip("/").split("/") if step]
    service = steps.pop(0) if kind == "sentinel" and steps else ""
    if kind == "sentinel" and not service:
        raise ValueError(f"names no service; write {FORMS[kind]}")
    if len(steps) > (kind != "cluster") or not all(step.isdecimal() for step in steps):
        raise ValueError(f"has a path that names no database; write {FORMS[kind]}")
    return service, int(steps[0]) if steps else 0


def _socket(hosts: str, path: str) -> str:
    if hosts or not path.strip("/"):
        raise ValueError(f"names no path; write {FORMS['socket']}")
    return unquote(path)


def _socket_database(query: str) -> int:
    given = dict(parse_qsl(query, keep_blank_values=True))
    if given.keys() - {"db"} or not given.get("db", "0").isdecimal():
        raise ValueError(f"has more than a database after the question mark; write {FORMS['socket']}")
    return int(given.get("db", "0"))
