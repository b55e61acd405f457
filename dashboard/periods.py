"""The period a home page looks at: this month, quarter or year, or an earlier one by its name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from dashboard.cards.scale import name_of
from lib import periods
from lib.periods import BadPeriod, Period
from lib.text import clean_param
from reps.models import Company

GRAINS = ("month", "quarter", "year")
EARLIEST = 1970


@dataclass(frozen=True)
class PeriodChoice:
    """The chosen period, its neighbours, and the same day in the other grains."""

    period: Period
    name: str
    grains: tuple[tuple[Period, str, bool], ...]
    earlier: Period | None
    later: Period | None


def chosen(params: Mapping[str, str], company: Company, today: date) -> PeriodChoice:
    """The period that `?period=` names; this quarter where it names none, or one that has not begun."""
    period = _read(clean_param(params, "period", most=12), company, today)
    start = company.fiscal_start
    anchor = min(period.last_on, today)
    grains = tuple((periods.containing(anchor, grain, start), grain) for grain in GRAINS)
    later = periods.shift(period, 1, start)
    return PeriodChoice(
        period=period,
        name=name_of(period, start),
        grains=tuple((found, name_of(found, start), grain == period.grain) for found, grain in grains),
        earlier=periods.shift(period, -1, start) if period.start_on.year > EARLIEST else None,
        later=later if later.start_on <= today else None,
    )


def _read(text: str, company: Company, today: date) -> Period:
    if text in GRAINS:
        return periods.containing(today, text, company.fiscal_start)
    try:
        period = periods.named(text, company.fiscal_start)
    except BadPeriod:
        return periods.containing(today, "quarter", company.fiscal_start)
    if period.grain in GRAINS and period.start_on.year >= EARLIEST and period.start_on <= today:
        return period
    return periods.containing(today, "quarter", company.fiscal_start)
