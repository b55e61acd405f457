"""The period a home page looks at: this month, quarter or year, or an earlier one by its name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from dashboard.cards.scale import name_of
from lib import periods
from lib.periods import Period
from metrics import asking
from metrics.windows import FIRST_YEAR
from reps.models import Company

GRAINS = ("month", "quarter", "year")
LONG_AGO = timedelta(days=365)


@dataclass(frozen=True)
class PeriodChoice:
    """The chosen period, its neighbours, and the same day in the other grains."""

    period: Period
    name: str
    grains: tuple[tuple[Period, str, bool], ...]
    earlier: Period | None
    later: Period | None


def chosen(params: Mapping[str, str], company: Company, today: date, *, last_won_on: date | None = None) -> PeriodChoice:
    """The period that `?period=` names; this quarter where it names none, a week, or one that has not begun.

    Where none is named and the last win, if told, is a year old, the year of that win: imported data is seen at once.
    """
    start = company.fiscal_start
    fallback = None
    if last_won_on is not None and last_won_on < today - LONG_AGO and "period" not in params:
        fallback = periods.containing(last_won_on, "year", start)
    period = asking.period(params, company, default=fallback)
    if period.grain not in GRAINS or period.start_on > today:
        period = periods.containing(today, "quarter", start)
    anchor = min(period.last_on, today)
    found = [(periods.containing(anchor, grain, start), grain == period.grain) for grain in GRAINS]
    later = periods.shift(period, 1, start)
    return PeriodChoice(
        period=period,
        name=name_of(period, start),
        grains=tuple((each, name_of(each, start), is_chosen) for each, is_chosen in found),
        earlier=periods.shift(period, -1, start) if period.start_on.year > FIRST_YEAR + 1 else None,
        later=later if later.start_on <= today else None,
    )


def grain(params: Mapping[str, str], company: Company) -> str:
    """The grain that `?period=` asks for, quarter unless it names one: of what the running window is made."""
    asked = asking.period(params, company).grain
    return asked if asked in GRAINS else "quarter"
