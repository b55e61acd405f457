"""How periods, windows and definitions are said."""

from __future__ import annotations

from datetime import timedelta

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lib.periods import Period
from metrics.definitions import Metric, Source
from metrics.windows import Days

GRAIN_NAMES: dict[str, Promise] = {
    "day": gettext_lazy("Day"),
    "week": gettext_lazy("Week"),
    "month": gettext_lazy("Month"),
    "quarter": gettext_lazy("Quarter"),
    "year": gettext_lazy("Year"),
}


def period_name(period: Period) -> str:
    """Tue 15 Sep 2026, Week 38 of 2026, September 2026, Q3 2026, 2026."""
    if period.grain == "day":
        return date_format(period.start_on, "D j M Y")
    year, _dash, rest = period.label.partition("-")
    if period.grain == "week":
        return _("Week %(week)s of %(year)s") % {"week": rest.lstrip("W0"), "year": year}
    if period.grain == "month":
        return date_format(period.start_on, "F Y")
    return f"{rest} {year}" if period.grain == "quarter" else year


def period_short(period: Period) -> str:
    """W38, Sep, Q3 26, 2026: for the foot of a chart."""
    year, _dash, rest = period.label.partition("-")
    if period.grain == "week":
        return rest
    if period.grain == "month":
        return date_format(period.start_on, "M")
    return f"{rest} {year[2:]}" if period.grain == "quarter" else year


def span(days: Days) -> str:
    """1 Jul to 30 Sep 2026."""
    last = days.end_on - timedelta(days=1)
    first = "j M" if days.start_on.year == last.year else "j M Y"
    return _("%(first)s to %(last)s") % {"first": date_format(days.start_on, first), "last": date_format(last, "j M Y")}


def dated_by(metric: Metric) -> str:
    """Which day decides whether a row lies in the window."""
    if metric.key == "meetings_scheduled":
        return _("by the day they were booked")
    return {
        Source.CLOSED: _("by the day the deal closed"),
        Source.CREDITS: _("by the day the deal was won"),
        Source.OPEN: _("open at its end"),
        Source.ACTIVITIES: _("by the day it took place"),
        Source.LEADS: _("by the day it was entered"),
    }[metric.source]
