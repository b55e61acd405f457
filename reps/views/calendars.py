"""Holiday calendars: the list, and one calendar by year."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count, Q
from django.db.models.functions import Lower
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from lib import clock
from lib.text import clean_param, int_param
from reps import days_off
from reps.forms.company import CalendarForm, DayForm, UploadForm
from reps.forms.fields import faults_into
from reps.gates import editable_or_denied, for_admins, for_all_but_finance
from reps.holiday_files import Day, Shipped, read, read_day, shipped
from reps.idempotency import idempotent
from reps.models import Holiday, HolidayCalendar, Team
from reps.requests import Request
from reps.views.acts import act
from reps.views.answers import done, show

_MOST_FAULTS = 5


@require_http_methods(["GET", "POST"])
@for_all_but_finance
@idempotent
def calendars(request: Request) -> HttpResponse:
    """The calendars and who uses them; an admin makes another."""
    form = CalendarForm(request.POST or None)
    if request.method == "POST" and not request.user.is_admin:
        raise PermissionDenied
    if request.method == "POST" and form.is_valid():
        with faults_into(form):
            made = days_off.make_calendar(by=request.user, **form.cleaned_data)
            return done(request, _("%(name)s is made. Now add its days.") % {"name": made.name}, "reps:calendar", made.pk)
    return _list(request, form)


def _list(request: Request, form: CalendarForm) -> HttpResponse:
    year = clock.today(request.company.zone).year
    rows = (
        HolidayCalendar.objects.visible_to(request.user)
        .annotate(
            this_year=Count("holidays", filter=Q(holidays__day_on__year=year)),
            next_year=Count("holidays", filter=Q(holidays__day_on__year=year + 1)),
        )
        .order_by(Lower("name"))
    )
    teams: dict[int, list[str]] = {}
    for name, calendar_id in Team.objects.visible_to(request.user).exclude(calendar=None).values_list("name", "calendar_id"):
        teams.setdefault(calendar_id, []).append(name)
    context = {
        "rows": [(row, teams.get(row.pk, [])) for row in rows],
        "year": year,
        "next_year": year + 1,
        "form": form,
        "may_edit": request.user.is_admin,
    }
    return show(request, "reps/calendars.html", context, form)


@require_GET
@for_all_but_finance
def calendar(request: Request, pk: int) -> HttpResponse:
    """One calendar, a year at a time."""
    return _calendar(request, get_object_or_404(HolidayCalendar.objects.visible_to(request.user), pk=pk))


def _calendar(
    request: Request, found: HolidayCalendar, day_form: DayForm | None = None, upload: UploadForm | None = None
) -> HttpResponse:
    this_year = clock.today(request.company.zone).year
    year = int_param(request.GET, "year", low=1990, high=2100) or this_year
    days = list(found.holidays.filter(day_on__year=year))
    there = set(found.holidays.values_list("day_on__year", flat=True))
    context = {
        "calendar": found,
        "year": year,
        "years": sorted(there | {this_year, this_year + 1, year}),
        "months": [(month, list(rows)) for month, rows in groupby(days, key=lambda day: day.day_on.replace(day=1))],
        "count": len(days),
        "is_company": request.company.calendar_id == found.pk,
        "teams": Team.objects.visible_to(request.user).filter(calendar=found),
        "shipped": _to_load(request, year, days),
        "form": day_form or DayForm(),
        "upload": upload or UploadForm(),
        "may_edit": request.user.is_admin,
    }
    return show(request, "reps/calendar.html", context, *(form for form in (day_form, upload) if form))


def _to_load(request: Request, year: int, days: list[Holiday]) -> list[Shipped]:
    """Shipped lists of the year of which a day is missing here."""
    there = {day.day_on for day in days}
    lists = [one for one in shipped() if one.year == year]
    return [one for one in lists if any(day.day_on not in there for day in one.read(request.company.language).days)]


def _to(found: HolidayCalendar, year: int) -> str:
    return f"{reverse('reps:calendar', args=[found.pk])}?{urlencode({'year': year})}"


@require_POST
@for_admins
def day_put(request: Request, pk: int) -> HttpResponse:
    """Add a day, or change what stands on it. Also takes a day from the address: that is how Undo brings one back."""
    found = editable_or_denied(HolidayCalendar, request.user, pk)
    form = DayForm(request.POST if "day_on" in request.POST else request.GET)
    if not form.is_valid():
        return _calendar(request, found, day_form=form)
    day = Day(**form.cleaned_data)
    days_off.put_days(calendar=found, days=[day], by=request.user)
    return done(request, _("%(name)s is in the calendar.") % {"name": day.name}, _to(found, day.day_on.year))


@require_POST
@for_admins
def day_remove(request: Request, pk: int) -> HttpResponse:
    """Take a day out; Undo puts it back."""
    found = editable_or_denied(HolidayCalendar, request.user, pk)
    day_on = read_day(clean_param(request.POST, "day_on", most=10))
    removed = days_off.remove_day(calendar=found, day_on=day_on, by=request.user) if day_on else None
    if removed is None:
        raise Http404
    undo = urlencode({"day_on": removed.day_on.isoformat(), "name": removed.name, "kind": removed.kind})
    undo_url = f"{reverse('reps:day_put', args=[found.pk])}?{undo}"
    words = _("%(name)s is no day off any more.") % {"name": removed.name}
    return done(request, words, _to(found, removed.day_on.year), undo_url=undo_url)


@require_POST
@for_admins
def load_shipped(request: Request, pk: int, key: str) -> HttpResponse:
    """Load a year that comes with the product."""
    found = editable_or_denied(HolidayCalendar, request.user, pk)
    chosen = next((one for one in shipped() if one.key == key), None)
    if chosen is None:
        raise Http404
    listed = chosen.read(request.company.language)
    count = days_off.put_days(calendar=found, days=listed.days, by=request.user)
    if listed.source and not found.source:
        days_off.edit_calendar(calendar=found, name=found.name, source=listed.source, by=request.user)
    return done(request, _loaded_words(count), _to(found, chosen.year))


def _loaded_words(count: int) -> str:
    return ngettext("%(count)d day is new or changed.", "%(count)d days are new or changed.", count) % {"count": count}


@require_POST
@for_admins
def upload(request: Request, pk: int) -> HttpResponse:
    """Load days from a CSV file; what cannot be read is named and nothing is lost."""
    found = editable_or_denied(HolidayCalendar, request.user, pk)
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        return _calendar(request, found, upload=form)
    listed = read(form.cleaned_data["file"], request.company.language)
    if listed.faults:
        form.add_error("file", list(listed.faults[:_MOST_FAULTS]))
        form.add_error("file", _("Nothing is loaded yet. Correct these rows and upload the file again."))
        return _calendar(request, found, upload=form)
    count = days_off.put_days(calendar=found, days=listed.days, by=request.user)
    year = listed.days[0].day_on.year if listed.days else clock.today(request.company.zone).year
    return done(request, _loaded_words(count), _to(found, year))


@require_http_methods(["GET", "POST"])
@for_admins
def calendar_edit(request: Request, pk: int) -> HttpResponse:
    """Rename a calendar or say where its days come from."""
    found = editable_or_denied(HolidayCalendar, request.user, pk)
    form = CalendarForm(request.POST or None, initial={"name": found.name, "source": found.source})
    back = reverse("reps:calendar", args=[found.pk])

    def save(data: dict[str, Any]) -> HttpResponse:
        days_off.edit_calendar(calendar=found, by=request.user, **data)
        return done(request, _("The calendar is saved."), back)

    return act(request, form, title=_("Rename %(name)s") % {"name": found.name}, label=_("Save"), back=back, act=save)


@require_POST
@for_admins
def calendar_delete(request: Request, pk: int) -> HttpResponse:
    """Delete a calendar that nobody uses."""
    found = editable_or_denied(HolidayCalendar, request.user, pk)
    try:
        days_off.delete_calendar(calendar=found, by=request.user)
    except ValidationError as error:
        return done(request, error.messages[0], "reps:calendar", pk, state="warning")
    return done(request, _("%(name)s is deleted.") % {"name": found.name}, "reps:calendars")
