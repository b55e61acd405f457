"""Small pictures drawn on the server as SVG: no script, no inline style, printable.

Shapes are placed in percent of the width, so they stretch with their card while text keeps its size. Colours are CSS
classes of static/css/marks.css. Each mark carries its reading as `aria-label`; the number or table beside it is its twin.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

TONES = ("accent", "good", "warn", "bad", "n1", "n2", "n3", "open")
# A letter of Inter at 12 px, on the wide side: how much room words at a mark need.
CHAR_PX = 6.5
UNIT_KINDS = ("done", "pivoted", "carried", "open", "added")


def pct(share: float) -> str:
    """A share of the width as an SVG length, kept inside 0 to 100 %."""
    return f"{min(max(share, 0.0), 1.0) * 100:.2f}".rstrip("0").rstrip(".") + "%"


def tone_class(tone: str) -> str:
    """The fill class of a tone; an unknown one is neutral."""
    return f"m-{tone if tone in TONES else 'n1'}"


def svg(body: SafeString, *, width: str, height: int, label: str, css: str = "pic") -> SafeString:
    """The frame of every mark. Without a label it is decoration beside the number it draws."""
    role = format_html('role="img" aria-label="{}"', label) if label else SafeString('aria-hidden="true"')
    return format_html('<svg class="{}" width="{}" height="{}" {} focusable="false">{}</svg>', css, width, height, role, body)


def bar(value: float, top: float, *, width: str = "80", height: int = 6, tone: str = "accent", label: str = "") -> SafeString:
    """A value as a bar on its track, from 0 to `top`."""
    share = value / top if top > 0 else 0
    body = format_html(
        '<rect class="m-track" width="100%" height="{0}" rx="2"/><rect class="{1}" width="{2}" height="{0}" rx="2"/>',
        height, tone_class(tone), pct(share),
    )  # fmt: skip
    return svg(body, width=width, height=height, label=label)


def mini_bullet(share: float, *, pace: float | None = None, top: float = 1.5, width: str = "96") -> SafeString:
    """A share of a target on a track that goes past 100 %: the bar, a line at the target, a short one at the pace.

    Decoration beside the number it draws. Made of numbers alone and without escaping, since a page has fifty of them.
    """
    target, tick = pct(1 / top), ""
    if pace is not None:
        at = pct(pace / top)
        tick = f'<line class="m-tick" x1="{at}" x2="{at}" y1="3" y2="13"/>'
    return SafeString(
        f'<svg class="pic" width="{width}" height="16" aria-hidden="true" focusable="false">'
        f'<rect class="m-n5" y="2" width="100%" height="12" rx="2"/><rect class="m-n4" y="2" width="{target}" height="12" rx="2"/>'
        f'<rect class="m-accent" y="5" width="{pct(share / top)}" height="6" rx="2"/>{tick}'
        f'<line class="m-mark m-mark-target" x1="{target}" x2="{target}" y1="0" y2="16"/></svg>'
    )


def unit_bar(kinds: Sequence[str], *, label: str, block: int = 26, height: int = 13) -> SafeString:
    """One block for each commitment: done, pivoted, carried, open or added."""
    step = block + 2
    body = format_html_join(
        "",
        '<rect class="m-unit m-{}" x="{}" y="0.75" width="{}" height="{}" rx="3"{}/>',
        (
            (kind if kind in UNIT_KINDS else "open", at * step + 0.75, block - 1.5, height - 1.5,
             SafeString(' fill="url(#hatch)"') if kind == "pivoted" else "")
            for at, kind in enumerate(kinds)
        ),
    )  # fmt: skip
    return svg(body, width=str(max(len(kinds), 1) * step), height=height, label=label)


def spark(values: Sequence[float], *, width: int = 96, height: int = 24, label: str = "") -> SafeString:
    """A trend without axes, its last point marked."""
    if len(values) < 2:
        return SafeString("")
    low, high = min(values), max(values)
    span = (high - low) or 1
    inner = height - 8
    points = [
        (4 + at * (width - 8) / (len(values) - 1), 4 + inner - (value - low) / span * inner) for at, value in enumerate(values)
    ]
    body = format_html(
        '<polyline class="m-line" points="{}"/><circle class="m-accent" cx="{}" cy="{}" r="3"/>',
        " ".join(f"{x:.1f},{y:.1f}" for x, y in points), f"{points[-1][0]:.1f}", f"{points[-1][1]:.1f}",
    )  # fmt: skip
    return svg(body, width=str(width), height=height, label=label)


def interval(
    low: float, point: float, high: float, *, top: float = 1, tick: float | None = None, thin: bool = False,
    width: str = "160", label: str = "",
) -> SafeString:  # fmt: skip
    """A rate with its interval on a track from 0 to `top`; thin data is pale and hollow."""
    top = top or 1
    shades = ("m-band-thin", "m-dot-thin") if thin else ("m-band", "m-dot")
    median = SafeString("")
    if tick is not None:
        median = format_html('<line class="m-tick" x1="{0}" x2="{0}" y1="1" y2="15"/>', pct(tick / top))
    body = format_html(
        '<rect class="m-track" y="6" width="100%" height="4" rx="2"/>'
        '<rect class="{}" x="{}" y="5" width="{}" height="6" rx="2"/>{}<circle class="{}" cx="{}" cy="8" r="4"/>',
        shades[0], pct(low / top), pct((min(high, top) - low) / top), median, shades[1], pct(point / top),
    )  # fmt: skip
    return svg(body, width=width, height=16, label=label)


@dataclass(frozen=True)
class Part:
    """One segment of a stacked bar: its value, words and tone."""

    value: float
    label: str = ""
    tone: str = "n1"


def stack(parts: Iterable[Part], *, height: int = 12, width: str = "100%", label: str = "") -> SafeString:
    """Shares of a whole side by side, with a hairline between."""
    kept = [part for part in parts if part.value > 0]
    total = sum(part.value for part in kept) or 1
    rows, start = [], 0.0
    for part in kept:
        share = part.value / total
        rows.append((tone_class(part.tone), pct(start / total), pct(share), height, part.label))
        start += part.value
    body = format_html_join("", '<rect class="m-seg {}" x="{}" width="{}" height="{}" rx="2"><title>{}</title></rect>', rows)
    return svg(body, width=width, height=height, label=label)
