"""How a report looks: colours, fonts that are embedded, and the styles of its texts."""

from importlib.resources import as_file, files
from threading import Lock

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import TableStyle

REGULAR, MEDIUM = "Roboto-Regular", "Roboto-Medium"
INK, NAVY, MUTED, FAINT = HexColor(0x1B2430), HexColor(0x14213D), HexColor(0x5B6775), HexColor(0x8A95A3)
RULE, BAND, PAPER = HexColor(0xDDE3EA), HexColor(0xF4F6F9), HexColor(0xFFFFFF)
ACCENT, SECOND, PALE = HexColor(0x2F5FE0), HexColor(0x8FB0F7), HexColor(0xC9D3E0)
GOOD, BAD, WARNING = HexColor(0x157A3C), HexColor(0xC0281C), HexColor(0x9A6700)
MOODS = {1: GOOD, 0: MUTED, -1: BAD}
WIDTH, HEIGHT = A4
MARGIN, GAP = 17 * mm, 5 * mm
ROOM = WIDTH - 2 * MARGIN
HEADER, FOOTER = 34.0, 30.0
PLAIN = TableStyle(
    [
        *((edge, (0, 0), (-1, -1), 0) for edge in ("LEFTPADDING", "RIGHTPADDING", "TOPPADDING", "BOTTOMPADDING")),
        ("VALIGN", (0, 0), (-1, -1), "BOTTOM"),
        ("FONTNAME", (0, 0), (-1, -1), REGULAR),
    ]
)
_registering = Lock()


def embed_fonts() -> None:
    """Make the fonts known to the library, which keeps them by name for the whole process."""
    with _registering:
        for name in (REGULAR, MEDIUM):
            if name not in pdfmetrics.getRegisteredFontNames():
                with as_file(files("exporter.reports") / "fonts" / f"{name}.ttf") as path:
                    pdfmetrics.registerFont(TTFont(name, str(path)))


def style(size: float, *, bold: bool = False, colour: HexColor = INK, right: bool = False) -> ParagraphStyle:
    """Return a style of text; lines are a third higher than letters."""
    name = f"{size}-{bold}-{colour.hexval()}-{right}"
    font = MEDIUM if bold else REGULAR
    found = ParagraphStyle(name, fontName=font, fontSize=size, leading=size * 1.35, textColor=colour)
    if right:
        found.alignment = TA_RIGHT
    return found
