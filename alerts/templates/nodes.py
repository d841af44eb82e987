"""The parts of a parsed template. `source` is what stands in the text, for messages."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Node:
    """What every part of an action has; `position` counts characters from 0."""

    position: int
    source: str


@dataclass(frozen=True, slots=True)
class Literal(Node):
    """A number, text or truth value."""

    value: bool | float | str


@dataclass(frozen=True, slots=True)
class Dot(Node):
    """The current value."""


@dataclass(frozen=True, slots=True)
class Nil(Node):
    """The word nil."""


@dataclass(frozen=True, slots=True)
class Variable(Node):
    """A variable, with fields of its value."""

    name: str
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Field(Node):
    """Fields of the current value."""

    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Identifier(Node):
    """The name of a function."""

    name: str


@dataclass(frozen=True, slots=True)
class Chain(Node):
    """Fields of what something else returns."""

    of: "Operand"
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Command(Node):
    """A value, or a function with its arguments."""

    operands: tuple["Operand", ...]


@dataclass(frozen=True, slots=True)
class Pipeline(Node):
    """Commands, each with the result of the one before it as its last argument; `declared` names get the last result.

    `assigns`: they exist already.
    """

    commands: tuple[Command, ...]
    declared: tuple[str, ...] = ()
    assigns: bool = False


Operand = Literal | Dot | Nil | Variable | Field | Identifier | Chain | Pipeline


@dataclass(frozen=True, slots=True)
class Text(Node):
    """What stands outside of actions."""


@dataclass(frozen=True, slots=True)
class Action(Node):
    """A pipeline whose result is printed."""

    pipeline: Pipeline


@dataclass(frozen=True, slots=True)
class Branch(Node):
    """`if` or `with`: one of two bodies."""

    pipeline: Pipeline
    body: "Body"
    otherwise: "Body"
    sets_dot: bool


@dataclass(frozen=True, slots=True)
class Range(Node):
    """A body for each element, or another if there is none."""

    pipeline: Pipeline
    body: "Body"
    otherwise: "Body"


@dataclass(frozen=True, slots=True)
class Include(Node):
    """`template` or `block`: what another definition makes of a value."""

    name: str
    pipeline: Pipeline | None


@dataclass(frozen=True, slots=True)
class Leave(Node):
    """`break` or `continue`."""

    ends: bool


Part = Text | Action | Branch | Range | Include | Leave
Body = tuple[Part, ...]
