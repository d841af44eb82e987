"""A report as plain text, for terminals and for mail programs without HTML. Pure."""

from collections.abc import Iterator
from textwrap import wrap

from exporter.reports.model import Figure, Report, Section
from exporter.reports.summary import about, headlines, simulated

WIDTH = 94


def text(report: Report) -> str:
    """Return the whole report."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    title = f"{report.company}: weekly report, week {report.week.number}"
    yield from (title, "=" * len(title), f"{report.week.days}, compared with week {report.week.before().number}")
    yield from simulated(report)
    yield ""
    for sentence in headlines(report):
        yield from wrap(sentence, WIDTH, initial_indent="* ", subsequent_indent="  ")
    for section in report.sections:
        yield from _section(section)
    yield from ("", "About this report", "-----------------")
    for title, sentences in about(report):
        yield f"{title}:"
        for sentence in sentences:
            yield from wrap(sentence, WIDTH, initial_indent="  ", subsequent_indent="  ")


def _section(section: Section) -> Iterator[str]:
    yield from ("", section.title, "-" * len(section.title))
    if section.unavailable:
        yield f"Unavailable: {section.unavailable}"
        return
    yield section.as_of
    yield f"{'':36}{'window':20}{'this week':>14}{'week before':>14}   change"
    yield from map(_row, section.figures)
    yield from section.remarks


def _row(figure: Figure) -> str:
    value = f"{'≈ ' if figure.approximate else ''}{figure.shown}"
    row = f"{figure.name:36}{figure.window:20}{value:>14}"
    return f"{row}   {figure.reason}" if figure.value is None else f"{row}{figure.shown_before:>14}   {figure.change}"
