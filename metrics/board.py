"""What the *Numbers* page shows of a scope and period: figures beside the period before, activity, and the line of periods."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lib import charts, numbers, periods
from lib.periods import Period
from metrics import activity, kpis
from metrics.activity import ActivityFigures
from metrics.cards import Cell, cell, lang
from metrics.definitions import ACTIVITIES, METRICS, Metric
from metrics.figures import written
from metrics.kpis import Kpis
from metrics.scopes import Scope
from metrics.windows import AsOf, Days, Window
from metrics.words import period_name, period_short
from reps.calendars import working_calendar
from reps.models import Company

SHOWN = ("won_value", "won_count", "win_rate", "average_deal", "median_cycle_days", "open_count")
COLUMNS = 8
# As tall as the activity beside it.
CHART_PX = 320


@dataclass(frozen=True)
class Outcomes:
    """The figures of the period with those of the one before, cut to as many days while it runs; and the chart."""

    now: Kpis
    before_name: str
    outcomes: Sequence[Cell]
    charted: Metric
    chart: SafeString
    unit: str


def outcomes(scope: Scope, period: Period, *, at: AsOf, company: Company, with_money: bool) -> Outcomes:
    """One query for the figures and chart, one for the holidays."""
    past = [periods.shift(period, -back, company.fiscal_start) for back in range(COLUMNS - 1, 0, -1)]
    compared = _compared(past[-1], period, at)
    windows: list[Days] = [*past, period, compared]
    found = kpis.kpis_many(scope, windows, as_of=at.day, company=company, open_in=(COLUMNS - 1, COLUMNS))
    shown = found if with_money else [kpis.without_money(row) for row in found]
    now, before = shown[COLUMNS - 1], shown[COLUMNS]
    keys = [key for key in SHOWN if with_money or now[key].reason != "other_team"]
    charted = METRICS["won_value" if with_money else "won_count"]
    chart, unit = _chart([*past, period], shown[:COLUMNS], charted, at, company)
    return Outcomes(
        now=now,
        before_name=before_name(period, past[-1], at),
        outcomes=[cell(key, now[key], company.currency, before[key]) for key in keys],
        charted=charted,
        chart=chart,
        unit=unit,
    )


@dataclass(frozen=True)
class Activities:
    """The activity figures of the period, and as cells beside those of the period before."""

    now: ActivityFigures
    cells: Sequence[Cell]


def activities(scope: Scope, period: Period, *, at: AsOf, company: Company) -> Activities:
    """The activity figures with those of the period before, in one query."""
    earlier = periods.shift(period, -1, company.fiscal_start)
    windows: list[Days] = [period, _compared(earlier, period, at)]
    now, before = activity.activity_many(scope, windows, as_of=at.day, company=company)
    return Activities(now, [cell(metric.key, now[metric.key], company.currency, before[metric.key]) for metric in ACTIVITIES])


def before_name(period: Period, earlier: Period, at: AsOf) -> str:
    """What the figures are compared with."""
    if not _runs(period, at):
        return period_name(earlier)
    days = (at.stop(period) - period.start_on).days
    return _("%(period)s, day %(day)s") % {"period": period_name(earlier), "day": days}


def _runs(period: Period, at: AsOf) -> bool:
    return at.stop(period) < period.end_on


def _compared(earlier: Period, period: Period, at: AsOf) -> Window:
    """The period before, cut to as many days as have been of this one."""
    if not _runs(period, at):
        return Window(earlier.start_on, earlier.end_on)
    days = max((at.stop(period) - period.start_on).days, 1)
    return Window(earlier.start_on, min(earlier.start_on + timedelta(days=days), earlier.end_on))


def _chart(shown: Sequence[Period], found: Sequence[Kpis], charted: Metric, at: AsOf, company: Company) -> tuple[SafeString, str]:
    """Columns of the periods, the running one dashed, holidays named under weeks and months; and the unit they are in."""
    values = [row[charted.key].value if row[charted.key].value is not None else row[charted.key].known for row in found]
    is_money = charted.key == "won_value"
    power = _power(max((Decimal(value or 0) for value in values), default=Decimal(0))) if is_money else 0
    notes = _days_off(shown, company)
    columns = [
        charts.Column(
            value=None if value is None else float(value),
            label=period_short(span),
            text=_column_text(value, charted, power, company.currency),
            note=notes.get(span, ""),
            tone="open" if _runs(span, at) else "accent",
        )
        for span, value in zip(shown, values, strict=True)
    ]
    unit = numbers.unit_name(power, company.currency, lang()) if is_money else ""
    return charts.columns(columns, label=str(charted.title), height=CHART_PX), unit


def _column_text(value: Decimal | int | None, charted: Metric, power: int, currency: str) -> str:
    if not value:
        return ""
    if charted.key != "won_value":
        return written(charted, value, currency, lang())
    scaled = Decimal(value).scaleb(-power)
    digits = 0 if not power or scaled >= 100 else 1 if scaled >= 10 else 2
    return numbers.money_scaled(value, currency, lang(), power, digits)


def _power(top: Decimal) -> int:
    """The power of ten that leaves the largest value at least 1."""
    return next((power for power in (12, 9, 6, 3) if top >= Decimal(10) ** power), 0)


def _days_off(shown: Sequence[Period], company: Company) -> dict[Period, str]:
    """Holidays on working days of each week or month, so that a dip is explained."""
    if shown[0].grain not in ("week", "month") or company.calendar_id is None:
        return {}
    calendar = working_calendar(company)
    found = {}
    for span in shown:
        free = sum(1 for day in calendar.holidays if day in span and calendar.weekmask[day.weekday()] == "1")
        if free:
            found[span] = ngettext("%(n)d day off", "%(n)d days off", free) % {"n": free}
    return found
