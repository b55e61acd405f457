"""Options for pickers: reps one may give a deal to, and competitors, as a name is typed."""

from __future__ import annotations

from django.db.models.functions import Lower
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from deals.forms.deals import reps_to_give_to
from deals.models import Competitor
from lib.text import clean_param
from reps.access import viewer_of
from reps.gates import for_sales, for_those_who_may
from reps.models import Rep
from reps.requests import Request


@require_GET
@for_those_who_may("deal.edit")
def rep_options(request: Request) -> HttpResponse:
    """Reps of the teams this person leads; without a letter typed, the first few."""
    rows = reps_to_give_to(request.user).filter(name__icontains=clean_param(request.GET, "q")).order_by(Lower("name"), "pk")[:8]
    return render(
        request,
        "components/_picker_options.html",
        {"options": [{"value": row.pk, "text": row.name, "icon": "person"} for row in rows]},
    )


@require_GET
@for_sales
def owner_options(request: Request) -> HttpResponse:
    """Reps whose deals this person sees, for the filter of a list."""
    viewer = viewer_of(request.user)
    rows = Rep.objects.visible_to(request.user).filter(name__icontains=clean_param(request.GET, "q"))
    if not viewer.reads_everything:
        rows = rows.filter(pk__in=viewer.readable_rep_ids)
    found = rows.order_by(Lower("name"), "pk")[:8]
    return render(
        request,
        "components/_picker_options.html",
        {"options": [{"value": row.pk, "text": row.name, "icon": "person"} for row in found]},
    )


@require_GET
@for_those_who_may("deal.edit")
def competitor_options(request: Request) -> HttpResponse:
    """Competitors that deals were lost to."""
    typed = clean_param(request.GET, "q", most=80)
    rows = Competitor.objects.filter(name__icontains=typed).order_by(Lower("name"), "pk")[:8] if typed else []
    return render(request, "components/_picker_options.html", {"options": [{"value": row.pk, "text": row.name} for row in rows]})
