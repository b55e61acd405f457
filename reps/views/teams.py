"""The team tree, and one team: who leads, who belongs, since when."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, Q
from django.db.models.functions import Lower
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from lib import clock
from reps import history, org
from reps.forms.fields import faults_into
from reps.forms.teams import EditTeamForm, LeadForm, MembersForm, MoveTeamForm, NewTeamForm
from reps.gates import for_admins, for_all_but_finance
from reps.idempotency import idempotent
from reps.models import Rep, Team, TeamLead
from reps.requests import Request
from reps.views.acts import act
from reps.views.answers import done, show


@dataclass
class Node:
    """A team in the tree with its lead and how many belong to it, alone and with all below."""

    team: Team
    lead: str
    members: int
    below: int = 0
    children: list[Node] = field(default_factory=list)

    @property
    def total(self) -> int:
        """Members of the team and of every team below it."""
        return self.members + self.below


def _tree(request: Request, *, with_closed: bool) -> list[Node]:
    """The tree in two queries, closed teams only when asked for."""
    today = clock.today(request.company.zone)
    current = Q(memberships__superseded_at=None, memberships__valid__contains=today)
    here = current & (Q(memberships__rep__left_on=None) | Q(memberships__rep__left_on__gte=today))
    teams = Team.objects.visible_to(request.user).annotate(members=Count("memberships", filter=here)).order_by(Lower("name"))
    if not with_closed:
        teams = teams.filter(Q(closed_on=None) | Q(closed_on__gt=today))
    leads = dict(TeamLead.objects.on(today).values_list("team_id", "rep__name"))
    nodes = {team.pk: Node(team, leads.get(team.pk, ""), team.members) for team in teams}
    roots: list[Node] = []
    for node in nodes.values():
        above = nodes.get(node.team.parent_id or 0)
        (above.children if above else roots).append(node)
    for root in roots:
        _sum_up(root)
    return roots


def _sum_up(node: Node) -> int:
    node.below = sum(_sum_up(child) for child in node.children)
    return node.total


@require_GET
@for_all_but_finance
def teams(request: Request) -> HttpResponse:
    """The tree."""
    with_closed = "closed" in request.GET
    roots = _tree(request, with_closed=with_closed)
    context = {"roots": roots, "with_closed": with_closed, "may_edit": request.user.is_admin}
    return show(request, "reps/teams.html", context)


@require_GET
@for_all_but_finance
def team(request: Request, pk: int) -> HttpResponse:
    """One team."""
    today = clock.today(request.company.zone)
    found = get_object_or_404(Team.objects.visible_to(request.user).select_related("parent", "calendar"), pk=pk)
    reps = Rep.objects.visible_to(request.user).standing_on(today).belonging_to(found.pk)
    spans, viewer = history.of_team(found, today), request.user.viewer
    context = {
        "team": found,
        "members": reps.here_on(today).order_by("name"),
        "lead": next((span for span in spans if span.kind == "lead" and span.is_now), None),
        "children": Team.objects.visible_to(request.user).filter(parent=found, closed_on=None),
        "history": spans,
        "may_edit": request.user.is_admin,
        "may_place": request.user.is_admin or (viewer.may("team.edit") and found.pk in viewer.subtree_team_ids),
        "shows_numbers": viewer.reads_everything or found.pk in viewer.team_ids | viewer.subtree_team_ids,
        "shows_quotas": viewer.reads_everything or found.pk in viewer.subtree_team_ids,
    }
    return show(request, "reps/team.html", context)


@require_http_methods(["GET", "POST"])
@for_admins
@idempotent
def team_new(request: Request) -> HttpResponse:
    """A new team with lead and members."""
    form = NewTeamForm(request.POST or None, user=request.user, initial={"start": clock.today(request.company.zone)})
    if request.method == "POST" and form.is_valid():
        with faults_into(form):
            made = _make(request, form.cleaned_data)
            return done(request, _("%(team)s is made.") % {"team": made.name}, "reps:team", made.pk)
    return show(request, "reps/team_form.html", {"form": form}, form)


@transaction.atomic
def _make(request: Request, data: dict[str, Any]) -> Team:
    made = org.create_team(name=data["name"], parent=data["parent"], by=request.user)
    if data["lead"]:
        org.set_lead(team=made, rep=data["lead"], start=data["start"], by=request.user)
    for rep in data["members"].order_by("pk"):
        org.place(rep=rep, team=made, start=data["start"], by=request.user)
    return made


def _found(request: Request, pk: int) -> Team:
    return get_object_or_404(Team.objects.visible_to(request.user), pk=pk)


def _back(team: Team) -> str:
    return reverse("reps:team", args=[team.pk])


@require_http_methods(["GET", "POST"])
@for_admins
def team_edit(request: Request, pk: int) -> HttpResponse:
    """Rename a team, give it holidays or a zone of its own, close it."""
    found = _found(request, pk)
    form = EditTeamForm(request.POST or None, user=request.user, team=found)
    if request.method == "POST" and form.is_valid():
        with faults_into(form):
            org.edit_team(team=found, by=request.user, **form.cleaned_data)
            return done(request, _("The team is saved."), _back(found))
    return show(request, "reps/team_edit.html", {"form": form, "team": found}, form)


@require_http_methods(["GET", "POST"])
@for_admins
def team_move(request: Request, pk: int) -> HttpResponse:
    """Make the team, with all below it, part of another."""
    found = _found(request, pk)
    form = MoveTeamForm(request.POST or None, user=request.user, team=found)

    def save(data: dict[str, Any]) -> HttpResponse:
        org.move_team(team=found, under=data["under"], by=request.user)
        return done(request, _("%(team)s is moved, with every team below it.") % {"team": found.name}, _back(found))

    text = _("Managers above see what moves below them from the next click on, and those before them no longer do.")
    title = _("Move %(name)s") % {"name": found.name}
    response = act(request, form, title=title, text=text, label=_("Move"), back=_back(found), act=save)
    # A circle is no typing mistake: the request asks for something that cannot be.
    if form.is_bound and form.has_error("__all__", "circle"):
        response.status_code = 400
    return response


@require_http_methods(["GET", "POST"])
@for_admins
@idempotent
def team_lead(request: Request, pk: int) -> HttpResponse:
    """Say who leads the team from which day."""
    found = _found(request, pk)
    today = clock.today(request.company.zone)
    lead = TeamLead.objects.on(today).filter(team=found).first()
    form = LeadForm(request.POST or None, user=request.user, initial={"start": today, "rep": lead and lead.rep_id})

    def save(data: dict[str, Any]) -> HttpResponse:
        org.set_lead(team=found, by=request.user, **data)
        return done(request, _("The lead of %(team)s is set.") % {"team": found.name}, _back(found))

    text = _("Leading gives the right to read and change the work of this team and every team below it.")
    title = _("Lead of %(name)s") % {"name": found.name}
    return act(request, form, title=title, text=text, label=_("Save"), back=_back(found), act=save)


@require_http_methods(["GET", "POST"])
@for_all_but_finance
@idempotent
def team_members(request: Request, pk: int) -> HttpResponse:
    """Have reps join from a day on. A manager moves people within the teams they lead."""
    found, viewer = _found(request, pk), request.user.viewer
    within = None if request.user.is_admin else viewer.subtree_rep_ids
    if within is not None and not (viewer.may("team.edit") and found.pk in viewer.subtree_team_ids):
        raise PermissionDenied
    today = clock.today(request.company.zone)
    form = MembersForm(request.POST or None, user=request.user, within=within, team=found, initial={"start": today})

    def save(data: dict[str, Any]) -> HttpResponse:
        with transaction.atomic():
            for rep in data["reps"].order_by("pk"):
                org.place(rep=rep, team=found, start=data["start"], by=request.user)
        count = len(data["reps"])
        words = ngettext("%(count)d rep joins %(team)s.", "%(count)d reps join %(team)s.", count)
        return done(request, words % {"count": count, "team": found.name}, _back(found))

    title = _("Who joins %(name)s?") % {"name": found.name}
    return act(request, form, title=title, label=_("Add them"), back=_back(found), act=save)
