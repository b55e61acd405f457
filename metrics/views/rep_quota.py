"""A rep's own targets and what leave does to them, for the rep's page and the form of leave."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from lib import clock
from lib.htmx import page_or_fragment
from lib.text import clean_param
from metrics import rep_quota, windows
from metrics.quota_asking import lang
from reps.absence import LONGEST_DAYS
from reps.gates import for_sales
from reps.models import Rep
from reps.requests import Request

_SHARES = {"0": Decimal(0), "0.5": Decimal("0.5"), "0.25": Decimal("0.25"), "0.75": Decimal("0.75")}


def _rep(request: Request, pk: int) -> Rep:
    """The rep whose amounts this person may read: their own, those below, all for admins and auditors."""
    rep, viewer = get_object_or_404(Rep.objects.visible_to(request.user), pk=pk), request.user.viewer
    if not viewer.reads_everything and rep.pk not in viewer.own_ids | viewer.subtree_rep_ids:
        raise PermissionDenied
    return rep


@require_GET
@for_sales
def rep_target(request: Request, pk: int) -> HttpResponse:
    """The targets of the running fiscal year."""
    rep, today = _rep(request, pk), clock.today(request.company.zone)
    found = rep_quota.of_rep(rep, company=request.company, today=today, lang=lang(request))
    context: dict[str, Any] = {"rep": rep, "found": found, "is_me": request.user.viewer.rep_id == rep.pk, "today": today}
    return page_or_fragment(request, "metrics/rep_target.html", "metrics/_rep_target.html", context)


@require_GET
@for_sales
def leave_effect(request: Request, pk: int) -> HttpResponse:
    """What the leave that is being typed would do to the targets; nothing while its days cannot be read."""
    rep = _rep(request, pk)
    span, share = _span(request), _SHARES.get(clean_param(request.GET, "works", most=6), Decimal(0))
    said = (
        rep_quota.effect(rep, start=span[0], end=span[1], works_share=share, company=request.company, lang=lang(request))
        if span
        else []
    )
    return page_or_fragment(request, "metrics/leave_effect.html", "metrics/_leave_effect.html", {"rep": rep, "said": said})


def _span(request: Request) -> tuple[date, date] | None:
    try:
        first, last = (windows.read_day(clean_param(request.GET, name, most=12)) for name in ("first_on", "last_on"))
    except ValueError:
        return None
    return (first, last + timedelta(days=1)) if first <= last and (last - first).days < LONGEST_DAYS else None
