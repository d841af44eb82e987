"""What can be wrong with an expression; each error says it in words that follow the name of a rule and a colon."""

from exporter.model import ExporterError

ANY_FILE = "a file named *.prometheus.rules.yml"


class PromQLError(ExporterError):
    """An expression that cannot be read, is outside the subset, or fails."""


class BadExpression(PromQLError):
    """An expression that is no PromQL, or is beyond a limit; `position` counts characters from 0, None if unknown."""

    def __init__(self, message: str, position: int | None = None) -> None:
        super().__init__(f"{message}." if position is None else f"{message}, at character {position + 1}.")
        self.position = position


class Unsupported(PromQLError):
    """An expression that Prometheus may well evaluate, but this daemon cannot evaluate exactly."""

    def __init__(self, what: str, mend: str = "Prometheus can evaluate it: move the rule to") -> None:
        super().__init__(what, mend)
        self.what = what
        self.mend = mend

    def __str__(self) -> str:
        """Return the text without the name of a file."""
        return self.told(ANY_FILE)

    def told(self, file: str) -> str:
        """Return the text with the name of the file that is for Prometheus only."""
        return f"{self.what}. {self.mend} {file}."


class EvaluationError(PromQLError):
    """An expression that fails on the samples of an instant, in Prometheus' words."""


class TimedOut(EvaluationError):
    """An expression that takes too long."""

    def __init__(self) -> None:
        super().__init__("query timed out in expression evaluation")
