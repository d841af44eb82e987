"""What the library does not draw by itself: tiles with a large number, and changes with an arrow."""

from collections.abc import Sequence
from typing import Any

from reportlab.platypus import Flowable

from exporter.reports import theme
from exporter.reports.charts import fitted, stroke
from exporter.reports.model import Figure
from exporter.reports.summary import Tile
from exporter.reports.theme import MEDIUM, REGULAR, ROOM

TILE = 76.0


class Tiles(Flowable):  # type: ignore[misc]
    """The figures that everybody asks for, side by side."""

    def __init__(self, shown: Sequence[Tile]) -> None:
        super().__init__()
        self._shown = shown

    def wrap(self, *_: float) -> tuple[float, float]:
        """Return the size."""
        return ROOM, TILE

    def draw(self) -> None:
        """Draw them, all of one width."""
        canvas, gap = self.canv, 8.0
        width = (ROOM - gap * (len(self._shown) - 1)) / max(len(self._shown), 1)
        for number, tile in enumerate(self._shown):
            canvas.saveState()
            canvas.translate(number * (width + gap), 0)
            self._tile(canvas, tile, width)
            canvas.restoreState()

    def _tile(self, canvas: Any, tile: Tile, width: float) -> None:
        figure = tile.figure
        canvas.setFillColor(theme.BAND)
        canvas.roundRect(0, 0, width, TILE, 4, stroke=0, fill=1)
        canvas.setFillColor(theme.ACCENT)
        canvas.rect(0, 8, 2, 60, stroke=0, fill=1)
        canvas.setFont(MEDIUM, 8)
        canvas.setFillColor(theme.INK)
        canvas.drawString(10, 61, tile.title)
        canvas.setFont(REGULAR, 7)
        canvas.setFillColor(theme.MUTED)
        canvas.drawRightString(width - 8, 61, figure.window)
        size = 17.0
        while canvas.stringWidth(figure.shown, MEDIUM, size) > width - 18:
            size -= 0.5
        canvas.setFont(MEDIUM, size)
        canvas.setFillColor(theme.NAVY)
        canvas.drawString(10, 37, figure.shown)
        marked(canvas, fitted(canvas, figure.change, width - 24, REGULAR, 7.4), figure, (10, 24), 7.4)
        if len(tile.trend) > 1:
            _sparkline(canvas, [float(value) for value in tile.trend], (10, 7, width - 18, 11))


def _sparkline(canvas: Any, values: Sequence[float], box: tuple[float, float, float, float]) -> None:
    left, bottom, width, height = box
    low, span = min(values), (max(values) - min(values)) or 1.0
    step = width / (len(values) - 1)
    points = [(left + n * step, bottom + (value - low) / span * height) for n, value in enumerate(values)]
    stroke(canvas, points, 1)
    canvas.setFillColor(theme.ACCENT)
    canvas.circle(*points[-1], 1.6, stroke=0, fill=1)


def marked(
    canvas: Any, text: str, figure: Figure, at: tuple[float, float], size: float, *, right: bool = False
) -> None:
    """Write a change in the colour of its mood, with an arrow that tells the direction without a colour."""
    colour = theme.MOODS[figure.mood]
    arrow = 7.0 if figure.direction else 0.0
    x = at[0] - canvas.stringWidth(text, REGULAR, size) - arrow if right else at[0]
    canvas.setFillColor(colour)
    if arrow:
        path = canvas.beginPath()
        base, tip = (at[1], at[1] + 5) if figure.direction > 0 else (at[1] + 5, at[1])
        path.moveTo(x, base)
        path.lineTo(x + 5, base)
        path.lineTo(x + 2.5, tip)
        path.close()
        canvas.drawPath(path, stroke=0, fill=1)
    canvas.setFont(REGULAR, size)
    canvas.drawString(x + arrow, at[1], text)


class Change(Flowable):  # type: ignore[misc]
    """The last cell of a row."""

    def __init__(self, figure: Figure, width: float) -> None:
        super().__init__()
        self._figure, self._width = figure, width

    def wrap(self, *_: float) -> tuple[float, float]:
        """Return the size."""
        return self._width, 9

    def draw(self) -> None:
        """Draw the change, or why there is no value."""
        if self._figure.value is None:
            self.canv.setFont(REGULAR, 7.2)
            self.canv.setFillColor(theme.FAINT)
            text = fitted(self.canv, self._figure.reason, self._width * 1.9, REGULAR, 7.2)
            self.canv.drawRightString(self._width, 1.5, text)
        else:
            marked(self.canv, self._figure.change, self._figure, (self._width, 1.5), 8.2, right=True)
