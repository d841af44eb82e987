"""A report as a PDF: the same bytes for the same report (metrics.md RP2)."""

from collections.abc import Iterator
from functools import partial
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.pagesizes import A4
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    KeepTogether,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
    TableStyle,
)

from exporter.reports import theme
from exporter.reports.flowables import Change, Tiles
from exporter.reports.model import Figure, Report, Section
from exporter.reports.pages import Pages
from exporter.reports.pictures import pictures
from exporter.reports.summary import about, headlines, simulated, tiles
from exporter.reports.theme import FOOTER, HEADER, HEIGHT, MARGIN, PLAIN, REGULAR, ROOM, style

COLUMNS = (ROOM * 0.35, ROOM * 0.15, ROOM * 0.16, ROOM * 0.16, ROOM * 0.18)
ROW = 13.2


def pdf(report: Report) -> bytes:
    """Return the document."""
    theme.embed_fonts()
    out = BytesIO()
    document = BaseDocTemplate(
        out,
        pagesize=A4,
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        title=f"{report.company}: weekly report {report.week.name}",
        author=report.company,
        subject=report.week.days,
        creator="JobHive exporter",
        lang="en",
        invariant=1,
        pageCompression=1,
    )
    frame = Frame(MARGIN, FOOTER, ROOM, HEIGHT - FOOTER - HEADER, 0, 0, 0, 0)
    document.addPageTemplates(PageTemplate(frames=[frame]))
    document.build(list(_story(report)), canvasmaker=partial(Pages, report))
    return out.getvalue()


def _story(report: Report) -> Iterator[Flowable]:
    yield from _title(report)
    yield Tiles(tiles(report))
    yield Spacer(0, 9)
    for sentence in headlines(report):
        yield Paragraph(f"•&nbsp;&nbsp;{escape(sentence)}", style(9.2))
    yield Spacer(0, 4)
    for section in report.sections:
        yield from _section(report, section)
    yield from _about(report)


def _title(report: Report) -> Iterator[Flowable]:
    left = [
        Paragraph(escape(report.company), style(10, bold=True, colour=theme.ACCENT)),
        Spacer(0, 2),
        Paragraph("Weekly report", style(22, bold=True, colour=theme.NAVY)),
    ]
    right = [
        Paragraph(f"Week {report.week.number}", style(13, bold=True, colour=theme.NAVY, right=True)),
        Paragraph(report.week.days, style(9, colour=theme.MUTED, right=True)),
        Paragraph(f"compared with week {report.week.before().number}", style(9, colour=theme.MUTED, right=True)),
    ]
    table = Table([[left, right]], colWidths=[ROOM * 0.5, ROOM * 0.5], style=PLAIN)
    yield table
    yield from (Paragraph(escape(one), style(8.5, colour=theme.WARNING)) for one in simulated(report))
    yield Spacer(0, 8)


def _section(report: Report, section: Section) -> Iterator[Flowable]:
    heading = Table(
        [[
            Paragraph(escape(section.title), style(12, bold=True, colour=theme.NAVY)),
            Paragraph(escape(section.as_of), style(7.4, colour=theme.MUTED, right=True)),
        ]],
        colWidths=[ROOM * 0.5, ROOM * 0.5],
        style=PLAIN,
    )  # fmt: skip
    if section.unavailable:
        text = Paragraph(f"Unavailable: {escape(section.unavailable)}", style(9, colour=theme.MUTED))
        yield KeepTogether([Spacer(0, 11), heading, Spacer(0, 4), text])
        return
    drawn = pictures(report, section.name)
    opening = [Spacer(0, 11), heading, Spacer(0, 5)]
    remarks = [Paragraph(escape(one), style(7.4, colour=theme.MUTED)) for one in section.remarks]
    yield KeepTogether([*opening, *drawn, _figures(section), *remarks])


def _figures(section: Section) -> Table:
    titles = enumerate(("", "Window", "This week", "Week before", "Change"))
    head = [Paragraph(title, style(7.4, colour=theme.MUTED, right=number > 1)) for number, title in titles]
    rows = [head, *(_row(one) for one in section.figures)]
    table = Table(rows, colWidths=COLUMNS, rowHeights=[12] + [ROW] * len(section.figures), repeatRows=1)
    table.setStyle(
        TableStyle(
            [
                ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
                ("FONTNAME", (0, 0), (-1, -1), REGULAR),
                *((edge, (0, 0), (-1, -1), 0) for edge in ("TOPPADDING", "BOTTOMPADDING")),
                ("LEFTPADDING", (0, 0), (-1, -1), 3),
                ("RIGHTPADDING", (0, 0), (-1, -1), 3),
                ("LINEBELOW", (0, 0), (-1, 0), 0.6, theme.PALE),
                ("LINEBELOW", (0, 1), (-1, -1), 0.3, theme.RULE),
            ]
        )
    )
    return table


def _row(figure: Figure) -> list[Any]:
    faint = theme.FAINT.hexval().replace("0x", "#")
    mark = f'<font name="{REGULAR}" color="{faint}">≈</font> ' if figure.approximate else ""
    before = figure.shown_before if figure.value is not None else ""
    return [
        Paragraph(escape(figure.name), style(8.6)),
        Paragraph(escape(figure.window), style(7.6, colour=theme.MUTED)),
        Paragraph(f"{mark}{escape(figure.shown)}", style(8.6, bold=True, right=True)),
        Paragraph(escape(before), style(8.6, colour=theme.MUTED, right=True)),
        Change(figure, COLUMNS[-1] - 6),
    ]


def _about(report: Report) -> Iterator[Flowable]:
    """Yield what has to be known about the figures."""
    heading = Paragraph("About this report", style(12, bold=True, colour=theme.NAVY))
    yield KeepTogether([Spacer(0, 13), heading, Spacer(0, 4), *_topics(report)])


def _topics(report: Report) -> Iterator[Flowable]:
    for title, sentences in about(report):
        cells = [
            Paragraph(escape(title), style(8.4, bold=True)),
            [Paragraph(escape(one), style(8.4)) for one in sentences],
        ]
        yield Table([cells], colWidths=[ROOM * 0.2, ROOM * 0.8], style=_TOP)


_TOP = TableStyle(
    [
        *((edge, (0, 0), (-1, -1), 2) for edge in ("TOPPADDING", "BOTTOMPADDING")),
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("FONTNAME", (0, 0), (-1, -1), REGULAR),
        ("LINEABOVE", (0, 0), (-1, 0), 0.3, theme.RULE),
    ]
)
