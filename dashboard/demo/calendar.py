"""The days the demo company works, and its months and quarters up to the day it is built for."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from lib.periods import add_months

# Western Indonesia keeps UTC+7 all year.
OFFSET = timedelta(hours=7)
MONTHS = 18
# How a month compares with a usual one: Lebaran takes its toll, the year's end brings the budgets.
SEASON = {1: 0.88, 2: 0.95, 3: 0.62, 4: 1.0, 5: 1.04, 6: 1.02, 7: 1.0, 8: 0.97, 9: 1.03, 10: 1.04, 11: 1.06, 12: 1.24}


def at(day: date, minutes: int) -> datetime:
    """The instant so many minutes into a day in Jakarta, in UTC."""
    return datetime.combine(day, time(), tzinfo=UTC) - OFFSET + timedelta(minutes=minutes)


@dataclass(frozen=True)
class Days:
    """Working days from two years back to three months ahead of `today`, which has just begun and holds nothing yet."""

    today: date
    working: list[date]

    @classmethod
    def around(cls, today: date, holidays: set[date]) -> Days:
        """Monday to Friday without the holidays."""
        span = (today + timedelta(days=offset) for offset in range(-900, 120))
        return cls(today, [day for day in span if day.weekday() < 5 and day not in holidays])

    def index(self, day: date) -> int:
        """The place of the first working day on or after `day`."""
        return min(bisect_left(self.working, day), len(self.working) - 1)

    def on_or_after(self, day: date) -> date:
        """The first working day from `day` on."""
        return self.working[self.index(day)]

    def within(self, start: date, end: date) -> list[date]:
        """Working days in [start, end)."""
        return self.working[bisect_left(self.working, start) : bisect_left(self.working, end)]

    def month(self, back: int) -> tuple[date, date]:
        """The month so many before the current one, as [first, next first)."""
        first = add_months(self.today.replace(day=1), -back)
        return first, add_months(first, 1)

    def past(self, back: int) -> list[date]:
        """Working days of that month before today."""
        start, end = self.month(back)
        return self.within(start, min(end, self.today))

    def elapsed_share(self, back: int) -> float:
        """The part of that month's working days that lies before today."""
        return len(self.past(back)) / max(len(self.within(*self.month(back))), 1)
