"""From tokens to the parts of a template."""

from collections.abc import Callable, Collection, Iterable, Mapping

from alerts.templates.errors import BadTemplate
from alerts.templates.lexer import Token
from alerts.templates.literals import text
from alerts.templates.nodes import (
    Action,
    Body,
    Branch,
    Command,
    Field,
    Include,
    Leave,
    Part,
    Pipeline,
    Range,
    Text,
)
from alerts.templates.pipelines import Pipelines, Refuse


class Parser(Pipelines):
    """Reads one text; `definitions` has what `define` and `block` name, and the text itself by its own name.

    `predeclared` are the variables that exist at its beginning, with the fields of the data that they have.
    """

    def __init__(self, name: str, source: str, predeclared: Mapping[str, str], refuse: Refuse) -> None:
        super().__init__(source, predeclared, refuse)
        self.definitions: dict[str, Body] = {}
        self._name = name
        self._predeclared = predeclared
        self._ranges = 0

    def parse(self) -> None:
        """Read all of it; raises BadTemplate."""
        used = {name: field for name, field in self._predeclared.items() if name in self._source}
        found: list[Part] = [_declaration(name, field) for name, field in used.items()]
        while self._peek().kind != "eof":
            if self._peek().kind == "left" and self._at_define():
                self._definition()
                continue
            found.extend(self._part())
        self._define(self._name, tuple(found), len(self._source))

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
        self._deeper()
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


def _declaration(name: str, field: str) -> Part:
    """Return the action that gives a variable the value of a field of the data."""
    command = Command(0, field, (Field(0, field, (field,)),))
    return Action(0, field, Pipeline(0, field, (command,), (name,)))


def _empty(body: Collection[Part]) -> bool:
    return all(isinstance(part, Text) and not part.source.strip() for part in body)
