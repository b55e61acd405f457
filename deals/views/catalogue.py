"""Settings of what we sell: products, pipelines with their stages, competitors, exchange rates."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models.functions import Lower
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from deals.catalogue import StageInUse, StageLine, make_pipeline, save_stages, set_rate
from deals.closing import fill_missing_rates
from deals.columns import PRODUCT_COLUMNS
from deals.exports import note_export
from deals.forms.catalogue import CompetitorForm, ProductForm, RateForm, StageForms, staying_in_order
from deals.models import Competitor, FxRate, Pipeline, Product, Stage
from lib import htmx
from lib.csv_out import download
from lib.pages import keyset
from lib.text import clean_param
from reps.audit import record
from reps.gates import for_admins, for_sales
from reps.idempotency import idempotent
from reps.requests import Request
from reps.sudo import recent_password_for_file


@require_GET
@for_sales
def products(request: Request) -> HttpResponse:
    """What we sell; everyone reads, admins change."""
    asked = {"q": clean_param(request.GET, "q"), "gone": clean_param(request.GET, "gone")}
    rows = Product.objects.annotate(sort_name=Lower("name"))
    rows = rows.filter(name__icontains=asked["q"]) if asked["q"] else rows
    rows = rows if asked["gone"] else rows.filter(is_active=True)
    page = keyset(rows, key="sort_name", cursor=clean_param(request.GET, "after", most=400))
    context = {
        "page": page,
        "asked": asked,
        "next_url": page.next_cursor and f"?after={page.next_cursor}",
        "first_url": page.previous_cursor and "?",
    }
    return render(request, "deals/book/products.html", context)


@require_GET
@for_admins
@recent_password_for_file
def products_csv(request: Request) -> HttpResponseBase:
    """The list as a file."""
    note_export(request, "products", {})
    rows = Product.objects.order_by("pk").iterator(chunk_size=2000)
    stream = (
        (row.external_id or f"P{row.pk}", row.name, row.family, row.list_price, row.currency, row.is_active) for row in rows
    )
    return download("products", PRODUCT_COLUMNS, stream)


def _product(request: Request, instance: Product | None) -> HttpResponse:
    form = ProductForm(request.POST or None, instance=instance, currency=request.company.currency)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            saved = form.save()
            record(actor=request.user, verb="product.saved", subject=saved, facts={"fields": form.changed_data})
        htmx.say(request, _("%(name)s is saved.") % {"name": saved.name})
        return htmx.go(request, "deals:products")
    return render(request, "deals/book/product_form.html", {"form": form, "product": instance}, status=htmx.form_status(request))


@require_http_methods(["GET", "POST"])
@for_admins
@idempotent
def product_new(request: Request) -> HttpResponse:
    """Add a product."""
    return _product(request, None)


@require_http_methods(["GET", "POST"])
@for_admins
def product_edit(request: Request, pk: int) -> HttpResponse:
    """Change a product, or take it off sale; deals keep what they were made with."""
    return _product(request, get_object_or_404(Product, pk=pk))


@require_http_methods(["GET", "POST"])
@for_sales
@idempotent
def pipelines(request: Request) -> HttpResponse:
    """The pipelines and their stages; an admin adds one, from the preset."""
    if request.method == "POST":
        if not request.user.is_admin:
            raise PermissionDenied
        return _new_pipeline(request)
    rows = Pipeline.objects.prefetch_related("stages")
    return render(request, "deals/book/pipelines.html", {"pipelines": rows, "may_edit": request.user.is_admin})


def _new_pipeline(request: Request) -> HttpResponse:
    name = clean_param(request.POST, "name", most=80) or _("Sales")
    if Pipeline.objects.filter(name__iexact=name).exists():
        htmx.say(request, _("There is a pipeline called %(name)s already.") % {"name": name}, state="warning")
        return htmx.go(request, "deals:pipelines")
    made = make_pipeline(name=name, by=request.user)
    htmx.say(request, _("%(name)s is made with five stages. Change them to yours.") % {"name": name})
    return htmx.go(request, "deals:pipeline", made.pk)


def _line(stage: Stage) -> dict[str, Any]:
    return {
        "pk": stage.pk, "name": stage.name, "kind": stage.kind, "chance": f"{(stage.probability * 100).normalize():f}",
        "expected_days": stage.expected_days, "is_qualified": stage.is_qualified,
    }  # fmt: skip


def _read_line(data: dict[str, Any], own: set[int]) -> StageLine:
    return StageLine(
        pk=data["pk"] if data["pk"] in own else None,
        name=" ".join(data["name"].split()),
        kind=data["kind"],
        probability=Decimal(data["chance"]) / 100,
        expected_days=data["expected_days"],
        is_qualified=data["is_qualified"],
    )


@require_http_methods(["GET", "POST"])
@for_admins
def pipeline(request: Request, pk: int) -> HttpResponse:
    """Change the stages of a pipeline: all on one form, one *Save*."""
    found = get_object_or_404(Pipeline, pk=pk)
    stages = list(found.stages.filter(is_active=True))
    forms = StageForms(request.POST or None, initial=[_line(stage) for stage in stages])
    problem = ""
    if request.method == "POST" and forms.is_valid():
        own = {stage.pk for stage in stages}
        lines = [_read_line(form.cleaned_data, own) for form in staying_in_order(forms)]
        try:
            save_stages(pipeline=found, lines=lines, by=request.user)
        except StageInUse as used:
            problem = ngettext(
                "%(count)d open deal stands in %(stage)s. Move it first.",
                "%(count)d open deals stand in %(stage)s. Move them first.",
                used.count,
            ) % {"count": used.count, "stage": used.stage.name}
        else:
            htmx.say(request, _("The stages of %(name)s are saved.") % {"name": found.name})
            return htmx.go(request, "deals:pipelines")
    return render(
        request,
        "deals/book/pipeline_form.html",
        {"pipeline": found, "forms": forms, "problem": problem},
        status=htmx.form_status(request),
    )


@require_http_methods(["GET", "POST"])
@for_sales
@idempotent
def competitors(request: Request) -> HttpResponse:
    """Whom deals are lost to; a rep adds one by naming it when a deal is lost, an admin here."""
    form = CompetitorForm(request.POST or None) if request.user.is_admin else None
    if request.method == "POST":
        if form is None:
            raise PermissionDenied
        if form.is_valid():
            with transaction.atomic():
                record(actor=request.user, verb="competitor.saved", subject=form.save())
            htmx.say(request, _("%(name)s is saved.") % {"name": form.instance.name})
            return htmx.go(request, "deals:competitors")
    rows = Competitor.objects.all()[:500]
    return render(request, "deals/book/competitors.html", {"rows": rows, "form": form}, status=htmx.form_status(request))


@require_POST
@for_admins
def competitor_edit(request: Request, pk: int) -> HttpResponse:
    """Correct the name of a competitor."""
    form = CompetitorForm(request.POST, instance=get_object_or_404(Competitor, pk=pk))
    if form.is_valid():
        with transaction.atomic():
            record(actor=request.user, verb="competitor.saved", subject=form.save())
        htmx.say(request, _("%(name)s is saved.") % {"name": form.instance.name})
    else:
        htmx.say(request, str(next(iter(form.errors.values()))[0]), state="error")
    return htmx.go(request, "deals:competitors")


@require_http_methods(["GET", "POST"])
@for_admins
@idempotent
def rates(request: Request) -> HttpResponse:
    """Exchange rates, each from its day on; wins that waited for a rate get it."""
    base = request.company.currency
    form = RateForm(request.POST or None, base=base)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        with transaction.atomic():
            set_rate(currency=data["currency"], rate=data["rate"], from_on=data["from_on"], by=request.user)
            filled = fill_missing_rates(by=request.user)
        said = _("The rate is saved.")
        if filled:
            said += " " + ngettext(
                "%(n)d win that waited for it is counted now.", "%(n)d wins that waited for it are counted now.", filled
            ) % {"n": filled}
        htmx.say(request, said)
        return htmx.go(request, "deals:rates")
    rows = FxRate.objects.current().order_by("currency", "-valid")[:500]
    return render(request, "deals/book/rates.html", {"form": form, "rows": rows, "base": base}, status=htmx.form_status(request))
