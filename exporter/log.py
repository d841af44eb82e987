"""The log: one chain for our own lines and those of libraries, redacted, as logfmt or JSON on standard error."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from exporter.secrets import Redactor
from exporter.settings import LogSection

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warn": logging.WARNING, "error": logging.ERROR}
# They tell of every job and request; we write one line per run ourselves.
QUIET = ("uvicorn", "sqlalchemy", "urllib3")
# It warns of runs that did not start, which we count and tell ourselves.
SILENT = "apscheduler"


def configure(settings: LogSection, redact: Redactor) -> None:
    """Set up logging for the process; may be called again after a reload."""

    def redacted(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        return {key: redact(value) if isinstance(value, str) else value for key, value in event.items()}

    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="ts"),
        structlog.processors.format_exc_info,
    ]
    renderer: structlog.types.Processor = structlog.processors.JSONRenderer(default=str)
    if settings.format == "logfmt":
        renderer = structlog.processors.LogfmtRenderer(key_order=["ts", "level", "event"], drop_missing=True)
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, redacted, renderer],
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(LEVELS[settings.level])
    logging.getLogger(SILENT).setLevel(logging.ERROR)
    for name in QUIET:
        logging.getLogger(name).setLevel(max(LEVELS[settings.level], logging.WARNING))
