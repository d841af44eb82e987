"""The charts of a report, drawn as vectors: weeks as a line or as bars, a bridge of movements, shares as bars."""

from collections.abc import Callable, Sequence
from decimal import ROUND_CEILING, Decimal
from typing import Any, NamedTuple

from reportlab.lib.colors import HexColor
from reportlab.platypus import Flowable

from exporter.model import Value
from exporter.reports import theme
from exporter.reports.theme import MEDIUM, REGULAR

SMALL, TITLE = 6.8, 8.5
HEADROOM, FOOT, AXIS = 26.0, 14.0, 30.0
TICKS = 3
# Divisible by the ticks.
NICE = tuple(map(Decimal, ("1.2", "1.5", "2.1", "3", "4.5", "6", "7.5", "9", "12")))
STEPS = tuple(map(Decimal, ("1", "1.5", "2", "2.5", "5", "10", "20")))
Write = Callable[[Value], str]


class Series(NamedTuple):
    """Values with a colour and a name."""

    name: str
    values: Sequence[Value]
    colour: HexColor


class Step(NamedTuple):
    """A part of a bridge: a total stands on the ground, everything else on what was before."""

    name: str
    amount: Value
    is_total: bool = False


def nice_top(highest: float) -> float:
    """Return where an axis ends: a round number at or above the highest value."""
    if highest <= 0:
        return 1.0
    exact = Decimal(str(highest))
    size = Decimal(1).scaleb(exact.adjusted())
    step = next(factor for factor in NICE if factor * size >= exact)
    return float(step * size)


def nice_bounds(values: Sequence[float]) -> tuple[float, float]:
    """Return the ends of an axis that need not begin at 0: round numbers around the values."""
    low, high = min(values), max(values)
    span = (high - low) or abs(high) or 1.0
    size = Decimal(1).scaleb(Decimal(str(span / TICKS)).adjusted())
    step = next(factor * size for factor in STEPS if factor * size * TICKS >= Decimal(str(span)) * Decimal("1.15"))
    bottom = (Decimal(str(low)) // step) * step
    if bottom + TICKS * step < Decimal(str(high)):
        step *= 2
        bottom = (Decimal(str(low)) // step) * step
    steps = ((Decimal(str(high)) - bottom) / step).to_integral_value(ROUND_CEILING)
    return float(bottom), float(bottom + max(steps, Decimal(1)) * step)


class Chart(Flowable):  # type: ignore[misc]
    """A frame with a title and horizontal lines; subclasses draw what is in it."""

    def __init__(self, title: str, subtitle: str, width: float, height: float, write: Write) -> None:
        super().__init__()
        self.title, self.subtitle, self.write = title, subtitle, write
        self.width, self.height = width, height

    def wrap(self, *_: float) -> tuple[float, float]:
        """Return the size, whatever there is."""
        return self.width, self.height

    def draw(self) -> None:
        """Draw frame and content."""
        canvas = self.canv
        canvas.setFont(MEDIUM, TITLE)
        canvas.setFillColor(theme.INK)
        canvas.drawString(0, self.height - TITLE, self.title)
        canvas.setFont(REGULAR, SMALL)
        canvas.setFillColor(theme.MUTED)
        canvas.drawString(0, self.height - TITLE - 10, self.subtitle)
        self.content(canvas)

    def content(self, canvas: Any) -> None:
        """Draw what is in the frame."""
        raise NotImplementedError

    def grid(self, canvas: Any, low: float, high: float) -> Callable[[float], float]:
        """Draw the axis, and return what places a value."""
        top = self.height - HEADROOM
        canvas.setLineWidth(0.4)
        for tick in range(TICKS + 1):
            value = low + (high - low) * tick / TICKS
            y = FOOT + (top - FOOT) * tick / TICKS
            canvas.setStrokeColor(theme.RULE)
            canvas.line(AXIS, y, self.width, y)
            canvas.setFont(REGULAR, SMALL)
            canvas.setFillColor(theme.FAINT)
            canvas.drawRightString(AXIS - 4, y - 2.3, self.write(value))
        return lambda value: FOOT + (top - FOOT) * (value - low) / (high - low)

    def week_names(self, canvas: Any, names: Sequence[str], centre: Callable[[int], float]) -> None:
        """Write every fourth week below the axis, counted from the last one."""
        canvas.setFont(REGULAR, SMALL)
        canvas.setFillColor(theme.FAINT)
        for number, name in enumerate(names):
            if (len(names) - 1 - number) % 4 == 0:
                canvas.drawCentredString(centre(number), 3, name.partition("-")[2])


class WeekLine(Chart):
    """A value at the end of each week, as a line; its axis shows where it moves, not 0."""

    def __init__(self, title: str, subtitle: str, size: tuple[float, float], write: Write, weeks: Sequence[str],
                 values: Sequence[Value]) -> None:  # fmt: skip
        super().__init__(title, subtitle, *size, write)
        self._weeks, self._values = weeks, [float(value) for value in values]

    def content(self, canvas: Any) -> None:
        """Draw the line, its area, and its last point."""
        place = self.grid(canvas, *nice_bounds(self._values))
        step = (self.width - AXIS - 12) / max(len(self._values) - 1, 1)
        points = [(AXIS + 6 + number * step, place(value)) for number, value in enumerate(self._values)]
        area = canvas.beginPath()
        area.moveTo(points[0][0], FOOT)
        for x, y in points:
            area.lineTo(x, y)
        area.lineTo(points[-1][0], FOOT)
        area.close()
        canvas.setFillColor(theme.ACCENT, alpha=0.09)
        canvas.drawPath(area, stroke=0, fill=1)
        canvas.setFillAlpha(1)
        stroke(canvas, points, 1.4)
        canvas.setFillColor(theme.ACCENT)
        canvas.circle(*points[-1], 2.4, stroke=0, fill=1)
        self.week_names(canvas, self._weeks, lambda number: points[number][0])


class WeekBars(Chart):
    """Values of each week on top of each other, as bars; the last week stands out."""

    def __init__(self, title: str, size: tuple[float, float], write: Write, weeks: Sequence[str],
                 series: Sequence[Series]) -> None:  # fmt: skip
        super().__init__(title, "", *size, write)
        self._weeks, self._series = weeks, series

    def content(self, canvas: Any) -> None:
        """Draw the bars, and what their colours mean."""
        totals = [sum(float(one.values[number]) for one in self._series) for number in range(len(self._weeks))]
        place = self.grid(canvas, 0, nice_top(max(totals)))
        slot = (self.width - AXIS) / len(self._weeks)
        for number in range(len(self._weeks)):
            below = 0.0
            for one in self._series:
                value = float(one.values[number])
                x, bottom, top = AXIS + number * slot + slot * 0.17, place(below), place(below + value)
                canvas.setFillColor(one.colour)
                canvas.rect(x, bottom, slot * 0.66, top - bottom, stroke=0, fill=1)
                below += value
        self.week_names(canvas, self._weeks, lambda number: AXIS + (number + 0.5) * slot)
        self._legend(canvas)

    def _legend(self, canvas: Any) -> None:
        x, y = 0.0, self.height - TITLE - 10
        for one in self._series:
            canvas.setFillColor(one.colour)
            canvas.rect(x, y, 5.5, 5.5, stroke=0, fill=1)
            canvas.setFont(REGULAR, SMALL)
            canvas.setFillColor(theme.MUTED)
            canvas.drawString(x + 8, y + 0.2, one.name)
            x += 18 + canvas.stringWidth(one.name, REGULAR, SMALL)


class Bridge(Chart):
    """How one total became another: what was added in green, what was lost in red."""

    def __init__(
        self, title: str, subtitle: str, size: tuple[float, float], write: Write, steps: Sequence[Step]
    ) -> None:
        super().__init__(title, subtitle, *size, write)
        self._steps = steps

    def content(self, canvas: Any) -> None:
        """Draw the steps, each with its amount above it."""
        edges = self._edges()
        # The ground is not 0, where movements could not be seen.
        low, high = nice_bounds([end for _, end in edges])
        place = self.grid(canvas, low, high)
        slot = (self.width - AXIS) / len(self._steps)
        for number, (step, (start, end)) in enumerate(zip(self._steps, edges, strict=True)):
            x = AXIS + number * slot + slot * 0.15
            bottom, top = sorted((low if step.is_total else start, end))
            canvas.setFillColor(_colour(step))
            canvas.rect(x, place(bottom), slot * 0.7, max(place(top) - place(bottom), 0.7), stroke=0, fill=1)
            if number + 1 < len(edges):
                canvas.setStrokeColor(theme.FAINT)
                canvas.setLineWidth(0.4)
                canvas.line(x + slot * 0.7, place(end), x + slot, place(end))
            canvas.setFont(MEDIUM, SMALL)
            canvas.setFillColor(theme.INK)
            canvas.drawCentredString(x + slot * 0.35, place(top) + 2.6, self.write(step.amount))
            canvas.setFont(REGULAR, SMALL)
            canvas.setFillColor(theme.MUTED)
            canvas.drawCentredString(x + slot * 0.35, 3, step.name)

    def _edges(self) -> list[tuple[float, float]]:
        found, level = [], 0.0
        for step in self._steps:
            end = float(step.amount) if step.is_total else level + float(step.amount)
            found.append((level, end))
            level = end
        return found


def _colour(step: Step) -> HexColor:
    if step.is_total or not step.amount:
        return theme.NAVY if step.is_total else theme.FAINT
    return theme.GOOD if step.amount > 0 else theme.BAD


class Shares(Chart):
    """Parts of a whole as horizontal bars, each with its amount."""

    def __init__(
        self, title: str, subtitle: str, width: float, write: Write, rows: Sequence[tuple[str, Value, str]]
    ) -> None:
        super().__init__(title, subtitle, width, HEADROOM + 2 + 13 * len(rows), write)
        self._rows = rows

    def content(self, canvas: Any) -> None:
        """Draw the bars; what is below 0, like a credit, has none."""
        names = self.width * 0.47
        room = self.width - names - 104
        highest = max((float(value) for _, value, _ in self._rows), default=0) or 1.0
        for number, (name, value, changed) in enumerate(self._rows):
            y = self.height - HEADROOM - 10 - 13 * number
            canvas.setFont(REGULAR, 8)
            canvas.setFillColor(theme.INK)
            canvas.drawString(0, y, fitted(canvas, name, names - 8))
            canvas.setFillColor(theme.ACCENT)
            canvas.rect(names, y - 0.6, max(float(value) / highest * room, 0), 7, stroke=0, fill=1)
            canvas.setFillColor(theme.INK)
            canvas.drawRightString(self.width - 52, y, self.write(value))
            canvas.setFillColor(theme.MUTED)
            canvas.drawRightString(self.width, y, changed)


def stroke(canvas: Any, points: Sequence[tuple[float, float]], width: float) -> None:
    """Draw a line through points."""
    path = canvas.beginPath()
    path.moveTo(*points[0])
    for point in points[1:]:
        path.lineTo(*point)
    canvas.setStrokeColor(theme.ACCENT)
    canvas.setLineWidth(width)
    canvas.setLineJoin(1)
    canvas.drawPath(path, stroke=1, fill=0)


def fitted(canvas: Any, text: str, room: float, font: str = REGULAR, size: float = 8) -> str:
    """Return a text, or its beginning if there is no room for all of it."""
    while text and canvas.stringWidth(text, font, size) > room:
        text = text.removesuffix("…")[:-1] + "…" if len(text) > 1 else ""
    return text
