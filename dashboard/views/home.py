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
from dashboard.cards import day as day_card
from dashboard.cards import standing as standing_card
from dashboard.panels import day, deals, people, standing
from lib import clock
from lib import periods as calendar
from lib.htmx import page_or_fragment
from lib.text import int_param
from metrics.scopes import of_rep
from reps.access import Viewer
from reps.gates import for_reps
from reps.requests import Request


@require_GET
def home(request: Request) -> HttpResponse:
    """What this person sees first."""
    viewer = request.user.viewer
    if viewer.is_manager:
        return _manager(request, viewer)
    if viewer.rep_id is not None:
        return _day(request, viewer.rep_id)
    raise Http404


@require_GET
@for_reps
def mine(request: Request) -> HttpResponse:
    """One's own day, also for a manager who sells."""
    return _day(request, request.user.rep.pk)


def _addresses() -> dict[str, str]:
    """Where rows link to: a page of a row is the list's address and its number."""
    return {
        "deals_url": reverse("deals:list"),
        "people_url": reverse("reps:people"),
        "log_url": reverse("deals:log"),
        "activities_url": reverse("deals:activities"),
    }


def _day(request: Request, rep_id: int) -> HttpResponse:
    company, today = request.company, clock.today(request.company.zone)
    choice = periods.chosen(request.GET, company, today)
    scope = of_rep(request.user.rep)
    stands = standing.read(scope, choice.period, company=company, today=today)
    found = day.read(rep_id=rep_id, currency=company.currency, today=today)
    context: dict[str, Any] = {
        "choice": choice,
        "today": today,
        "first_name": request.user.name.split()[0] if request.user.name else request.user.email,
        "standing": stands,
        "stands": standing_card.card(stands, currency=company.currency, fiscal_start=company.fiscal_start, height=120),
        "day": found,
        "shown": day_card.card(found, me=request.user.name, company=company.name, today=today),
        "quick": [(channel.value, channel.label, day_card.CHANNEL_ICONS[channel]) for channel in people.CHANNELS],
        "scope_key": scope.key,
        **_addresses(),
    }
    context["nostep_url"] = f"{context['deals_url']}?mine=1&nostep=1"
    return page_or_fragment(request, "dashboard/day.html", "dashboard/_day.html", context)


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
