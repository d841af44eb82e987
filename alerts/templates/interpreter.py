"""The expansion of a parsed template."""

from collections.abc import Mapping

from alerts.templates.calls import Function
from alerts.templates.errors import ExpansionError
from alerts.templates.evaluation import Evaluation
from alerts.templates.fields import INVALID
from alerts.templates.formatting import LARGEST_TEXT, TOO_LONG
from alerts.templates.nodes import Action, Body, Branch, Include, Leave, Part, Pipeline, Range, Text
from alerts.templates.printing import printed
from alerts.templates.values import Map, Nothing, Samples, Value, is_true, to_bytes


class _Left(Exception):
    """A `break` or `continue` on its way to its range."""

    def __init__(self, *, ends: bool) -> None:
        super().__init__()
        self.ends = ends


class Expansion(Evaluation):
    """One expansion and its output."""

    def __init__(self, definitions: Mapping[str, Body], functions: Mapping[str, Function]) -> None:
        super().__init__(functions)
        self._definitions = definitions
        self._output: list[str] = []
        self._size = 0

    def run(self, name: str, data: Value) -> str:
        """Return the text of a definition; raises ExpansionError."""
        self._include(name, data)
        return "".join(self._output)

    def _write(self, text: str) -> None:
        self._size += len(to_bytes(text))
        if self._size > LARGEST_TEXT:
            raise ExpansionError(TOO_LONG)
        self._output.append(text)

    def _include(self, name: str, dot: Value) -> None:
        if name not in self._definitions:
            raise ExpansionError(f'template "{name}" not defined')
        outside, self._variables = self._variables, [("$", dot)]
        self._body(self._definitions[name], dot)
        self._variables = outside

    def _body(self, body: Body, dot: Value) -> None:
        with self._deeper():
            for part in body:
                self._part(part, dot)

    def _part(self, part: Part, dot: Value) -> None:
        self._step(part)
        match part:
            case Text():
                self._write(part.source)
            case Action():
                value = self._pipeline(part.pipeline, dot)
                if not part.pipeline.declared:
                    self._write(printed(value))
            case Branch():
                self._branch(part, dot)
            case Range():
                self._range(part, dot)
            case Include():
                self._include(part.name, INVALID if part.pipeline is None else self._pipeline(part.pipeline, dot))
            case Leave():
                raise _Left(ends=part.ends)

    def _branch(self, part: Branch, dot: Value) -> None:
        known = len(self._variables)
        value = self._pipeline(part.pipeline, dot)
        if is_true(value):
            self._body(part.body, value if part.sets_dot else dot)
        else:
            self._body(part.otherwise, dot)
        del self._variables[known:]

    def _range(self, part: Range, dot: Value) -> None:
        known, depth = len(self._variables), self._depth
        elements = self._elements(self._pipeline(part.pipeline, dot))
        inside = len(self._variables)
        for index, element in elements:
            self._step(part)
            self._declare(part.pipeline, index, element)
            try:
                self._body(part.body, element)
            except _Left as left:
                self._depth = depth
                if left.ends:
                    break
            del self._variables[inside:]
        if not elements:
            self._body(part.otherwise, dot)
        del self._variables[known:]

    def _elements(self, value: Value) -> list[tuple[Value, Value]]:
        match value:
            case Nothing():
                return []
            case Map(entries):
                return list(entries.items())
            case Samples():
                return list(enumerate(value))
            case _:
                raise ExpansionError(f"range can't iterate over {printed(value)}")

    def _declare(self, pipeline: Pipeline, index: Value, element: Value) -> None:
        """Give a range's variables their values: they are the last ones that were declared."""
        names = pipeline.declared
        values = [element] if len(names) == 1 else [index, element]
        if pipeline.assigns:
            for name, value in zip(names, values, strict=False):
                self._assign(name, value)
            return
        for place, (name, value) in enumerate(zip(names, values, strict=False), -len(names)):
            self._variables[place] = (name, value)
