"""Series as promtool's tests write them: `name{label="value"}`, and values like `1+2x3 _ stale`."""

import re
from collections.abc import Iterator
from itertools import accumulate, repeat

from alerts.promql import PromQLError, parse
from alerts.promql.labels import NAME, Labels, ordered
from alerts.promql.selectors import Selector

# No hexadecimal: 0x3 is a zero and three more.
NUMBER = r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[iI][nN][fF]|[nN][aA][nN]"
VALUE = re.compile(rf"([+-]?(?:{NUMBER}))(?:([+-](?:{NUMBER}))?x([0-9]+))?")
GAP = re.compile("_(?:x([0-9]+))?")
STALE = "stale"
MOST_VALUES = 1_000_000
# A number; None where there is no sample; STALE where the series ends.
Step = float | str | None


def series(text: str) -> Labels:
    """Read a series; ValueError if it is none."""
    mend = 'write for example jobhive_users_new{window="24h"}'
    try:
        root = parse(text if text.strip() != "{}" else "nothing").root
    except PromQLError as error:
        raise ValueError(f"{text!r} is not a series: {error} {mend}") from None
    if not isinstance(root, Selector) or any(matcher.operator != "=" for matcher in root.matchers):
        raise ValueError(f"{text!r} is not a series; {mend}")
    if text.strip() == "{}":
        return {}
    labels = [(matcher.label, matcher.value) for matcher in root.matchers]
    return ordered([*labels, (NAME, root.name)] if root.name else labels)


def values(text: str) -> tuple[Step, ...]:
    """Read values; ValueError if they are none."""
    found: list[Step] = []
    for word in text.split():
        if len(found) + _length(word) > MOST_VALUES:
            raise ValueError(f"more than {MOST_VALUES} values; write fewer")
        found.extend(_steps(word))
    return tuple(found)


def _length(word: str) -> int:
    count = word.rpartition("x")[2]
    return int(count) if count.isdecimal() and len(count) < 10 else len(count)


def _steps(word: str) -> Iterator[Step]:
    if word == STALE:
        yield STALE
    elif gap := GAP.fullmatch(word):
        yield from repeat(None, int(gap[1] or 1))
    elif value := VALUE.fullmatch(word):
        first, step, count = value.groups()
        # Added up one by one, as promtool does: the last digits differ otherwise.
        yield from accumulate(repeat(float(step or 0), int(count or 0)), initial=float(first))
    else:
        raise ValueError(f"{word!r} is not a value; write for example 1.5, 1x3, 1+2x3, _, _x3 or stale")
