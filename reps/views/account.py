"""My own settings: who I am, how pages look, where I am signed in, and what the company sees about me."""

from __future__ import annotations

from django.db import transaction
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from lib.text import clean_param
from reps import audit, preview, sessions, trail
from reps.forms.account import AccountForm
from reps.models import AuditEntry, Rep, Session, User
from reps.preferences import remember_theme
from reps.requests import Request
from reps.views.answers import done, show

_OWN_ROWS = 100


@require_http_methods(["GET", "POST"])
def account(request: Request) -> HttpResponse:
    """Show and change my own settings."""
    form = AccountForm(request.POST or None, user=request.user, currency=request.company.currency)
    if request.method == "POST" and form.is_valid():
        _save(request.user, form)
        response = done(request, _("Your settings are saved."), "reps:account")
        remember_theme(response, form.cleaned_data["theme"])
        return response
    context = {
        "form": form,
        "sessions": Session.objects.of(request.user),
        "this_key": request.session.session_key,
        "readers": preview.who_reads(request.user, request.company),
    }
    return show(request, "reps/account.html", context, form)


def _save(user: User, form: AccountForm) -> None:
    data = form.cleaned_data
    with transaction.atomic():
        own = User.objects.visible_to(user).filter(pk=user.pk)
        own.update(name=data["name"], language=data["language"], theme=data["theme"])
        rep = Rep.objects.visible_to(user).filter(user=user)
        rep.update(name=data["name"], **({"phone": data["phone"]} if "phone" in data else {}))
        changed = sorted(set(form.changed_data) & {"name", "phone"})
        if changed:
            audit.record(actor=user, verb="user.own_card", subject=user, facts={"fields": changed})


@require_POST
def sign_out_elsewhere(request: Request) -> HttpResponse:
    """End my sessions everywhere but here."""
    ended = sessions.end_all(request.user, keep=request, by=request.user)
    text = ngettext("Signed out in %(count)d other place.", "Signed out in %(count)d other places.", ended) % {"count": ended}
    return done(request, text, "reps:account")


@require_POST
def sign_out_there(request: Request) -> HttpResponse:
    """End one of my sessions."""
    if not sessions.end_one(request.user, clean_param(request.POST, "key", most=40)):
        raise Http404
    return done(request, _("Signed out there."), "reps:account")


@require_GET
def my_access(request: Request) -> HttpResponse:
    """What I can see and do, in words."""
    return show(request, "reps/my_access.html", {"preview": preview.of(request.user, request.company), "person": request.user})


@require_GET
def my_trail(request: Request) -> HttpResponse:
    """What was done to my data, and by whom."""
    rows = AuditEntry.objects.visible_to(request.user).about(request.user)[:_OWN_ROWS]
    return show(request, "reps/my_trail.html", {"trail": trail.in_words(rows, about=request.user)})
