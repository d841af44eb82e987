"""Regular expressions: RE2's, over the whole text, with a dot that matches a newline too."""

import re
from itertools import accumulate
from typing import Any

import re2

from alerts.promql.errors import BadExpression

MAX_DEPTH = 100
# What RE2 in C++ takes, and RE2 in the oldest Go that counts does not.
FOREIGN = {
    r"\(\?<[^>]*>": "groups are named (?P<name>…)",
    r"\\C": r"there is no \C",
    r"\(\?P<[^>]*[^A-Za-z0-9_>]": "names of groups are ASCII",
}
# Escapes, quoted text and classes of characters: what looks like syntax in them is none.
ESCAPED = re.compile(r"\\Q.*?(?:\\E|\Z)|\\[^C]|\[(?:\^?])?(?:\\.|\[:\w+:]|[^]\\])*(?:]|\Z)", re.DOTALL)


def compiled(pattern: str, where: str) -> Any:
    """Compile a pattern, to be used with `fullmatch`; `where` is for the message of the BadExpression."""
    bare = ESCAPED.sub(" ", pattern)
    problems = [why for foreign, why in FOREIGN.items() if re.search(foreign, bare)]
    if max(accumulate((one == "(") - (one == ")") for one in bare), default=0) > MAX_DEPTH:
        problems.append(f"groups are nested deeper than {MAX_DEPTH} levels")
    options = re2.Options()
    options.dot_nl = True
    options.log_errors = False
    try:
        re2.compile(pattern, options)
        # Prometheus wraps it like this, so a quotation without an end is an error.
        found = re2.compile(f"^(?:{pattern})$", options)
    except re2.error as error:
        problems.append(_reason(error))
    if problems:
        raise BadExpression(f'regex "{pattern}" of {where} is not valid RE2: {problems[0]}')
    return found


def _reason(error: Exception) -> str:
    said = error.args[0]
    return (said.decode(errors="replace") if isinstance(said, bytes) else str(said)).partition(": ")[0]
