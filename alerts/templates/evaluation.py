"""The values of pipelines, within bounds."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from alerts.templates.builtins import SHORT_CIRCUIT
from alerts.templates.calls import Function, Kind, validated
from alerts.templates.errors import ExpansionError
from alerts.templates.fields import INVALID, along, member
from alerts.templates.formatting import LARGEST_TEXT, TOO_LONG
from alerts.templates.nodes import (
    Chain,
    Command,
    Dot,
    Field,
    Identifier,
    Literal,
    Nil,
    Node,
    Operand,
    Pipeline,
    Variable,
)
from alerts.templates.values import Nothing, Value, is_true

MAX_STEPS = 10_000
MAX_DEPTH = 100


class Evaluation:
    """The variables of an expansion, and where it is; `at` is the part that fails when an error is raised."""

    def __init__(self, functions: Mapping[str, Function]) -> None:
        self.at: Node | None = None
        self._functions = functions
        self._steps = 0
        self._depth = 0
        self._variables: list[tuple[str, Value]] = []

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
            receiver = member(receiver, field)
        if receiver is INVALID or member(receiver, last) is INVALID:
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
                return along(self._value_of(operand.name), operand.fields)
            case Field():
                return along(dot, operand.fields)
            case Chain():
                if isinstance(operand.of, Nil):
                    raise ExpansionError(f"indirection through explicit nil in {operand.source}")
                return along(self._operand(operand.of, dot), operand.fields)
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
