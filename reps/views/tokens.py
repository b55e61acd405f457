"""Tokens for programs: one's own, made and revoked; everybody's as admins and auditors see them, without any secret."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from lib.pages import as_instant, keyset
from lib.text import clean_param
from reps import api_tokens, sudo
from reps.forms.fields import faults_into
from reps.forms.tokens import TokenForm
from reps.gates import editable_or_denied, for_admins_and_auditors
from reps.models import ApiToken
from reps.requests import Request
from reps.views.answers import done, show

_MOST_SHOWN = 100


@require_http_methods(["GET", "POST"])
def api_tokens_page(request: Request) -> HttpResponse:
    """My tokens. A fresh one is shown in the answer to its making, and never again: so that answer is not kept for a repeat."""
    if request.method == "POST" and (question := sudo.ask(request)):
        return question
    form = TokenForm(request.POST or None)
    issued = None
    if request.method == "POST" and form.is_valid():
        with faults_into(form):
            issued = api_tokens.issue(owner=request.user, by=request.user, **form.issue())
            form = TokenForm()
    mine = ApiToken.objects.visible_to(request.user).filter(owner=request.user)
    context: dict[str, Any] = {
        "form": form,
        "issued": issued,
        "tokens": mine.with_state()[:_MOST_SHOWN],
        "most_days": api_tokens.MOST_DAYS,
    }
    return show(request, "reps/api_tokens.html", context, form)


@require_POST
def api_token_revoke(request: Request, pk: int) -> HttpResponse:
    """End a token: one's own, or as an admin anybody's."""
    token = editable_or_denied(ApiToken, request.user, pk)
    api_tokens.revoke(token=token, by=request.user)
    back = "reps:api_tokens" if token.owner_id == request.user.pk else "reps:all_api_tokens"
    return done(request, _("%(token)s no longer works.") % {"token": token}, back)


@require_GET
@for_admins_and_auditors
def all_api_tokens(request: Request) -> HttpResponse:
    """What is known of everybody's tokens, the newest first."""
    rows = ApiToken.objects.visible_to(request.user).with_state().select_related("owner")
    page = keyset(
        rows, key="created_at", parse=as_instant, descending=True, cursor=clean_param(request.GET, "after", most=400),
    )  # fmt: skip
    context = {
        "page": page,
        "next_url": page.next_cursor and f"?after={page.next_cursor}",
        "first_url": page.previous_cursor and "?",
        "may_revoke": request.user.is_admin,
    }
    return show(request, "reps/all_api_tokens.html", context)
