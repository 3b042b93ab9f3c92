"""Line charts as SVG, written by hand: few octets, no library, readable on light and dark pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from math import isfinite

WIDTH, HEIGHT = 760, 340
LEFT, RIGHT, TOP, BOTTOM = 56, 150, 40, 46
COLOURS = ("#0b62c4", "#d1495b", "#2a9134", "#8a5cc2", "#c77d0a")


@dataclass(slots=True)
class Chart:
    title: str
    x_label: str
    y_label: str
    x_range: tuple[float, float]
    y_range: tuple[float, float]
    x_step: float
    y_step: float
    lines: list[tuple[str, Sequence[float], Sequence[float]]] = field(default_factory=list)
    marks: list[tuple[float, str]] = field(default_factory=list)  # upright lines with a word

    def _x(self, value: float) -> float:
        low, high = self.x_range
        return LEFT + (value - low) / (high - low) * (WIDTH - LEFT - RIGHT)

    def _y(self, value: float) -> float:
        low, high = self.y_range
        return TOP + (high - min(max(value, low), high)) / (high - low) * (HEIGHT - TOP - BOTTOM)

    def _grid(self) -> list[str]:
        out = []
        x, bottom, right = self.x_range[0], HEIGHT - BOTTOM, WIDTH - RIGHT
        while x <= self.x_range[1] + 1e-9:
            out.append(f'<path class="g" d="M{self._x(x):.1f} {TOP}V{bottom}"/>')
            out.append(f'<text x="{self._x(x):.1f}" y="{bottom + 16}" text-anchor="middle">{x:g}</text>')
            x += self.x_step
        y = self.y_range[0]
        while y <= self.y_range[1] + 1e-9:
            out.append(f'<path class="g" d="M{LEFT} {self._y(y):.1f}H{right}"/>')
            out.append(f'<text x="{LEFT - 8}" y="{self._y(y) + 4:.1f}" text-anchor="end">{y:g}</text>')
            y += self.y_step
        out.append(f'<text x="{(LEFT + right) / 2:.0f}" y="{HEIGHT - 10}" text-anchor="middle">{escape(self.x_label)}</text>')
        middle = (TOP + bottom) / 2
        out.append(f'<text x="14" y="{middle:.0f}" text-anchor="middle" transform="rotate(-90 14 {middle:.0f})">{escape(self.y_label)}</text>')
        for at, text in self.marks:
            out.append(f'<path class="m" d="M{self._x(at):.1f} {TOP}V{bottom}"/>')
            out.append(f'<text x="{self._x(at) + 4:.1f}" y="{TOP + 12}">{escape(text)}</text>')
        return out

    def _path(self, xs: Sequence[float], ys: Sequence[float]) -> str:
        """Broken where there is no value."""
        out, drawing = "", False
        for x, y in zip(xs, ys, strict=True):
            if isfinite(y):
                out += f"{'L' if drawing else 'M'}{self._x(x):.1f} {self._y(y):.1f}"
            drawing = isfinite(y)
        return out

    def svg(self) -> str:
        out = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">',
            "<style>.g{stroke:#ddd}.m{stroke:#888;stroke-dasharray:4 3}.l{fill:none;stroke-width:1.8;stroke-linejoin:round}</style>",
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
            f'<text x="{LEFT}" y="22" font-size="14" font-weight="bold">{escape(self.title)}</text>',
            *self._grid(),
        ]
        for n, (name, xs, ys) in enumerate(self.lines):
            colour, y = COLOURS[n % len(COLOURS)], TOP + 14 + 20 * n
            out.append(f'<path class="l" stroke="{colour}" d="{self._path(xs, ys)}"/>')
            out.append(f'<path class="l" stroke="{colour}" d="M{WIDTH - RIGHT + 12} {y - 4}h18"/>')
            out.append(f'<text x="{WIDTH - RIGHT + 36}" y="{y}">{escape(name)}</text>')
        return "\n".join([*out, "</svg>\n"])
