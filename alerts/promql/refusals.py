"""What Prometheus evaluates and this daemon does not: other instants than that of the evaluation."""

from datetime import timedelta

from promql_parser import Call, Expr, MatrixSelector, ParenExpr, SubqueryExpr, VectorSelector, display_duration

from alerts.promql.errors import Unsupported

NEEDS_HISTORY = "which needs history; this daemon evaluates instant expressions"
RECORD = "Record the inner part or move the rule to"


def refuse_history(node: Expr) -> None:
    """Raise Unsupported if a part of an expression, or what it is given, asks for the past."""
    arguments = [_bare(argument) for argument in node.args] if isinstance(node, Call) else []
    for part in (*arguments, node):
        if isinstance(part, SubqueryExpr):
            raise Unsupported(f"subquery [{_span(part.range)}:{_span(part.step)}] is not supported", RECORD)
        if isinstance(part, MatrixSelector):
            inner = f"…[{_span(part.range)}]"
            used = f"{node.func.name}({inner})" if isinstance(node, Call) else inner
            raise Unsupported(f"uses {used}, {NEEDS_HISTORY}")
    if isinstance(node, VectorSelector):
        # What is behind the @ must not be read: the parser panics on some values.
        if node.at is not None:
            raise Unsupported(f"uses the modifier @, {NEEDS_HISTORY}")
        if node.offset is not None:
            raise Unsupported(f"uses offset {_span(node.offset)}, {NEEDS_HISTORY}")


def _bare(node: Expr) -> Expr:
    while isinstance(node, ParenExpr):
        node = node.expr
    return node


def _span(duration: timedelta | None) -> str:
    if duration is None:
        return ""
    return f"{'-' if duration < timedelta() else ''}{display_duration(abs(duration))}"
