"""The report as a PDF and as HTML: whole, the same for the same data, and read back by strangers."""

import re
from datetime import timedelta
from decimal import Decimal
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from exporter.reports.charts import nice_bounds, nice_top
from exporter.reports.html import html
from exporter.reports.making import Made
from exporter.reports.model import Episode, Report
from exporter.reports.pdf import pdf
from exporter.reports.summary import headlines
from exporter.reports.text import text
from exporter.reports.weekly import Circumstances, weekly
from tests.reports.making import MARCH, configured, evidence, made, sample, small


@pytest.fixture(scope="module")
def march(reported: str, tmp_path_factory: pytest.TempPathFactory) -> Made:
    return made(configured(tmp_path_factory.mktemp("march"), reported), "2026-W11")


def words(document: bytes) -> str:
    """Return the text of all pages, in one line; the library cannot tell one kind of space from another."""
    pages = (page.extract_text() for page in PdfReader(BytesIO(document)).pages)
    return " ".join(" ".join(pages).split())


class Reader(HTMLParser):
    """Collects the text, and what would be fetched or run."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.tags: list[str] = []
        self.foreign: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.foreign += [value or "" for name, value in attrs if name in ("src", "href", "background")]

    def handle_data(self, data: str) -> None:
        self.parts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.parts).split())


def fonts(page: Any) -> list[Any]:
    return [font.get_object() for font in page["/Resources"]["/Font"].values()]


def test_every_figure_is_in_the_pdf_the_html_and_the_text(march: Made) -> None:
    report = march.report
    texts = {"pdf": words(march.document), "html": Reader(html(report)).text, "text": " ".join(text(report).split())}
    for name, found in texts.items():
        for section in report.sections:
            assert section.title in found, name
            for figure in section.figures:
                if figure.value is not None:
                    row = (figure.name, figure.window, figure.shown, figure.shown_before, figure.change)
                    assert [part for part in row if " ".join(part.split()) not in found] == [], (name, row)
        for sentence in headlines(report):
            assert sentence in found, name
        assert "Mon 9 – Sun 15 March 2026" in found
        assert "not configured" in found


def test_the_pdf_is_the_same_for_the_same_report_and_bears_the_date_of_the_week(march: Made) -> None:
    assert pdf(march.report) == march.document
    about = PdfReader(BytesIO(march.document)).metadata
    assert about
    assert (about.title, about.author, about.subject) == (
        "JobHive: weekly report 2026-W11",
        "JobHive",
        "Mon 9 – Sun 15 March 2026",
    )
    assert about.creation_date == about.modification_date == MARCH.end
    other = small(company="Other")
    assert pdf(other) != pdf(small())


def test_the_pdf_stands_alone(march: Made) -> None:
    """Every font is embedded, nothing is fetched, and charts are no images."""
    pages: Any = PdfReader(BytesIO(march.document)).pages
    assert 1 <= len(pages) <= 4
    for number, page in enumerate(pages, 1):
        assert f"Page {number} of {len(pages)}" in page.extract_text()
        assert not page["/Resources"].get("/XObject")
        assert "/Annots" not in page
        assert fonts(page)
        assert [font["/BaseFont"] for font in fonts(page) if "/FontFile2" not in font.get("/FontDescriptor", {})] == []
    drawn = pages[0].get_contents().get_data().decode("latin-1")
    assert drawn.count(" l ") + drawn.count(" re ") > 40
    assert len(march.document) < 100_000


@pytest.mark.parametrize("gone", ["revenue", "engagement", "system"])
def test_a_report_with_missing_parts_is_drawn(gone: str) -> None:
    sources = {
        "revenue": [sample("jobhive_mrr", 85, currency="USD")],
        "engagement": [sample("jobhive_active_users", 12, window="7d")],
        "system": [sample("jobhive_api_requests", 100, window="7d")],
    }
    del sources[gone]
    now = evidence(MARCH.end, {gone: "connect: nobody there"}, **sources)
    report = weekly(MARCH, now, evidence(MARCH.before().end), Circumstances())
    for found in (words(pdf(report)), Reader(html(report)).text, text(report)):
        assert "Unavailable: connect: nobody there" in found


def alerted(count: int) -> Report:
    start = MARCH.window.start
    found = [
        Episode("JobHiveMRRDrop", "critical", "MRR fell by 6% & more <fast>", start + timedelta(hours=n), None)
        for n in range(count)
    ]
    ended = Episode("JobHiveAISlow", "warning", "", start, start + timedelta(hours=1))
    return small(alerts=(ended, *found))


def test_what_alerted_is_told() -> None:
    for found in (words(pdf(alerted(1))), Reader(html(alerted(1))).text, " ".join(text(alerted(1)).split())):
        assert "2 alerts fired, 1 of them still firing." in found
        assert "JobHiveMRRDrop (critical), Mon 09 Mar 00:00 – still firing: MRR fell by 6% & more <fast>" in found
        assert "JobHiveAISlow (warning), Mon 09 Mar 00:00 – Mon 09 Mar 01:00: " in found
    assert "No alert fired during the week." in text(small(alerts=()))
    assert "Not known: no daemon with this state file kept alerts by then." in text(small(alerts=None))
    assert "and 13 more" in words(pdf(alerted(20)))


def test_what_is_simulated_is_said() -> None:
    for found in (
        words(pdf(small(simulated=("aws", "datadog")))),
        Reader(html(small(simulated=("aws", "datadog")))).text,
    ):
        assert "What comes from AWS Cost Explorer and Datadog is simulated, not real." in found
    assert "simulated" not in text(small())


def test_strange_texts_stay_texts() -> None:
    report = small(company="<b>Ü & Söhne</b>", failing=("collector <x> & co",))
    assert "<b>Ü & Söhne</b>" in words(pdf(report))
    page = Reader(html(report))
    assert "<b>Ü & Söhne</b>" in page.text
    assert "b" not in page.tags
    assert "collector <x> & co" in words(pdf(report))


def test_the_html_fetches_and_runs_nothing(march: Made) -> None:
    page = Reader(html(march.report))
    assert page.foreign == []
    assert not {"script", "img", "link", "iframe", "form"} & set(page.tags)
    assert "prefers-color-scheme: dark" in html(march.report)
    assert "url(" not in html(march.report)


def test_no_number_is_longer_than_it_should_be(march: Made) -> None:
    report = small()
    for found in (words(march.document), Reader(html(report)).text, text(report)):
        assert re.findall(r"\d\.\d{4,}", found) == []


@pytest.mark.parametrize(
    ("highest", "top"), [(0, 1), (1, 1.2), (524, 600), (305, 450), (1_000_000, 1_200_000), (0.5, 0.6)]
)
def test_an_axis_ends_at_a_round_number(highest: float, top: float) -> None:
    assert nice_top(highest) == top


@pytest.mark.parametrize(
    "values", [[85.0, 85.0], [17500.86, 17646.71, 17785.36], [0.0, 0.0], [115.0, 85.0], [0.001, 0.0012]]
)
def test_an_axis_holds_its_values(values: list[float]) -> None:
    low, high = nice_bounds(values)
    assert low <= min(values)
    assert max(values) <= high
    assert low < high


def test_extreme_values_are_drawn() -> None:
    """A company without revenue, one with far too much of it, and weeks with nothing in them."""
    for value in (Decimal(0), Decimal("99999999999.99"), Decimal(-5)):
        weeks = [f"2026-W{number:02}" for number in range(1, 14)]
        trends = [sample("jobhive_mrr", value, currency="USD", window=week) for week in weeks]
        trends += [sample("jobhive_active_users", 0, window=week) for week in weeks]
        moved = [sample("jobhive_mrr_at_start", value, currency="USD", window="week")]
        moved += [sample("jobhive_mrr_net_new", value, currency="USD", window="week")]
        found = evidence(
            MARCH.end, revenue=[sample("jobhive_mrr", value, currency="USD")], revenue_week=moved, trends=trends
        )
        assert words(pdf(weekly(MARCH, found, found, Circumstances())))


def test_files_are_for_their_owner_alone(march: Made, tmp_path: Path) -> None:
    from exporter.reports.sending import write

    write(march, tmp_path / "new" / "folder")
    files = sorted((tmp_path / "new" / "folder").iterdir())
    assert [file.name for file in files] == ["weekly-2026-W11.html", "weekly-2026-W11.pdf"]
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    assert files[1].read_bytes() == march.document
