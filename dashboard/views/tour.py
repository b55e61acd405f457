"""Help: a short tour of the pages this person has, the keys, and how numbers are read."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from dashboard import navigation
from reps.access import Viewer
from reps.requests import Request

_ABOUT: dict[str, Promise] = {
    "deals:list": _(
        "Open deals as a list or as a board: filter, drag to the next stage, plan the next step. Four fields make one."
    ),
    "metrics:numbers": _("Won, lost, value, win rate and cycle of any team, rep and period, each explained by its rows."),
    "metrics:activity_report": _("Activity and quotas by day, week, month and quarter, per team and rep, as pages and files."),
    "metrics:leaderboard": _("Who stands how against their quota, one number at a time, each team as it chose to show itself."),
    "deals:activities": _("What was logged, and the meetings that wait for an outcome."),
    "deals:accounts": _("Customers with their contacts, deals and what happened."),
    "deals:leads": _("People who may buy: take them, work them, turn them into deals."),
    "reps:people": _("Who is in which team, since when, and how to reach them."),
    "reps:teams": _("The reporting lines. A lead sees everyone below."),
    "reps:roles": _("What each job may do."),
    "metrics:quotas": _("A year of quotas by rep, team and month: paste a table, see every reading, save all of it or nothing."),
    "deals:pipelines": _("The steps a sale takes, and which of them count as qualified."),
    "deals:products": _("What you sell, with list prices."),
    "reps:calendars": _("Holidays by year, for the company and for teams."),
    "deals:imports": _("Bring files from another system. A dry run comes first."),
    "reps:settings": _("Name, zone, currency, week and what people see of each other."),
    "reps:audit": _("Who changed what, and when."),
}
_HOMES: dict[str, Promise] = {
    "manager": _("Where the team stands, what changed since Monday and what needs you."),
    "rep": _("Your number, what is due today, and two taps to log what you did."),
    "admin": _("What is missing or contradictory, each with the page that mends it."),
    "finance": _("Who works where."),
    "auditor": _("The company's numbers, read only."),
    "nobody": _("Empty until an admin adds you as a rep."),
}


@dataclass(frozen=True)
class Stop:
    """A page of the tour."""

    url: str
    label: Promise
    icon: str
    about: Promise


@require_GET
def help_page(request: Request) -> HttpResponse:
    """What there is, and how to get there quickly."""
    return render(request, "dashboard/help.html", {"tour": _tour(request.user.viewer)})


def _tour(viewer: Viewer) -> list[Stop]:
    entries = navigation.entries_for(viewer)
    about = {**_ABOUT, "dashboard:home": _HOMES[_who(viewer)]}
    shown = navigation.items(entries, "")
    return [Stop(item.url, item.label, item.icon, about[entry.name]) for entry, item in zip(entries, shown, strict=True)]


def _who(viewer: Viewer) -> str:
    if viewer.kind in _HOMES:
        return viewer.kind
    if viewer.is_manager:
        return "manager"
    return "nobody" if viewer.rep_id is None else "rep"
