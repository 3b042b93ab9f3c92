"""Charts of a report as inline SVG: lines over time or over a rate, with a scale of round numbers. Colours come from the page's style sheet
(html.py), so that they are right on light and dark pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from math import floor, isfinite, log10

WIDTH, HEIGHT = 640, 240
LEFT, RIGHT, TOP, BOTTOM = 52, 14, 40, 34
_TICKS = 5


def round_step(span: float, ticks: int = _TICKS) -> float:
    """1, 2 or 5 times a power of ten, so that about `ticks` of them make the span."""
    raw = span / ticks
    power: float = 10.0 ** floor(log10(raw))
    return next((factor * power for factor in (1.0, 2.0, 5.0) if factor * power >= raw * 0.999), 10 * power)


@dataclass(frozen=True, slots=True)
class Line:
    """values: None where there is none; the line is broken there. steps: drawn as bars."""

    name: str
    values: Sequence[float | None]
    bars: bool = False


@dataclass(slots=True)
class Chart:
    """x: of all lines. y_limit: a line across, such as a limit that was set."""

    title: str
    x: Sequence[float]
    x_unit: str
    y_unit: str
    lines: list[Line] = field(default_factory=list)
    y_limit: float | None = None
    dots: bool = False

    def svg(self) -> str:
        """"" when there is nothing to draw."""
        values = [v for line in self.lines for v in line.values if v is not None and isfinite(v)]
        if not self.x or not values:
            return ""
        if self.y_limit is not None:
            values.append(self.y_limit)
        low, high = min(0.0, *values), max(values)
        span = high - low
        step = round_step(span if span > 1e-9 else 1.0)
        bottom = step * floor(low / step)
        top = step * -floor(-high / step)
        first, last = min(self.x), max(self.x)
        scale = _Scale(first, last if last > first else first + 1, bottom, max(top, bottom + step))
        parts = [
            f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(self.title)}">',
            f'<text class="title" x="{LEFT}" y="16">{escape(self.title)}</text>',
            *self._grid(scale, step),
            *self._legend(),
        ]
        for n, line in enumerate(self.lines):
            parts.append(self._bars(scale, line, n) if line.bars else self._path(scale, line, n))
        if self.y_limit is not None:
            y = scale.y(self.y_limit)
            parts.append(f'<path class="limit" d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}"/>')
        return "".join([*parts, "</svg>"])

    def _grid(self, scale: _Scale, step: float) -> list[str]:
        out = []
        for n in range(round((scale.top - scale.bottom) / step) + 1):
            value = scale.bottom + n * step
            y = scale.y(value)
            out.append(f'<path class="grid" d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}"/>')
            out.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:g}</text>')
        x_step = round_step(scale.last - scale.first, 8)
        begin = -floor(-scale.first / x_step)
        for n in range(begin, floor(scale.last / x_step + 1e-3) + 1):
            at = n * x_step
            out.append(f'<text x="{scale.x(at):.1f}" y="{HEIGHT - BOTTOM + 15}" text-anchor="middle">{at:g}</text>')
        out.append(f'<text x="{WIDTH - RIGHT}" y="{HEIGHT - 4}" text-anchor="end">{escape(self.x_unit)}</text>')
        out.append(f'<text x="{LEFT - 6}" y="{TOP - 10}" text-anchor="end">{escape(self.y_unit)}</text>')
        return out

    def _legend(self) -> list[str]:
        out, x = [], LEFT + 4.0
        for n, line in enumerate(self.lines):
            out.append(f'<path class="c{n} line" d="M{x} {TOP - 13}h14"/><text x="{x + 18}" y="{TOP - 9}">{escape(line.name)}</text>')
            # a sign of Chinese is about twice as wide as a letter
            x += 34 + sum(12.5 if ord(sign) > 0x2E80 else 6.6 for sign in line.name)
        return out

    def _path(self, scale: _Scale, line: Line, n: int) -> str:
        path, marks, drawing = "", "", False
        for x, value in zip(self.x, line.values, strict=True):
            good = value is not None and isfinite(value)
            if good:
                assert value is not None
                path += f"{'L' if drawing else 'M'}{scale.x(x):.1f} {scale.y(value):.1f}"
                if self.dots or len(self.x) == 1:
                    marks += f'<circle class="c{n} dot" cx="{scale.x(x):.1f}" cy="{scale.y(value):.1f}" r="3"/>'
            drawing = good
        return f'<path class="c{n} line" d="{path}"/>{marks}'

    def _bars(self, scale: _Scale, line: Line, n: int) -> str:
        width = max(1.0, 0.7 * (WIDTH - LEFT - RIGHT) / max(1, len(self.x)))
        out = ""
        for x, value in zip(self.x, line.values, strict=True):
            if value:
                y, zero = scale.y(value), scale.y(0)
                left = min(max(scale.x(x) - width / 2, LEFT), WIDTH - RIGHT - width)
                out += f'<rect class="c{n} bar" x="{left:.1f}" y="{y:.1f}" width="{width:.1f}" height="{zero - y:.1f}"/>'
        return out


@dataclass(frozen=True, slots=True)
class _Scale:
    first: float
    last: float
    bottom: float
    top: float

    def x(self, value: float) -> float:
        return LEFT + (value - self.first) / (self.last - self.first) * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        return TOP + (self.top - value) / (self.top - self.bottom) * (HEIGHT - TOP - BOTTOM)
