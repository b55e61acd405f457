"""The period a home page looks at: this month, quarter or year, or an earlier one by its name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from dashboard.cards.scale import name_of
from lib import periods
from lib.periods import Period
from metrics import asking
from metrics.windows import FIRST_YEAR
from reps.models import Company

GRAINS = ("month", "quarter", "year")


@dataclass(frozen=True)
class PeriodChoice:
    """The chosen period, its neighbours, and the same day in the other grains."""

    period: Period
    name: str
    grains: tuple[tuple[Period, str, bool], ...]
    earlier: Period | None
    later: Period | None


def chosen(params: Mapping[str, str], company: Company, today: date) -> PeriodChoice:
    """The period that `?period=` names; this quarter where it names none, a week, or one that has not begun."""
    start = company.fiscal_start
    period = asking.period(params, company)
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
