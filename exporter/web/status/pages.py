"""What the status page says → HTML for a browser, text for a terminal. One template each; no assets, no script."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from exporter.columns import columns
from exporter.model import Attempt
from exporter.web.negotiation import prefers_html
from exporter.web.status.view import Detail, Overview, Surroundings
from exporter.web.status.words import instant
from exporter.web_settings import WebSection

HTML, TEXT = "text/html; charset=utf-8", "text/plain; charset=utf-8"
BAR_WIDTH, BAR_HEIGHT = 6, 24
LINKS = (
    ("/-/healthy", "is the process alive?"),
    ("/-/ready", "has every collector run?"),
    ("/-/ready?verbose", "which one has not?"),
    ("/api/v1/openapi.json", "the JSON API"),
    ("/api/v1/rules", "the rules, as Prometheus tells them"),
    ("/api/v1/alerts", "the alerts, as Prometheus tells them"),
    ("/config", "the configuration in force, secrets hidden"),
    ("/version", "which code runs"),
)


class Pages:
    """Renders the pages; links lead to the external URL where one is configured (a proxy with a path)."""

    def __init__(self, web: WebSection) -> None:
        folder = FileSystemLoader(Path(__file__).with_name("templates"))
        self._library = Environment(
            loader=folder,
            autoescape=select_autoescape(["html"]),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._library.filters.update(instant=instant, bars=bars, marks=marks, columns=columns)
        external = web.external_url.rstrip("/") + "/" if web.external_url else ""
        self._library.globals.update(base=external)
        self._links = ((web.telemetry_path, "the metrics, for Prometheus"), *LINKS)

    def overview(self, page: Overview, around: Surroundings, now: datetime, accept: str) -> tuple[str, str]:
        """Return the page of everything, and its content type."""
        return self._rendered("overview", accept, page=page, around=around, now=now, links=self._links)

    def detail(self, page: Detail, around: Surroundings, now: datetime, accept: str) -> tuple[str, str]:
        """Return the page of one collector, and its content type."""
        return self._rendered("collector", accept, page=page, around=around, now=now)

    def _rendered(self, name: str, accept: str, **given: object) -> tuple[str, str]:
        html = prefers_html(accept)
        text = self._library.get_template(f"{name}.{'html' if html else 'txt'}").render(**given)
        return text, HTML if html else TEXT


def bars(recent: Sequence[Attempt]) -> list[tuple[int, int, Attempt]]:
    """Return the place and the height of the bar of each run, in pixels; the longest run is as high as the chart."""
    longest = max((attempt.duration for attempt in recent), default=0) or 1
    return [
        (place * (BAR_WIDTH + 2), max(round(attempt.duration / longest * BAR_HEIGHT), 3), attempt)
        for place, attempt in enumerate(recent)
    ]


def marks(recent: Sequence[Attempt]) -> str:
    """Return a mark for each run: a point for a good one, x for one that failed."""
    return "".join("x" if attempt.reason else "." for attempt in recent)
