"""Sign-ins as admins see them: what each is for, what it may see, and how it ends. Nobody sees a secret here."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from lib import clock
from lib.htmx import go
from lib.pages import keyset
from lib.text import clean_param
from reps import invitations, people, preview, second_factor, sessions, trail
from reps.forms.people import AddressForm, KindForm, LinkForm
from reps.gates import editable_or_denied, for_admins, for_admins_and_auditors
from reps.idempotency import idempotent
from reps.models import AuditEntry, Mail, Session, User
from reps.requests import Request
from reps.sudo import recent_password
from reps.views.acts import act
from reps.views.answers import done, show

_TRAIL_ROWS = 8


@require_GET
@for_admins_and_auditors
def signins(request: Request) -> HttpResponse:
    """Who signs in without selling: admins, finance, auditors, and people who are no rep yet."""
    rows = User.objects.visible_to(request.user).without_rep().sorted_by_name().with_second_factor()
    page = keyset(rows, key="sort_name", cursor=clean_param(request.GET, "after", most=400))
    context = {
        "page": page,
        "next_url": page.next_cursor and f"?after={page.next_cursor}",
        "first_url": page.previous_cursor and "?",
        "may_edit": request.user.is_admin,
    }
    return show(request, "reps/signins.html", context)


@require_GET
@for_admins_and_auditors
def signin(request: Request, pk: int) -> HttpResponse:
    """One sign-in: what this person can see and do, and everything an admin may do about it."""
    rows = User.objects.visible_to(request.user).with_last_mail(Mail.Kind.INVITATION).with_second_factor().select_related("rep")
    person = get_object_or_404(rows, pk=pk)
    rep = getattr(person, "rep", None)
    context = {
        "person": person,
        "rep": rep,
        "preview": preview.of(person, request.company),
        "is_waiting": person.is_active and not person.has_usable_password(),
        "last_seen": Session.objects.of(person).first(),
        "trail": trail.in_words(AuditEntry.objects.visible_to(request.user).about(person)[:_TRAIL_ROWS], about=person),
        "may_edit": request.user.is_admin,
        "is_me": person.pk == request.user.pk,
        "now": clock.now(),
    }
    return show(request, "reps/signin.html", context)


def _back(person: User) -> str:
    return reverse("reps:signin", args=[person.pk])


@require_http_methods(["GET", "POST"])
@for_admins
@recent_password
@idempotent
def address(request: Request, pk: int) -> HttpResponse:
    """Change the e-mail somebody signs in with."""
    person = editable_or_denied(User, request.user, pk, "rep")
    form = AddressForm(request.POST or None)

    def save(data: dict[str, Any]) -> HttpResponse:
        is_changed = people.ask_for_new_address(user=person, address=data["address"], by=request.user)
        words = (
            _("The invitation now goes to %(address)s.")
            if is_changed
            else _("A mail went to the old address. When it is confirmed there, %(address)s holds.")
        )
        return done(request, words % data, _back(person))

    text = _("The old address, %(old)s, has to confirm it. Then every session ends.") % {"old": person.email}
    if not person.has_usable_password():
        text = _("Nobody has signed in with %(old)s yet, so it changes at once.") % {"old": person.email}
    return act(request, form, title=_("Change the e-mail"), text=text, label=_("Change it"), back=_back(person), act=save)


@require_http_methods(["GET", "POST"])
@for_admins
@recent_password
def kind(request: Request, pk: int) -> HttpResponse:
    """Change what a sign-in is for."""
    person = editable_or_denied(User, request.user, pk, "rep")
    form = KindForm(request.POST or None, initial={"kind": person.kind})

    def save(data: dict[str, Any]) -> HttpResponse:
        people.set_kind(user=person, kind=data["kind"], by=request.user)
        return done(request, _("The access of %(name)s is changed.") % {"name": person.name}, _back(person))

    text = _("It takes effect on the next click; %(name)s has to sign in again.") % {"name": person.name}
    title = _("Access of %(name)s") % {"name": person.name}
    return act(request, form, title=title, text=text, label=_("Save"), back=_back(person), act=save)


@require_http_methods(["GET", "POST"])
@for_admins
@recent_password
def link(request: Request, pk: int) -> HttpResponse:
    """Say for which rep a sign-in acts."""
    person = editable_or_denied(User, request.user, pk, "rep")
    form = LinkForm(request.POST or None, user=request.user)

    def save(data: dict[str, Any]) -> HttpResponse:
        people.link(rep=data["rep"], user=person, by=request.user)
        words = _("%(name)s now signs in for %(rep)s.") % {"name": person.name, "rep": data["rep"].name}
        return done(request, words, _back(person))

    text = _("Numbers belong to the rep. Whoever signs in for the rep sees them as their own.")
    title = _("Which rep is %(name)s?") % {"name": person.name}
    return act(request, form, title=title, text=text, label=_("Save"), back=_back(person), act=save)


@require_POST
@for_admins
@recent_password
def unlink(request: Request, pk: int) -> HttpResponse:
    """Take the sign-in off the rep; both stay."""
    person = editable_or_denied(User, request.user, pk, "rep")
    rep = getattr(person, "rep", None)
    if rep is not None:
        people.unlink(rep=rep, by=request.user)
    return done(request, _("%(name)s no longer signs in for a rep.") % {"name": person.name}, _back(person))


@require_POST
@for_admins
def end(request: Request, pk: int) -> HttpResponse:
    """End a sign-in."""
    person = editable_or_denied(User, request.user, pk, "rep")
    try:
        people.deactivate(user=person, by=request.user)
    except ValidationError as error:
        return done(request, error.messages[0], _back(person), state="warning")
    return done(request, _("%(name)s can no longer sign in.") % {"name": person.name}, _back(person))


@require_POST
@for_admins
@recent_password
def allow(request: Request, pk: int) -> HttpResponse:
    """Let somebody sign in again."""
    person = editable_or_denied(User, request.user, pk, "rep")
    people.reactivate(user=person, by=request.user)
    return done(request, _("%(name)s can sign in again.") % {"name": person.name}, _back(person))


@require_POST
@for_admins
def sign_out(request: Request, pk: int) -> HttpResponse:
    """Sign somebody out everywhere."""
    person = editable_or_denied(User, request.user, pk, "rep")
    is_me = person.pk == request.user.pk
    ended = sessions.end_all(person, keep=request if is_me else None, by=request.user)
    words = ngettext("%(count)d session is ended.", "%(count)d sessions are ended.", ended) % {"count": ended}
    return done(request, words, _back(person))


@require_http_methods(["GET", "POST"])
@for_admins
@recent_password
def reset_second_factor(request: Request, pk: int) -> HttpResponse:
    """Take the codes of a lost phone away, so that the password alone lets the person in to set up another."""
    person = editable_or_denied(User, request.user, pk, "rep")
    if person.pk == request.user.pk:
        return go(request, "reps:second_factor")
    form = forms.Form(request.POST if request.method == "POST" else None)

    def save(_data: dict[str, Any]) -> HttpResponse:
        if second_factor.reset(user=person, by=request.user):
            return done(
                request, _("%(name)s signs in with the password alone, and got a mail.") % {"name": person.name}, _back(person)
            )
        return done(request, _("%(name)s has no second factor.") % {"name": person.name}, _back(person), state="warning")

    text = _(
        "First make sure that it is %(name)s who asks: call them, or see them. Every session of theirs ends, the password stays,"
        " and they are told by mail."
    )
    title = _("Reset the second factor of %(name)s") % {"name": person.name}
    return act(
        request,
        form,
        title=title,
        text=text % {"name": person.name},
        label=_("Reset it"),
        danger=True,
        back=_back(person),
        act=save,
    )


@require_POST
@for_admins
def invite_again(request: Request, pk: int) -> HttpResponse:
    """Send the invitation once more."""
    person = editable_or_denied(User, request.user, pk, "rep")
    if invitations.resend(user=person, by=request.user):
        return done(request, _("A fresh invitation goes to %(address)s.") % {"address": person.email}, "reps:invitations")
    words = _("Nothing was sent: three mails went out within the hour, or the invitation was accepted.")
    return done(request, words, "reps:invitations", state="warning")


@require_POST
@for_admins
def revoke(request: Request, pk: int) -> HttpResponse:
    """Take an invitation back."""
    person = editable_or_denied(User, request.user, pk, "rep")
    if person.has_usable_password():
        return done(request, _("The invitation was accepted meanwhile. End the sign-in instead."), _back(person), state="warning")
    invitations.revoke(user=person, by=request.user)
    return done(request, _("The invitation of %(address)s is taken back.") % {"address": person.email}, "reps:invitations")
