"""The list of deals: filters and sort in the address, pages by key, a sum on demand, a file, acts on several at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Count, F, Sum
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from deals import listing
from deals.columns import DEAL_COLUMNS
from deals.exports import note_export
from deals.listing import Asked
from deals.models import Deal, Pipeline, Product
from deals.models.pipeline import DealQuerySet
from deals.signs import Signs, signs, size_band
from lib import clock, htmx
from lib.csv_out import download
from lib.pages import as_date, keyset
from lib.text import clean_param
from reps.access import viewer_of
from reps.gates import for_sales, for_those_who_may
from reps.models import Rep, Team
from reps.preferences import keep
from reps.requests import Request
from reps.sudo import recent_password_for_file

# Sums are said of at most so many deals: they must never cost a table.
SUMMED = 5000
# Which of the two a person used last: "list" or "board".
VIEW_COOKIE = "deals_view"
# Products that the filter offers.
MOST_PRODUCTS = 200


@dataclass(frozen=True)
class Row:
    """A deal with what there is to say about it."""

    deal: Deal
    signs: Signs

    @property
    def account_name(self) -> str:
        """The account where the deal's own name does not say it already."""
        name = self.deal.account.name if self.deal.account else ""
        return "" if self.deal.name.startswith(name) else name


def _rows(request: Request) -> tuple[Asked, DealQuerySet]:
    asked = listing.read(request.GET, viewer_of(request.user))
    visible = Deal.objects.visible_to(request.user)
    return asked, listing.apply(asked, visible, user=request.user, company=request.company)


@require_GET
@for_sales
def deals(request: Request) -> HttpResponse:
    """The list; with `scope=company` the other teams' deals in outline. The bare address leads to the board for whoever used it last."""
    if not request.GET and request.COOKIES.get(VIEW_COOKIE) == "board" and not htmx.is_fragment(request):
        return redirect("deals:board")
    if clean_param(request.GET, "scope") == "company":
        return _outline(request)
    asked, rows = _rows(request)
    order, today = asked.order, clock.today(request.company.zone)
    page = keyset(
        rows.select_related("account", "stage", "owner"), key=order.key, parse=order.parse, descending=order.descending,
        cursor=clean_param(request.GET, "after", most=400), nullable=asked.order_may_be_empty,
    )  # fmt: skip
    context = {
        "rows": [Row(deal, signs(deal, today)) for deal in page],
        "asked": asked,
        "today": today,
        "chips": listing.chips(asked, user=request.user, company=request.company),
        "states": _states(asked),
        "whose": whose(request, asked),
        "sorts": _sorts(asked),
        "view": "list",
        "is_fragment": htmx.is_fragment(request),
        "next_url": page.next_cursor and f"{asked.link()}&after={page.next_cursor}",
        "previous_url": page.previous_cursor and f"{asked.link()}&after={page.previous_cursor}",
        "first_url": page.previous_cursor and asked.link(),
        "query": asked.link(),
        "may_change_many": viewer_of(request.user).may("deal.edit"),
    }
    return remembering_view(request, htmx.page_or_fragment(request, "deals/list.html", "deals/_list.html", context), "list")


def remembering_view(request: Request, response: HttpResponse, view: str) -> HttpResponse:
    """The same answer; a person who chose list or board finds it again."""
    if (view == "board" or clean_param(request.GET, "view") == view) and request.COOKIES.get(VIEW_COOKIE) != view:
        keep(response, VIEW_COOKIE, view)
    return response


def _states(asked: Asked) -> list[dict[str, Any]]:
    return [
        {"label": listing.STATES[state], "url": asked.link(state=state, sort=""), "on": asked.state == state}
        for state in listing.MAIN_STATES
    ]


def whose(request: Request, asked: Asked, *, outline: bool = True) -> list[dict[str, Any]]:
    """Own deals, the team's, other teams' in outline (where the page has one): what this person may choose between."""
    viewer = viewer_of(request.user)
    if viewer.rep_id is None:
        return []
    offered = [{"label": _("Team"), "url": asked.link(mine="0"), "on": asked.mine != "1"}]
    if not viewer.is_manager or request.user.rep.sells:
        offered.insert(0, {"label": _("Mine"), "url": asked.link(mine="1"), "on": asked.mine == "1"})
    if outline and _may_outline(request):
        offered.append({"label": _("Other teams"), "url": "?scope=company", "on": False})
    return offered


def _sorts(asked: Asked) -> dict[str, dict[str, Any]]:
    """Sort name → its address, its words, and whether it is in force."""
    return {
        name: {"url": asked.link(sort=name), "label": sort.label, "on": sort is asked.order, "descending": sort.descending}
        for name, sort in listing.SORTS.items()
        if (name == "ended") == (asked.state not in ("open", "all")) or name in ("amount", "new")
    }


@require_GET
@for_sales
def deals_sum(request: Request) -> HttpResponse:
    """Count and amount of what the list shows, by currency, of its first 5,000 deals; asked for after the page."""
    asked, rows = _rows(request)
    few = rows.order_by("-id").values("pk")[: SUMMED + 1]
    sums = list(
        Deal.objects.visible_to(request.user)
        .filter(pk__in=few)
        .values("currency")
        .order_by("currency")
        .annotate(count=Count("pk"), total=Sum("amount"), weighted=Sum(F("amount") * F("stage__probability")))
    )
    context = {
        "sums": sums,
        "count": sum(row["count"] for row in sums),
        "most": SUMMED,
        "is_open": asked.state == "open",
        "is_capped": sum(row["count"] for row in sums) > SUMMED,
    }
    return htmx.page_or_fragment(request, "deals/sum.html", "deals/_sum.html", context)


@require_GET
@for_sales
def deal_filters(request: Request) -> HttpResponse:
    """Every filter on offer, for the side panel."""
    asked = listing.read(request.GET, viewer_of(request.user))
    context = {
        "asked": asked,
        "spans": [(span, listing.span_words(span, request.company)) for span in listing.SPANS],
        "pipelines": Pipeline.objects.prefetch_related("stages"),
        "types": Deal.Type.choices,
        "states": listing.STATES.items(),
        "sorts": listing.SORTS.items(),
        "flags": listing.flags(asked),
        "teams": _teams(request),
        "products": Product.objects.filter(is_active=True)[:MOST_PRODUCTS],
        "is_board": clean_param(request.GET, "view") == "board",
        "owner_name": Rep.objects.visible_to(request.user).filter(pk=asked.owner).values_list("name", flat=True).first()
        if asked.owner
        else "",
    }
    return htmx.page_or_fragment(request, "deals/filters.html", "deals/_filters.html", context)


def _teams(request: Request) -> list[Team]:
    """Teams whose deals this person sees, in the order of the tree, set in by depth."""
    viewer = viewer_of(request.user)
    teams = Team.objects.visible_to(request.user).filter(closed_on=None).order_by("path")
    if not viewer.reads_everything:
        teams = teams.filter(pk__in=viewer.team_ids | viewer.subtree_team_ids)
    for team in (found := list(teams)):
        vars(team)["indent"] = "\u2003" * team.depth
    return found


# ── Outline ─────────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True)
class OutlineRow:
    """All that a colleague of another team may know of a deal: no name, no owner, no exact amount."""

    stage: str
    currency: str
    band: tuple[Decimal, Decimal] | None
    expected_close_on: Any


def _may_outline(request: Request) -> bool:
    viewer = viewer_of(request.user)
    return viewer.rep_id is not None and request.company.outline_across_teams


def _outline(request: Request) -> HttpResponse:
    """Open deals of other teams by expected close. No other filter or sort: each would tell more than is shown."""
    if not _may_outline(request):
        raise PermissionDenied
    rows = Deal.objects.outlined_to(request.user).open().select_related("stage").only(
        "expected_close_on", "amount", "currency", "stage__name"
    )  # fmt: skip
    page = keyset(rows, key="expected_close_on", parse=as_date, cursor=clean_param(request.GET, "after", most=400))
    context = {
        "whose": whose(request, Asked()),
        "rows": [OutlineRow(deal.stage.name, deal.currency, size_band(deal.amount), deal.expected_close_on) for deal in page],
        "today": clock.today(request.company.zone),
        "next_url": page.next_cursor and f"?scope=company&after={page.next_cursor}",
        "previous_url": page.previous_cursor and f"?scope=company&after={page.previous_cursor}",
        "first_url": page.previous_cursor and "?scope=company",
    }
    return render(request, "deals/outline.html", context)


# ── File ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def _as_line(deal: Deal) -> Sequence[Any]:
    return (
        deal.external_id or f"D{deal.pk}", deal.name, deal.account, deal.contact, deal.owner, deal.product, deal.deal_type,
        deal.pipeline, deal.stage, deal.stage_since, deal.qualified_on, deal.amount, deal.currency, deal.opened_on,
        deal.expected_close_on, deal.agreement_ready_on, deal.agreement_sent_on, deal.next_action, deal.next_action_on,
        deal.outcome, deal.outcome_reason, deal.competitor, deal.closed_on,
    )  # fmt: skip


@require_GET
@for_those_who_may("deal.export")
@recent_password_for_file
def deals_csv(request: Request) -> HttpResponseBase:
    """The list as a file, with the filters of its address."""
    asked, rows = _rows(request)
    note_export(request, "deals", asked.hidden() | ({"q": "1"} if asked.q else {}))
    related = ("account", "contact", "owner", "product", "pipeline", "stage", "competitor")
    found: Iterable[Deal] = rows.select_related(*related).order_by("pk").iterator(chunk_size=2000)
    return download(_("deals"), DEAL_COLUMNS, map(_as_line, found))
