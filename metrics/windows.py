"""Which days a number speaks of, and as of when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple, Protocol

from django.utils.translation import gettext as _

from lib import clock, periods
from lib.periods import BadPeriod, Period, midnight
from reps.models import Company

# Years outside are typing mistakes, and close to where date arithmetic breaks.
FIRST_YEAR, LAST_YEAR = 1990, 2099


class Days(Protocol):
    """Half-open days [start_on, end_on): a Window or a lib.periods.Period."""

    @property
    def start_on(self) -> date: ...
    @property
    def end_on(self) -> date: ...


class Window(NamedTuple):
    """The days [start_on, end_on); for spans that are no named period, such as the first 40 days of a quarter."""

    start_on: date
    end_on: date


@dataclass(frozen=True)
class AsOf:
    """Events dated up to `day`, as known at `known_at` (None: now). DOMAIN §0.1, §12.

    Nothing that lies after the present instant counts as having happened. `is_now` says that nothing dated later is known,
    so that a deal's row, which caches its latest state, is its state.
    """

    day: date
    known_at: datetime | None = None
    is_now: bool = False

    def stop(self, days: Days) -> date:
        """The first day after the part of the window that has been by `day`."""
        return max(days.start_on, min(days.end_on, self.day + timedelta(days=1)))

    def end(self, days: Days) -> date:
        """The day at whose end open deals are counted: the window's last, or `day` while it runs."""
        return min(days.end_on - timedelta(days=1), self.day)


def read_period(text: str, company: Company) -> Period:
    """The period that 2017, 2017-Q1, 2017-03 or 2017-W05 names in the company's year; BadPeriod with a sentence otherwise."""
    period = periods.named(text, company.fiscal_start)
    if not FIRST_YEAR <= period.start_on.year <= LAST_YEAR or period.end_on.year > LAST_YEAR + 1:
        raise BadPeriod(_("Give a period between %(first)d and %(last)d.") % {"first": FIRST_YEAR, "last": LAST_YEAR})
    return period


def read_day(text: str) -> date:
    """A day written as 2017-12-31; ValueError with a sentence otherwise."""
    try:
        day = date.fromisoformat(text)
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise ValueError
    except ValueError:
        raise ValueError(_("“%(text)s” is no day: write it as 2017-12-31.") % {"text": text}) from None
    return day


def as_of(company: Company, day: date | None = None, known_at: datetime | None = None) -> AsOf:
    """Today in the company's zone and everything known, unless told otherwise."""
    today = clock.today(company.zone)
    day = day or today
    return AsOf(day, known_at, is_now=known_at is None and day >= today)


def reach(windows: Sequence[Days], at: AsOf) -> tuple[date, date]:
    """The days [first, last) that all windows together cover."""
    return min(w.start_on for w in windows), max(at.stop(w) for w in windows)


def instants(days: Days, at: AsOf, company: Company) -> tuple[datetime, datetime]:
    """The UTC instants [start, stop) of the part of the window that has been, the present instant included."""
    start, stop = midnight(days.start_on, company.zone), midnight(at.stop(days), company.zone)
    return start, max(start, min(stop, clock.now() + timedelta(microseconds=1)))
