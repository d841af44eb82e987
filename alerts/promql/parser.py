"""From the parser's tree to ours: what is not listed is refused, so a newer parser cannot widen the language."""

import re
from collections.abc import Callable, Sequence
from typing import Any

import promql_parser
from promql_parser import Expr

from alerts.promql.aggregation import RANKINGS, CountValues, Grouping, Quantile, Ranking, Statistic
from alerts.promql.binary import Binary
from alerts.promql.errors import BadExpression, Unsupported
from alerts.promql.floats import ARITHMETIC, COMPARISONS
from alerts.promql.functions import FUNCTIONS, called
from alerts.promql.guard import Guarded, guarded
from alerts.promql.literals import quoted as written
from alerts.promql.matchers import Matcher
from alerts.promql.matching import Cardinality, Matching
from alerts.promql.nodes import Negation, Node, Number, Text, Type
from alerts.promql.refusals import refuse_history
from alerts.promql.regexes import compiled
from alerts.promql.relabelling import Relabelled, joining, replacing
from alerts.promql.selectors import Absent, Selector
from alerts.promql.sets import OPERATORS, SetOperation
from alerts.promql.statistics import STATISTICS

Build = Callable[[Any, Sequence[Node], Guarded], Node]
CARDINALITIES: dict[str, Cardinality] = {
    "OneToOne": "one-to-one",
    "ManyToOne": "many-to-one",
    "OneToMany": "one-to-many",
    "ManyToMany": "one-to-one",
}
LABEL_NAME = re.compile("[a-zA-Z_][a-zA-Z0-9_]*")


def tree(expression: str) -> Node:
    """Read an expression; raises BadExpression or Unsupported."""
    safe = guarded(expression)
    root = _parsed(safe)
    order, waiting = [], [root]
    while waiting:
        part = waiting.pop()
        refuse_history(part)
        order.append(part)
        waiting.extend(_children(part))
    built: list[Node] = []
    for part in reversed(order):
        first = len(built) - len(_children(part))
        # The last part to be built is the first child of those that are not taken yet.
        built[first:] = [_build(part, built[first:], safe)]
    return built[0]


def _parsed(safe: Guarded) -> Expr:
    try:
        return promql_parser.parse(safe.text)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # noqa: BLE001 - a panic of the parser is no Exception.
        raise BadExpression(safe.restored(" ".join(str(error).split()))) from None


def _children(part: Any) -> list[Expr]:
    """Return the parts of a part, from left to right."""
    match type(part).__name__:
        case "BinaryExpr":
            return [part.lhs, part.rhs]
        case "ParenExpr" | "UnaryExpr":
            return [part.expr]
        case "AggregateExpr":
            return [part.expr] if part.param is None else [part.param, part.expr]
        case "Call":
            return list(part.args)
        case _:
            return []


def _build(part: Expr, operands: Sequence[Node], safe: Guarded) -> Node:
    build = BUILDERS.get(type(part).__name__)
    if build is None:
        raise Unsupported(f"a part of kind {type(part).__name__} is not supported")
    return build(part, operands, safe)


def _number(part: Any, _operands: Sequence[Node], _safe: Guarded) -> Node:
    return Number((), part.val, type=Type.SCALAR)


def _text(part: Any, _operands: Sequence[Node], safe: Guarded) -> Node:
    return Text((), safe.quoted(part.val).text, type=Type.STRING)


def _paren(_part: Any, operands: Sequence[Node], _safe: Guarded) -> Node:
    return operands[0]


def _negation(_part: Any, operands: Sequence[Node], _safe: Guarded) -> Node:
    return Negation(tuple(operands), type=operands[0].type)


def _selector(part: Any, _operands: Sequence[Node], safe: Guarded) -> Node:
    if part.matchers.or_matchers:
        raise Unsupported("alternatives joined by `or` in the braces of a selector are not supported")
    conditions = [(one.name, safe.quoted(one.value)) for one in part.matchers.matchers]
    matchers = [Matcher.of(label, quoted.operator, quoted.text) for label, quoted in conditions]
    if not part.name and all(matcher.matches("") for matcher in matchers):
        raise BadExpression("vector selector must contain at least one non-empty matcher")
    return Selector((), part.name or "", tuple(matchers))


def _binary(part: Any, operands: Sequence[Node], _safe: Guarded) -> Node:
    operator, matching = str(part.op), _matching(part.modifier)
    if operator in OPERATORS:
        return SetOperation(tuple(operands), operator, matching)
    if operator not in ARITHMETIC and operator not in COMPARISONS:
        raise Unsupported(f"operator {operator} is not supported")
    counts = part.modifier is not None and part.modifier.return_bool
    scalar = all(operand.type is Type.SCALAR for operand in operands)
    return Binary(tuple(operands), operator, matching, counts, type=Type.SCALAR if scalar else Type.VECTOR)


def _matching(modifier: Any) -> Matching:
    if modifier is None:
        return Matching()
    if modifier.fill_values.lhs is not None or modifier.fill_values.rhs is not None:
        raise Unsupported("modifier fill is not supported")
    cardinality, included = CARDINALITIES[_last(modifier.card)], tuple(modifier.group_labels or ())
    if modifier.matching is None:
        return Matching(cardinality=cardinality, included=included)
    on = _last(modifier.matching.type) == "Include"
    return Matching(on, tuple(sorted(set(modifier.matching.labels))), cardinality, included)


def _aggregation(part: Any, operands: Sequence[Node], _safe: Guarded) -> Node:
    operator, children, grouping = str(part.op), tuple(operands), _grouping(part.modifier)
    if operator in STATISTICS:
        return Statistic(children, operator, grouping)
    if operator in RANKINGS:
        return Ranking(children, operator, grouping)
    if operator == "quantile":
        return Quantile(children, grouping)
    if operator == "count_values" and isinstance(first := children[0], Text):
        return CountValues(children[1:], _label(first.text, "invalid label name {}", written), grouping)
    raise Unsupported(f"aggregation {operator} is not supported")


def _grouping(modifier: Any) -> Grouping:
    if modifier is None:
        return Grouping()
    return Grouping(tuple(sorted(set(modifier.labels))), excluded=_last(modifier.type) == "Without")


def _call(part: Any, operands: Sequence[Node], _safe: Guarded) -> Node:
    name = part.func.name
    if name == "absent":
        return Absent(tuple(operands))
    if name in RELABELLINGS:
        operand, *arguments = operands
        texts = tuple(one.text for one in arguments if isinstance(one, Text))
        return Relabelled((operand,), name, texts, RELABELLINGS[name](*texts))
    if name not in FUNCTIONS:
        raise Unsupported(f"function {name}() is not supported")
    return called(FUNCTIONS[name], operands)


def _label_replace(target: str, replacement: str, source: str, pattern: str) -> Any:
    _label(target, "invalid destination label name in label_replace(): {}")
    return replacing(target, replacement, source, compiled(pattern, "label_replace()"))


def _label_join(target: str, separator: str, *sources: str) -> Any:
    for source in sources:
        _label(source, "invalid source label name in label_join(): {}")
    return joining(_label(target, "invalid destination label name in label_join(): {}"), separator, sources)


def _label(name: str, problem: str, shown: Callable[[str], str] = str) -> str:
    if not LABEL_NAME.fullmatch(name):
        raise BadExpression(problem.format(shown(name)))
    return name


def _last(member: Any) -> str:
    """Return the name of a member of one of the parser's enumerations."""
    return str(member).rpartition(".")[2]


RELABELLINGS: dict[str, Callable[..., Any]] = {"label_replace": _label_replace, "label_join": _label_join}
BUILDERS: dict[str, Build] = {
    "NumberLiteral": _number,
    "StringLiteral": _text,
    "ParenExpr": _paren,
    "UnaryExpr": _negation,
    "VectorSelector": _selector,
    "BinaryExpr": _binary,
    "AggregateExpr": _aggregation,
    "Call": _call,
}
