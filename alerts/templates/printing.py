"""What an action prints of its value."""

from alerts.templates.formatting import plain
from alerts.templates.values import Nothing, Sampled, Value


def printed(value: Value) -> str:
    """Return the text of a value: that of `%v`, but without the sign of a pointer."""
    if isinstance(value, Nothing):
        return Nothing.INVALID.value
    text = plain(value)
    return text.removeprefix("&") if isinstance(value, Sampled) else text
