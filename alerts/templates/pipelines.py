"""From tokens to pipelines: what stands within an action."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from alerts.templates.errors import BadTemplate
from alerts.templates.lexer import Token
from alerts.templates.literals import character, number, text
from alerts.templates.nodes import (
    Chain,
    Command,
    Dot,
    Field,
    Identifier,
    Literal,
    Nil,
    Operand,
    Pipeline,
    Variable,
)
from alerts.templates.stream import Stream

# Where a function comes from a newer Prometheus, or a method would be needed, there is something better to say.
Refuse = Callable[[str], str | None]
OPERANDS = {"bool", "dot", "field", "identifier", "number", "nil", "raw", "string", "variable", "open"}
# These functions return an instant or a duration, which has nothing but methods.
WITH_METHODS = {"toTime", "toDuration"}


class Pipelines(Stream):
    """Reads pipelines, and knows which variables there are."""

    def __init__(self, source: str, variables: Iterable[str], refuse: Refuse) -> None:
        super().__init__(source)
        self._variables = ["$", *variables]
        self._refuse = refuse

    def _pipeline(self, context: str, closing: str) -> Pipeline:
        start = self._skip().position
        declared, assigns = self._declarations(context)
        commands: list[Command] = []
        while (token := self._skip()).kind != closing:
            if token.kind not in OPERANDS:
                raise self._unexpected(token, context)
            commands.append(self._command())
        self._next()
        if not commands:
            raise BadTemplate(f"missing value for {context}", start)
        for stage, command in enumerate(commands[1:], 2):
            if isinstance(command.operands[0], Literal | Dot | Nil):
                raise BadTemplate(f"non executable command in pipeline stage {stage}", command.position)
        return Pipeline(start, self._between(start, token.position), tuple(commands), declared, assigns)

    def _declarations(self, context: str) -> tuple[tuple[str, ...], bool]:
        """Read `$x :=`, `$x =` or in a range `$i, $x :=`; nothing is taken if there is none."""
        names: list[str] = []
        while self._skip().kind == "variable":
            start, name = self._index, self._next().text
            sign = self._skip()
            if sign.kind in ("assign", "declare"):
                self._next()
                self._variables += [*names, name]
                return (*names, name), sign.kind == "assign"
            if sign.text != ",":
                self._index = start
                break
            self._next()
            if context != "range" or names:
                raise BadTemplate(f"too many declarations in {context}", sign.position)
            if self._skip().kind not in ("variable", "right", "close"):
                raise BadTemplate("range can only initialize variables", sign.position)
            names.append(name)
        # Go takes a range with half a declaration, and the variable is what is declared.
        self._variables += names
        return tuple(names), False

    def _command(self) -> Command:
        start, operands = self._skip().position, list[Operand]()
        while True:
            self._skip()
            operand = self._operand()
            if operand is not None:
                operands.append(operand)
            token = self._peek()
            if token.kind == "space":
                self._next()
                continue
            if token.kind == "pipe":
                self._next()
            elif token.kind not in ("right", "close"):
                raise self._unexpected(token, "operand")
            break
        if not operands:
            raise BadTemplate("empty command", start)
        return Command(start, self._between(start, token.position), tuple(operands))

    def _operand(self) -> Operand | None:
        start, of = self._peek(), self._term()
        if of is None or self._peek().kind != "field":
            return of
        fields: list[str] = []
        while self._peek().kind == "field":
            fields.append(self._next().text[1:])
        source = self._between(start.position, self._peek().position)
        if isinstance(of, Literal | Dot | Nil):
            raise BadTemplate(f'unexpected . after term "{of.source}"', start.position)
        if isinstance(of, Field | Variable):
            return replace(of, source=source, fields=(*of.fields, *fields))
        self._without_methods(of, fields[0])
        return Chain(start.position, source, of, tuple(fields))

    def _without_methods(self, of: Operand, field: str) -> None:
        if isinstance(of, Pipeline):
            of = of.commands[-1].operands[0]
        if isinstance(of, Identifier) and of.name in WITH_METHODS:
            raise BadTemplate(f"methods are not supported: .{field} of {of.name}", of.position)

    def _term(self) -> Operand | None:
        token = self._peek()
        if token.kind not in OPERANDS:
            return None
        place = token.position, token.text
        self._next()
        match token.kind:
            case "identifier":
                if problem := self._refuse(token.text):
                    raise BadTemplate(problem, token.position)
                return Identifier(*place, token.text)
            case "dot":
                return Dot(*place)
            case "nil":
                return Nil(*place)
            case "variable":
                if token.text not in self._variables:
                    raise BadTemplate(f'undefined variable "{token.text}"', token.position)
                return Variable(*place, token.text)
            case "field":
                return Field(*place, (token.text[1:],))
            case "open":
                return self._parenthesized()
            case _:
                return Literal(*place, _value(token))

    def _parenthesized(self) -> Operand:
        self._deeper()
        found = self._pipeline("parenthesized pipeline", "close")
        self._depth -= 1
        return found


def _value(token: Token) -> bool | float | str:
    match token.kind:
        case "bool":
            return token.text == "true"
        case "number":
            return character(token) if token.text[0] == "'" else number(token)
        case _:
            return text(token)
