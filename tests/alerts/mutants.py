"""Rules with one thing wrong each: a test of a rule is good if it fails on all of them."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

# A comparison, but neither a matcher (`=~`, `!=` within braces) nor a part of another one.
COMPARISON = re.compile(r"(?<=\s)(>=|<=|==|>|<)(?=\s)")
WRONG_COMPARISONS = {">": (">=", "<"), "<": ("<=", ">"), ">=": (">", "<"), "<=": ("<", ">"), "==": ("!=",)}
AGGREGATION = re.compile(r"\bmax\b")
MINUTES = {"m": 1, "h": 60}


class Mutant(NamedTuple):
    """A wrong rule, and what is wrong with it."""

    wrong: str
    rule: dict[str, Any]


def mutants(rule: dict[str, Any], interval: str) -> Iterator[Mutant]:
    """Yield what could be wrong with a rule; `interval` is that of its group."""
    for wrong, expression in _expressions(rule["expr"]):
        yield Mutant(wrong, rule | {"expr": expression})
    if "for" in rule:
        for step in (-minutes(interval), minutes(interval)):
            yield Mutant(f"for {step:+}m", rule | {"for": f"{minutes(rule['for']) + step}m"})
    for part in ("labels", "annotations"):
        for key in rule[part]:
            yield Mutant(f"another {key}", rule | {part: rule[part] | {key: "another"}})


def minutes(duration: str) -> int:
    """Read a duration of whole minutes or hours."""
    return int(duration[:-1]) * MINUTES[duration[-1]]


def _expressions(expression: str) -> Iterator[tuple[str, str]]:
    yield "never fires", f"({expression}) and vector(1) > 2"
    for place in COMPARISON.finditer(expression):
        for wrong in WRONG_COMPARISONS[place[1]]:
            yield f"{place[1]} → {wrong} at {place.start()}", _replaced(expression, place, wrong)
    for place in AGGREGATION.finditer(expression):
        for wrong in ("min", "sum"):
            yield f"max → {wrong} at {place.start()}", _replaced(expression, place, wrong)
    sides = _sides(expression)
    for dropped in range(len(sides) if len(sides) > 1 else 0):
        yield f"without side {dropped + 1}", _joined(side for n, side in enumerate(sides) if n != dropped)


def _replaced(expression: str, place: re.Match[str], text: str) -> str:
    return expression[: place.start()] + text + expression[place.end() :]


def _sides(expression: str) -> list[str]:
    """Split at `and` and `or` outside of parentheses; a side begins with the word that joins it to those before."""
    sides, depth, start = [], 0, 0
    for token in re.finditer(r"[({]|[)}]|\b(?:and|or)\b", expression):
        depth += {"(": 1, "{": 1, ")": -1, "}": -1}.get(token[0], 0)
        if token[0] in ("and", "or") and depth == 0:
            sides.append(expression[start : token.start()])
            start = token.start()
    return [*sides, expression[start:]]


def _joined(sides: Iterator[str]) -> str:
    return re.sub(r"^(and|or)\b(\s+on \([^)]*\))?", "", "".join(sides).strip())
