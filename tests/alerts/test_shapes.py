"""Which labels the result of an expression has for certain, and which perhaps."""

import pytest

from alerts.lint.shapes import shapes
from alerts.lint.trees import telling
from alerts.promql import parse
from alerts.promql.selectors import Selector
from exporter.model import Family, Label

FAMILIES = {
    family.name: family
    for family in (
        Family("T1", "rooms", "By room.", (Label("plan"), Label("room"))),
        Family("T2", "plans", "By plan.", (Label("plan"),)),
    )
}
TARGET = "instance job"

# An expression, the labels that every sample of it has, and those that some have too; None: any.
ROWS = [
    ("rooms", f"{TARGET} plan room", "pod"),
    ('rooms{plan=""}', f"{TARGET} room", "pod"),
    ('rooms{plan!=""}', f"{TARGET} plan room", "pod"),
    ("up", TARGET, "pod"),
    ("unknown", "", None),
    ('unknown{a="b",c!="",d=~".*"}', "a c", None),
    ("max(rooms)", "", ""),
    ("max by (plan) (rooms)", "plan", ""),
    ("max by (plan, nosuch) (rooms)", "plan", ""),
    ("max by (a) (unknown)", "", "a"),
    ("max without (plan) (rooms)", f"{TARGET} room", "pod"),
    ("quantile by (plan) (0.5, rooms)", "plan", ""),
    ('count_values by (plan) ("v", rooms)', "plan v", ""),
    ("topk by (plan) (3, plans)", f"{TARGET} plan", "pod"),
    ("-max by (plan) (rooms)", "plan", ""),
    ("abs(max by (plan) (rooms)) * 2 > 3", "plan", ""),
    ("2 < max by (plan) (rooms)", "plan", ""),
    ("vector(1)", "", ""),
    ("hour()", "", ""),
    ("hour(max by (plan) (rooms))", "plan", ""),
    ("absent(rooms)", "", ""),
    ('absent(rooms{room="a",plan=~"b"})', "room", ""),
    ("max by (plan) (rooms) or max by (room) (rooms)", "", "plan room"),
    ("max by (plan) (rooms) or unknown", "", None),
    ("max by (plan) (rooms) and max(rooms)", "plan", ""),
    ("max by (plan) (rooms) unless on () max by (room) (rooms)", "plan", ""),
    ("rooms + on (plan) plans", "plan", ""),
    ("rooms + ignoring (room, pod) plans", f"{TARGET} plan", ""),
    ("rooms + on (plan) group_left () plans", f"{TARGET} plan room", "pod"),
    ("plans + on (plan) group_right () rooms", f"{TARGET} plan room", "pod"),
    ("max by (plan) (rooms) + on (plan) group_left (job) plans", "plan", "job"),
    ('label_replace(max by (plan) (rooms), "a", "$1", "plan", "(.*)")', "plan", "a"),
    ('label_join(max by (plan) (rooms), "plan", "-", "room")', "", "plan"),
]


@pytest.mark.parametrize(("expression", "certain", "perhaps"), ROWS)
def test_labels(expression: str, certain: str, perhaps: str | None) -> None:
    parsed = parse(expression)
    found = shapes(parsed, FAMILIES)[id(parsed.root)]
    assert found.certain == set(certain.split())
    expected = None if perhaps is None else {*certain.split(), *perhaps.split()}
    assert found.possible == expected


# An expression, and what its value is of; / is a division.
VALUES = [
    ("a > b", "a"),
    ("2 < a", "a"),
    ("a > bool b", ""),
    ("a and b", "a"),
    ("a unless b", "a"),
    ("a or b", "a b"),
    ("max(a) * 2 + abs(b)", "a b"),
    ("a / b > 3", "/"),
    ("absent(a)", ""),
    ("count_values('x', a)", ""),
    ("(a or b and c) > d", "a b"),
]


@pytest.mark.parametrize(("expression", "names"), VALUES)
def test_what_a_value_is_of(expression: str, names: str) -> None:
    found = {node.name if isinstance(node, Selector) else "/" for node in telling(parse(expression))}
    assert found == set(names.split())
