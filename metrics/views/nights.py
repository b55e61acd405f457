"""*Nights*: the ledger of the nightly reports, what is due, what was wrong, and running one again."""

from __future__ import annotations

import logging
from datetime import date

from celery import current_app
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from lib import clock, htmx
from lib.text import clean_param
from metrics import night, night_words
from metrics.models import NightRun
from metrics.tasks import run_night
from metrics.windows import read_day
from reps.gates import for_admins, for_admins_and_auditors
from reps.requests import Request

log = logging.getLogger(__name__)
PAGE_DAYS = 31
_ANSWER_S = 0.5


@require_GET
@for_admins_and_auditors
def nights(request: Request) -> HttpResponse:
    """The last month of the ledger, or the month before the day in the address."""
    company, last = request.company, night.last_due(request.company)
    until = _day(clean_param(request.GET, "until", most=12)) or last
    runs = list(NightRun.objects.visible_to(request.user).filter(business_day__lte=until)[: 2 * PAGE_DAYS + 1])
    shown = night_words.lines(runs[: 2 * PAGE_DAYS], company)
    waiting = night.due(company)
    context = {
        "lines": shown,
        "due": waiting,
        "overdue": [day for day in waiting if day < last],
        "next_at": night.start_of_next(company),
        "last": next((line.run for line in shown if line.run.state == NightRun.State.DONE), None),
        "defects": sum(line.run.defects for line in shown),
        "may_run": request.user.is_admin,
        "now": clock.now(),
        "next_url": f"?until={runs[2 * PAGE_DAYS].business_day}" if len(runs) > 2 * PAGE_DAYS else "",
        "first_url": reverse("metrics:nights") if until < last else "",
    }
    return render(request, "metrics/nights.html", context)


@require_POST
@for_admins
def run_again(request: Request, day: str) -> HttpResponse:
    """Do both jobs of a business day once more. Doing it twice does no harm: the second time changes nothing."""
    found = _day(day)
    if found is None or found > night.last_due(request.company):
        raise Http404
    if not night.try_again(found) and found not in night.due(request.company):
        raise Http404
    name = date_format(found, "j M Y")
    if _worker_answers():
        run_night.apply_async(args=[found.isoformat()], retry=False)
        htmx.say(request, _("The night of %(day)s runs. Look again in a minute.") % {"day": name})
    else:
        _run_here(request, found, name)
    return htmx.go(request, "metrics:nights")


def _run_here(request: Request, day: date, name: str) -> None:
    try:
        outcome = night.run_day(day, request.company)
    except Exception:  # whatever it was stands in the ledger and the log
        log.warning("The night of %s failed when it was run again.", day)
        htmx.say(request, _("The night of %(day)s failed again. Its line says why.") % {"day": name}, state="error")
        return
    words = ngettext("%(n)s value changed", "%(n)s values changed", outcome.written) % {"n": outcome.written}
    htmx.say(request, _("The night of %(day)s is done: %(changed)s.") % {"day": name, "changed": words})


def _worker_answers() -> bool:
    try:
        return bool(current_app.control.ping(timeout=_ANSWER_S, limit=1))
    except Exception:  # a broker that is away raises whatever its library raises
        return False


def _day(text: str) -> date | None:
    try:
        return read_day(text)
    except ValueError:
        return None
