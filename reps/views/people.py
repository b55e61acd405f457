"""The people of the sales team: the list, the card of one, adding and inviting."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Lower
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from lib import clock
from lib.csv_out import download
from lib.htmx import page_or_fragment
from lib.pages import keyset
from lib.phones import whatsapp
from lib.text import clean_param, int_param
from reps import audit, history, invitations, people
from reps.forms.fields import faults_into
from reps.forms.people import CardForm, InviteForm, NewRepForm
from reps.gates import editable_or_denied, for_admins
from reps.idempotency import idempotent
from reps.models import Mail, Rep, Role, Team, TeamLead, User
from reps.models.people import RepQuerySet
from reps.requests import Request
from reps.sudo import recent_password, recent_password_for_file
from reps.views.answers import done, show

STATES = ("here", "left", "in", "invited", "none", "ended")


@dataclass(frozen=True)
class Asked:
    """The filters in the address."""

    q: str
    team: Team | None
    role: Role | None
    state: str

    @property
    def as_query(self) -> dict[str, str]:
        """The filters as they stand in an address."""
        pairs = {
            "q": self.q, "team": str(self.team.pk) if self.team else "", "role": str(self.role.pk) if self.role else "",
            "state": "" if self.state == "here" else self.state,
        }  # fmt: skip
        return {name: value for name, value in pairs.items() if value}


def _asked(request: Request, teams: Iterable[Team], roles: Iterable[Role]) -> Asked:
    team_id, role_id = int_param(request.GET, "team"), int_param(request.GET, "role")
    state = clean_param(request.GET, "state")
    allowed = STATES if request.user.kind in {"admin", "auditor"} else ("here", "left")
    return Asked(
        q=clean_param(request.GET, "q", most=80),
        team=next((team for team in teams if team.pk == team_id), None),
        role=next((role for role in roles if role.pk == role_id), None),
        state=state if state in allowed else "here",
    )


def _found(request: Request, asked: Asked) -> RepQuerySet:
    today = clock.today(request.company.zone)
    rows = Rep.objects.visible_to(request.user).standing_on(today).sorted_by_name().select_related("user")
    if asked.q:
        rows = rows.matching(asked.q)
    if asked.team:
        rows = rows.in_team(asked.team.path)
    if asked.role:
        rows = rows.holding(asked.role.pk)
    gone = Q(left_on__lt=today)
    by_state = {
        "here": ~gone,
        "left": gone,
        "in": Q(user__is_active=True) & ~Q(user__password__startswith=UNUSABLE_PASSWORD_PREFIX),
        "invited": Q(user__is_active=True, user__password__startswith=UNUSABLE_PASSWORD_PREFIX),
        "none": Q(user=None) & ~gone,
        "ended": Q(user__is_active=False),
    }
    return rows.filter(by_state[asked.state])


def _chips(asked: Asked, roles: Iterable[Role], full: bool) -> list[dict[str, Any]]:
    """Filters that change one thing and keep the rest."""
    labels = {
        "left": _("Left"), "in": _("Signs in"), "invited": _("Invited"), "none": _("No sign-in"), "ended": _("Sign-in ended"),
    }  # fmt: skip
    chips = [_chip(str(role), asked.role is not None and asked.role.pk == role.pk, asked, "role", str(role.pk)) for role in roles]
    states = labels if full else {"left": labels["left"]}
    return chips + [_chip(label, asked.state == state, asked, "state", state) for state, label in states.items()]


def _chip(label: str, is_on: bool, asked: Asked, name: str, value: str) -> dict[str, Any]:
    query = asked.as_query | {name: "" if is_on else value}
    return {"label": label, "on": is_on, "url": "?" + urlencode({key: value for key, value in query.items() if value})}


@require_GET
def people_list(request: Request) -> HttpResponse:
    """Everyone in the sales team; admins also see who signs in."""
    teams, roles = list(Team.objects.visible_to(request.user)), list(Role.objects.visible_to(request.user))
    asked = _asked(request, teams, roles)
    page = keyset(_found(request, asked), key="sort_name", cursor=clean_param(request.GET, "after", most=400))
    leads = TeamLead.objects.on(clock.today(request.company.zone)).filter(rep__in=[rep.pk for rep in page]).select_related("team")
    for rep in page:
        rep.led_names = ", ".join(lead.team.name for lead in leads if lead.rep_id == rep.pk)
    context: dict[str, object] = {
        "page": page,
        "asked": asked,
        "teams": teams,
        "chips": _chips(asked, roles, full=request.user.kind in {"admin", "auditor"}),
        "shows_signin": request.user.kind in {"admin", "auditor"},
        "is_filtered": bool(asked.as_query),
        "next_url": page.next_cursor and "?" + urlencode(asked.as_query | {"after": page.next_cursor}),
        "first_url": page.previous_cursor and "?" + urlencode(asked.as_query),
        "csv_query": urlencode(asked.as_query),
    }
    return page_or_fragment(request, "reps/people.html", "reps/_people.html", context)


@require_GET
@for_admins
@recent_password_for_file
def people_csv(request: Request) -> HttpResponseBase:
    """The list as a file, for admins."""
    teams, roles = list(Team.objects.visible_to(request.user)), list(Role.objects.visible_to(request.user))
    asked = _asked(request, teams, roles)
    with transaction.atomic():
        audit.record(actor=request.user, verb="export", subject="people", facts={"filters": sorted(asked.as_query)})
    header = ("number", "name", "work_email", "phone", "team", "role", "joined_on", "left_on", "sells", "signs_in")
    rows = (
        (rep.external_id, rep.name, rep.work_email, rep.phone, rep.team_name, rep.role_name, rep.joined_on, rep.left_on, rep.sells,  # type: ignore[attr-defined]
         rep.user is not None and rep.user.is_active)
        for rep in _found(request, asked).order_by(Lower("name"), "pk").iterator(chunk_size=2000)
    )  # fmt: skip
    return download("people", header, rows)


@require_GET
def rep(request: Request, pk: int) -> HttpResponse:
    """One rep: the card, where they belong and belonged, and the panels of higher floors."""
    today = clock.today(request.company.zone)
    found = get_object_or_404(Rep.objects.visible_to(request.user).standing_on(today).select_related("user"), pk=pk)
    leads = TeamLead.objects.on(today).filter(rep=found).select_related("team").order_by("team__name")
    viewer = request.user.viewer
    context = {
        "rep": found,
        "leads": leads,
        "whatsapp": whatsapp(found.phone),
        "has_left": found.left_on is not None and found.left_on < today,
        "history": history.of_rep(found, today),
        "may_edit": request.user.is_admin,
        "may_place": request.user.is_admin or (viewer.may("team.edit") and found.pk in viewer.subtree_rep_ids),
        "is_me": viewer.rep_id == found.pk,
        "shows_numbers": viewer.reads_everything or found.pk in viewer.readable_rep_ids,
        "shows_target": viewer.reads_everything or found.pk in viewer.own_ids | viewer.subtree_rep_ids,
        "shows_signin": request.user.kind in {"admin", "auditor"},
    }
    return show(request, "reps/rep.html", context)


@require_http_methods(["GET", "POST"])
@for_admins
@idempotent
def rep_new(request: Request) -> HttpResponse:
    """Add a rep who does not sign in (yet)."""
    form = NewRepForm(request.POST or None, user=request.user, currency=request.company.currency)
    if request.method == "POST" and form.is_valid():
        with faults_into(form):
            made = people.add_rep(**form.cleaned_data, by=request.user)
            return done(request, _("%(name)s is added.") % {"name": made.name}, "reps:rep", made.pk)
    return show(request, "reps/rep_form.html", {"form": form}, form)


@require_http_methods(["GET", "POST"])
@for_admins
def rep_edit(request: Request, pk: int) -> HttpResponse:
    """Change a rep's card."""
    found = editable_or_denied(Rep, request.user, pk)
    form = CardForm(request.POST or None, rep=found, currency=request.company.currency)
    if request.method == "POST" and form.is_valid():
        with faults_into(form):
            people.edit_rep(rep=found, by=request.user, **form.cleaned_data)
            return done(request, _("The card is saved."), "reps:rep", found.pk)
    return show(request, "reps/rep_form.html", {"form": form, "rep": found}, form)


# Inviting.


@dataclass
class Outcome:
    """What became of a pasted list."""

    invited: list[User] = field(default_factory=list)
    # (address, why not)
    refused: list[tuple[str, str]] = field(default_factory=list)


@require_http_methods(["GET", "POST"])
@for_admins
@recent_password
@idempotent
def invite(request: Request) -> HttpResponse:
    """Invite people by pasting their addresses. Who can be invited is; the rest stays in the box with its reason."""
    form = InviteForm(request.POST or None, user=request.user, initial={"team": int_param(request.GET, "team")})
    outcome = Outcome()
    if request.method == "POST" and form.is_valid():
        outcome = _invite_all(request, form)
        if not outcome.refused:
            return done(request, _invited_words(len(outcome.invited)), "reps:invitations")
        left = "\n".join(address for address, _why in outcome.refused)
        form = InviteForm(initial={**form.cleaned_data, "people": left}, user=request.user)
    return show(request, "reps/invite.html", {"form": form, "outcome": outcome}, form)


def _invited_words(count: int) -> str:
    return ngettext("%(count)d invitation is on its way.", "%(count)d invitations are on their way.", count) % {"count": count}


def _invite_all(request: Request, form: InviteForm) -> Outcome:
    typed: invitations.TypedList = form.cleaned_data["people"]
    kind, outcome = form.cleaned_data["kind"], Outcome()
    outcome.refused += [(piece, _("This is no e-mail address.")) for piece in typed.unread]
    reps = Rep.objects.visible_to(request.user).filter(user=None, work_email__in=[one.address for one in typed.people])
    waiting = {found.work_email: found for found in reps}
    for one in typed.people:
        known = waiting.get(one.address)
        place = {} if known else {"team": form.cleaned_data["team"], "role": form.cleaned_data["role"]}
        try:
            user = invitations.invite(
                address=one.address, name=one.name, kind=kind, rep=known if kind == User.Kind.MEMBER else None, by=request.user,
                start=clock.today(request.company.zone), **(place if kind == User.Kind.MEMBER else {}),
            )  # fmt: skip
        except ValidationError as error:
            outcome.refused.append((one.address, " ".join(error.messages)))
        else:
            outcome.invited.append(user)
    return outcome


@require_GET
@for_admins
def invitations_list(request: Request) -> HttpResponse:
    """Who has not come in yet: when the last mail went out, and what to do."""
    waiting = User.objects.visible_to(request.user).waiting().with_last_mail(Mail.Kind.INVITATION).select_related("rep")
    return show(request, "reps/invitations.html", {"waiting": waiting[:200], "now": clock.now()})
