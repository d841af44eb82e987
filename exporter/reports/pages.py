"""The pages of a document: header, footer, how many there are, and the date that it bears."""

from datetime import datetime
from time import gmtime
from typing import Any

from reportlab.pdfgen.canvas import Canvas

from exporter.reports import theme
from exporter.reports.model import Report
from exporter.reports.theme import FOOTER, HEIGHT, MARGIN, REGULAR, WIDTH


class Pages(Canvas):  # type: ignore[misc]
    """Keeps every page until all are there, since each of them tells how many there are."""

    def __init__(self, report: Report, *args: Any, **options: Any) -> None:
        # Its own default is a font that nobody embeds.
        super().__init__(*args, **options | {"initialFontName": REGULAR})
        self._report = report
        self._kept: list[dict[str, Any]] = []
        _date(self._doc, report.week.end)

    def showPage(self) -> None:  # noqa: N802 - the library's name
        """Keep a page."""
        self._kept.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        """Write all pages, each with its header and footer."""
        for number, page in enumerate(self._kept, 1):
            self.__dict__.update(page)
            self._frame(number, len(self._kept))
            super().showPage()
        super().save()

    def _frame(self, number: int, of: int) -> None:
        report = self._report
        self.setStrokeColor(theme.RULE)
        self.setLineWidth(0.5)
        self.line(MARGIN, FOOTER - 6, WIDTH - MARGIN, FOOTER - 6)
        self.setFont(REGULAR, 7.2)
        self.setFillColor(theme.MUTED)
        self.drawString(MARGIN, FOOTER - 16, f"{report.company} · Weekly report {report.week.name} · Confidential")
        self.drawRightString(WIDTH - MARGIN, FOOTER - 16, f"Page {number} of {of}")
        if number > 1:
            self.drawString(MARGIN, HEIGHT - 22, report.week.days)


def _date(document: Any, end: datetime) -> None:
    """Date the document at the end of its week, not when it was made."""
    stamp, moment = document._timeStamp, gmtime(end.timestamp())  # noqa: SLF001 - the library has no other way
    stamp.t, stamp.lt, stamp.YMDhms = end.timestamp(), moment, tuple(moment)[:6]
