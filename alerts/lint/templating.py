"""Texts of alerts: the labels they speak of exist, and numbers can be read."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from alerts.labelling import ALERT_NAME
from alerts.lint.findings import Fault, Subject
from alerts.lint.shapes import Shape, shapes
from alerts.lint.trees import telling
from alerts.promql.labels import NAME
from alerts.promql.nodes import Node
from alerts.promql.selectors import Selector
from alerts.templates.errors import BadTemplate
from alerts.templates.lexer import Token, tokens

COMPARISONS = {"eq", "ne", "lt", "le", "gt", "ge"}
# Values of these are often below 0.01, or of many digits.
SMALL = ("_ratio", "_seconds")
VALUES = {"$value", ".Value"}
SCALAR = Shape()


def template(subject: Subject) -> Iterator[Fault]:
    """Labels are there, numbers are compared with numbers like 10.0, and small values are written for people."""
    if not subject.alert:
        return
    root = subject.rule.expression.root
    shape = shapes(subject.rule.expression, subject.known.families).get(id(root), SCALAR)
    small = next((name for name in map(_name, telling(subject.rule.expression)) if name), "")
    texts = {f"labels.{key}": text for key, text in subject.alert.labels.items()}
    texts |= {f"annotations.{key}": text for key, text in subject.alert.annotations.items()}
    for key, text in texts.items():
        for action in _actions(text):
            yield from (Fault(key, problem) for problem in _problems(action, shape, small))


def _problems(action: Sequence[Token], shape: Shape, small: str) -> Iterator[str]:
    for one, other in pairwise(action):
        label = other.text[1:]
        if one.text == "$labels" and other.kind == "field" and label != NAME and not shape.may_have(label):
            hint = "" if label != ALERT_NAME else "; alertname comes later"
            there = ", ".join(sorted(shape.possible or ())) or "none"
            yield f"$labels.{label} is always empty: the result has no label {label}; there are {there}{hint}"
    words = [token.text for token in action]
    whole = [token.text for token in action if token.kind == "number" and token.text.lstrip("+-").isdecimal()]
    if COMPARISONS & set(words) and VALUES & set(words) and whole:
        yield f"$value is compared with the whole number {whole[0]}, which fails; write {whole[0]}.0"
    if small and len(words) == 1 and words[0] in VALUES:
        yield f"the value of {small} is written with all its digits; write $value | humanize"


def _actions(text: str) -> Iterator[list[Token]]:
    """Yield what stands in each action, without blanks; a text that is no template has been refused before."""
    action: list[Token] = []
    try:
        for token in tokens(text):
            if token.kind == "left":
                action = []
            elif token.kind == "right":
                yield action
            elif token.kind != "space":
                action.append(token)
    except BadTemplate:
        return


def _name(node: Node) -> str:
    """Return what a value is called whose digits are many."""
    if isinstance(node, Selector):
        return node.name if node.name.endswith(SMALL) else ""
    return "a division"
