"""The only place where a test waits: for an answer, and never longer than it says."""

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")
BETWEEN_LOOKS = 0.05


def eventually(
    ask: Callable[[], Found],
    *,
    within: float,
    until: Callable[[Found], bool] = bool,
    tolerating: tuple[type[Exception], ...] = (),
) -> Found:
    """Ask until the answer is right, by default a true one, and return it; a failure tells the last answer."""
    deadline = time.monotonic() + within
    while True:
        try:
            answer = ask()
        except tolerating as error:
            said = f"{type(error).__name__}: {error}"
        else:
            if until(answer):
                return answer
            said = repr(answer)
        if time.monotonic() > deadline:
            raise AssertionError(f"not so within {within:g} s; the last answer was {said}")
        time.sleep(BETWEEN_LOOKS)
