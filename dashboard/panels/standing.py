"""*Where we stand*: the outcome figures of a period beside the period before and the same one a year ago.

A period that still runs is compared with as many days of the others, so that half a quarter never stands against a whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import accumulate

from lib import periods
from lib.periods import Period
from metrics.attainment import FIELDS, Attainment, of_document
from metrics.facts import relations
from metrics.kpis import Kpis, kpis_many
from metrics.scopes import Scope
from metrics.sql import document
from metrics.standings import Target, lines
from metrics.windows import Window, as_of
from reps.models import Company

# Won value by day of each span, for the line; and what each rep was credited of what was asked of them.
_WON = f"""
WITH {{relations}}, {{lines}}
SELECT json_build_object(
    'days', (SELECT json_agg(json_build_array(k, won_on, value)) FROM (
        SELECT k, won_on, sum(base_amount) AS value FROM credits GROUP BY k, won_on HAVING sum(base_amount) IS NOT NULL) d),
    {FIELDS}
)::text
"""  # noqa: S608 - built of constants


@dataclass(frozen=True)
class Span:
    """A period with its figures up to the compared day and its won value added up day by day.

    `running[i]` is the value after the day i; it ends with the last day that has been.
    """

    period: Period
    figures: Kpis
    running: tuple[Decimal, ...]

    @property
    def total(self) -> Decimal:
        """Won value of the whole period, as far as it has been."""
        return self.running[-1] if self.running else Decimal(0)


@dataclass(frozen=True)
class Standing:
    """The period, the one before and the one a year ago; `day` is how many days of it have been, of `days`."""

    now: Span
    before: Span
    year_ago: Span
    day: int
    days: int
    against: Attainment

    @property
    def has_quota(self) -> bool:
        """Something was asked of the scope in this period."""
        return self.against.roll_up.quota is not None

    @property
    def is_one_back(self) -> bool:
        """The period before is also the one a year ago."""
        return self.before.period == self.year_ago.period

    @property
    def is_running(self) -> bool:
        """The period has not ended yet."""
        return self.day < self.days


def read(scope: Scope, period: Period, *, company: Company, today: date) -> Standing:
    """Two queries, whatever the scope."""
    year_back = {"month": 12, "quarter": 4, "year": 1}[period.grain]
    spans = [period, periods.shift(period, -1, company.fiscal_start), periods.shift(period, -year_back, company.fiscal_start)]
    days = (period.end_on - period.start_on).days
    passed = min(max((today - period.start_on).days + 1, 0), days)
    windows = [cut(span, passed, whole=passed == days) for span in spans]
    figures = kpis_many(scope, windows, company=company, open_in=())
    by_day, against = _won(scope, spans, company)
    now, before, year_ago = (
        Span(span, figure, running(span, by_day[k], today)) for k, (span, figure) in enumerate(zip(spans, figures, strict=True))
    )
    return Standing(now, before, year_ago, day=passed, days=days, against=against)


def cut(period: Period, days: int, *, whole: bool) -> Window:
    """The first so many days of a period, or all of it."""
    end = period.end_on if whole else min(period.start_on + timedelta(days=days), period.end_on)
    return Window(period.start_on, end)


def running(period: Period, by_day: Mapping[date, Decimal], today: date) -> tuple[Decimal, ...]:
    """The sum after each day of the period up to today."""
    passed = min((today - period.start_on).days + 1, (period.end_on - period.start_on).days)
    daily = (by_day.get(period.start_on + timedelta(days=at), Decimal(0)) for at in range(passed))
    return tuple(accumulate(daily))


def _won(scope: Scope, spans: Sequence[Period], company: Company) -> tuple[list[dict[date, Decimal]], Attainment]:
    """Won value by day of each span, and the attainment of the first."""
    at, target = as_of(company), Target()
    text, params = relations(scope, spans, at, company, parts=("credits",))
    more, asked = lines(scope, spans[0], target, at, company)
    found = document(_WON.replace("{relations}", text).replace("{lines}", more), {**params, **asked})
    by_day: list[dict[date, Decimal]] = [{} for _ in spans]
    for k, won_on, value in found["days"] or ():
        by_day[k][date.fromisoformat(won_on)] = Decimal(value)
    return by_day, of_document(found, target, company)
