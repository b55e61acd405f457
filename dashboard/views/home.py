"""The first page, by role: a manager sees the team, a rep their own day, an admin the set-up."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from dashboard import periods, setup_health
from dashboard.cards import changes as changes_card
from dashboard.cards import closing, needs, shortcuts, week
from dashboard.cards import day as day_card
from dashboard.cards import standing as standing_card
from dashboard.panels import day, deals, people, staff, standing
from dashboard.panels.people import Crew
from lib import clock
from lib import periods as calendar
from lib.htmx import page_or_fragment
from lib.text import int_param
from metrics.scopes import COMPANY, of_rep
from reps.gates import for_reps, gate
from reps.models import Rep
from reps.requests import Request

for_managers = gate(lambda viewer: viewer.is_manager)


@require_GET
def home(request: Request) -> HttpResponse:
    """What this person sees first."""
    viewer = request.user.viewer
    if viewer.kind == "admin":
        return _setup_health(request)
    if viewer.kind == "finance":
        return _finance(request)
    if viewer.kind == "auditor":
        return _auditor(request)
    if viewer.is_manager:
        return _manager(request)
    if viewer.rep_id is not None:
        return _day(request)
    return render(request, "dashboard/nobody.html", {"first_name": _first_name(request)})


@require_GET
@for_reps
def mine(request: Request) -> HttpResponse:
    """One's own day, also for a manager who sells; for htmx the part below the heading."""
    return _day(request)


@require_GET
@for_managers
def all_needs(request: Request) -> HttpResponse:
    """Everything that needs the manager, not only the five largest."""
    company, today = request.company, clock.today(request.company.zone)
    crew = _crew(request)
    found = deals.read(rep_ids=crew.rep_ids, currency=company.currency, today=today, due_before=today, needs=needs.MOST_SHOWN)
    context = {"crew": crew, "today": today, "needs": needs.card(found.open), "open": found.open, **_addresses()}
    return render(request, "dashboard/needs.html", context)


def _addresses() -> dict[str, str]:
    """Where rows link to: a page of a row is the list's address and its number."""
    return {
        "deals_url": reverse("deals:list"),
        "people_url": reverse("reps:people"),
        "log_url": reverse("deals:log"),
        "activities_url": reverse("deals:activities"),
    }


def _first_name(request: Request) -> str:
    words = request.user.name.split()
    return words[0] if words else request.user.email


def _crew(request: Request) -> Crew:
    """The team that `?team=` names among those this person leads; 404 for any other."""
    viewer, today = request.user.viewer, clock.today(request.company.zone)
    asked = int_param(request.GET, "team")
    if asked is None and request.GET.get("team"):
        raise Http404
    crew = people.read(team_ids=viewer.subtree_team_ids, team_id=asked, today=today)
    if crew is None:
        raise Http404
    return crew


def _manager(request: Request) -> HttpResponse:
    company, today = request.company, clock.today(request.company.zone)
    crew, window = _crew(request), calendar.containing(today, periods.grain(request.GET, company), company.fiscal_start)
    found = deals.read(rep_ids=crew.rep_ids, currency=company.currency, today=today, due_before=window.end_on)
    choice = periods.chosen(request.GET, company, today, last_won_on=found.open.last_won_on)
    stands = standing.read(crew.scope, choice.period, company=company, today=today)
    context: dict[str, Any] = {
        "crew": crew,
        "team_id": crew.team.team_id,
        "choice": choice,
        "today": today,
        "now": clock.now(),
        "window": window,
        "standing": stands,
        "stands": standing_card.card(stands, currency=company.currency, fiscal_start=company.fiscal_start),
        "changes": changes_card.card(found.changes, currency=company.currency),
        "needs": needs.card(found.open),
        "week": week.card(crew, against=stands.against, open_by=found.open.by_owner, today=today, currency=company.currency),
        "closing": closing.card(found.open, currency=company.currency),
        "open": found.open,
        "scope_key": crew.scope.key,
        "also_sells": request.user.rep.sells,
        **_addresses(),
    }
    return render(request, "dashboard/manager.html", context)


def _day(request: Request) -> HttpResponse:
    company, today = request.company, clock.today(request.company.zone)
    scope = of_rep(request.user.rep)
    found = day.read(rep_id=scope.id, currency=company.currency, today=today)
    choice = periods.chosen(request.GET, company, today, last_won_on=found.last_won_on)
    stands = standing.read(scope, choice.period, company=company, today=today)
    context: dict[str, Any] = {
        "choice": choice,
        "today": today,
        "first_name": _first_name(request),
        "standing": stands,
        "stands": standing_card.card(stands, currency=company.currency, fiscal_start=company.fiscal_start, height=120),
        "day": found,
        "shown": day_card.card(found, me=request.user.name, company=company.name, today=today),
        "quick": [(channel.value, channel.label, day_card.CHANNEL_ICONS[channel]) for channel in people.CHANNELS],
        "scope_key": scope.key,
        **_addresses(),
    }
    return page_or_fragment(request, "dashboard/day.html", "dashboard/_day.html", context)


def _setup_health(request: Request) -> HttpResponse:
    found = setup_health.read(company=request.company, today=clock.today(request.company.zone))
    context = {
        "health": found,
        "counts": shortcuts.counts(found.counts),
        "shortcuts": shortcuts.settings_pages(),
        "now": clock.now(),
    }
    return render(request, "dashboard/setup_health.html", context)


def _finance(request: Request) -> HttpResponse:
    today = clock.today(request.company.zone)
    context = {"teams": staff.read(today=today), "today": today, "first_name": _first_name(request), **_addresses()}
    return render(request, "dashboard/finance.html", context)


def _auditor(request: Request) -> HttpResponse:
    company, today = request.company, clock.today(request.company.zone)
    window = calendar.containing(today, periods.grain(request.GET, company), company.fiscal_start)
    everyone = list(Rep.objects.visible_to(request.user).values_list("pk", flat=True))
    found = deals.read(rep_ids=everyone, currency=company.currency, today=today, due_before=window.end_on)
    choice = periods.chosen(request.GET, company, today, last_won_on=found.open.last_won_on)
    stands = standing.read(COMPANY, choice.period, company=company, today=today)
    context: dict[str, Any] = {
        "choice": choice,
        "now": clock.now(),
        "window": window,
        "standing": stands,
        "stands": standing_card.card(stands, currency=company.currency, fiscal_start=company.fiscal_start),
        "changes": changes_card.card(found.changes, currency=company.currency),
        "closing": closing.card(found.open, currency=company.currency),
        "open": found.open,
        "scope_key": COMPANY.key,
        **_addresses(),
    }
    return render(request, "dashboard/auditor.html", context)
