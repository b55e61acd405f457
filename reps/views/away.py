"""When a rep is away: the card on their page, adding leave, cancelling it, and taking that back."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from http import HTTPStatus
from typing import Any

from django.core import signing
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from lib import clock
from lib.htmx import page_or_fragment
from reps.absence import cancel_leave, give_leave, leave_within
from reps.forms.away import AwayForm
from reps.forms.fields import faults_into
from reps.gates import editable_or_denied
from reps.idempotency import idempotent
from reps.models import Leave, Rep
from reps.requests import Request
from reps.views.answers import done

_SALT = "reps.away"
_UNDO_FOR_S = 24 * 3600


def _back(rep: Rep) -> str:
    return reverse("reps:rep", args=[rep.pk])


def _may_write(request: Request, rep: Rep) -> bool:
    """Admins and the managers above; nobody their own (TRUST, leave)."""
    viewer = request.user.viewer
    return request.user.is_admin or rep.pk in viewer.subtree_rep_ids - viewer.own_ids


def _days(leave: Leave) -> str:
    first, last = leave.valid.lower, leave.valid.upper - timedelta(days=1)
    return _span_words(first, last)


def _span_words(first: date, last: date) -> str:
    if first == last:
        return date_format(first, "j M Y")
    return f"{date_format(first, 'j M' if first.year == last.year else 'j M Y')} – {date_format(last, 'j M Y')}"


@require_GET
def leaves(request: Request, pk: int) -> HttpResponse:
    """The card: leave that runs or comes. Colleagues of the team see the dates alone."""
    rep, viewer = get_object_or_404(Rep.objects.visible_to(request.user), pk=pk), request.user.viewer
    if not viewer.reads_everything and rep.pk not in viewer.readable_rep_ids:
        raise PermissionDenied
    today = clock.today(request.company.zone)
    found = Leave.objects.visible_to(request.user).current().filter(rep=rep, valid__endswith__gt=today).order_by("valid")
    shows_share = viewer.reads_everything or rep.pk in viewer.own_ids | viewer.subtree_rep_ids
    lines = [
        {
            "leave": leave, "days": _days(leave), "is_now": leave.valid.lower <= today,
            "share": leave.works_share if shows_share else None,
        }
        for leave in found
    ]  # fmt: skip
    context: dict[str, Any] = {"rep": rep, "lines": lines, "may_write": _may_write(request, rep)}
    return page_or_fragment(request, "reps/leaves.html", "reps/_leaves.html", context)


@require_http_methods(["GET", "POST"])
@idempotent
def away(request: Request, pk: int) -> HttpResponse:
    """Write down that a rep is away."""
    rep = get_object_or_404(Rep.objects.visible_to(request.user), pk=pk)
    if not _may_write(request, rep):
        raise PermissionDenied
    form = AwayForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid() and not _overlaps(rep, form):
        with faults_into(form):
            return _given(request, rep, form.cleaned_data)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound and form.errors else HTTPStatus.OK
    context: dict[str, Any] = {"form": form, "rep": rep, "back": _back(rep), "action": request.path}
    return page_or_fragment(request, "reps/away.html", "reps/_away.html", context, status=status)


def _given(request: Request, rep: Rep, data: dict[str, Any]) -> HttpResponse:
    leave = give_leave(rep=rep, start=data["start"], end=data["end"], works_share=data["works_share"], by=request.user)
    words = _("%(name)s is away: %(days)s.") % {"name": rep.name, "days": _days(leave)}
    return done(request, words, _back(rep), undo_url=reverse("reps:away_cancel", args=[rep.pk, leave.pk]))


def _overlaps(rep: Rep, form: AwayForm) -> bool:
    data = form.cleaned_data
    other = leave_within(rep=rep, start=data["start"], end=data["end"])
    if other is not None:
        form.add_error("first_on", _("Leave is written down for %(days)s already. Cancel that first.") % {"days": _days(other)})
    return other is not None


@require_POST
def away_cancel(request: Request, pk: int, leave_pk: int) -> HttpResponse:
    """The leave does not take place. It can be put back."""
    leave = editable_or_denied(Leave, request.user, leave_pk, "rep")
    if leave.rep_id != pk:
        raise Http404
    if not cancel_leave(leave=leave, by=request.user):
        return done(request, _("This leave was cancelled already."), _back(leave.rep), state="info")
    span = [leave.valid.lower.isoformat(), leave.valid.upper.isoformat(), str(leave.works_share)]
    word = signing.dumps([leave.rep_id, *span], salt=_SALT)
    words = _("The leave of %(days)s is cancelled.") % {"days": _days(leave)}
    return done(request, words, _back(leave.rep), undo_url=reverse("reps:away_restore", args=[leave.rep_id, word]))


@require_POST
def away_restore(request: Request, pk: int, word: str) -> HttpResponse:
    """Undo a cancellation: the same days again, unless others were written down there since."""
    rep = get_object_or_404(Rep.objects.visible_to(request.user), pk=pk)
    if not _may_write(request, rep):
        raise PermissionDenied
    try:
        of, first, end, share = signing.loads(word, salt=_SALT, max_age=_UNDO_FOR_S)
    except signing.BadSignature:
        return done(request, _("This can no longer be undone."), _back(rep), state="warning")
    start, stop = date.fromisoformat(first), date.fromisoformat(end)
    if of != rep.pk or leave_within(rep=rep, start=start, end=stop):
        return done(request, _("Other leave was written down there since. Nothing was undone."), _back(rep), state="warning")
    give_leave(rep=rep, start=start, end=stop, works_share=Decimal(share), by=request.user)
    return done(request, _("The leave is back."), _back(rep))
