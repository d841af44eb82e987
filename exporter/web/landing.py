"""The landing page: what this is, where everything is, and how each collector stands. Pure, no assets, no script."""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from html import escape

from exporter.health import Build
from exporter.model import Snapshot, Status
from exporter.settings import WebSection

STYLE = """
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .4rem .8rem .4rem 0; }
tr { border-bottom: 1px solid color-mix(in srgb, currentColor 25%, transparent); }
.table { overflow-x: auto; }
.ok { color: light-dark(#116329, #6fdd8b); }
.bad { color: light-dark(#a40e26, #ff9492); }
"""


def landing(snapshot: Snapshot, now: datetime, build: Build, web: WebSection, simulated: Collection[str] = ()) -> str:
    """Return the page as HTML; its links lead to the external URL where one is configured (a proxy with a path).

    `simulated` are the sources in whose place something else answers: nobody may take their numbers for real ones.
    """
    base = f'<base href="{escape(web.external_url.rstrip("/"))}/">' if web.external_url else ""
    rows = "".join(_row(status, snapshot, now) for _, status in sorted(snapshot.statuses.items()))
    links = "".join(
        f'<li><a href="{path.lstrip("/")}">{path}</a> {escape(what)}</li>' for path, what in _links(web.telemetry_path)
    )
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
{base}<title>JobHive exporter</title><style>{STYLE}</style></head>
<body><h1>JobHive exporter</h1>
<p>Version {escape(build.version)}, revision {escape(build.revision)}.
Every number is collected on its own schedule and served from memory; a scrape asks no source.</p>
{_warning(simulated)}<ul>{links}</ul>
<h2>Collectors</h2>
<div class="table"><table>
<thead><tr><th>Collector</th><th>State</th><th>Values from</th><th>Series</th><th>Latest run</th></tr></thead>
<tbody>{rows}</tbody></table></div>
</body></html>
"""


def _warning(simulated: Collection[str]) -> str:
    if not simulated:
        return ""
    return f'<p class="bad">Simulated, not real: all that comes from {escape(", ".join(sorted(simulated)))}.</p>\n'


def _links(telemetry_path: str) -> Iterator[tuple[str, str]]:
    yield telemetry_path, "the metrics, for Prometheus"
    yield "/-/healthy", "is the process alive?"
    yield "/-/ready", "has every collector run?"
    yield "/-/ready?verbose", "which one has not?"


def _row(status: Status, snapshot: Snapshot, now: datetime) -> str:
    served = snapshot.served.get(status.collector)
    state, good = state_of(status, stale=served is None)
    age = f"{ago(now - served.at)} ago" if served else "nothing is served"
    cells = (
        f'<th scope="row">{escape(status.collector)}</th>',
        f'<td class="{"ok" if good else "bad"}">{state}</td>',
        f"<td>{age}</td>",
        f"<td>{len(served.samples) if served else 0}</td>",
        f"<td>{escape(_latest(status, now))}</td>",
    )
    return f"<tr>{''.join(cells)}</tr>\n"


def state_of(status: Status, *, stale: bool) -> tuple[str, bool]:
    """Return the state of a collector in a word or two, and whether it is a good one."""
    if status.attempted is None:
        return "not run yet", False
    if status.succeeded:
        return ("stale", False) if stale else ("ok", True)
    return ("failing", False) if stale else ("failing, last good values served", False)


def ago(age: timedelta) -> str:
    """Write an age with its largest unit."""
    seconds = max(int(age.total_seconds()), 0)
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def _latest(status: Status, now: datetime) -> str:
    if status.attempted is None:
        return ""
    when = f"{ago(now - status.attempted)} ago, took {status.duration:.2f} s"
    return f"{when}; {status.failure.reason}: {status.failure.message}" if status.failure else when
