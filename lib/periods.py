"""Periods of the business calendar: half-open, of whole days in the organisation's zone (DOMAIN §0.2, §2)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

GRAINS = ("week", "month", "quarter", "year")
_NAMED = re.compile(r"^(?P<year>\d{4})(?:-(?:Q(?P<quarter>[1-4])|W(?P<week>\d{2})|(?P<month>\d{2})))?$")


class BadPeriod(ValueError):
    """The text names no period; the message says what would."""


@dataclass(frozen=True, order=True)
class Period:
    """The days [start_on, end_on), with the label people use for them."""

    start_on: date
    end_on: date
    grain: str
    label: str

    def __contains__(self, day: date) -> bool:
        return self.start_on <= day < self.end_on

    @property
    def last_on(self) -> date:
        """The last day inside."""
        return self.end_on - timedelta(days=1)

    def bounds(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """The instants [start, end) in UTC; a day may have 23 or 25 hours."""
        return midnight(self.start_on, zone), midnight(self.end_on, zone)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The instant a calendar day begins in a zone, in UTC; where midnight does not exist, the first instant after it."""
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)


def fiscal(day: date, fiscal_start: int = 1) -> tuple[int, int]:
    """Fiscal year and quarter of a day; the year is named after the calendar year it ends in."""
    quarter = (day.month - fiscal_start) % 12 // 3 + 1
    year = day.year + (1 if fiscal_start > 1 and day.month >= fiscal_start else 0)
    return year, quarter


def iso_week(day: date) -> str:
    """The ISO 8601 week, "2026-W53"."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02}"


def containing(day: date, grain: str, fiscal_start: int = 1) -> Period:
    """The period of that grain with the day in it."""
    if grain == "week":
        return _week(day - timedelta(days=day.weekday()))
    if grain == "month":
        return _months(day.replace(day=1), 1, "month", f"{day.year}-{day.month:02}")
    year, quarter = fiscal(day, fiscal_start)
    if grain == "quarter":
        return _quarter(year, quarter, fiscal_start)
    if grain == "year":
        return _months(_year_start(year, fiscal_start), 12, "year", str(year))
    raise BadPeriod(f"{grain!r} is no grain: use week, month, quarter or year.")


def named(text: str, fiscal_start: int = 1) -> Period:
    """The period that `2017`, `2017-Q1`, `2017-03` or `2017-W05` names; years and quarters are fiscal.

    Raises BadPeriod with a sentence that says how to write one.
    """
    match = _NAMED.match(text.strip())
    try:
        if not match:
            raise ValueError
        year = int(match["year"])
        if match["quarter"]:
            return _quarter(year, int(match["quarter"]), fiscal_start)
        if match["week"]:
            return _week(date.fromisocalendar(year, int(match["week"]), 1))
        if match["month"]:
            return containing(date(year, int(match["month"]), 1), "month")
        return _months(_year_start(year, fiscal_start), 12, "year", str(year))
    except (ValueError, OverflowError):
        raise BadPeriod(f"{text!r} names no period: write 2017, 2017-Q1, 2017-03 or 2017-W05.") from None


def shift(period: Period, by: int, fiscal_start: int = 1) -> Period:
    """The period `by` steps of its grain later (earlier if negative)."""
    if period.grain == "week":
        return _week(period.start_on + timedelta(weeks=by))
    months = {"month": 1, "quarter": 3, "year": 12}[period.grain]
    return containing(add_months(period.start_on, months * by), period.grain, fiscal_start)


def add_months(first: date, months: int) -> date:
    """The first day of the month that lies so many months on from a first of a month."""
    index = first.year * 12 + first.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)


def months_of(period: Period) -> list[date]:
    """First days of the months of a period that is made of months."""
    months = [period.start_on]
    while (after := add_months(months[-1], 1)) < period.end_on:
        months.append(after)
    return months


def _week(monday: date) -> Period:
    return Period(monday, monday + timedelta(weeks=1), "week", iso_week(monday))


def _months(start: date, months: int, grain: str, label: str) -> Period:
    return Period(start, add_months(start, months), grain, label)


def _year_start(year: int, fiscal_start: int) -> date:
    return date(year - 1 if fiscal_start > 1 else year, fiscal_start, 1)


def _quarter(year: int, quarter: int, fiscal_start: int) -> Period:
    start = add_months(_year_start(year, fiscal_start), 3 * (quarter - 1))
    return _months(start, 3, "quarter", f"{year}-Q{quarter}")
