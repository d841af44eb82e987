"""What can be wrong with a template: before it is used, and while it is expanded."""

from exporter.model import ExporterError


class BadTemplate(ExporterError):
    """A text that is no template; `position` counts characters from 0."""

    def __init__(self, problem: str, position: int) -> None:
        super().__init__(problem)
        self.problem = problem
        self.position = position


class ExpansionError(ExporterError):
    """An action that fails on these data, in Prometheus' words where it has any."""
