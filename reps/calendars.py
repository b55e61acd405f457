"""Working days (DOMAIN §2): the days of the working week that are no holiday. Spans are half-open, [start, end).

The functions on top are pure. `working_calendar` at the end reads the calendar of a company or team.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Q

from reps.models import Company, Holiday, Team

MONDAY_TO_FRIDAY = "1111100"
_ONE_DAY = timedelta(days=1)
# No holiday list leaves so few working days that this many in a row are free.
_LONGEST_BREAK_DAYS = 400


def is_working_day(day: date, weekmask: str = MONDAY_TO_FRIDAY, holidays: Collection[date] = frozenset()) -> bool:
    """Whether people work on that day. `weekmask` is seven characters, Monday first: 1 works, 0 is free."""
    return weekmask[day.weekday()] == "1" and day not in holidays


def working_days(start: date, end: date, weekmask: str = MONDAY_TO_FRIDAY, holidays: Collection[date] = frozenset()) -> int:
    """How many working days lie in [start, end); 0 where it ends before it starts. Costs the same for any span."""
    span = (end - start).days
    if span <= 0:
        return 0
    weeks, rest = divmod(span, 7)
    tail = sum(weekmask[(start.weekday() + offset) % 7] == "1" for offset in range(rest))
    free = sum(1 for day in set(holidays) if start <= day < end and weekmask[day.weekday()] == "1")
    return weeks * weekmask.count("1") + tail - free


@dataclass(frozen=True)
class WorkingCalendar:
    """Which days are worked, in which zone."""

    weekmask: str
    holidays: frozenset[date]
    zone: ZoneInfo

    def is_working(self, day: date) -> bool:
        """Whether people work on that day."""
        return is_working_day(day, self.weekmask, self.holidays)

    def count(self, start: date, end: date) -> int:
        """Working days in [start, end)."""
        return working_days(start, end, self.weekmask, self.holidays)

    def days(self, start: date, end: date) -> Iterator[date]:
        """The working days in [start, end), in order."""
        while start < end:
            if self.is_working(start):
                yield start
            start += _ONE_DAY

    def next_day(self, day: date) -> date:
        """The first working day at or after that day; the day itself where nothing is ever worked."""
        for offset in range(_LONGEST_BREAK_DAYS):
            if day.toordinal() + offset > date.max.toordinal():
                break
            if self.is_working(day + timedelta(days=offset)):
                return day + timedelta(days=offset)
        return day

    def after(self, day: date, count: int) -> date:
        """The day `count` working days later: 1 is the next working day after `day`."""
        for _ in range(count):
            following = self.next_day(day + _ONE_DAY)
            if following == day + _ONE_DAY and not self.is_working(following):
                return following
            day = following
        return day


def days_off(calendar_id: int | None, joint_leave_is_off: bool) -> frozenset[date]:
    """The holidays of a calendar; joint leave (cuti bersama) only where the company takes it."""
    if calendar_id is None:
        return frozenset()
    found = Holiday.objects.filter(calendar=calendar_id)
    if not joint_leave_is_off:
        found = found.exclude(kind=Holiday.Kind.JOINT_LEAVE)
    return frozenset(found.values_list("day_on", flat=True))


def working_calendar(company: Company, team: Team | None = None) -> WorkingCalendar:
    """The calendar that holds for a team: its own holidays and zone, else those of the nearest team above, else the company's."""
    calendar_id, zone = company.calendar_id, company.zone
    if team is not None:
        above = Team.objects.filter(pk__in=[int(part) for part in team.path.split("/") if part])
        for step in sorted(above.filter(~Q(calendar=None) | ~Q(time_zone="")), key=lambda found: len(found.path)):
            calendar_id = step.calendar_id or calendar_id
            zone = ZoneInfo(step.time_zone) if step.time_zone else zone
    return WorkingCalendar(weekmask=company.working_days, holidays=days_off(calendar_id, company.joint_leave_is_off), zone=zone)
