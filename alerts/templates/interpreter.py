"""The expansion of a parsed template, within bounds."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from alerts.templates.builtins import SHORT_CIRCUIT
from alerts.templates.calls import Function, Kind, validated
from alerts.templates.errors import ExpansionError
from alerts.templates.formatting import LARGEST_TEXT, TOO_LONG
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
    Node,
    Operand,
    Part,
    Pipeline,
    Range,
    Text,
    Variable,
)
from alerts.templates.printing import printed
from alerts.templates.values import Data, Map, Nothing, Sampled, Samples, Value, is_true, to_bytes, type_name

MAX_STEPS = 10_000
MAX_DEPTH = 100
INVALID = Nothing.INVALID


class _Left(Exception):
    """A `break` or `continue` on its way to its range."""

    def __init__(self, *, ends: bool) -> None:
        super().__init__()
        self.ends = ends


class Expansion:
    """One expansion: its output, and where it is; `at` is the part that fails when an error is raised."""

    def __init__(self, definitions: Mapping[str, Body], functions: Mapping[str, Function]) -> None:
        self.at: Node | None = None
        self._definitions = definitions
        self._functions = functions
        self._output: list[str] = []
        self._size = 0
        self._steps = 0
        self._depth = 0
        self._variables: list[tuple[str, Value]] = []

    def run(self, name: str, data: Value) -> str:
        """Return the text of a definition; raises ExpansionError."""
        self._include(name, data)
        return "".join(self._output)

    # Bounds.

    def _step(self, node: Node) -> None:
        self.at = node
        self._steps += 1
        if self._steps > MAX_STEPS:
            raise ExpansionError(f"the template takes more than {MAX_STEPS} steps")

    @contextmanager
    def _deeper(self) -> Iterator[None]:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ExpansionError(f"the template is nested deeper than {MAX_DEPTH} levels")
        yield
        self._depth -= 1

    def _write(self, text: str) -> None:
        self._size += len(to_bytes(text))
        if self._size > LARGEST_TEXT:
            raise ExpansionError(TOO_LONG)
        self._output.append(text)

    # Parts.

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

    # Variables.

    def _value_of(self, name: str) -> Value:
        for known, value in reversed(self._variables):
            if known == name:
                return value
        raise ExpansionError(f"undefined variable: {name}")

    def _assign(self, name: str, value: Value) -> None:
        for place in reversed(range(len(self._variables))):
            if self._variables[place][0] == name:
                self._variables[place] = (name, value)
                return
        raise ExpansionError(f"undefined variable: {name}")

    # Pipelines.

    def _pipeline(self, pipeline: Pipeline, dot: Value) -> Value:
        with self._deeper():
            value: Value | None = None
            for command in pipeline.commands:
                value = self._command(command, dot, value)
                if value is Nothing.NIL:
                    value = INVALID
        for name in pipeline.declared:
            if pipeline.assigns:
                self._assign(name, value)
            else:
                self._variables.append((name, value))
        return value

    def _command(self, command: Command, dot: Value, final: Value | None) -> Value:
        """Return the value of a command; `final` is the result before it, None if it is the first one."""
        self._step(command)
        first, *arguments = command.operands
        match first:
            case Identifier():
                return self._call(first, arguments, dot, final)
            case Field() | Chain() | Variable() if arguments or final is not None:
                return self._with_arguments(first, dot)
            case Nil():
                raise ExpansionError("nil is not a command")
        if arguments or final is not None:
            raise ExpansionError(f"can't give argument to non-function {first.source}")
        return self._operand(first, dot)

    def _with_arguments(self, first: Field | Chain | Variable, dot: Value) -> Value:
        """Only fields of what is no value can have arguments, which then do not matter."""
        if not first.fields:
            raise ExpansionError(f"can't give argument to non-function {first.source}")
        *fields, last = first.fields
        receiver = dot
        if isinstance(first, Variable):
            receiver = self._value_of(first.name)
        elif isinstance(first, Chain):
            receiver = self._operand(first.of, dot)
        for field in fields:
            receiver = _field(receiver, field)
        if receiver is INVALID or _field(receiver, last) is INVALID:
            return INVALID
        raise ExpansionError(f"{last} is not a method but has arguments")

    def _operand(self, operand: Operand, dot: Value) -> Value:
        self.at = operand
        match operand:
            case Literal():
                return operand.value
            case Dot():
                return dot
            case Variable():
                return _along(self._value_of(operand.name), operand.fields)
            case Field():
                return _along(dot, operand.fields)
            case Chain():
                if isinstance(operand.of, Nil):
                    raise ExpansionError(f"indirection through explicit nil in {operand.source}")
                return _along(self._operand(operand.of, dot), operand.fields)
            case Identifier():
                return self._call(operand, [], dot, None)
            case Pipeline():
                return self._pipeline(operand, dot)
            case Nil():
                return INVALID

    # Calls.

    def _call(self, name: Identifier, arguments: list[Operand], dot: Value, final: Value | None) -> Value:
        self._step(name)
        function = self._functions[name.name]
        function.check(name.name, len(arguments) + (final is not None))
        if name.name in SHORT_CIRCUIT:
            return self._short_circuit(arguments, dot, final, until=SHORT_CIRCUIT[name.name])
        values = [self._argument(one, function.parameter(number), dot) for number, one in enumerate(arguments)]
        if final is not None:
            values.append(validated(final, function.parameter(len(arguments))))
        self.at = name
        try:
            found = function.call(*values)
        except ExpansionError as error:
            raise ExpansionError(f"error calling {name.name}: {error}") from None
        if isinstance(found, str) and len(found) > LARGEST_TEXT:
            raise ExpansionError(TOO_LONG)
        return found

    def _short_circuit(self, arguments: list[Operand], dot: Value, final: Value | None, *, until: bool) -> Value:
        value: Value = INVALID
        for argument in arguments:
            value = self._argument(argument, Kind.VALUE, dot)
            if is_true(value) == until:
                return value
        return value if final is None else final

    def _argument(self, operand: Operand, kind: Kind, dot: Value) -> Value:
        self.at = operand
        if isinstance(operand, Literal) and not kind.fits(operand.value):
            if kind is Kind.STRING:
                raise ExpansionError(f"expected string; found {operand.source}")
            raise ExpansionError(f"can't handle {operand.source} for arg of type {kind.value}")
        if isinstance(operand, Nil) and not kind.has_nil:
            raise ExpansionError(f"cannot assign nil to {kind.value}")
        return validated(self._operand(operand, dot), kind)


def _along(value: Value, fields: tuple[str, ...]) -> Value:
    for field in fields:
        value = _field(value, field)
    return value


def _field(value: Value, name: str) -> Value:
    if value is INVALID:
        return INVALID
    if value is Nothing.NIL:
        raise ExpansionError(f"nil pointer evaluating interface {{}}.{name}")
    if isinstance(value, Map):
        return value[name]
    fields: Mapping[str, Value] = {}
    if isinstance(value, Data | Sampled):
        fields = value.fields
    if name not in fields:
        raise ExpansionError(f"can't evaluate field {name} in type {type_name(value)}")
    return fields[name]
