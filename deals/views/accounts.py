"""Accounts and their contacts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib.postgres.search import TrigramSimilarity
from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Lower
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from deals.columns import ACCOUNT_COLUMNS, CONTACT_COLUMNS
from deals.contacts import remove_contact
from deals.exports import note_export
from deals.forms.book import AccountForm, ContactForm
from deals.models import Account, Activity, Contact, Deal
from lib import htmx
from lib.csv_out import download
from lib.pages import keyset, link
from lib.text import clean_param, int_param
from reps.access import viewer_of
from reps.gates import editable_or_denied, for_sales, for_those_who_may
from reps.idempotency import idempotent
from reps.models import User
from reps.requests import Request
from reps.sudo import recent_password_for_file


def _filtered(request: Request) -> tuple[QuerySet[Account], dict[str, str]]:
    user = request.user
    asked = {name: clean_param(request.GET, name) for name in ("q", "whose", "sector")}
    rows = Account.objects.visible_to(user).select_related("owner", "parent")
    if asked["q"]:
        rows = rows.filter(name__icontains=asked["q"])
    if asked["whose"] == "mine":
        rows = rows.filter(owner=viewer_of(user).rep_id)
    elif asked["whose"] == "nobody":
        rows = rows.filter(owner=None)
    if asked["sector"]:
        rows = rows.filter(sector__iexact=asked["sector"])
    return rows, asked


def _chips(request: Request, asked: dict[str, str]) -> list[dict[str, Any]]:
    chips = [("whose", "nobody", _("No owner"))]
    if viewer_of(request.user).rep_id is not None:
        chips.insert(0, ("whose", "mine", _("Mine")))
    if asked["sector"]:
        chips.append(("sector", asked["sector"], asked["sector"]))
    return [
        {"label": label, "on": asked[name] == value, "url": link(asked, **{name: "" if asked[name] == value else value})}
        for name, value, label in chips
    ]


def _with_counts(rows: list[Account], user: User) -> None:
    """Give each account the number of its deals that this person sees, in one query."""
    counts = {
        row["account"]: row
        for row in Deal.objects.visible_to(user)
        .filter(account__in=[account.pk for account in rows])
        .values("account")
        .order_by()
        .annotate(open=Count("id", filter=Q(outcome="")), won=Count("id", filter=Q(outcome="won")))
    }
    for account in rows:
        counted: Any = counts.get(account.pk, {})
        vars(account).update(open_deals=counted.get("open", 0), won_deals=counted.get("won", 0))


@require_GET
@for_sales
def accounts(request: Request) -> HttpResponse:
    """The list, by name; search and filters stand in the address."""
    rows, asked = _filtered(request)
    page = keyset(rows.annotate(sort_name=Lower("name")), key="sort_name", cursor=clean_param(request.GET, "after", most=400))
    _with_counts(page.rows, request.user)
    context = {
        "page": page,
        "asked": asked,
        "chips": _chips(request, asked),
        "next_url": page.next_cursor and link(asked, after=page.next_cursor),
        "first_url": page.previous_cursor and link(asked),
        "is_filtered": any(asked.values()),
        "csv_query": link(asked),
    }
    return htmx.page_or_fragment(request, "deals/book/accounts.html", "deals/book/_accounts.html", context)


def _account_row(account: Account) -> Sequence[Any]:
    return (
        account.external_id or f"A{account.pk}", account.name, account.parent, account.owner, account.sector, account.city,
        account.phone, account.website, account.employees, account.created_at,
        json.dumps(account.extra) if account.extra else "",
    )  # fmt: skip


@require_GET
@for_those_who_may("deal.export")
@recent_password_for_file
def accounts_csv(request: Request) -> HttpResponseBase:
    """The list as a file, with the filters of its address."""
    rows, asked = _filtered(request)
    note_export(request, "accounts", asked)
    stream: Iterable[Sequence[Any]] = map(_account_row, rows.order_by("pk").iterator(chunk_size=2000))
    return download("accounts", ACCOUNT_COLUMNS, stream)


@require_GET
@for_sales
def account(request: Request, pk: int) -> HttpResponse:
    """One account: its contacts, deals and latest touches."""
    user = request.user
    found = get_object_or_404(Account.objects.visible_to(user).select_related("owner", "parent"), pk=pk)
    context = {
        "account": found,
        "contacts": list(found.contacts.order_by(Lower("name"), "pk")[:50]),
        "deals": list(
            Deal.objects.visible_to(user).filter(account=found).select_related("stage", "owner", "product").order_by("-pk")[:50]
        ),
        "activities": list(
            Activity.objects.visible_to(user).standing().filter(account=found).select_related("rep", "contact")[:20]
        ),
        "may_edit": Account.objects.editable_by(user).filter(pk=pk).exists(),
        "extra": sorted((found.extra or {}).items()),
    }
    return render(request, "deals/book/account.html", context)


def _account_form(request: Request, instance: Account | None) -> AccountForm:
    start = {"name": clean_param(request.GET, "name", most=160)} if instance is None else None
    return AccountForm(
        request.POST or None,
        instance=instance,
        initial=start,
        user=request.user,
        currency=request.company.currency,
    )


def _alike(name: str, user: User) -> list[Account]:
    """Accounts of a similar name, so that one customer is not written twice."""
    if len(name) < 3:
        return []
    close = Account.objects.visible_to(user).annotate(near=TrigramSimilarity("name", name)).filter(near__gt=0.45)
    return list(close.order_by("-near", "pk")[:5])


@require_http_methods(["GET", "POST"])
@for_those_who_may("account.edit")
@idempotent
def account_new(request: Request) -> HttpResponse:
    """Write down an account; similar names are shown first, and a second *Save* means it is really another one."""
    form = _account_form(request, None)
    alike: list[Account] = []
    if request.method == "POST" and form.is_valid():
        alike = [] if request.POST.get("really") else _alike(form.cleaned_data["name"], request.user)
        if not alike:
            made = form.create(request.user)
            htmx.say(request, _("%(name)s is saved.") % {"name": made.name})
            return htmx.go(request, "deals:account", made.pk)
    return render(
        request, "deals/book/account_form.html", {"form": form, "alike": alike, "account": None}, status=htmx.form_status(request)
    )


@require_http_methods(["GET", "POST"])
@for_those_who_may("account.edit")
def account_edit(request: Request, pk: int) -> HttpResponse:
    """Change an account."""
    found = editable_or_denied(Account, request.user, pk, "parent")
    form = _account_form(request, found)
    if request.method == "POST" and form.is_valid():
        form.save()
        htmx.say(request, _("%(name)s is saved.") % {"name": found.name})
        return htmx.go(request, "deals:account", pk)
    return render(request, "deals/book/account_form.html", {"form": form, "account": found}, status=htmx.form_status(request))


@require_GET
@for_sales
def account_options(request: Request) -> HttpResponse:
    """Accounts for a picker, as the name is typed."""
    typed = clean_param(request.GET, "q") or next(
        (clean_param(request.GET, name) for name in request.GET if name.endswith("_text")), ""
    )
    rows = Account.objects.visible_to(request.user).filter(name__icontains=typed).order_by(Lower("name"), "pk")[:8]
    options = [{"value": row.pk, "text": row.name, "note": row.city} for row in rows] if typed else []
    return render(request, "components/_picker_options.html", {"options": options})


def _contacts(request: Request) -> tuple[QuerySet[Contact], dict[str, str]]:
    asked = {"q": clean_param(request.GET, "q")}
    rows = Contact.objects.visible_to(request.user).select_related("account")
    if asked["q"]:
        rows = rows.filter(Q(name__icontains=asked["q"]) | Q(account__name__icontains=asked["q"]) | Q(phone__contains=asked["q"]))
    return rows, asked


@require_GET
@for_sales
def contacts(request: Request) -> HttpResponse:
    """People at accounts, by name."""
    rows, asked = _contacts(request)
    page = keyset(rows.annotate(sort_name=Lower("name")), key="sort_name", cursor=clean_param(request.GET, "after", most=400))
    context = {
        "page": page,
        "asked": asked,
        "next_url": page.next_cursor and link(asked, after=page.next_cursor),
        "first_url": page.previous_cursor and link(asked),
        "csv_query": link(asked),
    }
    return htmx.page_or_fragment(request, "deals/book/contacts.html", "deals/book/_contacts.html", context)


@require_GET
@for_those_who_may("deal.export")
@recent_password_for_file
def contacts_csv(request: Request) -> HttpResponseBase:
    """The list as a file."""
    rows, asked = _contacts(request)
    note_export(request, "contacts", asked)
    stream = (
        (row.external_id or f"C{row.pk}", row.name, row.account, row.title, row.phone, row.email, row.created_at)
        for row in rows.order_by("pk").iterator(chunk_size=2000)
    )
    return download("contacts", CONTACT_COLUMNS, stream)


@require_http_methods(["GET", "POST"])
@for_those_who_may("account.edit")
@idempotent
def contact_new(request: Request) -> HttpResponse:
    """Write down a person at an account (`?account=ID` fills it in)."""
    user = request.user
    start = int_param(request.GET, "account")
    form = ContactForm(request.POST or None, initial={"account": start}, user=user, currency=request.company.currency)
    if request.method == "POST" and form.is_valid():
        made = form.save()
        htmx.say(request, _("%(name)s is saved.") % {"name": made.name})
        return htmx.go(request, "deals:account", made.account_id)
    chosen = int_param({"account": str(form["account"].value() or "")}, "account")
    shown = Account.objects.editable_by(user).filter(pk=chosen).first() if chosen else None
    return render(
        request,
        "deals/book/contact_form.html",
        {"form": form, "chosen": shown, "contact": None},
        status=htmx.form_status(request),
    )


@require_http_methods(["GET", "POST"])
@for_those_who_may("account.edit")
def contact_edit(request: Request, pk: int) -> HttpResponse:
    """Change or remove a contact; deals keep standing without it."""
    user = request.user
    found = editable_or_denied(Contact, user, pk, "account")
    form = ContactForm(request.POST or None, instance=found, user=user, currency=request.company.currency)
    if request.method == "POST" and request.POST.get("remove"):
        remove_contact(contact=found, by=user)
        htmx.say(request, _("The contact is removed."))
        return htmx.go(request, "deals:account", found.account_id)
    if request.method == "POST" and form.is_valid():
        form.save()
        htmx.say(request, _("%(name)s is saved.") % {"name": found.name})
        return htmx.go(request, "deals:account", found.account_id)
    return render(
        request,
        "deals/book/contact_form.html",
        {"form": form, "chosen": found.account, "contact": found},
        status=htmx.form_status(request),
    )
