"""Template tags and filters of the user interface: `{% load ui %}`. The styleguide page shows each in use."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, tzinfo
from functools import lru_cache
from typing import Any

from django import template
from django.conf import settings
from django.forms import BoundField
from django.template.loader import get_template
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext, ngettext

from lib import bullets, charts, clock, numbers
from lib import marks as small

register = template.Library()

STATES = ("good", "warn", "bad", "info", "neutral")
ICON_SIZES = {"xs": 9, "s": 12, "m": 16, "l": 20, "xl": 24}
THEMES = ("light", "dark")


def _lang() -> str:
    return numbers.language(get_language())


@register.simple_tag
def once(name: str) -> SafeString:
    """A template that is the same for everybody, rendered once for each language: the fixed parts of the frame."""
    render = _render_once.__wrapped__ if settings.DEBUG else _render_once
    return render(name, get_language())


@lru_cache(maxsize=32)
def _render_once(name: str, language: str | None) -> SafeString:
    return SafeString(get_template(name).render({}))


# Icons and small words


@register.simple_tag
@lru_cache(maxsize=512)
def icon(name: str, size: str = "m", label: str = "") -> SafeString:
    """A Bootstrap Icon of the sprite (frontend/icons.txt). Without a label it is decoration beside a word.

    Remembered, since a page draws dozens and the frame alone two.
    """
    pixels = ICON_SIZES.get(size, 16)
    spoken = format_html('role="img" aria-label="{}"', label) if label else SafeString('aria-hidden="true"')
    return format_html(
        '<svg class="icon" width="{0}" height="{0}" {1} focusable="false"><use href="{2}#{3}"/></svg>',
        pixels, spoken, static("vendor/icons.svg"), name,
    )  # fmt: skip


@register.simple_tag
def initials(name: object) -> str:
    """Two letters for a person: Ana Wijaya is AW, Lina is LI."""
    words = str(name or "").split()
    if len(words) > 1:
        return (words[0][0] + words[-1][0]).upper()
    return (words[0][:2] if words else "?").upper()


@register.simple_tag
def avatar(name: object, size: str = "m") -> SafeString:
    """The initials in a disc, for use beside the name, which readers hear instead."""
    return format_html('<span class="avatar avatar-{}" aria-hidden="true">{}</span>', size, initials(name))


@register.simple_tag
def chip(text: object, state: str = "neutral") -> SafeString:
    """A state as dot and word: good, warn, bad, info or neutral."""
    css = state if state in STATES else "neutral"
    return format_html('<span class="chip chip-{}"><span class="chip-dot" aria-hidden="true"></span>{}</span>', css, text)


@register.simple_tag
def dots(count: int, label: str = "") -> SafeString:
    """As many amber dots, at most five: how often a date was pushed out. Decoration beside words unless it has a label."""
    spoken = format_html('role="img" aria-label="{}"', label) if label else SafeString('aria-hidden="true"')
    return format_html('<span class="dots" {}>{}</span>', spoken, SafeString('<i class="dot"></i>' * min(int(count or 0), 5)))


@register.simple_tag(takes_context=True)
def theme_attrs(context: template.Context) -> SafeString:
    """The attributes of <html> for the theme this person chose; theme.js settles "system" before the first paint."""
    request = context.get("request")
    user: Any = getattr(request, "user", None)
    signed_in = user is not None and user.is_authenticated
    chosen = user.theme if signed_in else getattr(request, "COOKIES", {}).get("theme", "")
    if chosen not in THEMES:
        return SafeString('data-theme="system" data-bs-theme="light"')
    return format_html('data-theme="{0}" data-bs-theme="{0}"', chosen)


# Numbers


@register.filter
def number(value: Any, digits: int | None = None) -> str | SafeString:
    """1,234.5 or 1.234,5 by language."""
    return or_dash(numbers.number(value, _lang(), digits))


@register.filter
def breakable(address: str) -> SafeString:
    """An e-mail address that may go on in the next line after its @, and nowhere else unless it must."""
    name, at, place = address.rpartition("@")
    return format_html("{}{}<wbr>{}", name, at, place)


@register.filter
def percent(ratio: Any, digits: int = 1) -> str | SafeString:
    """0.564 as 56.4%, ties to even."""
    return or_dash(numbers.percent(ratio, _lang(), digits))


@register.filter
def percent_floor(ratio: Any, digits: int = 1) -> str | SafeString:
    """A share of a target, rounded down: 0.9996 is 99.9%."""
    return or_dash(numbers.percent_floor(ratio, _lang(), digits))


@register.filter
def money(amount: Any, currency: str) -> str | SafeString:
    """The whole amount with its symbol."""
    return or_dash(numbers.money(amount, currency, _lang()))


@register.filter
def money_short(amount: Any, currency: str) -> str | SafeString:
    """About three figures and a unit: Rp 7.62 bn."""
    return or_dash(numbers.money_short(amount, currency, _lang()))


@register.simple_tag
def money_scaled(amount: Any, currency: str, power: int, digits: int = 0) -> str | SafeString:
    """The bare figure in 10^power, for a column whose header names the unit by `money_unit`."""
    return or_dash(numbers.money_scaled(amount, currency, _lang(), power, digits))


@register.simple_tag
def money_unit(currency: str, power: int = 0) -> str:
    """The unit of a panel: "Rp m"."""
    return numbers.unit_name(power, currency, _lang())


@register.filter
def or_dash(value: Any, reason: str = "") -> Any:
    """The value, or a dash that says why it is not known."""
    if value not in (None, "", numbers.DASH):
        return value
    words = reason or gettext("not known")
    return format_html(
        '<span class="dash" title="{0}"><span aria-hidden="true">—</span><span class="visually-hidden">{0}</span></span>', words
    )


@register.simple_tag
def change(value: Any, text: str = "", good: str = "up") -> SafeString:
    """A signed change with arrow and state colour; `good` says which direction is the good one ("up", "down", "none")."""
    amount = numbers.decimal(value)
    if amount is None:
        return SafeString(or_dash(None))
    if amount == 0:
        return format_html('<span class="change">{}</span>', text or gettext("no change"))
    up = amount > 0
    state = "" if good == "none" else (" good" if up == (good == "up") else " bad")
    arrow = icon("caret-up-fill" if up else "caret-down-fill", "s", gettext("up") if up else gettext("down"))
    return format_html('<span class="change{}">{}{}</span>', state, arrow, text or numbers.number(abs(amount), _lang()))


# Dates


@register.filter
def day(value: date | datetime | None) -> str | SafeString:
    """26 Nov 2026."""
    return date_format(value, "j M Y") if value else or_dash(None)


@register.filter
def day_short(value: date | datetime | None) -> str | SafeString:
    """Thu 26 Nov, or Kam, 26 Nov."""
    return date_format(value, "D, j M" if _lang() == "id" else "D j M") if value else or_dash(None)


@register.filter
def moment(value: datetime | None, zone: tzinfo | None = None) -> str | SafeString:
    """26 Nov, 16:10 (16.10 in Indonesian) in the zone given, else in the active one."""
    if not value:
        return or_dash(None)
    local = timezone.localtime(value, zone) if timezone.is_aware(value) else value
    return f"{date_format(local, 'j M')}, {local:%H}{'.' if _lang() == 'id' else ':'}{local:%M}"


@register.filter
def ago(value: datetime | date | None, today: date | None = None) -> str | SafeString:
    """today, 3 d ago, 5 w ago; a date ahead is written as a date."""
    if not value:
        return or_dash(None)
    reference = today or timezone.localdate(clock.now())
    on = value
    if isinstance(value, datetime):
        on = timezone.localtime(value).date() if timezone.is_aware(value) else value.date()
    return _days_ago((reference - on).days, on)


def _days_ago(days: int, on: date) -> str:
    if days < 0:
        return str(day(on))
    if days < 2:
        return gettext("yesterday") if days else gettext("today")
    if days < 60:
        return ngettext("%(count)d\u00a0d ago", "%(count)d\u00a0d ago", days) % {"count": days}
    weeks = days // 7
    return ngettext("%(count)d\u00a0w ago", "%(count)d\u00a0w ago", weeks) % {"count": weeks}


# Small pictures


def _floats(values: Sequence[Any]) -> list[float]:
    return [float(value) for value in values if value is not None]


def _made(kind: Any, items: Any) -> list[Any]:
    """The items as `kind`, given as such or as dictionaries of its fields."""
    return [item if isinstance(item, kind) else kind(**item) for item in items or ()]


@register.simple_tag
def bar(value: Any, top: Any, width: str = "80", tone: str = "accent", label: str = "", height: int = 6) -> SafeString:
    """A small bar from 0 to `top`. Decoration beside its number unless it has a label."""
    return small.bar(float(value or 0), float(top or 0), width=str(width), height=height, tone=tone, label=label)


@register.simple_tag
def mini_bullet(share: float, pace: float | None = None, width: str = "100%") -> SafeString:
    """A share of a target beside its figure: the bar, a line at the target, a tick at the pace."""
    return small.mini_bullet(share, pace=pace, width=width)


@register.simple_tag
def unit_bar(kinds: Sequence[str], label: str, block: int = 26) -> SafeString:
    """One block per commitment."""
    return small.unit_bar(kinds, label=label, block=block)


@register.simple_tag
def spark(values: Sequence[Any], label: str = "", width: int = 96, height: int = 24) -> SafeString:
    """A line without axes."""
    return small.spark(_floats(values or ()), width=width, height=height, label=label)


@register.simple_tag
def interval(
    low: Any, point: Any, high: Any, top: Any = 1, tick: Any = None, thin: bool = False, width: str = "160", label: str = ""
) -> Any:
    """A rate with its interval; a dash where there is no data."""
    if low is None or point is None or high is None:
        return or_dash(None)
    middle = None if tick is None else float(tick)
    return small.interval(
        float(low), float(point), float(high), top=float(top), tick=middle, thin=thin, width=str(width), label=label
    )


@register.simple_tag
def stack(parts: Any, label: str = "", height: int = 12, width: str = "100%") -> SafeString:
    """Shares of a whole: a list of marks.Part or of dictionaries with value, label, tone."""
    return small.stack(_made(small.Part, parts), label=label, height=height, width=width)


@register.simple_tag
def bullet(
    actual: Any,
    words: str,
    marks: Any = (),
    label: str = "",
    low: Any = None,
    point: Any = None,
    high: Any = None,
    forecast: str = "",
) -> SafeString:
    """Actual against floor, target, stretch and pace. `words` stands at the bar; `marks` are bullets.Mark or dictionaries."""
    low, point, high = (None if value is None else float(value) for value in (low, point, high))
    marks = _made(bullets.Mark, marks)
    data = bullets.Bullet(float(actual or 0), words, marks, low=low, point=point, high=high, forecast_label=forecast)
    return bullets.bullet(data, label=label)


@register.simple_tag
def columns(data: Any, label: str, ticks: Any = (), line: Any = None, height: int = 190) -> SafeString:
    """Columns with labels: a list of charts.Column or dictionaries; ticks are (value, words) pairs."""
    level = _made(bullets.Mark, [line])[0] if line else None
    return charts.columns(_made(charts.Column, data), ticks=ticks or (), line=level, height=height, label=label)


@register.simple_tag
def lines(series: Any, label: str, names: Any = (), ticks: Any = (), today: int | None = None, height: int = 160) -> SafeString:
    """Lines named at their ends: a list of charts.Line or dictionaries."""
    return charts.lines(
        _made(charts.Line, series), names=names or (), ticks=ticks or (), height=height, today=today,
        today_label=gettext("Today"), label=label,
    )  # fmt: skip


# Explain this number


def _word(value: Any) -> str:
    """How a scope or period is written in an address: its `key`, else its `label`, else itself."""
    for name in ("key", "label"):
        if hasattr(value, name):
            return str(getattr(value, name))
    return str(value)


@register.simple_block_tag
def explain(content: str, metric: str, scope: Any, period: Any) -> SafeString:
    """Makes a number a link that opens its explanation in the side panel, and on a page of its own without script."""
    query = urlencode({"metric": metric, "scope": _word(scope), "period": _word(period)})
    url = f"{reverse('metrics:explain')}?{query}"
    return format_html(
        '<a class="explain" href="{0}" hx-get="{0}" hx-target="#panel-body" data-panel aria-haspopup="dialog" title="{1}">{2}</a>',
        url, gettext("Where does this number come from?"), content,
    )  # fmt: skip


# Forms


@register.filter
def control(field: BoundField, css: str = "") -> SafeString:
    """The widget of a form field with our classes and the ids of its help and errors."""
    kind = getattr(field.field.widget, "input_type", "")
    base = {"checkbox": "form-check-input", "radio": "form-check-input", "select": "form-select"}.get(kind, "form-control")
    names = [base, css, "is-invalid" if field.errors else ""]
    attrs: dict[str, Any] = {"class": " ".join(name for name in names if name)}
    described = [f"{field.auto_id}-{part}" for part, on in (("error", field.errors), ("help", field.help_text)) if on]
    if described:
        attrs["aria-describedby"] = " ".join(described)
    if field.errors:
        attrs["aria-invalid"] = "true"
    return field.as_widget(attrs=attrs)


@register.filter
def is_checkbox(field: BoundField) -> bool:
    """True for a single tick box, whose label stands behind it."""
    return getattr(field.field.widget, "input_type", "") == "checkbox" and not hasattr(field.field, "choices")


@register.filter
def undo_url(tags: str | None) -> str:
    """The undo address that lib.htmx.say put into a message's tags."""
    for tag in (tags or "").split():
        if tag.startswith("undo:"):
            return tag.removeprefix("undo:")
    return ""
