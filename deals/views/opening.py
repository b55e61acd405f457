"""A new deal from four fields."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from deals import dates
from deals.changes import Refused, open_deal
from deals.forms.new_deal import NewDealForm
from deals.models import Account, Deal, Pipeline, Stage
from deals.opening import alike, bought_by, create_customer, deal_name, guess_type
from lib import clock, htmx
from lib.text import clean_line, clean_param, int_param
from reps.access import viewer_of
from reps.gates import for_those_who_may
from reps.idempotency import idempotent
from reps.models import Rep
from reps.requests import Request


def _pipeline(request: Request) -> tuple[Pipeline | None, list[Pipeline]]:
    """The pipeline asked for, else the default one, and all there are."""
    pipelines = list(Pipeline.objects.all())
    asked = int_param(request.POST, "pipeline") or int_param(request.GET, "pipeline")
    return next((each for each in pipelines if each.pk == asked), pipelines[0] if pipelines else None), pipelines


def _start(request: Request) -> dict[str, Any]:
    """What a link to the form fills in: `?account=`, `?lead=`, `?contact=`."""
    start: dict[str, Any] = {name: int_param(request.GET, name) for name in ("account", "lead", "contact")}
    account = Account.objects.visible_to(request.user).filter(pk=start["account"]).first() if start["account"] else None
    start["account_text"] = account.name if account else clean_param(request.GET, "name", most=160)
    viewer = viewer_of(request.user)
    if viewer.is_manager and request.user.rep.sells:
        start["owner"] = viewer.rep_id
    return start


@require_http_methods(["GET", "POST"])
@for_those_who_may("deal.create")
@idempotent
def deal_new(request: Request) -> HttpResponse:
    """The form. A customer typed and not known is created, after similar names were shown once."""
    pipeline, pipelines = _pipeline(request)
    custom = clean_param(request.POST, "custom") or request.session.get("money_custom")
    form = NewDealForm(
        request.POST if request.method == "POST" else None,
        initial=_start(request) if request.method == "GET" else None,
        user=request.user, company=request.company, pipeline=pipeline, custom=custom if custom in ("en", "id") else None,
    )  # fmt: skip
    similar: list[Account] = []
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        similar = [] if data["account"] or data["really"] else alike(data["account_text"], request.user)
        if not similar:
            try:
                return _opened(request, form)
            except Refused as refusal:
                form.add_error(None, str(refusal))
    return _form(request, form, pipeline, pipelines, similar)


def _opened(request: Request, form: NewDealForm) -> HttpResponse:
    data, user = form.cleaned_data, request.user
    if request.POST.get("custom") in ("en", "id"):
        request.session["money_custom"] = request.POST["custom"]
    owner = data.get("owner") or user.rep
    with transaction.atomic():
        account = data["account"] or create_customer(name=data["account_text"], owner=owner)
        today = clock.today(request.company.zone)
        product_id = data["product"].pk if data["product"] else None
        deal = open_deal(
            by=user, owner=owner, name=deal_name(account, data["product"]), stage=data["stage"], currency=form.currency_code,
            account=account, contact=data["contact"], lead=data["lead"], product=data["product"], amount=data["amount"],
            deal_type=data["deal_type"] or guess_type(bought_by(account), product_id, today).deal_type,
            expected_close_on=data["close"], agreement_ready_on=data["agreement"], next_action=data["next_text"],
            next_action_on=data["next_on"], company=request.company,
        )  # fmt: skip
    htmx.say(request, _("%(deal)s is open.") % {"deal": deal.name})
    asks = deal.stage.kind == Stage.Kind.PROPOSAL and deal.agreement_ready_on is None
    return htmx.go(request, f"{reverse('deals:detail', args=[deal.pk])}{'?ask=agreement' if asks else ''}")


def _form(
    request: Request, form: NewDealForm, pipeline: Pipeline | None, pipelines: list[Pipeline], similar: list[Account]
) -> HttpResponse:
    today = clock.today(request.company.zone)
    owner_id = form["owner"].value() if "owner" in form.fields else None
    context = {
        "form": form,
        "pipeline": pipeline,
        "pipelines": pipelines,
        "similar": similar,
        "reading": form.reading,
        "close_days": dates.quick_days(today),
        "next_days": dates.soon(today),
        "owner": Rep.objects.visible_to(request.user).filter(pk=int_param({"pk": str(owner_id or "")}, "pk") or 0).first()
        if owner_id
        else None,
        "account_known": bool(form["account"].value()),
        **_hints(request, int_param({"pk": str(form["account"].value() or "")}, "pk"), str(form["product"].value() or "")),
    }
    return render(request, "deals/new.html", context, status=422 if request.method == "POST" else 200)


def _hints(request: Request, account_pk: int | None, product: str) -> dict[str, Any]:
    """What is known of the customer picked: their open deals, and which type this one seems to be."""
    account = Account.objects.visible_to(request.user).filter(pk=account_pk).first() if account_pk else None
    today = clock.today(request.company.zone)
    product_id = int_param({"product": product}, "product")
    guess = guess_type(bought_by(account) if account else [], product_id, today)
    asked = clean_param(request.POST, "deal_type")
    return {
        "account": account,
        "open_deals": list(
            Deal.objects.visible_to(request.user).open().filter(account=account).select_related("stage", "owner")[:3]
        )
        if account
        else [],
        "guess": guess,
        "chosen_type": asked if asked in Deal.Type.values else guess.deal_type,
        "types": Deal.Type.choices,
    }


@require_GET
@for_those_who_may("deal.create")
def deal_hints(request: Request) -> HttpResponse:
    """The hints for a customer and product, as they are chosen."""
    hints = _hints(request, int_param(request.GET, "account"), clean_param(request.GET, "product", most=12))
    return htmx.page_or_fragment(request, "deals/hints.html", "deals/_hints.html", hints)


@require_GET
@for_those_who_may("deal.create")
def customer_options(request: Request) -> HttpResponse:
    """Customers for the picker, and the offer to create one of the name typed."""
    typed = clean_param(request.GET, "q", most=160)
    rows = (
        Account.objects.visible_to(request.user).filter(name__icontains=typed).select_related("owner").order_by("pk")[:7]
        if typed
        else []
    )
    options = [
        {"value": row.pk, "text": row.name, "note": row.city or (row.owner.name if row.owner else ""), "icon": "building"}
        for row in rows
    ]
    if typed and not any(row.name.casefold() == typed.casefold() for row in rows):
        options.append({"value": "", "text": clean_line(typed), "note": _("create this customer"), "icon": "plus-lg"})
    return render(request, "components/_picker_options.html", {"options": options})
