"""The board: deals by stage as cards, and moving one: dragged, by key or by menu, which all post here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from deals import board as reading
from deals import listing
from deals.changes import Refused, StaleDeal, change_deal
from deals.conflict import last_change
from deals.dates import quick_days
from deals.listing import Asked
from deals.models import Deal, DealEvent, Stage
from deals.models.pipeline import DealQuerySet
from deals.signs import signs
from deals.views.listing import Row, remembering_view, whose
from lib import clock, htmx
from lib.templatetags.ui import moment
from lib.text import clean_param, int_param
from reps.access import viewer_of
from reps.gates import editable_or_denied, for_sales, for_those_who_may
from reps.requests import Request


@dataclass(frozen=True)
class Card(Row):
    """A deal on the board, and whether this person may move it."""

    may_move: bool


def _asked(request: Request, params: Any) -> tuple[Asked, DealQuerySet]:
    asked = reading.of_board(listing.read(params, viewer_of(request.user)))
    rows = listing.apply(asked, Deal.objects.visible_to(request.user), user=request.user, company=request.company)
    return asked, rows


def _cards(request: Request, deals: Any) -> list[Card]:
    viewer, today = viewer_of(request.user), clock.today(request.company.zone)
    movable = viewer.editable_rep_ids if viewer.may("deal.edit") else frozenset()
    return [Card(deal, signs(deal, today), deal.owner_id in movable) for deal in deals]


@require_GET
@for_sales
def deals_board(request: Request) -> HttpResponse:
    """The board of a pipeline; for htmx the part below the search field, or the next cards of one column."""
    column = int_param(request.GET, "column")
    if column and htmx.is_fragment(request):
        return _more(request, column)
    # The pipeline is chosen while the board is read: one that is not there gives way to the default one.
    asked, rows = _asked(request, {**request.GET.dict(), "pipeline": ""})
    wanted = int_param(request.GET, "pipeline")
    found = reading.board(rows, asked, pipeline=wanted)
    is_filtered, asked = asked.is_filtered, replace(asked, pipeline=wanted if wanted == found.pipeline_id else None)
    columns = [(column, _cards(request, column.deals)) for column in found.columns]
    context = {
        **_shared(request, asked),
        "board": found,
        "columns": columns,
        "pipelines": [(pk, name, asked.link(pipeline=pk)) for pk, name in found.pipelines],
        "chips": listing.chips(asked, user=request.user, company=request.company, names_pipeline=False),
        "is_filtered": is_filtered,
        "whose": whose(request, asked, outline=False),
        "may_move": viewer_of(request.user).may("deal.edit"),
    }
    return remembering_view(request, htmx.page_or_fragment(request, "deals/board.html", "deals/_board.html", context), "board")


def _shared(request: Request, asked: Asked) -> dict[str, Any]:
    """What cards and heads of columns need to be drawn."""
    return {
        "asked": asked,
        "query": asked.link(),
        "today": clock.today(request.company.zone),
        "shows_owner": asked.mine != "1",
        "is_fragment": htmx.is_fragment(request),
        "view": "board",
    }


def _more(request: Request, column: int) -> HttpResponse:
    asked, rows = _asked(request, request.GET)
    page = reading.more(rows, asked, stage_id=column, cursor=clean_param(request.GET, "after", most=400))
    left = (int_param(request.GET, "left", high=10**7) or 0) - len(page)
    context = {
        **_shared(request, asked),
        "cards": _cards(request, page),
        "stage": Stage(pk=column),
        "next_cursor": page.next_cursor,
        "left": max(left, 0),
    }
    return render(request, "deals/_cards.html", context)


# ── Moving ──────────────────────────────────────────────────────────────────────────────────────────────────────────
@require_http_methods(["GET", "POST"])
@for_those_who_may("deal.edit")
def deal_move(request: Request, pk: int) -> HttpResponse:
    """Move the deal to a stage; its card comes back with the heads of all columns. GET: the stages, or the card as it is."""
    found = editable_or_denied(Deal, request.user, pk, "account", "owner", "stage")
    if request.method == "GET":
        return _answer(request, pk) if htmx.is_fragment(request) else _choose(request, found)
    stage = Stage.objects.filter(pk=int_param(request.POST, "stage") or 0).first()
    try:
        if stage is None:
            raise Refused(_("This stage is no longer there. Choose another."))
        changed = change_deal(
            deal_id=pk, version=int_param(request.POST, "version", low=0) or 0, by=request.user, company=request.company, stage=stage,
        )  # fmt: skip
    except StaleDeal as stale:
        return _answer(request, pk, _stale_words(stale.deal, request), status=409, state="warning")
    except Refused as refusal:
        return _answer(request, pk, str(refusal), status=422, state="warning")
    asks = stage.kind == Stage.Kind.PROPOSAL and changed.agreement_ready_on is None and stage.pk != found.stage_id
    events = getattr(changed, "last_events", None)
    if not events:
        return _answer(request, pk)
    undo = reverse("deals:undo", args=[pk, events[0].pk, events[-1].pk])
    return _answer(
        request, pk, _("Moved %(deal)s to %(stage)s.") % {"deal": found.name, "stage": stage.name}, undo=undo, asks=asks
    )


def _choose(request: Request, found: Deal) -> HttpResponse:
    """The way to move a card without script: the stages, each a button."""
    stages = Stage.objects.filter(pipeline=found.pipeline_id, is_active=True).order_by("order")
    context = {"deal": found, "stages": stages, "query": _query(request.GET)}
    return render(request, "deals/move.html", context)


def _query(params: Any) -> str:
    """The address of the board the person came from, which the forms carry along."""
    query = clean_param(params, "query", most=600)
    return query if query.startswith("?") else ""


def _answer(
    request: Request, pk: int, text: str = "", *, undo: str = "", status: int = 200, state: str = "good", asks: bool = False
) -> HttpResponse:
    """The card anew, or nothing where it is no longer on the board, and what stands over the columns."""
    query = _query(request.POST if request.method == "POST" else request.GET)
    if not htmx.is_fragment(request):
        if text:
            htmx.say(request, text, undo_url=undo, state="success" if status == 200 else state)
        return htmx.go(request, reverse("deals:board") + query)
    params = dict(parse_qsl(query.removeprefix("?")))
    asked, rows = _asked(request, {**params, "pipeline": ""})
    deal = Deal.objects.visible_to(request.user).select_related("account", "owner", "stage").get(pk=pk)
    found = reading.board(rows, asked, pipeline=deal.pipeline_id)
    context = {
        **_shared(request, asked),
        "board": found,
        "columns": [(column, []) for column in found.columns],
        "card": _cards(request, [deal])[0] if deal.is_open else None,
        "asks_agreement": asks,
        "quick_days": quick_days(clock.today(request.company.zone)) if asks else [],
    }
    response = render(request, "deals/_moved.html", context, status=status)
    return htmx.toast(response, text, undo_url=undo, state=state) if text else response


def _stale_words(deal: Deal, request: Request) -> str:
    """Who was quicker, and what the deal is now."""
    last = last_change(deal)
    who = last.actor.name if last and last.actor else _("Somebody")
    if last is not None and last.actor_id == request.user.pk:
        who = _("You, in another window,")
    facts = {"who": who, "deal": deal.name, "stage": deal.stage.name}
    if not deal.is_open:
        return _("%(who)s closed %(deal)s meanwhile, so it was not moved.") % facts
    if last is not None and last.kind == DealEvent.Kind.STAGE:
        facts["when"] = moment(last.recorded_at, request.company.zone)
        return _("%(who)s moved %(deal)s to %(stage)s (%(when)s). Your move was not saved.") % facts
    return _("%(who)s changed %(deal)s meanwhile, so it was not moved. Look at it, then move it again.") % facts
