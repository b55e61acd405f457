"""Settings: the overview, the company itself, and picking a time zone by typing."""

from __future__ import annotations

from datetime import UTC
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from lib import clock
from lib.periods import add_months
from lib.text import clean_param
from reps import doors
from reps.calendars import working_calendar
from reps.company import edit_company
from reps.forms.company import CompanyForm
from reps.forms.fields import faults_into
from reps.gates import for_admins_and_auditors, for_all_but_finance
from reps.requests import Request
from reps.views.answers import done, show

_MOST_ZONES = 8
# Zones people look for by a city that is not in their name.
_ALSO = {
    "Asia/Jakarta": "wib bandung surabaya medan semarang", "Asia/Makassar": "wita bali denpasar balikpapan manado lombok",
    "Asia/Jayapura": "wit papua ambon sorong", "Asia/Kolkata": "mumbai delhi bangalore", "Asia/Shanghai": "beijing shenzhen",
}  # fmt: skip


@require_GET
@for_all_but_finance
def settings(request: Request) -> HttpResponse:
    """Everything that can be set, on one page."""
    return show(request, "reps/settings.html", {"groups": doors.for_viewer(request.user.viewer)})


@require_http_methods(["GET", "POST"])
@for_admins_and_auditors
def company(request: Request) -> HttpResponse:
    """The company's settings: admins change them, auditors read them."""
    if request.method == "POST" and not request.user.is_admin:
        raise PermissionDenied
    found = request.company
    form = CompanyForm(request.POST or None, company=found, user=request.user)
    if request.method == "POST" and form.is_valid():
        with faults_into(form):
            edit_company(by=request.user, **form.cleaned_data)
            return done(request, _("The company settings are saved."), "reps:company")
    if not request.user.is_admin:
        for field in form.fields.values():
            field.disabled = True
    month = clock.today(found.zone).replace(day=1)
    context = {
        "form": form,
        "may_edit": request.user.is_admin,
        "month": month,
        "working_days": working_calendar(found).count(month, add_months(month, 1)),
    }
    return show(request, "reps/company.html", context, form)


@require_GET
@for_all_but_finance
def zones(request: Request) -> HttpResponse:
    """Time zones for the picker: by part of the name, or by a city that people know."""
    words = clean_param(request.GET, "q") or clean_param(request.GET, "time_zone_text")
    context = {"options": _zones_like(words), "none": _("No zone of that name. Try the nearest large city.")}
    return render(request, "components/_picker_options.html", context)


def _zones_like(words: str) -> list[dict[str, str]]:
    folded = words.casefold().replace(" ", "_")
    found = [
        zone
        for zone in _all_zones()
        if folded in zone.casefold() or any(word in _ALSO.get(zone, "") for word in [words.casefold()])
    ]
    # Indonesia first, then what begins with the words, then by name.
    found.sort(key=lambda zone: (zone not in _ALSO, not zone.casefold().rpartition("/")[2].startswith(folded), zone))
    return [{"value": zone, "text": zone.replace("_", " "), "note": _offset(zone)} for zone in found[:_MOST_ZONES]]


@cache
def _all_zones() -> tuple[str, ...]:
    return tuple(
        sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "posix/", "right/")))
    )


def _offset(zone: str) -> str:
    """UTC+7, as it is today."""
    seconds = clock.now().astimezone(UTC).astimezone(ZoneInfo(zone)).utcoffset()
    minutes = int(seconds.total_seconds() // 60) if seconds else 0
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'−' if minutes < 0 else '+'}{hours}" + (f":{rest:02}" if rest else "")
