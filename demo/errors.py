"""What the demo says when it cannot go on."""

from exporter.model import ExporterError


class DemoError(ExporterError):
    """The demo cannot run; the text names what is wrong, where, and the mend."""
