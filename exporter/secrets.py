"""Secrets: values that never show themselves, and the removal of those that others show."""

import re
from collections.abc import Iterable

MASK = "***"
USERINFO = re.compile(r"(?<=://)([^/\s:@]*):[^/\s@]*(?=@)")
# What is shorter would be found in words that have nothing to do with it.
SHORTEST = 4


class Secret:
    """A string whose repr, str and format are ***; `reveal()` gives it away."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the secret itself."""
        return self._value

    def __repr__(self) -> str:
        """Show nothing, not even a length."""
        return MASK

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        """Compare by value, so that a reload sees a changed secret."""
        return isinstance(other, Secret) and other.reveal() == self._value

    def __hash__(self) -> int:
        """Hash by value."""
        return hash(self._value)


class Redactor:
    """Replaces known secrets, and the password of any URL, in texts that leave the daemon."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known = sorted({secret for secret in secrets if len(secret) >= SHORTEST}, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, known))) if known else None

    def __call__(self, text: str) -> str:
        """Return the text without secrets."""
        if self._known:
            text = self._known.sub(MASK, text)
        return USERINFO.sub(rf"\1:{MASK}", text)
