"""Who asks: an Authorization header → an identity. Passwords are bcrypt hashes, tokens compared in constant time."""

import asyncio
import base64
import hashlib
import hmac
import os
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple, get_args

import bcrypt
from starlette.concurrency import run_in_threadpool

from exporter.model import ExporterError
from exporter.secrets import Secret
from exporter.web_settings import TokenScope, TokenSection

EVERYTHING: frozenset[TokenScope] = frozenset(get_args(TokenScope))
# Bcrypt looks at no more; the library raises where others cut.
LONGEST_PASSWORD = 72
MOST_VERDICTS, MOST_WAITING = 100, 40

Verdict = tuple[bytes, bytes, bytes]


class Identity(NamedTuple):
    """Who asks, in words for a message, what that opens, and the company that it is limited to."""

    name: str
    scopes: frozenset[TokenScope]
    company: int | None = None


class TooBusy(ExporterError):
    """More passwords wait to be checked than memory should hold."""


class Credentials(NamedTuple):
    """What a client sent: a token, or a user and a password, both as bytes because they may be anything."""

    token: bytes = b""
    user: bytes = b""
    password: bytes = b""


def credentials(header: str) -> Credentials | None:
    """Read an Authorization header; none if it is not one of ours."""
    scheme, _, rest = header.strip().partition(" ")
    if scheme.lower() == "bearer":
        token = rest.strip().encode("latin-1")
        return Credentials(token=token) if token else None
    if scheme.lower() != "basic":
        return None
    try:
        user, colon, password = base64.b64decode(rest.strip(), validate=True).partition(b":")
    except ValueError:
        return None
    return Credentials(user=user, password=password) if colon else None


def token_identity(token: bytes, tokens: Iterable[TokenSection]) -> Identity | None:
    """Return whose token it is. Hashes of one length are compared, all of them, so that time tells nothing."""
    given, found = hashlib.sha256(token).digest(), None
    for known in tokens:
        if hmac.compare_digest(given, hashlib.sha256(known.token.reveal().encode()).digest()):
            found = Identity(f"the token {known.name}", frozenset(known.scopes), known.company)
    return found


class Passwords:
    """Checks passwords: one hash at a time, in a thread, and each only once. Lives on one event loop."""

    def __init__(self, matches: Callable[[bytes, bytes], bool] = bcrypt.checkpw) -> None:
        self._matches = matches
        self._key = os.urandom(32)
        self._lock = asyncio.Lock()
        self._waiting = 0
        # Apart, so that a flood of wrong passwords does not push out the right ones.
        self._verdicts: dict[bool, dict[Verdict, None]] = {True: {}, False: {}}

    async def identity(self, user: bytes, password: bytes, users: Mapping[str, Secret]) -> Identity | None:
        """Return the user if the password is right; raises TooBusy. There must be users."""
        name = user.decode("utf-8", "surrogateescape")
        known = users.get(name)
        hashed = (known or self._somebody(user, users)).reveal().encode()
        right = await self._right(user, hashed, password[:LONGEST_PASSWORD])
        return Identity(f"the user {name}", EVERYTHING) if right and known else None

    def _somebody(self, user: bytes, users: Mapping[str, Secret]) -> Secret:
        """Return the hash that an unknown user is checked against, so that time does not tell who is known."""
        digest = hashlib.blake2b(user, key=self._key).digest()
        return list(users.values())[int.from_bytes(digest) % len(users)]

    async def _right(self, user: bytes, hashed: bytes, password: bytes) -> bool:
        verdict = (user, hashed, hashlib.blake2b(password, key=self._key).digest())
        if (known := self._known(verdict)) is not None:
            return known
        if self._waiting >= MOST_WAITING:
            raise TooBusy("too many passwords to check at once, try again")
        self._waiting += 1
        try:
            async with self._lock:
                return await self._decided(verdict, password)
        finally:
            self._waiting -= 1

    async def _decided(self, verdict: Verdict, password: bytes) -> bool:
        # While this request waited, another one with the same password may have been first.
        if (known := self._known(verdict)) is not None:
            return known
        right = await run_in_threadpool(self._checked, password, verdict[1])
        kept = self._verdicts[right]
        kept[verdict] = None
        if len(kept) > MOST_VERDICTS:
            kept.pop(next(iter(kept)))
        return right

    def _known(self, verdict: Verdict) -> bool | None:
        return next((right for right, kept in self._verdicts.items() if verdict in kept), None)

    def _checked(self, password: bytes, hashed: bytes) -> bool:
        try:
            return self._matches(password, hashed)
        except ValueError:
            # The library refuses a hash whose salt no program would have written: nobody's password fits it.
            return False
