"""How much of each month counts for a rep in a team: the same rule by which the database keeps effective quotas.

metrics/migrations/0003_effective_quota.py says it in SQL for numbers that are saved; the grid asks it for numbers that
are only typed. A test compares the two.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateRange

from lib.versioned import since
from metrics import targets
from reps.calendars import WorkingCalendar, days_off
from reps.models import Company, Leave, Rep, Team, TeamMembership

# Leave is looked at so far beyond the months: five days in a row may begin or end outside.
MARGIN = timedelta(days=40)
_WHOLE = 100


@dataclass(frozen=True)
class Part:
    """A rep's month in one team, in working days: of the whole month, in this team and not gone, and of those worked.

    `earlier` are the days worked in the teams that come before it, since the shares of a quota sum to the whole.
    """

    workdays: int
    here: int
    present: Decimal
    earlier: Decimal = Decimal(0)

    @property
    def is_out(self) -> bool:
        """No day of the month belongs to this team."""
        return self.here == 0 and self.workdays > 0

    @property
    def is_whole(self) -> bool:
        """The whole quota counts here."""
        return self.present == self.workdays

    def of(self, base: int) -> int:
        """The part of a month's quota that counts here, both in minor units; halves to even."""
        if not self.workdays:
            return 0
        return _ratio(base, self.earlier + self.present, self.workdays) - _ratio(base, self.earlier, self.workdays)


WHOLE = Part(1, 1, Decimal(1))


def _ratio(base: int, days: Decimal, workdays: int) -> int:
    whole = workdays * _WHOLE
    share, rest = divmod(base * int(days * _WHOLE), whole)
    return share + (1 if 2 * rest > whole or (2 * rest == whole and share % 2) else 0)


class Calendars:
    """The working days of a span for each team, holidays by the nearest calendar above it. One query a calendar."""

    def __init__(self, company: Company, teams: Mapping[int, Team], first: date, stop: date) -> None:
        self.company, self.teams, self.first, self.stop = company, teams, first, stop
        self._days: dict[int | None, frozenset[date]] = {}

    @classmethod
    def around(cls, company: Company, teams: Mapping[int, Team], first: date, stop: date) -> Calendars:
        """With the days before and after that leave may reach into."""
        return cls(company, teams, first - MARGIN, stop + MARGIN)

    @property
    def span(self) -> DateRange:
        """From the first to the last day it knows."""
        return since(self.first, self.stop)

    def days(self, team_id: int | None) -> frozenset[date]:
        """The working days of a team, the company's for None."""
        calendar_id = self._calendar_of(team_id)
        if calendar_id not in self._days:
            free = days_off(calendar_id, self.company.joint_leave_is_off)
            calendar = WorkingCalendar(self.company.working_days, free, self.company.zone)
            self._days[calendar_id] = frozenset(calendar.days(self.first, self.stop))
        return self._days[calendar_id]

    def _calendar_of(self, team_id: int | None) -> int | None:
        team = self.teams.get(team_id or 0)
        if team is None:
            return self.company.calendar_id
        above = [self.teams[int(part)] for part in team.path.split("/") if part and int(part) in self.teams]
        return next((step.calendar_id for step in reversed(above) if step.calendar_id), self.company.calendar_id)


def parts(
    rep: Rep, *, team_id: int, months: Sequence[date], stop: date, seats: Iterable[TeamMembership], leaves: Iterable[Leave],
    calendars: Calendars,
) -> dict[date, Part]:  # fmt: skip
    """Each month of [months[0], stop) in that team, given all of the rep's seats and leave there and around it."""
    counted, by_day = _counted(rep, months[0], stop, seats, leaves, calendars)
    found: dict[date, list[Any]] = {month: [0, 0, Decimal(0), Decimal(0)] for month in months}
    for worked in counted:
        kept, team = found[worked.day.replace(day=1)], by_day[worked.day]
        kept[0] += 1
        if team == team_id:
            kept[1] += _is_with_us(rep, worked.day)
            kept[2] += worked.works_share
        elif team is not None and team < team_id:
            kept[3] += worked.works_share
    return {month: Part(*kept) for month, kept in found.items()}


def months_of(
    rep: Rep,
    *,
    months: Sequence[date],
    stop: date,
    seats: Iterable[TeamMembership],
    leaves: Iterable[Leave],
    calendars: Calendars,
) -> dict[date, Part]:
    """Each month of [months[0], stop), whatever teams the rep sits in."""
    counted, _by_day = _counted(rep, months[0], stop, seats, leaves, calendars)
    found: dict[date, list[Any]] = {month: [0, 0, Decimal(0)] for month in months}
    for worked in counted:
        kept = found[worked.day.replace(day=1)]
        kept[0] += 1
        kept[1] += _is_with_us(rep, worked.day)
        kept[2] += worked.works_share
    return {month: Part(*kept) for month, kept in found.items()}


def _counted(
    rep: Rep, first: date, stop: date, seats: Iterable[TeamMembership], leaves: Iterable[Leave], calendars: Calendars
) -> tuple[list[targets.Workday], dict[date, int | None]]:
    """The working days of the span with how much of each is worked, and the team of each."""
    away = {day: leave.works_share for leave in leaves for day in _days_of(leave.valid, first - MARGIN, stop + MARGIN)}
    by_day = dict(_teams_by_day(list(seats), first, stop, calendars, beyond=bool(away)))
    counted = targets.presence(sorted(by_day), month=(first, stop), away=away, joined_on=rep.joined_on, left_on=rep.left_on)
    return counted, by_day


def _teams_by_day(
    seats: Sequence[TeamMembership], first: date, stop: date, calendars: Calendars, *, beyond: bool
) -> Iterable[tuple[date, int | None]]:
    start, end = (first - MARGIN, stop + MARGIN) if beyond else (first, stop)
    placed: dict[int | None, list[Any]] = defaultdict(list)
    for seat in seats:
        placed[seat.team_id].append(seat.valid)
    taken: set[date] = set()
    for team_id, spans in placed.items():
        mine = {day for span in spans for day in _days_of(span, start, end)}
        taken |= mine
        yield from ((day, team_id) for day in calendars.days(team_id) & mine)
    if len(taken) < (end - start).days:
        yield from ((day, None) for day in calendars.days(None) if start <= day < end and day not in taken)


def _days_of(span: Any, first: date, stop: date) -> Iterable[date]:
    start = first if span.lower is None else max(span.lower, first)
    end = stop if span.upper is None else min(span.upper, stop)
    return (start + timedelta(days=at) for at in range(max((end - start).days, 0)))


def _is_with_us(rep: Rep, day: date) -> bool:
    return (rep.joined_on is None or day >= rep.joined_on) and (rep.left_on is None or day <= rep.left_on)
