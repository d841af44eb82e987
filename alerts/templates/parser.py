"""From tokens to the parts of a template."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace

from alerts.templates.errors import BadTemplate
from alerts.templates.lexer import Token, tokens
from alerts.templates.literals import character, number, text
from alerts.templates.nodes import (
    Action,
    Body,
    Branch,
    Chain,
    Command,
    Dot,
    Field,
    Identifier,
    Include,
    Leave,
    Literal,
    Nil,
    Operand,
    Part,
    Pipeline,
    Range,
    Text,
    Variable,
)

# Where a function comes from a newer Prometheus, or a method would be needed, there is something better to say.
Refuse = Callable[[str], str | None]
MAX_DEPTH = 100
OPERANDS = {"bool", "dot", "field", "identifier", "number", "nil", "raw", "string", "variable", "open"}
# These functions return an instant or a duration, which has nothing but methods.
WITH_METHODS = {"toTime", "toDuration"}


class Parser:
    """Reads one text; `definitions` has what `define` and `block` name, and the text itself by its own name.

    `predeclared` are the variables that exist at its beginning, with the fields of the data that they have.
    """

    def __init__(self, name: str, source: str, predeclared: Mapping[str, str], refuse: Refuse) -> None:
        self.definitions: dict[str, Body] = {}
        self._name = name
        self._source = source
        self._tokens = list(tokens(source))
        self._index = 0
        self._variables = ["$", *predeclared]
        self._predeclared = predeclared
        self._ranges = 0
        self._depth = 0
        self._refuse = refuse

    def parse(self) -> None:
        """Read all of it; raises BadTemplate."""
        found: list[Part] = [_declaration(name, field) for name, field in self._predeclared.items()]
        while self._peek().kind != "eof":
            if self._peek().kind == "left" and self._at_define():
                self._definition()
                continue
            found.extend(self._part())
        self._define(self._name, tuple(found), len(self._source))

    # Tokens.

    def _peek(self) -> Token:
        return self._tokens[self._index]

    def _next(self) -> Token:
        token = self._tokens[self._index]
        self._index = min(self._index + 1, len(self._tokens) - 1)
        return token

    def _skip(self) -> Token:
        """Pass blanks, and return the token after them, which stays."""
        while self._peek().kind == "space":
            self._next()
        return self._peek()

    def _take(self, *kinds: str, context: str) -> Token:
        token = self._skip()
        if token.kind not in kinds:
            raise self._unexpected(token, context)
        return self._next()

    def _unexpected(self, token: Token, context: str) -> BadTemplate:
        shown = "EOF" if token.kind == "eof" else f'"{token.text}"'
        return BadTemplate(f"unexpected {shown} in {context}", token.position)

    # Bodies.

    def _at_define(self) -> bool:
        after = self._tokens[self._index + 1 : self._index + 3]
        return next((token.kind for token in after if token.kind != "space"), "") == "define"

    def _definition(self) -> None:
        self._next()
        position = self._take("define", context="define clause").position
        name = text(self._take("string", "raw", context="define clause"))
        self._take("right", context="define clause")
        self._define(name, self._separate("define clause"), position)

    def _separate(self, context: str) -> Body:
        """Return a body that sees no variable and no loop from outside."""
        outside = self._variables, self._ranges
        self._variables, self._ranges = ["$"], 0
        body, last = self._body()
        if last.kind != "end":
            raise self._unexpected(last, context)
        self._take("right", context="end")
        self._variables, self._ranges = outside
        return body

    def _define(self, name: str, body: Body, position: int) -> None:
        known = self.definitions.get(name, ())
        if not _empty(known) and not _empty(body):
            raise BadTemplate(f'multiple definition of template "{name}"', position)
        if _empty(known):
            self.definitions[name] = body

    def _body(self) -> tuple[Body, Token]:
        """Return the parts up to an `else` or `end`, and that word, which is taken."""
        found: list[Part] = []
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise BadTemplate(f"is nested deeper than {MAX_DEPTH} levels", self._peek().position)
        while self._peek().kind != "eof":
            start = self._index
            if self._next().kind == "left" and self._skip().kind in ("else", "end"):
                self._depth -= 1
                return tuple(found), self._next()
            self._index = start
            found.extend(self._part())
        raise BadTemplate("unexpected EOF", self._peek().position)

    def _part(self) -> Iterable[Part]:
        token = self._next()
        if token.kind == "text":
            return [Text(token.position, token.text)]
        word = self._skip()
        controls: dict[str, Callable[[Token], Part]] = {
            "block": self._block,
            "break": self._leave,
            "continue": self._leave,
            "if": self._branch,
            "with": self._branch,
            "range": self._range,
            "template": self._include,
        }
        if word.kind in controls:
            return [controls[word.kind](self._next())]
        pipeline = self._pipeline("command", "right")
        return [Action(pipeline.position, pipeline.source, pipeline)]

    def _leave(self, word: Token) -> Part:
        self._take("right", context=f"{{{{{word.text}}}}}")
        if not self._ranges:
            raise BadTemplate(f"{{{{{word.text}}}}} outside {{{{range}}}}", word.position)
        return Leave(word.position, word.text, word.text == "break")

    def _branch(self, word: Token) -> Part:
        known = len(self._variables)
        pipeline = self._pipeline(word.text, "right")
        body, last = self._body()
        otherwise = self._otherwise(last, chained=word.text == "if")
        del self._variables[known:]
        return Branch(word.position, word.text, pipeline, body, otherwise, sets_dot=word.text == "with")

    def _otherwise(self, last: Token, *, chained: bool = False) -> Body:
        """Return what follows an `else`, if it was one."""
        if last.kind == "end":
            self._take("right", context="end")
            return ()
        if chained and self._skip().kind == "if":
            return (self._branch(self._next()),)
        self._take("right", context="else")
        body, last = self._body()
        if last.kind != "end":
            raise BadTemplate("expected end; found {{else}}", last.position)
        self._take("right", context="end")
        return body

    def _range(self, word: Token) -> Part:
        known = len(self._variables)
        pipeline = self._pipeline("range", "right")
        self._ranges += 1
        body, last = self._body()
        self._ranges -= 1
        otherwise = self._otherwise(last)
        del self._variables[known:]
        return Range(word.position, word.text, pipeline, body, otherwise)

    def _include(self, word: Token) -> Part:
        name = text(self._take("string", "raw", context="template clause"))
        if self._skip().kind == "right":
            self._next()
            return Include(word.position, word.text, name, None)
        return Include(word.position, word.text, name, self._pipeline("template clause", "right"))

    def _block(self, word: Token) -> Part:
        name = text(self._take("string", "raw", context="block clause"))
        pipeline = self._pipeline("block clause", "right")
        self._define(name, self._separate("block clause"), word.position)
        return Include(word.position, word.text, name, pipeline)

    # Pipelines.

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
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise BadTemplate(f"is nested deeper than {MAX_DEPTH} levels", self._peek().position)
        found = self._pipeline("parenthesized pipeline", "close")
        self._depth -= 1
        return found

    def _between(self, start: int, end: int) -> str:
        return self._source[start:end].strip()


def _value(token: Token) -> bool | float | str:
    match token.kind:
        case "bool":
            return token.text == "true"
        case "number":
            return character(token) if token.text[0] == "'" else number(token)
        case _:
            return text(token)


def _declaration(name: str, field: str) -> Part:
    """Return the action that gives a variable the value of a field of the data."""
    command = Command(0, field, (Field(0, field, (field,)),))
    return Action(0, field, Pipeline(0, field, (command,), (name,)))


def _empty(body: Collection[Part]) -> bool:
    return all(isinstance(part, Text) and not part.source.strip() for part in body)
