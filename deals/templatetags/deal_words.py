"""Days as a seller says them, on deal pages: `{% load deal_words %}`."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext, ngettext

from deals.listing import pushes_words
from lib import numbers
from lib.templatetags.ui import day_short

register = template.Library()


@register.filter
def near(day: date | None, today: date) -> str:
    """18 Dec, with its year only where that is another one."""
    if day is None:
        return ""
    return date_format(day, "j M" if day.year == today.year else "j M Y")


@register.filter
def soonish(day: date | None, today: date) -> str:
    """18 Dec, with its year only where that day is half a year away or more: for cards, where a year is much room."""
    if day is None:
        return ""
    return date_format(day, "j M" if abs((day - today).days) < 183 else "j M Y")


@register.filter
def due(day: date | None, today: date) -> str:
    """today, tomorrow, 2 days late, Fri 27 Nov."""
    if day is None:
        return ""
    days = (day - today).days
    if days < 0:
        return ngettext("%(days)d day late", "%(days)d days late", -days) % {"days": -days}
    if days < 2:
        return gettext("tomorrow") if days else gettext("today")
    if days < 7:
        return day_short(day)
    return near(day, today)


@register.filter
def hour(instant: datetime) -> str:
    """16:10, or 16.10 in Indonesian, in the company's zone."""
    local = timezone.localtime(instant)
    return f"{local:%H}{'.' if numbers.language(get_language()) == 'id' else ':'}{local:%M}"


@register.filter
def quiet(days: int | None) -> str:
    """Days since the customer took part, in the space of a cell: today, 8 d, never."""
    if days is None:
        return gettext("never")
    return gettext("today") if days <= 0 else gettext("%(days)d d") % {"days": days}


@register.filter
def pushes(count: int) -> str:
    """3 pushes, for who cannot see the dots."""
    return pushes_words(count)


@register.filter
def band(edges: tuple[Decimal, Decimal] | None, currency: str) -> Any:
    """A size band: Rp 50 m to 100 m."""
    if edges is None:
        return ""
    language = numbers.language(get_language())
    low, high = (numbers.money_short(edge, currency, language) for edge in edges)
    return gettext("%(low)s to %(high)s") % {"low": low, "high": high}
