"""Columns and lines with words at their marks, drawn on the server. See lib/marks.py for the small pictures."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from lib.bullets import Mark
from lib.marks import CHAR_PX, pct, svg, tone_class

# From a value to its height in pixels.
Level = Callable[[float], float]


@dataclass(frozen=True)
class Column:
    """One column: its value, the words over and under it and its tone ("open" is a dashed outline)."""

    value: float | None
    label: str
    text: str = ""
    note: str = ""
    tone: str = "accent"


@dataclass(frozen=True)
class Line:
    """One line over the positions 0..n-1; None ends it. `label` stands at its last point."""

    values: Sequence[float | None]
    label: str
    kind: str = "actual"  # actual | earlier | pace | forecast


def nice_ticks(top: float, count: int = 3) -> list[float]:
    """0 and up to `count` round steps, the last at or above `top`."""
    if top <= 0:
        return [0, 1]
    raw = top / count
    power = 10 ** math.floor(math.log10(raw))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= raw * 0.999)
    return [step * at for at in range(math.ceil(top / step - 1e-9) + 1)]


def columns(
    data: Sequence[Column], *, height: int = 190, ticks: Sequence[tuple[float, str]] = (), line: Mark | None = None,
    label: str = "",
) -> SafeString:  # fmt: skip
    """Columns with their value above and their name below; `ticks` are (value, words) of the axis, `line` a level across."""
    notes = any(column.note for column in data)
    base = height - (36 if notes else 20)
    largest = max([column.value or 0 for column in data] + [value for value, _ in ticks] + [line.value if line else 0, 1e-9])
    reach = base - 20

    def level(value: float) -> float:
        return round(base - reach * max(value, 0) / largest, 1)

    grid = format_html_join(
        "", '<line class="m-grid" x2="100%" y1="{0}" y2="{0}"/>', ((level(v),) for v, _ in ticks or [(0, "")])
    )
    # A few columns keep to the width that six would have.
    slot = 1 / max(len(data), 6)
    body = [grid, *(_column(column, slot * (at + 0.5), slot, level, base) for at, column in enumerate(data))]
    if line:
        body.append(_level_line(line, level(line.value)))
    picture = svg(SafeString(SafeString("").join(body)), width="100%", height=height, label=label, css="pic chart")
    return format_html('<div class="plot">{}{}</div>', _axis(ticks, level, height), picture)


def _column(column: Column, centre: float, slot: float, level: Level, base: int) -> SafeString:
    y = base if column.value is None else level(column.value)
    return format_html(
        '<rect class="m-col {}" x="{}" y="{}" width="{}" height="{}" rx="2"/>'
        '<text class="m-label m-label-actual" x="{}" y="{}" text-anchor="middle">{}</text>'
        '<text class="m-label" x="{}" y="{}" text-anchor="middle">{}</text>'
        '<text class="m-label" x="{}" y="{}" text-anchor="middle">{}</text>',
        tone_class(column.tone), pct(centre - slot * 0.22), y, pct(slot * 0.44), max(base - y, 0),
        pct(centre), y - 6, column.text, pct(centre), base + 16, column.label, pct(centre), base + 32, column.note,
    )  # fmt: skip


def _level_line(line: Mark, y: float) -> SafeString:
    return format_html(
        '<line class="m-mark m-mark-{0}" x2="100%" y1="{1}" y2="{1}"/>'
        '<text class="m-label m-label-{0}" x="100%" y="{2}" text-anchor="end">{3}</text>',
        line.kind, y, y - 6, line.label,
    )  # fmt: skip


def _axis(ticks: Sequence[tuple[float, str]], level: Level, height: int) -> SafeString:
    """The words of the axis in a column of their own, so that the plot may stretch."""
    if not ticks:
        return SafeString("")
    width = round(max(len(text) for _, text in ticks) * CHAR_PX) + 10
    words = format_html_join(
        "",
        '<text class="m-label" x="{}" y="{}" text-anchor="end">{}</text>',
        ((width - 8, level(v) + 4, text) for v, text in ticks),
    )
    return svg(words, width=str(width), height=height, label="", css="pic axis")


def lines(
    series: Sequence[Line], *, names: Sequence[str], ticks: Sequence[tuple[float, str]], height: int = 160,
    today: int | None = None, today_label: str = "", label: str = "",
) -> SafeString:  # fmt: skip
    """Lines over shared positions, each named at its end. `names` are (few) words under the plot, spread evenly."""
    count = max(len(line.values) for line in series)
    base, top = height - 20, max([value for value, _ in ticks] + [1e-9])
    reach = base - 12

    def level(value: float) -> float:
        return round(base - reach * value / top, 1)

    grid = format_html_join("", '<line class="m-grid" x2="100%" y1="{0}" y2="{0}"/>', ((level(v),) for v, _ in ticks))
    now = _today_line(today / max(count - 1, 1), base, today_label) if today is not None else SafeString("")
    plots = SafeString("").join(_polyline(line, count, level, height) for line in series)
    words = format_html_join(
        "",
        '<text class="m-label" x="{}" y="{}" text-anchor="{}">{}</text>',
        ((pct(at / max(len(names), 1)), height - 4, "start", name) for at, name in enumerate(names)),
    )
    body = SafeString(SafeString("").join([grid, now, plots, words]))
    picture = svg(body, width="100%", height=height, label=label, css="pic chart")
    return format_html('<div class="plot">{}{}{}</div>', _axis(ticks, level, height), picture, _ends(series, level, height))


def _polyline(line: Line, count: int, level: Level, height: int) -> SafeString:
    """The line in a box of its own that stretches, its stroke kept at its width; a line that ends early is named there."""
    known = [(at, value) for at, value in enumerate(line.values) if value is not None]
    if not known:
        return SafeString("")
    step = 1 / max(count - 1, 1)
    points = " ".join(f"{at * step * 1000:.1f},{level(value)}" for at, value in known)
    at, value = known[-1]
    name = _name_inside(line, at * step, level(value)) if at < count - 1 else ""
    dot = format_html('<circle class="m-accent" cx="{}" cy="{}" r="3.5"/>', pct(at * step), level(value))
    return format_html(
        '<svg width="100%" height="{0}" viewBox="0 0 1000 {0}" preserveAspectRatio="none">'
        '<polyline class="m-line m-line-{1}" points="{2}"/></svg>{3}{4}',
        height, line.kind, points, dot if line.kind == "actual" else "", name,
    )  # fmt: skip


def _name_inside(line: Line, share: float, y: float) -> SafeString:
    """Right below the end of the line, or left above it where the right is too near."""
    anchor, dx, dy = ("end", -8, -8) if share > 0.7 else ("start", 8, 16)
    return format_html(
        '<text class="m-label m-label-{}" x="{}" y="{}" dx="{}" dy="{}" text-anchor="{}">{}</text>',
        line.kind, pct(share), y, dx, dy, anchor, line.label,
    )  # fmt: skip


def _today_line(share: float, base: int, label: str) -> SafeString:
    anchor, dx = ("end", -6) if share > 0.5 else ("start", 6)
    return format_html(
        '<line class="m-mark m-mark-today" x1="{0}" x2="{0}" y1="0" y2="{1}"/>'
        '<text class="m-label" x="{0}" dx="{2}" y="{3}" text-anchor="{4}">{5}</text>',
        pct(share), base, dx, base - 6, anchor, label,
    )  # fmt: skip


def _ends(series: Sequence[Line], level: Level, height: int) -> SafeString:
    """The names of the lines that reach the right edge, pushed apart by at least a line of text."""
    count = max(len(line.values) for line in series)
    ends = [(level(line.values[-1]), line) for line in series if len(line.values) == count and line.values[-1] is not None]
    if not ends:
        return SafeString("")
    placed, last = [], -99.0
    for y, line in sorted(ends, key=lambda end: end[0]):
        last = max(y + 4, last + 15)
        placed.append((line.kind, 8, last, line.label))
    words = format_html_join("", '<text class="m-label m-label-{}" x="{}" y="{}">{}</text>', placed)
    width = round(max(len(line.label) for _, line in ends) * CHAR_PX) + 10
    return svg(words, width=str(width), height=height, label="", css="pic axis")
