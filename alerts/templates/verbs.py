"""How a value is to be written: a verb of Go's `fmt`, with its flags."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Verb:
    """A verb like `%-8.3f`; `go_syntax` is `%#v`, `field_names` is `%+v`."""

    letter: str
    plus: bool = False
    minus: bool = False
    sharp: bool = False
    space: bool = False
    zero: bool = False
    width: int | None = None
    precision: int | None = None
    go_syntax: bool = False
    field_names: bool = False

    @classmethod
    def of(cls, letter: str, flags: str) -> "Verb":
        """Make one of its letter and flags."""
        sharp, plus, minus = "#" in flags, "+" in flags, "-" in flags
        zero = "0" in flags and not minus
        if letter == "v":
            return cls(letter, minus=minus, space=" " in flags, zero=zero, go_syntax=sharp, field_names=plus)
        return cls(letter, plus=plus, minus=minus, sharp=sharp, space=" " in flags, zero=zero)

    def wide(self, width: int | None) -> "Verb":
        """Return it with a width; a negative one fills on the right."""
        if width is not None and width < 0:
            return replace(self, width=-width, minus=True, zero=False)
        return replace(self, width=width)

    def padded(self, text: str) -> str:
        """Fill a text up to the width."""
        width = self.width or 0
        if self.minus:
            return text.ljust(width)
        return text.rjust(width, "0" if self.zero else " ")
