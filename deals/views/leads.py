"""Leads: who may buy, whose they are, what became of them."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from deals.columns import LEAD_COLUMNS
from deals.exports import note_export
from deals.forms.book import LeadForm
from deals.leads import LeadTaken, account_for, give_lead, set_state, take_lead
from deals.models import Activity, Lead
from lib import htmx
from lib.csv_out import download
from lib.pages import as_instant, keyset, link
from lib.text import clean_param, int_param
from reps.access import viewer_of
from reps.gates import editable_or_denied, for_sales, for_those_who_may
from reps.idempotency import idempotent
from reps.models import Rep
from reps.requests import Request
from reps.sudo import recent_password_for_file


def _filtered(request: Request) -> tuple[QuerySet[Lead], dict[str, str]]:
    user = request.user
    asked = {name: clean_param(request.GET, name) for name in ("q", "whose", "state")}
    rows = Lead.objects.visible_to(user).live().select_related("owner")
    if asked["q"]:
        rows = rows.filter(Q(name__icontains=asked["q"]) | Q(company_name__icontains=asked["q"]))
    if asked["whose"] == "mine":
        rows = rows.filter(owner=viewer_of(user).rep_id)
    elif asked["whose"] == "nobody":
        rows = rows.filter(owner=None)
    if asked["state"] in Lead.State.values:
        rows = rows.filter(state=asked["state"])
    return rows, asked


def _chips(asked: dict[str, str], sells: bool) -> list[dict[str, Any]]:
    offered = [("whose", "mine", _("Mine"))] if sells else []
    offered = [
        *offered,
        ("whose", "nobody", _("Nobody's yet")),
        *(("state", value, str(label)) for value, label in Lead.State.choices),
    ]
    return [
        {"label": label, "on": asked[name] == value, "url": link(asked, **{name: "" if asked[name] == value else value})}
        for name, value, label in offered
    ]


@require_GET
@for_sales
def leads(request: Request) -> HttpResponse:
    """The list, newest first."""
    rows, asked = _filtered(request)
    page = keyset(rows, key="created_at", parse=as_instant, descending=True, cursor=clean_param(request.GET, "after", most=400))
    context = {
        "page": page,
        "asked": asked,
        "chips": _chips(asked, viewer_of(request.user).rep_id is not None),
        "next_url": page.next_cursor and link(asked, after=page.next_cursor),
        "first_url": page.previous_cursor and link(asked),
        "is_filtered": any(asked.values()),
        "csv_query": link(asked),
    }
    return htmx.page_or_fragment(request, "deals/book/leads.html", "deals/book/_leads.html", context)


@require_GET
@for_those_who_may("deal.export")
@recent_password_for_file
def leads_csv(request: Request) -> HttpResponseBase:
    """The list as a file."""
    rows, asked = _filtered(request)
    note_export(request, "leads", asked)
    stream = (
        (row.external_id or f"L{row.pk}", row.name, row.company_name, row.owner, row.state, row.source, row.phone, row.email,
         row.created_by, row.created_at)
        for row in rows.select_related("created_by").order_by("pk").iterator(chunk_size=2000)
    )  # fmt: skip
    return download("leads", LEAD_COLUMNS, stream)


@require_GET
@for_sales
def lead(request: Request, pk: int) -> HttpResponse:
    """One lead with what was done about it."""
    user = request.user
    found = get_object_or_404(Lead.objects.visible_to(user).select_related("owner", "account", "created_by"), pk=pk)
    viewer = viewer_of(user)
    context = {
        "lead": found,
        "activities": list(Activity.objects.visible_to(user).standing().filter(lead=found).select_related("rep")[:50]),
        "may_edit": Lead.objects.editable_by(user).filter(pk=pk).exists(),
        "reps": Rep.objects.filter(pk__in=viewer.subtree_rep_ids).present().sellers() if viewer.is_manager else [],
        "is_working": found.state in (Lead.State.NEW, Lead.State.WORKING),
    }
    return render(request, "deals/book/lead.html", context)


@require_http_methods(["GET", "POST"])
@for_those_who_may("lead.edit")
@idempotent
def lead_new(request: Request) -> HttpResponse:
    """Write down a lead; it is the writer's own."""
    form = LeadForm(request.POST or None, currency=request.company.currency)
    if request.method == "POST" and form.is_valid():
        made = form.create(request.user)
        htmx.say(request, _("%(name)s is saved as your lead.") % {"name": made.name})
        return htmx.go(request, "deals:lead", made.pk)
    return render(request, "deals/book/lead_form.html", {"form": form, "lead": None}, status=htmx.form_status(request))


@require_http_methods(["GET", "POST"])
@for_those_who_may("lead.edit")
def lead_edit(request: Request, pk: int) -> HttpResponse:
    """Change a lead."""
    found = editable_or_denied(Lead, request.user, pk)
    form = LeadForm(request.POST or None, instance=found, currency=request.company.currency)
    if request.method == "POST" and form.is_valid():
        form.save()
        htmx.say(request, _("%(name)s is saved.") % {"name": found.name})
        return htmx.go(request, "deals:lead", pk)
    return render(request, "deals/book/lead_form.html", {"form": form, "lead": found}, status=htmx.form_status(request))


@require_POST
@for_those_who_may("lead.edit")
def lead_take(request: Request, pk: int) -> HttpResponse:
    """Take an unassigned lead; the second of two gets told who was first."""
    found = editable_or_denied(Lead, request.user, pk)
    try:
        take_lead(lead=found, by=request.user)
        htmx.say(request, _("%(name)s is yours now.") % {"name": found.name})
    except LeadTaken as taken:
        htmx.say(request, _("%(owner)s took this lead a moment ago.") % {"owner": taken.owner}, state="warning")
    return htmx.go(request, "deals:lead", pk)


@require_POST
@for_those_who_may("deal.reassign")
def lead_give(request: Request, pk: int) -> HttpResponse:
    """Give a lead to one of the manager's reps."""
    found = editable_or_denied(Lead, request.user, pk)
    user = request.user
    to = get_object_or_404(
        Rep.objects.present().filter(pk__in=viewer_of(user).subtree_rep_ids), pk=int_param(request.POST, "rep") or 0
    )
    give_lead(lead=found, to=to, by=user)
    htmx.say(request, _("%(lead)s is now with %(rep)s.") % {"lead": found.name, "rep": to.name})
    return htmx.go(request, "deals:lead", pk)


@require_POST
@for_those_who_may("lead.edit")
def lead_state(request: Request, pk: int) -> HttpResponse:
    """Mark a lead as not a fit, or take that back."""
    found = editable_or_denied(Lead, request.user, pk)
    to = clean_param(request.POST, "state")
    if to not in (Lead.State.WORKING, Lead.State.DISQUALIFIED):
        htmx.say(request, _("Choose what became of the lead."), state="warning")
        return htmx.go(request, "deals:lead", pk)
    set_state(lead=found, state=to)
    said = _("%(name)s is marked as not a fit.") if to == Lead.State.DISQUALIFIED else _("%(name)s is being worked again.")
    htmx.say(request, said % {"name": found.name})
    return htmx.go(request, "deals:lead", pk)


@require_POST
@for_those_who_may("deal.create")
def lead_convert(request: Request, pk: int) -> HttpResponse:
    """Make the lead's account and contact and open the form of a new deal with both filled in."""
    found = editable_or_denied(Lead, request.user, pk, "owner")
    account, contact = account_for(lead=found, owner=found.owner or request.user.rep)
    query = {"account": account.pk, "lead": found.pk, **({"contact": contact.pk} if contact else {})}
    return htmx.go(request, f"{reverse('deals:new')}?{urlencode(query)}")
