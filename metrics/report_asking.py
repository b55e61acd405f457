"""Which days a report is about: a day, a week, a month or a quarter, by address or by default."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from lib import clock, periods
from lib.periods import BadPeriod, Period
from lib.text import clean_param
from metrics.asking import Choice
from metrics.windows import FIRST_YEAR, LAST_YEAR, read_day, read_period
from metrics.words import GRAIN_NAMES, period_name
from reps.models import Company

GRAINS = ("day", "week", "month", "quarter")


def day_of(day: date) -> Period:
    """One day as a period."""
    return Period(day, day + timedelta(days=1), "day", day.isoformat())


def containing(day: date, grain: str, company: Company) -> Period:
    """The period of that grain with the day in it, days included."""
    return day_of(day) if grain == "day" else periods.containing(day, grain, company.fiscal_start)


def yesterday(company: Company) -> date:
    """The last day that is over."""
    return clock.today(company.zone) - timedelta(days=1)


def period(params: Mapping[str, str], company: Company, default: Period) -> Period:
    """What `?period=` names: 2026-09-15, 2026-W38, 2026-09, 2026-Q3, or a grain for the running one; else the default."""
    text = clean_param(params, "period", most=12)
    if text in GRAINS:
        return containing(clock.today(company.zone), text, company)
    try:
        return day_of(read_day(text)) if len(text) == len("2026-09-15") else _read(text, company)
    except ValueError:  # BadPeriod is one
        return default


def _read(text: str, company: Company) -> Period:
    found = read_period(text, company)
    if found.grain not in GRAINS:
        raise BadPeriod(text)
    return found


def shifted(chosen: Period, by: int, company: Company) -> Period:
    """The period so many steps later."""
    if chosen.grain == "day":
        return day_of(chosen.start_on + timedelta(days=by))
    return periods.shift(chosen, by, company.fiscal_start)


def choice(chosen: Period, company: Company) -> Choice:
    """The periods to choose from beside the chosen one."""
    today = clock.today(company.zone)
    anchor = max(min(chosen.last_on, today), chosen.start_on)
    earlier, later = shifted(chosen, -1, company), shifted(chosen, 1, company)
    return Choice(
        period=chosen,
        name=period_name(chosen),
        grains=tuple((containing(anchor, grain, company), GRAIN_NAMES[grain], grain == chosen.grain) for grain in GRAINS),
        earlier=earlier if earlier.start_on.year >= FIRST_YEAR else None,
        later=later if later.start_on <= today and later.end_on.year <= LAST_YEAR else None,
    )
