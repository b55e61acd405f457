"""Small acts on one rep or sign-in: each is a form of a few fields, shown in the side panel or as a page of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from lib import clock
from lib.htmx import page_or_fragment
from reps import invitations, org, people
from reps.forms.fields import faults_into
from reps.forms.people import LeaveForm, PlaceForm, RoleForRepForm, open_teams
from reps.gates import editable_or_denied, for_admins
from reps.idempotency import idempotent
from reps.models import Rep, RoleAssignment, Team, User
from reps.requests import Request
from reps.sudo import recent_password
from reps.views.answers import done


def act(
    request: Request, form: forms.Form, *, title: str, label: str, back: str, act: Callable[[dict[str, Any]], HttpResponse],
    text: str = "", danger: bool = False,
) -> HttpResponse:  # fmt: skip
    """Show the form; when it was sent and is right, do `act` with its values. What the verb refuses is shown in the form."""
    if request.method == "POST" and form.is_valid():
        with faults_into(form):
            return act(form.cleaned_data)
    status = 422 if form.is_bound and form.errors else 200
    context: dict[str, object] = {
        "form": form, "title": title, "label": label, "back": back, "text": text, "danger": danger, "action": request.path,
    }  # fmt: skip
    return page_or_fragment(request, "reps/act.html", "reps/_act.html", context, status=status)


def _back(rep: Rep) -> str:
    return reverse("reps:rep", args=[rep.pk])


def _rep_to_place(request: Request, pk: int) -> tuple[Rep, Any]:
    """The rep and the teams they may go to: any for an admin, those of the own subtree for a manager (TRUST, team.edit)."""
    rep = get_object_or_404(Rep.objects.visible_to(request.user), pk=pk)
    viewer = request.user.viewer
    if request.user.is_admin:
        return rep, open_teams()
    if viewer.may("team.edit") and rep.pk in viewer.subtree_rep_ids:
        return rep, open_teams().filter(pk__in=viewer.subtree_team_ids)
    raise PermissionDenied


@require_http_methods(["GET", "POST"])
@idempotent
def place(request: Request, pk: int) -> HttpResponse:
    """Move a rep to another team from a day on, for good or on loan."""
    rep, teams = _rep_to_place(request, pk)
    form = PlaceForm(request.POST or None, teams=teams, initial={"start": clock.today(request.company.zone)})
    if not request.user.is_admin:
        del form.fields["is_out"]

    def save(data: dict[str, Any]) -> HttpResponse:
        org.place(rep=rep, by=request.user, **data)
        team: Team | None = data["team"]
        words = _("%(name)s belongs to %(team)s.") if team else _("%(name)s belongs to no team.")
        return done(request, words % {"name": rep.name, "team": team.name if team else ""}, _back(rep))

    text = _("Days before stay as they were: past numbers keep the old team.")
    return act(
        request, form, title=_("Move %(name)s") % {"name": rep.name}, label=_("Move"), text=text, back=_back(rep), act=save
    )


@require_http_methods(["GET", "POST"])
@for_admins
@recent_password
@idempotent
def give_role(request: Request, pk: int) -> HttpResponse:
    """Give a rep a role from a day on."""
    rep = editable_or_denied(Rep, request.user, pk)
    today = clock.today(request.company.zone)
    held = RoleAssignment.objects.on(today).filter(rep=rep).first()
    form = RoleForRepForm(request.POST or None, user=request.user, initial={"start": today, "role": held and held.role_id})

    def save(data: dict[str, Any]) -> HttpResponse:
        org.assign_role(rep=rep, by=request.user, **data)
        return done(request, _("The role of %(name)s is set.") % {"name": rep.name}, _back(rep))

    title = _("Role of %(name)s") % {"name": rep.name}
    return act(request, form, title=title, label=_("Save"), back=_back(rep), act=save)


@require_http_methods(["GET", "POST"])
@for_admins
@idempotent
def leave(request: Request, pk: int) -> HttpResponse:
    """Note that somebody leaves. What is open stays with them until somebody gives it away; the page says where."""
    rep = editable_or_denied(Rep, request.user, pk)
    form = LeaveForm(request.POST or None, initial={"last_on": clock.today(request.company.zone)})

    def save(data: dict[str, Any]) -> HttpResponse:
        leaderless = people.part_with(rep=rep, last_on=data["last_on"], by=request.user)
        words = _("%(name)s leaves on %(day)s.") % {"name": rep.name, "day": date_format(data["last_on"], "j M Y")}
        if leaderless:
            words += " " + _("Now without a lead: %(teams)s.") % {"teams": ", ".join(team.name for team in leaderless)}
        return done(request, words, _back(rep))

    text = _(
        "Past numbers stay. The sign-in ends on the last day. Open deals stay with %(name)s until you give them to somebody."
    )
    title = _("%(name)s leaves") % {"name": rep.name}
    return act(
        request, form, title=title, text=text % {"name": rep.name}, label=_("Save"), danger=True, back=_back(rep), act=save
    )


@require_POST
@for_admins
def come_back(request: Request, pk: int) -> HttpResponse:
    """Undo that somebody left."""
    rep = editable_or_denied(Rep, request.user, pk)
    org.come_back(rep=rep, by=request.user)
    return done(request, _("%(name)s is with the company again.") % {"name": rep.name}, "reps:rep", rep.pk)


class _InviteOneForm(forms.Form):
    address = forms.EmailField(label=_("E-mail"), max_length=254)


@require_http_methods(["GET", "POST"])
@for_admins
@idempotent
def invite_rep(request: Request, pk: int) -> HttpResponse:
    """Give a rep a sign-in: invite them by mail."""
    rep = editable_or_denied(Rep, request.user, pk)
    form = _InviteOneForm(request.POST or None, initial={"address": rep.work_email})

    def save(data: dict[str, Any]) -> HttpResponse:
        invitations.invite(address=data["address"], kind=User.Kind.MEMBER, rep=rep, by=request.user)
        return done(request, _("An invitation is on its way to %(address)s.") % data, _back(rep))

    title = _("Invite %(name)s") % {"name": rep.name}
    return act(request, form, title=title, label=_("Send the invitation"), back=_back(rep), act=save)
