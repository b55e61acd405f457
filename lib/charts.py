"""Charts with words at their marks, drawn on the server: bullet, columns, lines. See lib/marks.py for the small ones."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import product

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from lib.marks import pct, svg, tone_class

# Widths are estimates on the safe side: Inter at 12 px, weight 600.
_CHAR_PX = 6.9
_GAP_PX = 10


@dataclass(frozen=True)
class Mark:
    """A line on a bullet: floor, target, stretch, pace or an earlier value, with the words at it."""

    value: float
    label: str
    kind: str = "target"


@dataclass(frozen=True)
class Bullet:
    """What a bullet shows. `low`, `point` and `high` are a forecast whisker on the same axis."""

    actual: float
    label: str
    marks: Sequence[Mark] = field(default_factory=tuple)
    low: float | None = None
    point: float | None = None
    high: float | None = None
    forecast_label: str = ""

    @property
    def top(self) -> float:
        """The axis ends a little past the largest value, so that more than 100 % has room."""
        values = [self.actual, *(mark.value for mark in self.marks), self.high or 0]
        return max(max(values) * 1.05, 1e-9)


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


def bullet(data: Bullet, *, width_px: int = 560, label: str = "") -> SafeString:
    """Bands, the actual bar, ticks and whisker, labelled at the mark; a key replaces the labels where space is short."""
    top = data.top
    above = [(mark.value / top, mark.label, mark.kind) for mark in data.marks if mark.kind != "pace"]
    below = [(mark.value / top, mark.label, mark.kind) for mark in data.marks if mark.kind == "pace"]
    below.append((data.actual / top, data.label, "actual"))
    if data.point is not None and data.forecast_label:
        below.append((data.point / top, data.forecast_label, "forecast"))
    body = SafeString("").join(
        [_bullet_bands(data), _bullet_ticks(data), _whisker(data), _labels(above, 12, width_px), _labels(below, 58, width_px)]
    )
    key = format_html_join("", '<li class="key-{}">{}</li>', [(kind, text) for _, text, kind in sorted([*below, *above]) if text])
    picture = svg(SafeString(body), width="100%", height=64, label=label or data.label, css="pic bullet")
    return format_html('<div class="bullet-box">{}<ul class="mark-key">{}</ul></div>', picture, key)


def _bullet_bands(data: Bullet) -> SafeString:
    """Grey bands end at floor and target; the rest of the track is lightest."""
    edges = {mark.kind: mark.value / data.top for mark in data.marks}
    target = edges.get("target", edges.get("earlier", 0))
    return format_html(
        '<rect class="m-n5" y="20" width="100%" height="24" rx="2"/><rect class="m-n4" y="20" width="{}" height="24"/>'
        '<rect class="m-n3" y="20" width="{}" height="24"/><rect class="m-accent" y="26" width="{}" height="12" rx="2"/>',
        pct(target), pct(edges.get("floor", 0)), pct(data.actual / data.top),
    )  # fmt: skip


def _bullet_ticks(data: Bullet) -> SafeString:
    return format_html_join(
        "",
        '<line class="m-mark m-mark-{0}" x1="{1}" x2="{1}" y1="{2}" y2="{3}"/>',
        ((mark.kind, pct(mark.value / data.top), *((17, 47) if mark.kind == "pace" else (16, 44))) for mark in data.marks),
    )


def _whisker(data: Bullet) -> SafeString:
    if data.low is None or data.high is None or data.point is None:
        return SafeString("")
    low, point, high = (pct(value / data.top) for value in (data.low, data.point, data.high))
    return format_html(
        '<g class="m-whisker"><line x1="{0}" x2="{2}" y1="32" y2="32"/><line x1="{0}" x2="{0}" y1="28" y2="36"/>'
        '<line x1="{2}" x2="{2}" y1="28" y2="36"/><circle cx="{1}" cy="32" r="4"/></g>',
        low, point, high,
    )  # fmt: skip


def _labels(items: Iterable[tuple[float, str, str]], y: int, width_px: int) -> SafeString:
    """Words at their marks without overlap: centred if they can be, else to one side; what finds no room is left to the key."""
    wanted = sorted(item for item in items if item[1])
    choices = product(("middle", "end", "start", ""), repeat=len(wanted))
    anchors = min(choices, key=lambda anchors: _label_cost(wanted, anchors, width_px))
    placed = [
        (f"m-label m-label-{kind}", pct(share + {"start": 0.008, "end": -0.008}.get(anchor, 0)), y, anchor, text)
        for (share, text, kind), anchor in zip(wanted, anchors, strict=True)
        if anchor
    ]
    return format_html_join("", '<text class="{}" x="{}" y="{}" text-anchor="{}">{}</text>', placed)


def _label_cost(items: Sequence[tuple[float, str, str]], anchors: Sequence[str], width_px: int) -> int:
    """How bad a placement is: nothing for centred, little for a side, much for a label left out or run into."""
    cost, free_from = 0, 0.0
    for (share, text, _), anchor in zip(items, anchors, strict=True):
        width = len(text) * _CHAR_PX
        left = share * width_px - {"middle": width / 2, "end": width + 4, "start": -4, "": 0}[anchor]
        if not anchor:
            cost += 10
            continue
        cost += 0 if anchor == "middle" else 1
        if left < free_from or left + width > width_px:
            cost += 1000
        free_from = left + width + _GAP_PX
    return cost


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


def _column(column: Column, centre: float, slot: float, level, base: int) -> SafeString:  # type: ignore[no-untyped-def]
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


def _axis(ticks: Sequence[tuple[float, str]], level, height: int) -> SafeString:  # type: ignore[no-untyped-def]
    """The words of the axis in a column of their own, so that the plot may stretch."""
    if not ticks:
        return SafeString("")
    width = round(max(len(text) for _, text in ticks) * _CHAR_PX) + 10
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


def _polyline(line: Line, count: int, level, height: int) -> SafeString:  # type: ignore[no-untyped-def]
    """The line in a box of its own that stretches, its stroke kept at its width."""
    known = [(at, value) for at, value in enumerate(line.values) if value is not None]
    if not known:
        return SafeString("")
    step = 1000 / max(count - 1, 1)
    points = " ".join(f"{at * step:.1f},{level(value)}" for at, value in known)
    at, value = known[-1]
    dot = format_html('<circle class="m-accent" cx="{}" cy="{}" r="3.5"/>', pct(at * step / 1000), level(value))
    return format_html(
        '<svg width="100%" height="{0}" viewBox="0 0 1000 {0}" preserveAspectRatio="none">'
        '<polyline class="m-line m-line-{1}" points="{2}"/></svg>{3}',
        height, line.kind, points, dot if line.kind == "actual" else "",
    )  # fmt: skip


def _today_line(share: float, base: int, label: str) -> SafeString:
    anchor, shift = ("end", -0.008) if share > 0.5 else ("start", 0.008)
    return format_html(
        '<line class="m-mark m-mark-today" x1="{0}" x2="{0}" y1="0" y2="{1}"/>'
        '<text class="m-label" x="{2}" y="{3}" text-anchor="{4}">{5}</text>',
        pct(share), base, pct(share + shift), base - 6, anchor, label,
    )  # fmt: skip


def _ends(series: Sequence[Line], level, height: int) -> SafeString:  # type: ignore[no-untyped-def]
    """The names of the lines at their last values, pushed apart by at least a line of text."""
    ends = [
        (level([v for v in line.values if v is not None][-1]), line) for line in series if any(v is not None for v in line.values)
    ]
    width = round(max([len(line.label) for line in series] + [1]) * _CHAR_PX) + 10
    placed, last = [], -99.0
    for y, line in sorted(ends, key=lambda end: end[0]):
        last = max(y + 4, last + 15)
        placed.append((line.kind, 8, last, line.label))
    words = format_html_join("", '<text class="m-label m-label-{}" x="{}" y="{}">{}</text>', placed)
    return svg(words, width=str(width), height=height, label="", css="pic axis")
