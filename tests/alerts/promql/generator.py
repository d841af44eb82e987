"""Random expressions of the subset, with their types in mind, and now and then with a mistake.

Functions whose last digit depends on the library stand outermost: a comparison or a remainder would make it matter.
"""

from dataclasses import dataclass
from random import Random

from tests.alerts.promql.worlds import NAMES, VALUES

LABELS = (*VALUES, "none", "__name__")
ARITHMETIC = ("+", "-", "*", "/", "%")
COMPARISONS = ("==", "!=", ">", "<", ">=", "<=")
SETS = ("and", "or", "unless")
PLAIN = ("sum", "avg", "min", "max", "count", "group", "stddev", "stdvar")
EXACT = ("abs", "ceil", "floor", "sgn", "sqrt", "timestamp", "sort", "sort_desc", "deg", "rad")
INEXACT = (
    *("exp", "ln", "log2", "log10", "sin", "cos", "tan", "asin", "acos", "atan"),
    *("sinh", "cosh", "tanh", "asinh", "acosh", "atanh"),
)
DATES = ("minute", "hour", "day_of_week", "day_of_month", "day_of_year", "days_in_month", "month", "year")
NUMBERS = ("0", "1", "2", "-1", "0.5", "1e3", "0x1F", "017", "Inf", "-Inf", "NaN", "3", "1e-7", ".25", "-0", "1e300")
REGEXES = ("1|2", ".+", ".*", "[0-9]", "(?i:X)", "x", "", "1.5", r"\\d\\.\\d", "m[0-3]", "[^1]", "m.*|", "y{2}", "^1$")
REPLACEMENTS = ("$1", "${1}x", "$1x", "$$", "", "k-$2", "$0", "${n}", "$", "${", "$10", "${01}", "é$1")
GROUPS = ("(.*)", "(.)(.*)", "(?P<n>[a-z]+)", "1", "(x|y)+", "", "([0-9])\\\\.(.)", "m(.)(.*)?")
# Each is a mistake, or not, depending on what stands around it.
ODD = (
    *('"text"', "m0 > bool m1", "1 > 2", "topk(NaN, m0)", "topk(Inf, m0)", "m0 and 1", "1 or m0", 'm0{a=~"("}'),
    *('count_values("1x", m0)', 'label_replace(m0, "1x", "", "a", "")', 'label_join(m0, "a", "-", "0")', "{}"),
    *('{a=~".*"}', "m0 + on(a) group_left(a) m1", "m0 and on(a) group_left m1", "abs(1)", "sum(2)", "vector(m0)"),
    *("nosuch(m0)", "sum(m0, m1)", "clamp(m0, 1)", "m0 + bool m1", "1 + on(a) m0", "2 ^ 3 ^ 2", "-2 ^ 2", "5 % -3"),
    *('label_replace(m0, "a", "$1", "b", "(")', 'm0{__name__="m1"}', "m0 == 1 == bool 1", "scalar(1)", "- - m0", "+m1"),
    *("time() > 1", "pi()", "hour(time())", "round()", "-m0 ^ 2", "sum by (a, a) (m0)"),
)


@dataclass(frozen=True)
class Made:
    """An expression, and those it is made of."""

    text: str
    parts: tuple["Made", ...] = ()
    exact: bool = True


class Grammar:
    """Makes expressions."""

    def __init__(self, random: Random) -> None:
        self.random = random

    def expression(self) -> Made:
        """Make any expression."""
        kind, depth = self.random.random(), self.random.randint(0, 4)
        if kind < 0.1:
            return self.scalar(depth)
        if kind < 0.3:
            return self.inexact(depth)
        return self.vector(depth)

    def inexact(self, depth: int) -> Made:
        """Make one whose numbers need not be equal to the last digit."""
        function = self.random.choice((*INEXACT, "^", "atan2", "scalar"))
        if function == "scalar":
            left, right = self.scalar(depth), self.scalar(depth)
            return Made(
                f"({left.text}) {self.random.choice(('^', 'atan2'))} ({right.text})", (left, right), exact=False
            )
        if function in INEXACT:
            inner = self.vector(depth)
            made = Made(f"{function}({inner.text})", (inner,), exact=False)
        else:
            made = self.between(function, self.vector(depth - 1), self.either(depth - 1), exact=False)
        if self.random.random() < 0.3:
            made = Made(f"{self.random.choice(('max', 'min', '-', 'abs'))}({made.text})", (made,), exact=False)
        return made

    def either(self, depth: int) -> Made:
        """Make a vector or a scalar."""
        return self.vector(depth) if self.random.random() < 0.7 else self.scalar(depth)

    def scalar(self, depth: int) -> Made:
        """Make a number."""
        pick = self.random.random()
        if depth <= 0 or pick < 0.4:
            return Made(self.random.choice((*NUMBERS, "time()", "pi()")))
        if pick < 0.7:
            inner = self.vector(depth - 1)
            return Made(f"scalar({inner.text})", (inner,))
        left, right = self.scalar(depth - 1), self.scalar(depth - 1)
        operator = self.random.choice((*ARITHMETIC, *(f"{one} bool" for one in COMPARISONS)))
        return Made(f"({left.text}) {operator} ({right.text})", (left, right))

    def vector(self, depth: int) -> Made:
        """Make an instant vector, or something wrong in its place."""
        if self.random.random() < 0.01:
            return Made(self.random.choice(ODD))
        if depth <= 0 or self.random.random() < 0.1:
            return self.selector()
        make = self.random.choices(
            (self.aggregation, self.binary, self.sets, self.call, self.relabelled, self.other), (25, 30, 15, 15, 8, 7)
        )[0]
        return make(depth - 1)

    def selector(self) -> Made:
        """Make a selector."""
        name = self.random.choice((*NAMES, "absent_metric")) if self.random.random() < 0.9 else ""
        matchers = [self.matcher() for _ in range(self.random.choice((0, 0, 1, 1, 2, 3)))]
        if not name:
            matchers.insert(
                0, self.random.choice(('__name__=~"m.*"', '__name__="M5"', '__name__!~"m.*|ALERTS"', 'a!=""'))
            )
        inner = ",".join(matchers)
        return Made(f"{name}{{{inner}}}" if inner else name)

    def matcher(self) -> str:
        """Make a condition."""
        label = self.random.choice(LABELS[:-1])
        if self.random.random() < 0.5:
            value = self.random.choice((*VALUES.get(label, ()), "nosuch"))
            quote = self.random.choice("\"'`")
            if quote != "`":
                value = value.replace("\\", "\\\\").replace("\n", "\\n").replace(quote, f"\\{quote}")
            return f"{label}{self.random.choice(('=', '!='))}{quote}{value}{quote}"
        return f'{label}{self.random.choice(("=~", "!~"))}"{self.random.choice(REGEXES)}"'

    def labels(self) -> str:
        """Make a list of labels in parentheses."""
        return f"({', '.join(self.random.sample(LABELS, self.random.choice((0, 1, 1, 2, 3))))})"

    def aggregation(self, depth: int) -> Made:
        """Make an aggregation."""
        operator = self.random.choice((*PLAIN, "topk", "bottomk", "quantile", "count_values"))
        inner, parts, parameter = self.vector(depth), [], ""
        if operator == "count_values":
            parameter = f'"{self.random.choice(("v", "a", "b", "__name__", "é"))}", '
        elif operator not in PLAIN:
            made = (
                self.scalar(depth) if self.random.random() < 0.3 else Made(self.random.choice(("1", "2", "5", "0.9")))
            )
            parts.append(made)
            parameter = f"{made.text}, "
        arguments = f"({parameter}{inner.text})"
        grouping = f" {self.random.choice(('by', 'without'))} {self.labels()} " if self.random.random() < 0.75 else ""
        text = f"{operator}{grouping}{arguments}" if self.random.random() < 0.7 else f"{operator}{arguments}{grouping}"
        return Made(text, (*parts, inner))

    def binary(self, depth: int) -> Made:
        """Make arithmetic or a comparison."""
        operator = self.random.choice((*ARITHMETIC, *COMPARISONS))
        if operator in COMPARISONS and self.random.random() < 0.4:
            operator += " bool"
        left, right = self.either(depth), self.vector(depth)
        if self.random.random() < 0.3:
            left, right = right, left
        return self.between(operator, left, right)

    def between(self, operator: str, left: Made, right: Made, *, exact: bool = True) -> Made:
        """Put an operator between two operands; often they are of the kind that match."""
        if self.random.random() < 0.5:
            common = self.random.choice(tuple(VALUES))
            left, right = (self.grouped(one, common) for one in (left, right))
        modifier = ""
        if self.random.random() < 0.4:
            modifier = f" {self.random.choice(('on', 'on', 'ignoring'))} {self.labels()}"
            if self.random.random() < 0.6:
                included = self.labels() if self.random.random() < 0.5 else ""
                modifier += f" {self.random.choice(('group_left', 'group_right'))} {included}"
        return Made(f"({left.text}) {operator}{modifier} ({right.text})", (left, right), exact=exact)

    def grouped(self, made: Made, label: str) -> Made:
        """Aggregate a vector by a label, now and then by another one too."""
        if self.random.random() < 0.3:
            return made
        more = f", {self.random.choice(tuple(VALUES))}" if self.random.random() < 0.2 else ""
        return Made(f"{self.random.choice(('max', 'sum', 'count'))} by ({label}{more}) ({made.text})", (made,))

    def sets(self, depth: int) -> Made:
        """Make a set operation."""
        left, right = self.vector(depth), self.vector(depth)
        matching = f"{self.random.choice(('on', 'ignoring'))} {self.labels()}" if self.random.random() < 0.6 else ""
        return Made(f"({left.text}) {self.random.choice(SETS)} {matching} ({right.text})", (left, right))

    def call(self, depth: int) -> Made:
        """Make a call of a function of a vector and perhaps numbers."""
        function = self.random.choice((*EXACT, *DATES, "clamp", "clamp_min", "clamp_max", "round", "absent", "absent"))
        if function in DATES:
            # Go's dates of numbers that are none, or beyond all years, are undefined.
            inner = self.random.choice((Made("instant"), self.vector(depth)))
            text = (
                f"{function}(clamp({inner.text}, -1e14, 1e14) > -1e15)"
                if self.random.random() < 0.8
                else f"{function}()"
            )
            return Made(text, (inner,))
        inner = self.selector() if function == "absent" and self.random.random() < 0.7 else self.vector(depth)
        count = {"clamp": 2, "clamp_min": 1, "clamp_max": 1, "round": self.random.choice((0, 1))}.get(function, 0)
        numbers = [self.scalar(depth) for _ in range(count)]
        return Made(f"{function}({', '.join(one.text for one in (inner, *numbers))})", (inner, *numbers))

    def relabelled(self, depth: int) -> Made:
        """Make a call of a function of labels."""
        inner = self.vector(depth)
        target, source, other = self.random.choices((*LABELS, "new"), k=3)
        if self.random.random() < 0.4:
            sources = "".join(f', "{one}"' for one in (source, other)[: self.random.randint(0, 2)])
            return Made(
                f'label_join({inner.text}, "{target}", "{self.random.choice(("", "-", ".."))}"{sources})', (inner,)
            )
        replacement, regex = self.random.choice(REPLACEMENTS), self.random.choice(GROUPS)
        return Made(f'label_replace({inner.text}, "{target}", "{replacement}", "{source}", "{regex}")', (inner,))

    def other(self, depth: int) -> Made:
        """Make what is neither."""
        if self.random.random() < 0.3:
            number = self.scalar(depth)
            return Made(f"vector({number.text})", (number,))
        inner = self.vector(depth)
        return Made(f"{self.random.choice(('-', '+', '', '--'))}({inner.text})", (inner,))
