"""`python -m dashboards.build`: writes json/, one file per dashboard, the same bytes for the same code."""

import json
from collections.abc import Iterator
from pathlib import Path

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard

from dashboards.ai_quality import PAGE as AI_QUALITY
from dashboards.ai_realtime import PAGE as AI_REALTIME
from dashboards.business import PAGE as BUSINESS
from dashboards.cost import PAGE as COST
from dashboards.engagement import PAGE as ENGAGEMENT
from dashboards.exporter import PAGE as EXPORTER
from dashboards.frame import Page, dashboard
from dashboards.interviews import PAGE as INTERVIEWS
from dashboards.revenue import PAGE as REVENUE
from dashboards.system import PAGE as SYSTEM

FOLDER = Path(__file__).parent / "json"
PAGES: tuple[Page, ...] = (AI_QUALITY, AI_REALTIME, BUSINESS, COST, ENGAGEMENT, EXPORTER, INTERVIEWS, REVENUE, SYSTEM)
UNWANTED = {"auto", "auto_count", "auto_min", "repeatDirection"}
# Only with these values; newer Grafanas would hide annotations and links in a menu.
UNWANTED_WITH = {("placement", "inControlsMenu"), ("icon", ""), ("tooltip", "")}


def files() -> Iterator[tuple[str, str]]:
    """Yield the name and the text of every file."""
    for page in PAGES:
        yield f"{page.uid}.json", finished(dashboard(page))


def finished(made: Dashboard) -> str:
    """Return a dashboard as text, without what the SDK adds for nothing."""
    plain = json.loads(JSONEncoder().encode(made))
    return json.dumps(_clean(plain), sort_keys=True, indent=2, ensure_ascii=False) + "\n"


def write(folder: Path = FOLDER) -> None:
    """Write every file, and remove those of dashboards that are no more."""
    texts = dict(files())
    for old in folder.glob("*.json"):
        if old.name not in texts:
            old.unlink()
    for name, text in texts.items():
        (folder / name).write_text(text)


def _clean(node: object) -> object:
    if isinstance(node, list):
        return [_clean(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: _clean(item)
        for key, item in node.items()
        if key not in UNWANTED and not (isinstance(item, str) and (key, item) in UNWANTED_WITH)
    }


if __name__ == "__main__":
    write()
