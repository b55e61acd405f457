"""Pictures of the home pages, drawn on the server: the waterfall, and deals as blocks whose bars are to scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from lib import marks

# A block holds a line of text, with a gap to the next.
LINE_PX, GAP_PX = 16, 2


@dataclass(frozen=True)
class Bar:
    """A step of a waterfall from one level to another; `text` stands at it, `label` under it."""

    label: str
    start: float
    end: float
    text: str
    tone: str

    @property
    def rises(self) -> bool:
        """Its words stand above it."""
        return self.end >= self.start


def waterfall(bars: Sequence[Bar], *, height: int = 176, label: str) -> SafeString:
    """Opening, signed steps and closing; on a phone every second name stands a line lower.

    Where the axis does not start at 0 the outer two carry a break mark.
    """
    base, top = height - 22, 20
    levels = [level for bar in bars for level in (bar.start, bar.end)]
    floor, ceiling = _axis(bars, levels)
    span = (ceiling - floor) or 1

    def at(level: float) -> float:
        return round(base - (base - top) * (max(level, floor) - floor) / span, 1)

    slot = 1 / len(bars)
    shapes = format_html_join("", "{}{}", ((_step(bar, slot, n, at), _join(bars, slot, n, at)) for n, bar in enumerate(bars)))
    breaks = SafeString("")
    if floor > 0:
        breaks = format_html_join("", "{}", ((_break(slot * (n + 0.5), base - 9),) for n in (0, len(bars) - 1)))
    line = format_html('<line class="m-grid" x2="100%" y1="{0}" y2="{0}"/>', base)
    return marks.svg(SafeString(line + shapes + breaks), width="100%", height=height, label=label, css="pic chart")


def _axis(bars: Sequence[Bar], levels: Sequence[float]) -> tuple[float, float]:
    """The lowest and highest level drawn. 0 is left out only when the steps would be too small to see."""
    inner = [level for bar in bars[1:-1] for level in (bar.start, bar.end)] or levels
    low, high = min(inner), max(levels)
    if low <= 0 or high - low > high * 0.35:
        return min(0, *levels), high
    return max(0.0, low - max((high - low) * 0.5, high * 0.05)), high


def _step(bar: Bar, slot: float, n: int, at) -> SafeString:  # type: ignore[no-untyped-def]
    upper, lower = min(at(bar.start), at(bar.end)), max(at(bar.start), at(bar.end))
    centre = marks.pct(slot * (n + 0.5))
    return format_html(
        '<rect class="m-col {0}" x="{1}" y="{2}" width="{3}" height="{4}" rx="2"/>'
        '<text class="m-label m-label-step {0}-words" x="{5}" y="{6}" text-anchor="middle">{7}</text>'
        '<text class="m-label{10}" x="{5}" y="{8}" text-anchor="middle">{9}</text>',
        marks.tone_class(bar.tone), marks.pct(slot * (n + 0.26)), upper, marks.pct(slot * 0.48), max(lower - upper, 1.5),
        centre, upper - 6 if bar.rises else lower + 14, bar.text, at(float("-inf")) + 17, bar.label,
        " m-low" if n % 2 else "",
    )  # fmt: skip


def _join(bars: Sequence[Bar], slot: float, n: int, at) -> SafeString:  # type: ignore[no-untyped-def]
    """The thin line from the end of a step to the start of the next."""
    if n + 1 == len(bars):
        return SafeString("")
    y, x1, x2 = at(bars[n].end), marks.pct(slot * (n + 0.74)), marks.pct(slot * (n + 1.26))
    return format_html('<line class="m-join" x1="{}" x2="{}" y1="{}" y2="{}"/>', x1, x2, y, y)


def _break(centre: float, y: int) -> SafeString:
    """A zigzag across the foot of a column."""
    return format_html(
        '<svg x="{}" y="{}" width="40" height="8" overflow="visible"><path class="m-break" d="M-24 6 -12 2 0 6 12 2 24 6"/></svg>',
        marks.pct(centre), y,
    )  # fmt: skip


@dataclass(frozen=True)
class Stacked:
    """How tall the bar of each block of a column is, in pixels, and that of the rest below them."""

    heights: tuple[int, ...]
    rest: int


def stack_heights(columns: Sequence[tuple[Sequence[Decimal], Decimal]], *, height: int) -> list[Stacked]:
    """Bars to one scale for all columns, each given as the amounts of its blocks and of its rest (0 for none).

    A block is never lower than a line of text, however small its bar, so the scale is the largest at which the fullest
    column still fits the height.
    """
    scale = _largest_scale(columns, height)
    return [Stacked(tuple(_bar(amount, scale) for amount in blocks), _bar(rest, scale)) for blocks, rest in columns]


def _largest_scale(columns: Sequence[tuple[Sequence[Decimal], Decimal]], height: int) -> Decimal:
    """Pixels per unit of money, found by halving: a column only grows with the scale."""
    largest = max((amount for blocks, rest in columns for amount in (*blocks, rest)), default=Decimal(0))
    if not largest:
        return Decimal(0)
    low, high = Decimal(0), Decimal(height) / largest
    for _ in range(20):
        middle = (low + high) / 2
        fits = all(_column_height(blocks, rest, middle) <= height for blocks, rest in columns)
        low, high = (middle, high) if fits else (low, middle)
    return low


def _column_height(blocks: Sequence[Decimal], rest: Decimal, scale: Decimal) -> int:
    return sum(max(_bar(amount, scale), LINE_PX) + GAP_PX for amount in (*blocks, *([rest] if rest else [])))


def _bar(amount: Decimal, scale: Decimal) -> int:
    return max(round(amount * scale), 1) if amount else 0
