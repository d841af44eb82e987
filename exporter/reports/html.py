"""A report as HTML for mail programs: tables and inline styles, readable on light and on dark grounds. Pure."""

from collections.abc import Iterator
from html import escape

from exporter.reports.model import Figure, Report, Section
from exporter.reports.summary import Tile, about, headlines, simulated, tiles

FONT = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
INK, MUTED, RULE, BAND, ACCENT = "#1b2430", "#5b6775", "#dde3ea", "#f4f6f9", "#2f5fe0"
MOODS = {1: ("good", "#157a3c"), 0: ("muted", MUTED), -1: ("bad", "#c0281c")}
ARROWS = {1: "▲ ", 0: "", -1: "▼ "}
# Programs that know dark grounds know classes; all others have the inline styles.
DARK = """
:root { color-scheme: light dark; supported-color-schemes: light dark; }
@media (prefers-color-scheme: dark) {
  .page { background: #14181f !important; }
  .ink { color: #e8ecf1 !important; }
  .muted { color: #9aa7b6 !important; }
  .tile { background: #1f2630 !important; }
  .cell { border-color: #333d4a !important; }
  .good { color: #5fce86 !important; }
  .bad { color: #ff8a7f !important; }
  .accent { color: #8fb0f7 !important; }
}
"""
CELL = f"padding:5px 6px;border-bottom:1px solid {RULE};font-size:13px"


def html(report: Report) -> str:
    """Return the whole page; nothing in it is fetched from anywhere."""
    title = f"{report.company} weekly report {report.week.name}"
    return "".join(
        (
            '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="color-scheme" content="light dark">',
            f"<title>{escape(title)}</title><style>{DARK}</style></head>",
            f'<body class="page ink" style="margin:0;padding:16px;background:#ffffff;color:{INK};{FONT}">',
            '<table role="presentation" width="100%" style="max-width:680px;margin:0 auto;border-collapse:collapse">',
            "<tr><td>",
            *_body(report),
            "</td></tr></table></body></html>\n",
        )
    )


def _body(report: Report) -> Iterator[str]:
    week = report.week
    yield f'<p class="accent" style="margin:0;color:{ACCENT};font-weight:600">{escape(report.company)}</p>'
    yield '<h1 class="ink" style="margin:2px 0;font-size:24px">Weekly report</h1>'
    days = f"Week {week.number}: {week.days}, compared with week {week.before().number}"
    yield _muted(days, 14)
    yield from (_muted(line, 13) for line in simulated(report))
    yield _tiles(report)
    told = "".join(f'<li class="ink" style="margin:3px 0">{escape(one)}</li>' for one in headlines(report))
    yield f'<ul style="margin:14px 0;padding-left:20px;font-size:14px;line-height:1.45">{told}</ul>'
    for section in report.sections:
        yield from _section(section)
    yield _heading("About this report")
    for title, sentences in about(report):
        yield f'<p class="ink" style="margin:8px 0 2px;font-size:13px;font-weight:600">{escape(title)}</p>'
        yield from (_muted(one, 13) for one in sentences)


def _tiles(report: Report) -> str:
    cells = "".join(_tile(tile) for tile in tiles(report))
    return (
        '<table role="presentation" width="100%" style="border-collapse:separate;border-spacing:6px;margin:10px 0">'
        f"<tr>{cells}</tr></table>"
        if cells
        else ""
    )


def _tile(tile: Tile) -> str:
    name, window = escape(tile.title), escape(tile.figure.window)
    return (
        f'<td class="tile" style="background:{BAND};padding:10px;border-radius:6px;vertical-align:top">'
        f'<div class="muted" style="color:{MUTED};font-size:12px">{name} · {window}</div>'
        f'<div class="ink" style="font-size:20px;font-weight:600;white-space:nowrap">{escape(tile.figure.shown)}</div>'
        f"{_change(tile.figure)}</td>"
    )


def _section(section: Section) -> Iterator[str]:
    yield _heading(section.title)
    if section.unavailable:
        yield _muted(f"Unavailable: {section.unavailable}", 13)
        return
    yield _muted(section.as_of, 12)
    head = "".join(
        f'<th class="muted cell" align="{align}" style="{CELL};color:{MUTED};font-weight:400">{title}</th>'
        for title, align in (
            *(("", "left"), ("Window", "left"), ("This week", "right"), ("Week before", "right"), ("Change", "right")),
        )
    )
    rows = "".join(map(_row, section.figures))
    yield f'<table width="100%" style="border-collapse:collapse;margin-top:4px"><tr>{head}</tr>{rows}</table>'
    yield from (_muted(one, 12) for one in section.remarks)


def _row(figure: Figure) -> str:
    mark = "≈ " if figure.approximate else ""
    before = escape(figure.shown_before) if figure.value is not None else ""
    last = _change(figure) if figure.value is not None else _muted(figure.reason, 12)
    return (
        f'<tr><td class="ink cell" style="{CELL}">{escape(figure.name)}</td>'
        f'<td class="muted cell" style="{CELL};color:{MUTED}">{escape(figure.window)}</td>'
        f'<td class="ink cell" align="right" style="{CELL};font-weight:600;white-space:nowrap">'
        f"{mark}{escape(figure.shown)}</td>"
        f'<td class="muted cell" align="right" style="{CELL};color:{MUTED};white-space:nowrap">{before}</td>'
        f'<td class="cell" align="right" style="{CELL}">{last}</td></tr>'
    )


def _change(figure: Figure) -> str:
    name, colour = MOODS[figure.mood]
    text = f"{ARROWS[figure.direction]}{escape(figure.change)}"
    return f'<span class="{name}" style="color:{colour};font-size:12px">{text}</span>'


def _heading(title: str) -> str:
    return f'<h2 class="ink" style="margin:22px 0 2px;font-size:17px">{escape(title)}</h2>'


def _muted(text: str, size: int) -> str:
    return f'<p class="muted" style="margin:2px 0;color:{MUTED};font-size:{size}px">{escape(text)}</p>'
