"""What an expression of a dashboard asks for, by the tree that a PromQL parser makes of it."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import promql_parser
from promql_parser import AggregateExpr, Call, Expr, MatrixSelector, SubqueryExpr, VectorSelector

# A duration that nobody writes: where a range has it, Grafana's own interval stood.
RATE_INTERVAL = "41h7m"
OPERATORS = {"Equal": "=", "NotEqual": "!=", "Re": "=~", "NotRe": "!~"}
VARIABLE_QUERY = re.compile(r"(label_names|label_values|metrics|query_result)\((.+)\)")


class Matcher(NamedTuple):
    """One condition of a selector."""

    label: str
    operator: str
    value: str


class Selector(NamedTuple):
    """A selector, with what surrounds it from the outside in."""

    name: str
    matchers: tuple[Matcher, ...]
    around: tuple[Expr, ...]

    def merged_by(self) -> str:
        """Return the innermost aggregation, the one that sees the exported series themselves."""
        return next((str(node.op) for node in reversed(self.around) if isinstance(node, AggregateExpr)), "")

    def kept(self) -> set[str]:
        """Return the labels that survive every aggregation around it."""
        lists = [labels_of(node) for node in self.around if isinstance(node, AggregateExpr)]
        return set.intersection(*lists) if lists else set()

    def pinned(self) -> set[str]:
        """Return the labels that have one value."""
        return {matcher.label for matcher in self.matchers if matcher.operator == "="}

    def within(self) -> str:
        """Return the function of which it is the range, or nothing."""
        nodes = [node for node in self.around if not isinstance(node, MatrixSelector)]
        return str(nodes[-1].func.name) if nodes and isinstance(nodes[-1], Call) else ""


def readable(expression: str) -> str:
    """Put a duration where Grafana puts its interval; its other variables stand in strings."""
    return expression.replace("$__rate_interval", RATE_INTERVAL)


def parse(expression: str) -> Expr:
    """Read an expression; ValueError if it is none."""
    return promql_parser.parse(readable(expression))


def selectors(expression: str) -> list[Selector]:
    """Return everything that an expression selects."""
    return [_selector(node, around) for node, around in nodes(parse(expression)) if isinstance(node, VectorSelector)]


def nodes(node: Expr, around: tuple[Expr, ...] = ()) -> Iterator[tuple[Expr, tuple[Expr, ...]]]:
    """Yield every node with what surrounds it."""
    yield node, around
    below: list[Any] = [getattr(node, name, None) for name in ("lhs", "rhs", "expr", "param", "vector_selector")]
    below += list(node.args) if isinstance(node, Call) else []
    for child in below:
        if isinstance(child, Expr):
            yield from nodes(child, (*around, node))


def ranges(expression: str) -> list[tuple[str, str]]:
    """Return each range of an expression, with the function it is given to."""
    return [
        (_function(around), promql_parser.display_duration(node.range))
        for node, around in nodes(parse(expression))
        if isinstance(node, MatrixSelector | SubqueryExpr) and node.range is not None
    ]


def labels_of(node: AggregateExpr) -> set[str]:
    """Return what an aggregation keeps; we do not write `without`."""
    return set(node.modifier.labels) if node.modifier else set()


def aggregations(expression: str) -> set[str]:
    """Return the names of all aggregations."""
    return {str(node.op) for node, _ in nodes(parse(expression)) if isinstance(node, AggregateExpr)}


def of_variable(query: str) -> str:
    """Return the PromQL in the query of a variable, which is all but the last argument."""
    found = VARIABLE_QUERY.fullmatch(query)
    if not found:
        raise ValueError(f"not a query of a variable: {query}")
    return found[2].rpartition(",")[0] or found[2]


def _selector(node: VectorSelector, around: tuple[Expr, ...]) -> Selector:
    found = tuple(
        Matcher(one.name, OPERATORS[str(one.op).removeprefix("MatchOp.")], one.value) for one in node.matchers.matchers
    )
    return Selector(node.name or "", found, around)


def _function(around: tuple[Expr, ...]) -> str:
    return str(around[-1].func.name) if around and isinstance(around[-1], Call) else ""
