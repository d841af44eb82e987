"""Random templates: mostly right ones, with wrong types and bad syntax among them."""

from random import Random

TEXTS = ["", "a", "é", "a.b.c:80", "10.0.0.1:80", "up", "1h30m", "1.5", "x-y z", "<b>&'\\\"", "abcab"]
NUMBERS = ["0", "1", "-3", "42", "1.5", "-0.25", "1e3", "1e6", "0x1F", "'a'", "1234567", "0.001", "123456.789", "1e-7"]
PATTERNS = ["a", "(a)b", "a*", "^x", "[a-c]+", "(", "b$", "(?P<n>a)"]
REPLACEMENTS = ["", "x", "$1", "${1}x", "$1x", "$$", "$n", "[$0]"]
FORMATS = [
    "%v",
    "%d",
    "%s",
    "%q",
    "%.2f",
    "%6.1f|",
    "%-6v|",
    "%05d",
    "%x",
    "%e",
    "%g",
    "%t",
    "%T",
    "%+v",
    "%#v",
    "%%",
    "%c",
]
LABELS = ["i", "host", "weird", "nosuch", "__name__"]
OF_NUMBER = ["humanize", "humanize1024", "humanizeDuration", "humanizePercentage", "humanizeTimestamp", "toTime"]
OF_TEXT = [
    "title",
    "toUpper",
    "toLower",
    "stripPort",
    "stripDomain",
    "graphLink",
    "tableLink",
    "safeHtml",
    "parseDuration",
]
OF_ANY = ["print", "println", "html", "js", "urlquery", "not", "len", "args"]
COMPARISONS = ["eq", "ne", "lt", "le", "gt", "ge"]
SLIPS = ["{{", "}}", "(", ")", "|", " ", ".", "$", '"', "`", "-", ":=", ",", "x", "1", "/*", "\\"]
QUERIES = ["sort(up)", "nosuch", "sort(up * 2)", "sum(up)", "up > 0.7", "1"]


class Templates:
    """Makes templates of one seed."""

    def __init__(self, random: Random) -> None:
        self._random = random

    def template(self) -> str:
        """Return a template of a few parts; one in ten lacks a character or has one too many."""
        found = "".join(self._part(2) for _ in range(self._random.randint(1, 3)))
        if self._random.random() > 0.1:
            return found
        place = self._random.randrange(len(found))
        return found[:place] + self._one("", *SLIPS) + found[place + self._random.randint(0, 1) :]

    def _one(self, *makers: str) -> str:
        return self._random.choice(makers)

    def _part(self, depth: int) -> str:
        kinds = ["text", "action", "action", "action"]
        if depth:
            kinds += ["if", "with", "range", "variable", "template", "loop"]
        inner = depth - 1
        match self._random.choice(kinds):
            case "text":
                return self._one("text", " a ", "\n", "%", "é")
            case "action":
                return f"{self._left()}{self._pipeline(2)}{self._right()}"
            case "if":
                other = self._one("", f"{{{{ else }}}}{self._part(inner)}", f"{{{{ else if {self._value(1)} }}}}z")
                return f"{{{{ if {self._value(2)} }}}}{self._part(inner)}{other}{{{{ end }}}}"
            case "with":
                return f"{{{{ with {self._pipeline(1)} }}}}{{{{ . }}}}{self._part(inner)}{{{{ else }}}}no{{{{ end }}}}"
            case "range":
                what = self._one(f'query "{self._one(*QUERIES)}"', "$labels", "$externalLabels", self._value(1))
                body = self._one(
                    "{{ . }}", "{{ $k }}={{ $v }} ", "{{ .Value }}", "{{ $v.Value | humanize }}", "{{ $v }}"
                )
                return f"{{{{ range $k, $v := {what} }}}}{body}{{{{ else }}}}none{{{{ end }}}}"
            case "loop":
                leave = self._one("break", "continue")
                return f"{{{{ range $labels }}}}{{{{ if eq . {self._text()} }}}}{{{{ {leave} }}}}{{{{ end }}}}x{{{{ end }}}}"
            case "variable":
                sign = self._one(":=", "=")
                return f"{{{{ $x := {self._value(1)} }}}}{{{{ $x {sign} {self._value(1)} }}}}{{{{ $x }}}}"
            case _:
                return f'{{{{ block "b{self._random.random()}" {self._value(1)} }}}}[{{{{ . }}}}]{{{{ end }}}}'

    def _left(self) -> str:
        return self._one("{{ ", "{{ ", "{{", "{{- ")

    def _right(self) -> str:
        return self._one(" }}", " }}", "}}", " -}}")

    def _pipeline(self, depth: int) -> str:
        first = self._value(depth)
        follow = self._one(
            "", "", f" | {self._one(*OF_NUMBER)}", f" | {self._one(*OF_TEXT)}", f" | {self._one(*OF_ANY)}"
        )
        return first + follow + self._one("", "", f' | printf "{self._one(*FORMATS)}"')

    def _text(self) -> str:
        return f'"{self._one(*TEXTS)}"'

    def _value(self, depth: int) -> str:
        simple = [
            *[self._text() for _ in range(2)],
            *[self._one(*NUMBERS) for _ in range(3)],
            "$value",
            ".Value",
            f"$labels.{self._one(*LABELS)}",
            f".Labels.{self._one(*LABELS)}",
            self._one(
                "$labels", "true", "false", "$externalURL", "$externalLabels.cluster", "nil", ".", "$", ".NoSuch"
            ),
        ]
        if not depth:
            return self._one(*simple)
        value, other = self._value(depth - 1), self._value(depth - 1)
        calls = [
            f"{self._one(*OF_NUMBER)} {self._one('$value', *NUMBERS)}",
            f"{self._one(*OF_TEXT)} {self._text()}",
            f"{self._one(*OF_NUMBER, *OF_TEXT, *OF_ANY)} {value}",
            f"{self._one(*COMPARISONS)} {value} {other}",
            f"{self._one(*COMPARISONS)} $value {self._one(*NUMBERS)}",
            f"{self._one('and', 'or')} {value} {other}",
            f"{self._one('print', 'println', 'html', 'args')} {value} {other} {self._one(*simple)}",
            f'printf "{self._one(*FORMATS)} {self._one(*FORMATS)}" {value} {other}',
            f'match "{self._one(*PATTERNS)}" {self._text()}',
            f'reReplaceAll "{self._one(*PATTERNS)}" "{self._one(*REPLACEMENTS)}" {self._text()}',
            f'query "{self._one(*QUERIES)}" | {self._one("len", "first | value", "first")}',
            f'query "sort(up)" | sortByLabel "job" | first | label "{self._one("job", "nosuch")}"',
            f"index {self._one('$labels', value)} {self._text()}",
            f"slice {self._text()} {self._one('0', '1', '2', '9')}",
            f"len {value}",
        ]
        return f"({self._one(*calls)})"
