"""The bullet: an actual value against floor, target, stretch and pace, with the words at the marks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import product

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from lib.marks import CHAR_PX, pct, svg

_GAP_PX = 6
_SHIFT = {"start": 4, "middle": 0, "end": -4}


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
        (f"m-label m-label-{kind}", pct(share), _SHIFT[anchor], y, anchor, text)
        for (share, text, kind), anchor in zip(wanted, anchors, strict=True)
        if anchor
    ]
    return format_html_join("", '<text class="{}" x="{}" dx="{}" y="{}" text-anchor="{}">{}</text>', placed)


def _label_cost(items: Sequence[tuple[float, str, str]], anchors: Sequence[str], width_px: int) -> int:
    """How bad a placement is: nothing for centred, little for a side, much for a label left out or run into."""
    cost, free_from = 0, 0.0
    for (share, text, _), anchor in zip(items, anchors, strict=True):
        width = len(text) * CHAR_PX
        left = share * width_px - {"middle": width / 2, "end": width + 4, "start": -4, "": 0}[anchor]
        if not anchor:
            cost += 10
            continue
        cost += 0 if anchor == "middle" else 1
        if left < free_from or left + width > width_px:
            cost += 1000
        free_from = left + width + _GAP_PX
    return cost
