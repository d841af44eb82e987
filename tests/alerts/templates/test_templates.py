"""Templates by themselves: what is refused and in which words, bounds, and what promtool cannot show."""

from datetime import UTC, datetime

import pytest

from alerts.model import TemplateError
from alerts.promql import Samples, Vector, parse
from alerts.templates import compile_template
from alerts.templates.functions import Version

AT = datetime(2026, 11, 22, tzinfo=UTC)
SAMPLES = Samples.of([({"__name__": "up", "job": "a"}, 1.0)])


def query(expression: str) -> Vector | float:
    return parse(expression).evaluate(AT, SAMPLES)


def expand(text: str, value: float = 12.0, min_prometheus: Version = (2, 42)) -> str:
    template = compile_template(text, "Odd", min_prometheus)
    return template.expand({"i": "1"}, value, {}, "https://prometheus.example.org/path/", query)


def failure(problem: str, place: str) -> str:
    return (
        "<error expanding template: error executing template __alert_Odd: template: __alert_Odd:"
        f'{place}: executing "__alert_Odd" at {problem}>'
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{{ nosuch 1 }}", 'line 1, column 4: function "nosuch" not defined'),
        (
            'a\n b {{ tmpl "x" . }}',
            'line 2, column 7: function "tmpl" exists in consoles only; use {{ template "NAME" . }}',
        ),
        ('{{ (toTime $value).Format "x" }}', "line 1, column 5: methods are not supported: .Format of toTime"),
        ('{{ ($value | toTime).Format "x" }}', "line 1, column 14: methods are not supported: .Format of toTime"),
        ("{{ now }}", 'line 1, column 4: function "now" needs Prometheus 3.6; raise alerts.min_prometheus'),
        (
            "{{ urlQueryEscape }}",
            'line 1, column 4: function "urlQueryEscape" needs Prometheus 3.8; raise alerts.min_prometheus',
        ),
        ("{{ $y }}", 'line 1, column 4: undefined variable "$y"'),
        ("{{ 2i }}", "line 1, column 4: complex number 2i is not supported"),
        ("{{ if true }}", "line 1, column 14: unexpected EOF"),
        ("{{ end }}", 'line 1, column 4: unexpected "end" in command'),
        ("{{ 1 | 2 }}", "line 1, column 8: non executable command in pipeline stage 2"),
        ("{{ break }}", "line 1, column 4: {{break}} outside {{range}}"),
        ("{{ (1 }}", "line 1, column 7: unclosed left paren"),
        ('{{ "a }}', "line 1, column 4: unterminated quoted string"),
        ("{{ /* x */ }}", 'line 1, column 4: unexpected "/" in command'),
        ("{{" + "(" * 200 + "1" + ")" * 200 + "}}", "line 1, column 104: is nested deeper than 100 levels"),
        ("{{ if 1 }}" * 200, "line 1, column 1011: is nested deeper than 100 levels"),
        ("{{ if 1 }}" + "{{ else if 1 }}" * 5000 + "{{ end }}", "is nested too deeply"),
    ],
)
def test_what_is_no_template_is_told_with_its_place(text: str, problem: str) -> None:
    with pytest.raises(TemplateError) as error:
        compile_template(text, "Odd")
    assert str(error.value) == problem


@pytest.mark.parametrize(
    ("text", "problem", "place"),
    [
        ("{{ if gt $value 10 }}{{ end }}", "<gt>: error calling gt: incompatible types for comparison", "1:7"),
        ("{{ $labels.i 1 }}", "<$labels.i 1>: i is not a method but has arguments", "1:4"),
        ("{{ .Labels.i 1 }}", "<.Labels.i 1>: i is not a method but has arguments", "1:4"),
        ("{{ $value 1 }}", "<$value 1>: can't give argument to non-function $value", "1:4"),
        (
            "a\n{{ .NoSuch }}",
            "<.NoSuch>: can't evaluate field NoSuch in type struct { Labels map[string]string; "
            "ExternalLabels map[string]string; ExternalURL string; Value float64 }",
            "2:4",
        ),
        (
            '{{ query "nosuch" | first }}',
            "<first>: error calling first: first() called on vector with no elements",
            "1:21",
        ),
        ("{{ title 5 }}", "<5>: expected string; found 5", "1:10"),
        ('{{ query "rate(up[5m])" }}', "<query>: error calling query: rate(up[5m]) needs history", "1:4"),
        (
            '{{ define "r" }}{{ template "r" }}{{ end }}{{ template "r" }}',
            "<template>: the template is nested deeper than 100 levels",
            "1:20",
        ),
    ],
)
def test_what_fails_is_told_in_the_text(text: str, problem: str, place: str) -> None:
    found = expand(text)
    if "history" in problem:
        assert found.startswith(failure("<query>: error calling query: ", place)[:-1])
        assert "needs history" in found
    else:
        assert found == failure(problem, place)


ENDLESS = '{{ define "r" }}{{ range . }}{{ template "r" $ }}{{ end }}{{ end }}{{ template "r" $labels }}'
DOUBLING = '{{ $x := "aaaaaaaa" }}' + "{{ $x = print $x $x }}" * 40
MANY = "{{ $x := args 1 1 1 1 }}" + "{{ $x = args $x $x $x $x }}" * 30 + "{{ $x }}"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a" * 65537, "the text is longer than 65536 bytes"),
        ("é" * 32769, "the text is longer than 65536 bytes"),
        (DOUBLING, "the text is longer than 65536 bytes"),
        (MANY, "the text is longer than 65536 bytes"),
        ('{{ printf "' + "%1000000d" * 100 + '" 1 }}', "the text is longer than 65536 bytes"),
        ('{{ reReplaceAll "" "' + "x" * 30000 + '" "abcdefghij" }}', "the text is longer than 65536 bytes"),
        ("{{ 1 }}" * 6000, "the template takes more than 10000 steps"),
        (ENDLESS, "the template is nested deeper than 100 levels"),
    ],
)
def test_what_is_beyond_a_bound_is_an_error(text: str, problem: str) -> None:
    found = expand(text)
    assert found.startswith("<error expanding template: ")
    assert problem in found


def test_what_is_just_within_a_bound_is_text() -> None:
    assert expand("a" * 65536) == "a" * 65536
    assert expand("{{ 1 }}" * 4990) == "1" * 4990


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "{{ pathPrefix }} {{ externalURL }} {{ $externalURL }}",
            "/path/ https://prometheus.example.org/path/ https://prometheus.example.org/path/",
        ),
        ('{{ query "up" }}', "[&{map[__name__:up job:a] 1}]"),
        ('{{ now | printf "%.0f" }}', "1795305600"),
        (
            "{{ toDuration 3661.5 }} {{ toDuration 0.25 }} {{ toDuration -0.000001 }} {{ toDuration 0 }}",
            "1h1m1.5s 250ms -1µs 0s",
        ),
        ('{{ urlQueryEscape "a b&é" }}', "a+b%26%C3%A9"),
    ],
)
def test_what_promtool_cannot_show(text: str, expected: str) -> None:
    assert expand(text, min_prometheus=(3, 8)) == expected


@pytest.mark.parametrize("number", ["(0.0 | print)", "1e300", '"+Inf"', '"NaN"'])
def test_a_duration_may_be_none(number: str) -> None:
    found = expand(f"{{{{ toDuration {number} }}}}", min_prometheus=(3, 6))
    assert found == "0s" or "the duration overflows int64>" in found


def test_whatever_a_query_does_the_rule_goes_on() -> None:
    def broken(_: str) -> Vector | float:
        raise ZeroDivisionError

    found = compile_template('{{ query "up" }}', "Odd").expand({}, 1.0, {}, "", broken)
    assert found == failure("<query>: internal error: ZeroDivisionError", "1:4")


def test_expansions_share_nothing() -> None:
    template = compile_template("{{ $x := $value }}{{ $x }}", "Odd")
    assert [template.expand({}, value, {}, "", query) for value in (1.0, 2.0)] == ["1", "2"]
