"""The first page: by role. A manager sees the team, a rep their own day, an admin the set-up."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from dashboard import periods
from dashboard.cards import changes as changes_card
from dashboard.cards import closing, needs, week
from dashboard.cards import standing as standing_card
from dashboard.panels import deals, people, standing
from lib import clock
from lib import periods as calendar
from lib.text import int_param
from reps.access import Viewer
from reps.requests import Request


@require_GET
def home(request: Request) -> HttpResponse:
    """What this person sees first."""
    viewer = request.user.viewer
    if viewer.is_manager:
        return _manager(request, viewer)
    raise Http404


def _addresses() -> dict[str, str]:
    """Where rows link to: a page of a row is the list's address and its number."""
    return {"deals_url": reverse("deals:list"), "people_url": reverse("reps:people"), "log_url": reverse("deals:log")}


def _manager(request: Request, viewer: Viewer) -> HttpResponse:
    company, today = request.company, clock.today(request.company.zone)
    choice = periods.chosen(request.GET, company, today)
    crew = people.read(team_ids=viewer.subtree_team_ids, team_id=int_param(request.GET, "team"), today=today)
    if crew is None:
        raise Http404
    window = calendar.containing(today, choice.period.grain, company.fiscal_start)
    stands = standing.read(crew.scope, choice.period, company=company, today=today)
    found = deals.read(rep_ids=crew.rep_ids, currency=company.currency, today=today, due_before=window.end_on)
    context: dict[str, Any] = {
        "crew": crew,
        "choice": choice,
        "today": today,
        "now": clock.now(),
        "window": window,
        "standing": stands,
        "stands": standing_card.card(stands, currency=company.currency, fiscal_start=company.fiscal_start),
        "changes": changes_card.card(found.changes, currency=company.currency),
        "needs": needs.card(found.open),
        "week": week.card(crew, won=stands.won_by_rep, open_by=found.open.by_owner, today=today, currency=company.currency),
        "closing": closing.card(found.open, currency=company.currency),
        "open": found.open,
        "scope_key": crew.scope.key,
        **_addresses(),
    }
    return render(request, "dashboard/manager.html", context)
