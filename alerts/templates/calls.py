"""Functions of templates: what arguments they take."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from alerts.templates.errors import ExpansionError
from alerts.templates.values import Nothing, SafeText, Sampled, Samples, Value, type_name


class Kind(Enum):
    """What an argument may be, by the name of Go's type; `VALUE` takes even what is no value."""

    ANY = "interface {}"
    VALUE = "reflect.Value"
    STRING = "string"
    SAMPLE = "*template.sample"
    SAMPLES = "template.queryResult"

    def fits(self, value: Value) -> bool:
        """Tell whether an argument of this kind may have a value."""
        match self:
            case Kind.STRING:
                return isinstance(value, str) and not isinstance(value, SafeText)
            case Kind.SAMPLE:
                return isinstance(value, Sampled)
            case Kind.SAMPLES:
                return isinstance(value, Samples)
            case _:
                return True

    @property
    def has_nil(self) -> bool:
        """Tell whether the word nil can stand for it."""
        return self is not Kind.STRING


@dataclass(frozen=True, slots=True)
class Function:
    """A function: its parameters, and that of any number of further arguments."""

    call: Callable[..., Value]
    parameters: tuple[Kind, ...] = ()
    rest: Kind | None = None

    def check(self, name: str, arguments: int) -> None:
        """Raise ExpansionError if there are too few or too many arguments."""
        wanted = len(self.parameters)
        if self.rest is not None:
            if arguments < wanted:
                raise ExpansionError(f"wrong number of args for {name}: want at least {wanted} got {arguments}")
        elif arguments != wanted:
            raise ExpansionError(f"wrong number of args for {name}: want {wanted} got {arguments}")

    def parameter(self, number: int) -> Kind:
        """Return what the argument of a number from 0 on may be, if there are not too many."""
        return self.parameters[number] if number < len(self.parameters) else self.rest or Kind.ANY


def validated(value: Value, kind: Kind) -> Value:
    """Return a value as an argument of a kind; raises ExpansionError if it is of another type."""
    if value is Nothing.INVALID:
        if not kind.has_nil:
            raise ExpansionError(f"invalid value; expected {kind.value}")
        return value if kind is Kind.VALUE else Nothing.NIL
    if not kind.fits(value):
        # A nil that stands in a map has the type of the map's values.
        got = Kind.ANY.value if value is Nothing.NIL else type_name(value)
        raise ExpansionError(f"wrong type for value; expected {kind.value}; got {got}")
    return value
