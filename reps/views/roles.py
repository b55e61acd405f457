"""Roles: what a job lets its holder do, in sentences, and who holds it."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db.models import Count, Q
from django.db.models.functions import Lower
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from lib import clock
from reps.forms.fields import faults_into
from reps.forms.roles import RoleForm
from reps.gates import editable_or_denied, for_admins, for_all_but_finance
from reps.idempotency import idempotent
from reps.models import Capability, Rep, Role
from reps.requests import Request
from reps.roles import PRESETS, delete_role, preset, save_role
from reps.sudo import recent_password
from reps.views.answers import done, show


@require_GET
@for_all_but_finance
def roles(request: Request) -> HttpResponse:
    """The roles, and presets that are not made yet."""
    today = clock.today(request.company.zone)
    holders = Q(assignments__superseded_at=None, assignments__valid__contains=today) & (
        Q(assignments__rep__left_on=None) | Q(assignments__rep__left_on__gte=today)
    )
    found = list(
        Role.objects.visible_to(request.user).annotate(holders=Count("assignments", filter=holders)).order_by(Lower("name"))
    )
    names = {role.name.casefold() for role in found}
    context = {
        "roles": found,
        "all_count": len(Capability),
        "presets": [one for one in PRESETS if str(one.name).casefold() not in names],
        "may_edit": request.user.is_admin,
    }
    return show(request, "reps/roles.html", context)


@require_GET
@for_all_but_finance
def role(request: Request, pk: int) -> HttpResponse:
    """One role: what it allows and who holds it."""
    found = get_object_or_404(Role.objects.visible_to(request.user), pk=pk)
    today = clock.today(request.company.zone)
    holders = Rep.objects.visible_to(request.user).standing_on(today).holding(found.pk).here_on(today)
    context = {
        "role": found,
        "lines": [(label, verb in found.capabilities) for verb, label in Capability.choices],
        "holders": holders.order_by("name")[:200],
        "may_edit": request.user.is_admin,
    }
    return show(request, "reps/role.html", context)


def _edit(request: Request, found: Role | None) -> HttpResponse:
    form = RoleForm(request.POST or None, role=found)
    if request.method == "POST" and form.is_valid():
        with faults_into(form):
            saved = save_role(role=found, by=request.user, **form.cleaned_data)
            return done(request, _("%(role)s is saved.") % {"role": saved.name}, "reps:role", saved.pk)
    return show(request, "reps/role_form.html", {"form": form, "role": found}, form)


@require_http_methods(["GET", "POST"])
@for_admins
@recent_password
@idempotent
def role_new(request: Request) -> HttpResponse:
    """A role of one's own."""
    return _edit(request, None)


@require_http_methods(["GET", "POST"])
@for_admins
@recent_password
def role_edit(request: Request, pk: int) -> HttpResponse:
    """Change a role."""
    return _edit(request, editable_or_denied(Role, request.user, pk))


@require_POST
@for_admins
@recent_password
@idempotent
def role_from_preset(request: Request, key: str) -> HttpResponse:
    """Make a role from a preset with one click."""
    chosen = preset(key)
    if chosen is None:
        raise Http404
    try:
        made = save_role(
            role=None, name=str(chosen.name), purpose=str(chosen.purpose), capabilities=list(chosen.capabilities), by=request.user
        )
    except ValidationError as error:
        return done(request, error.messages[0], "reps:roles", state="warning")
    return done(request, _("%(role)s is made. Change what it may do as you like.") % {"role": made.name}, "reps:role", made.pk)


@require_POST
@for_admins
@recent_password
def role_delete(request: Request, pk: int) -> HttpResponse:
    """Delete a role nobody ever held."""
    found = editable_or_denied(Role, request.user, pk)
    try:
        delete_role(role=found, by=request.user)
    except ValidationError as error:
        return done(request, error.messages[0], "reps:role", pk, state="warning")
    return done(request, _("%(role)s is deleted.") % {"role": found.name}, "reps:roles")
