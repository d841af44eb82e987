"""How large an expression may be: beyond, the parser would end the process."""

from collections.abc import Sequence

from alerts.promql.errors import BadExpression
from alerts.promql.tokens import Token, tokens

MAX_BYTES = 16384
MAX_DEPTH = 100
MAX_OPERATORS = 500
WORD_OPERATORS = {"and", "or", "unless", "atan2"}


def within_limits(expression: str) -> Sequence[Token]:
    """Return the words of an expression; raises BadExpression if there are none or too many."""
    try:
        size = len(expression.encode())
    except UnicodeEncodeError as error:
        raise BadExpression("expression is not valid UTF-8", error.start) from None
    if size > MAX_BYTES:
        raise BadExpression(f"expression is {size} bytes long, the limit is {MAX_BYTES}")
    found = list(tokens(expression))
    if not found:
        raise BadExpression("expression is empty")
    depth = operators = 0
    for token in found:
        depth += (token.kind == "open") - (token.kind == "close")
        operators += token.kind == "operator" or token.text.lower() in WORD_OPERATORS
        if depth > MAX_DEPTH:
            raise BadExpression(f"expression is nested deeper than {MAX_DEPTH} levels", token.position)
        if operators > MAX_OPERATORS:
            raise BadExpression(f"expression has more than {MAX_OPERATORS} operators", token.position)
    return found
