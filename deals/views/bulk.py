"""Acts on the deals ticked in a list: give them to somebody, or set their next step."""

from __future__ import annotations

from datetime import date

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from deals.bulk_edit import change_many, undo_many
from deals.changes import Changes, Refused
from deals.forms.deals import reps_to_give_to
from deals.models import Deal
from lib import htmx
from lib.text import clean_line, clean_param, int_param
from reps.access import viewer_of
from reps.gates import for_those_who_may
from reps.requests import Request

MOST = 100


def _chosen(request: Request) -> list[Deal]:
    """The ticked deals this person may change."""
    ids = {int_param({"pk": raw}, "pk") or 0 for raw in request.POST.getlist("deal")[:MOST]}
    return list(Deal.objects.editable_by(request.user).filter(pk__in=ids))


def _changes(request: Request) -> Changes:
    """What to do with them. Raises Refused for an act without its value, PermissionDenied for one not theirs."""
    if clean_param(request.POST, "act") == "give":
        if not viewer_of(request.user).may("deal.reassign"):
            raise PermissionDenied
        owner = reps_to_give_to(request.user).filter(pk=int_param(request.POST, "owner") or 0).first()
        if owner is None:
            raise Refused(_("Choose who takes the deals."))
        if not clean_param(request.POST, "why"):
            raise Refused(_("Say why in a few words; both reps will ask."))
        return {"owner": owner}
    text, typed = clean_line(request.POST.get("next_text", ""))[:160], clean_param(request.POST, "next_on", most=12)
    if not text:
        raise Refused(_("Write the next step first."))
    try:
        return {"next_action": text, "next_action_on": date.fromisoformat(typed) if typed else None}
    except ValueError:
        raise Refused(_("Choose a day from the calendar.")) from None


def _list_url(request: Request) -> str:
    query = clean_param(request.POST, "query", most=600)
    return reverse("deals:list") + (query if query.startswith("?") else "")


@require_POST
@for_those_who_may("deal.edit")
def deals_bulk(request: Request) -> HttpResponse:
    """Do it, and say how many changed, with undo."""
    chosen = _chosen(request)
    try:
        if not chosen:
            raise Refused(_("Tick at least one deal that is yours to change."))
        done = change_many(
            deals=chosen,
            by=request.user,
            changes=_changes(request),
            why=clean_param(request.POST, "why"),
            company=request.company,
        )
    except Refused as refusal:
        htmx.say(request, str(refusal), state="warning")
        return htmx.go(request, _list_url(request))
    text = ngettext("%(count)d deal changed.", "%(count)d deals changed.", done.changed) % {"count": done.changed}
    if done.refused:
        text = f"{text} {done.refused[0]}"
    htmx.say(request, text, undo_url=reverse("deals:bulk_undo", args=[done.undo]) if done.undo else "")
    return htmx.go(request, _list_url(request))


@require_POST
@for_those_who_may("deal.edit")
def deals_bulk_undo(request: Request, word: str) -> HttpResponse:
    """Take the last act on several deals back."""
    try:
        count = undo_many(word=word, by=request.user, company=request.company)
        text = ngettext("%(count)d deal is as before.", "%(count)d deals are as before.", count) % {"count": count}
        htmx.say(request, text, state="info")
    except Refused as refusal:
        htmx.say(request, str(refusal), state="warning")
    return htmx.go(request, "deals:list")
