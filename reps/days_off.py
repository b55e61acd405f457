"""Holiday calendars: making them, and the days in them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from reps import audit
from reps.holiday_files import Day
from reps.models import Company, Holiday, HolidayCalendar, Team, User


def make_calendar(*, name: str, source: str = "", days: Iterable[Day] = (), by: User | None) -> HolidayCalendar:
    """A calendar with its days. Raises ValidationError when the name is taken."""
    with transaction.atomic():
        calendar = HolidayCalendar(name=name, source=source)
        calendar.full_clean()
        calendar.save()
        put_days(calendar=calendar, days=days, by=by)
        audit.record(actor=by, verb="calendar.create", subject=calendar, facts={"name": name})
    return calendar


def edit_calendar(*, calendar: HolidayCalendar, name: str, source: str, by: User) -> HolidayCalendar:
    """Rename a calendar or say where its days come from."""
    with transaction.atomic():
        found = HolidayCalendar.objects.select_for_update().get(pk=calendar.pk)
        facts = {"name": [found.name, name]}
        found.name, found.source = name, source
        found.full_clean()
        found.save()
        audit.record(actor=by, verb="calendar.edit", subject=found, facts=facts)
    return found


def put_days(*, calendar: HolidayCalendar, days: Iterable[Day], by: User | None) -> int:
    """Have these days in the calendar, replacing what stood on the same dates; returns how many are new or changed."""
    wanted = {day.day_on: day for day in days}
    with transaction.atomic():
        HolidayCalendar.objects.select_for_update().get(pk=calendar.pk)
        there = {row.day_on: row for row in Holiday.objects.filter(calendar=calendar, day_on__in=wanted)}
        differ = [day for day in wanted.values() if not _equals(there.get(day.day_on), day)]
        Holiday.objects.bulk_create(
            [Holiday(calendar=calendar, day_on=day.day_on, name=day.name, kind=day.kind) for day in differ],
            update_conflicts=True, unique_fields=["calendar", "day_on"], update_fields=["name", "kind"],
        )  # fmt: skip
        if differ:
            put = [day.day_on for day in differ]
            audit.record(actor=by, verb="calendar.days", subject=calendar, facts={"put": put})
    return len(differ)


def remove_day(*, calendar: HolidayCalendar, day_on: date, by: User) -> Day | None:
    """Take a day out; returns what stood there."""
    with transaction.atomic():
        row = Holiday.objects.select_for_update().filter(calendar=calendar, day_on=day_on).first()
        if row is None:
            return None
        removed = Day(row.day_on, row.name, row.kind)
        row.delete()
        audit.record(actor=by, verb="calendar.days", subject=calendar, facts={"removed": [day_on]})
    return removed


def delete_calendar(*, calendar: HolidayCalendar, by: User) -> None:
    """Delete a calendar that nobody uses. Raises ValidationError for another."""
    with transaction.atomic():
        found = HolidayCalendar.objects.select_for_update().get(pk=calendar.pk)
        users = [*Company.objects.filter(calendar=found).values_list("name", flat=True)]
        users += Team.objects.filter(calendar=found).values_list("name", flat=True)
        if users:
            words = _("%(users)s use this calendar. Give them another one first.")
            raise ValidationError(words % {"users": ", ".join(name or _("The company") for name in users)})
        audit.record(actor=by, verb="calendar.delete", subject=found, facts={"name": found.name})
        found.delete()


def _equals(row: Holiday | None, day: Day) -> bool:
    return row is not None and (row.name, row.kind) == (day.name, day.kind)
