"""What is refused at load, and in which words."""

import pytest

from alerts.promql import BadExpression, PromQLError, Unsupported, parse

HISTORY = "which needs history; this daemon evaluates instant expressions. Prometheus can evaluate it: move the rule to"
MOVE = "Prometheus can evaluate it: move the rule to"
FILE = "db.prometheus.rules.yml"
UNSUPPORTED = {
    "rate(x[5m]) > 1": f"uses rate(…[5m]), {HISTORY} {FILE}.",
    "sum(increase((x{a='b'}[1h30m])))": f"uses increase(…[1h30m]), {HISTORY} {FILE}.",
    "quantile_over_time(0.5, x[1d])": f"uses quantile_over_time(…[1d]), {HISTORY} {FILE}.",
    "x[5m]": f"uses …[5m], {HISTORY} {FILE}.",
    "x offset 5m": f"uses offset 5m, {HISTORY} {FILE}.",
    "x offset -1w": f"uses offset -1w, {HISTORY} {FILE}.",
    "x @ 1609746000": f"uses the modifier @, {HISTORY} {FILE}.",
    "x @ -1": f"uses the modifier @, {HISTORY} {FILE}.",
    "x @ end()": f"uses the modifier @, {HISTORY} {FILE}.",
    "max_over_time(x[30m:1m])": f"subquery [30m:1m] is not supported. Record the inner part or move the rule to {FILE}.",
    "rate(x[5m])[30m:]": f"subquery [30m:] is not supported. Record the inner part or move the rule to {FILE}.",
    "histogram_quantile(0.9, x)": f"function histogram_quantile() is not supported. {MOVE} {FILE}.",
    "sort_by_label(x, 'a')": f"function sort_by_label() is not supported. {MOVE} {FILE}.",
    "start() + 1": f"function start() is not supported. {MOVE} {FILE}.",
    "info(x)": f"function info() is not supported. {MOVE} {FILE}.",
    "limitk(1, x)": f"aggregation limitk is not supported. {MOVE} {FILE}.",
    "limit_ratio(0.5, x)": f"aggregation limit_ratio is not supported. {MOVE} {FILE}.",
    "x + fill(0) y": f"modifier fill is not supported. {MOVE} {FILE}.",
    "x + fill_right(0) y": f"modifier fill is not supported. {MOVE} {FILE}.",
    "x{a='b' or c='d'}": f"alternatives joined by `or` in the braces of a selector are not supported. {MOVE} {FILE}.",
    '{"x"}': f'quoted name "x" needs Prometheus 3. {MOVE} {FILE}.',
    'x{"a"="b"}': f'quoted name "a" needs Prometheus 3. {MOVE} {FILE}.',
    'sum by ("a") (x)': f'quoted name "a" needs Prometheus 3. {MOVE} {FILE}.',
    "absent(+x)": f"a plus sign before the operand of absent() is not supported. {MOVE} {FILE}.",
}
BAD = {
    "": "expression is empty",
    " # nothing but a comment": "expression is empty",
    "x + 5m": "bad number or duration 5m, at character 5",
    "1_000": "bad number or duration 1_000, at character 1",
    "offset - 5m": "bad number or duration 5m, at character 10",
    "1 + offset - 5m": "bad number or duration 5m, at character 14",
    "1e400": "number 1e400 is out of range, at character 1",
    "0xffffffffffffffffff": "hexadecimal number 0xffffffffffffffffff needs more than 63 bits, at character 1",
    "x ~ y": "unexpected character '~', at character 3",
    "é": "unexpected character 'é', at character 1",
    "x\x00": "unexpected character '\\x00', at character 2",
    "x{a='b": "a string that does not end on its line, at character 5",
    'x{a="b\n"}': "a string that does not end on its line, at character 5",
    "x{a=`b}": "a raw string without an end, at character 5",
    "x[5m": "a bracket without its other half, at character 2",
    r"x{a='\q'}": "unknown escape sequence \\q in a string, at character 5",
    r"""x{a="\'"}""": "unknown escape sequence \\' in a string, at character 5",
    r"x{a='\400'}": r"escape sequence \400 is no byte, at character 5",
    r"x{a='\ud800'}": r"escape sequence \ud800 is no character, at character 5",
    r"x{a='\U00110000'}": r"escape sequence \U00110000 is no character, at character 5",
    r"x{a='\xff'}": "a string whose bytes are no UTF-8, at character 5",
    "x{a='\ufffd'}": "a string with U+FFFD, which stands for bytes that are no UTF-8, at character 5",
    "x{a='b\udcff'}": "expression is not valid UTF-8, at character 7",
    "+'a'": "a string cannot stand after +, at character 2",
    "x == ('a')": "a string cannot stand after ==, at character 7",
    "x{component=~'a{1001}'}": 'regex "a{1001}" of label "component" is not valid RE2: invalid repetition size',
    "x{a=~'(?x)b'}": 'regex "(?x)b" of label "a" is not valid RE2: invalid perl operator',
    r"x{a!~'\\u00e9'}": r'regex "\u00e9" of label "a" is not valid RE2: invalid escape sequence',
    "x{a=~'(?<n>b)'}": 'regex "(?<n>b)" of label "a" is not valid RE2: groups are named (?P<name>…)',
    r"x{a=~'\\C'}": r'regex "\C" of label "a" is not valid RE2: there is no \C',
    "x{a=~'(?P<é>b)'}": 'regex "(?P<é>b)" of label "a" is not valid RE2: names of groups are ASCII',
    r"x{a=~'\\Qb'}": r'regex "\Qb" of label "a" is not valid RE2: missing )',
    "x{a=~'b)(?:c'}": 'regex "b)(?:c" of label "a" is not valid RE2: unexpected )',
    "x{a=~'[[:alpha:]{1000}'}": 'regex "[[:alpha:]{1000}" of label "a" is not valid RE2: missing ]',
    r"x{a=~'\\pL{1000}'}": r'regex "\pL{1000}" of label "a" is not valid RE2: pattern too large - compile failed',
    "label_replace(x, 'a', '', 'b', '(')": 'regex "(" of label_replace() is not valid RE2: missing )',
    "label_replace(x, '1', '', 'b', '')": "invalid destination label name in label_replace(): 1",
    "label_join(x, 'a', '', '-')": "invalid source label name in label_join(): -",
    "count_values('\"', x)": 'invalid label name "\\""',
    "{a=~'.*'}": "vector selector must contain at least one non-empty matcher",
    "x{__name__='it'}": "metric name must not be set twice: 'x' or 'it'",
    "(x": "unclosed left parenthesis",
    "1 > 2": "comparisons between scalars must use BOOL modifier",
    "x and 1": "set operator 'and' not allowed in binary scalar expression",
    "nosuch(x)": "unknown function with name 'nosuch'",
}
# They look like what is refused above, and are not.
GOOD = (
    r"x{a=~'\\(?<n>'}",
    r"x{a=~'\\\\C'}",
    r"x{a=~'[(?<]n>b'}",
    r"x{a=~'\\Q(?<\\E'}",
    "offset",
    "x{or='a'}",
    "x{offset='5m'}",
    "by",
    "fill",
    "step",
)


@pytest.mark.parametrize("expression", UNSUPPORTED)
def test_what_only_prometheus_evaluates_is_told_with_the_file_to_move_it_to(expression: str) -> None:
    with pytest.raises(Unsupported) as raised:
        parse(expression)
    assert raised.value.told(FILE) == UNSUPPORTED[expression]
    assert str(raised.value) == UNSUPPORTED[expression].replace(FILE, "a file named *.prometheus.rules.yml")


@pytest.mark.parametrize("expression", BAD)
def test_what_is_no_promql_is_told_with_its_place(expression: str) -> None:
    with pytest.raises(BadExpression) as raised:
        parse(expression)
    assert str(raised.value) == f"{BAD[expression]}."
    assert (raised.value.position is not None) is (", at character " in BAD[expression])


@pytest.mark.parametrize("expression", GOOD)
def test_what_only_looks_wrong_is_taken(expression: str) -> None:
    assert parse(expression).selectors


def test_errors_have_one_base() -> None:
    for expression in ("rate(x[5m])", "("):
        with pytest.raises(PromQLError):
            parse(expression)
