"""`/deals/`: read as the list, changed by the verbs of deals/changes.py alone."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

from django.http import HttpResponse
from django.utils.translation import gettext as _

from deals.api.base import SalesView
from deals.api.deal_fields import DEALS, CloseIn, DealChanges, DealIn, DealOut, ReopenIn
from deals.changes import change_deal, close_deal, first_stage, open_deal, reopen_deal
from deals.closing import naming_competitor
from deals.forms.deals import reps_to_give_to
from deals.models import Account, Contact, Deal, Lead, Product, Stage
from deals.opening import bought_by, deal_name, guess_type
from lib import clock
from lib.api import schema
from lib.api.answers import answer
from lib.api.errors import Refusal, invalid
from lib.text import clean_line
from reps.api.base import chosen, company_of, found_or_404, may, once, sales
from reps.gates import editable_or_denied
from reps.models import Rep

TAG = "deals"
_SHOWN = ("account", "contact", "lead", "owner", "product", "pipeline", "stage", "competitor")
_PLANNED = ("expected_close_on", "agreement_ready_on", "agreement_sent_on")


class DealView(SalesView):
    """What all addresses of deals share."""

    def rows(self) -> Any:
        """The deals the caller reads in full."""
        return Deal.objects.visible_to(self.request.user).select_related(*_SHOWN)

    def one(self, pk: int, status: int = 200) -> HttpResponse:
        """The deal as it is now."""
        return answer(self.given(DealOut, found_or_404(self.rows(), pk)), status=status)

    def editable(self, pk: int) -> Deal:
        """The deal when the caller may change it; 404 or 403 otherwise."""
        found: Deal = editable_or_denied(Deal, self.request.user, pk, "contact")
        return found


def _not_before(opened_on: date | None, body: dict[str, Any]) -> None:
    """Nothing of a deal lies before its opening, neither a plan nor what was done."""
    early = [name for name in _PLANNED if opened_on and body.get(name) and body[name] < opened_on]
    if early:
        raise invalid({name: [_("The deal was opened later. Choose a day from then on.")] for name in early})


class Deals(DealView):
    """All deals."""

    gates: ClassVar = {"GET": sales, "POST": may("deal.create")}
    listing = DEALS

    @schema.shows_list(DealOut, DEALS, TAG)
    def get(self, request: Any) -> HttpResponse:
        """List deals: one's own, the team's, and those below a manager."""
        return self.listed(self.rows(), DealOut)

    @schema.creates(DealIn, DealOut, TAG)
    @once
    def post(self, request: Any) -> HttpResponse:
        """Open a deal."""
        user, body, company = request.user, self.taken(DealIn), company_of(request)
        today = clock.today(company.zone)
        _not_before(body.get("opened_on", today), body)
        account = chosen(Account.objects.visible_to(user), body.pop("account"), "account")
        product = chosen(Product.objects.filter(is_active=True), body.pop("product", None), "product")
        given = {
            "contact": chosen(Contact.objects.visible_to(user).filter(account=account), body.pop("contact", None), "contact"),
            "lead": chosen(Lead.objects.editable_by(user), body.pop("lead", None), "lead"),
            "stage": self._stage(body.pop("stage", None)),
            "owner": self._owner(body.pop("owner", None)),
        }
        defaults = {
            "name": deal_name(account, product),
            "currency": company.currency,
            "deal_type": guess_type(bought_by(account), product.pk if product else None, today).deal_type,
        }
        deal = open_deal(by=user, company=company, account=account, product=product, **given, **(defaults | body))
        return self.one(deal.pk, 201)

    def _stage(self, pk: int | None) -> Stage:
        stage: Stage | None = chosen(Stage.objects.filter(is_active=True), pk, "stage") if pk else first_stage()
        if stage is None:
            raise Refusal(_("There is no stage in use. An admin makes one."))
        return stage

    def _owner(self, pk: int | None) -> Rep:
        """A rep that the caller may give deals to; themselves unless named, where they sell."""
        own: Rep = self.request.user.rep
        if pk is not None:
            return chosen(reps_to_give_to(self.request.user), pk, "owner")
        if not own.sells:
            raise invalid({"owner": [_("Choose who works on it.")]})
        return own


class DealDetail(DealView):
    """One deal."""

    gates: ClassVar = {"GET": sales, "PATCH": may("deal.edit")}

    @schema.shows(DealOut, TAG)
    def get(self, request: Any, pk: int) -> HttpResponse:
        """Show a deal."""
        return self.one(pk)

    @schema.changes(DealChanges, DealOut, TAG)
    def patch(self, request: Any, pk: int) -> HttpResponse:
        """Change a deal. Each field that differs becomes an event of its history."""
        user, deal = request.user, self.editable(pk)
        may_give = user.viewer.may("deal.reassign")
        body = self.taken(DealChanges, forbidden=frozenset() if may_give else frozenset({"owner"}))
        version, on, why = body.pop("version"), body.pop("effective_on", None), body.pop("why", "")
        if not body:
            raise Refusal(_("Nothing to change was sent."), code="invalid")
        _not_before(deal.opened_on, body)
        if "owner" in body and not why:
            raise invalid({"why": [_("Say why in a few words; both reps will ask.")]})
        changes = self._chosen(deal, body)
        change_deal(deal_id=pk, version=version, by=user, effective_on=on, why=why, company=company_of(request), **changes)
        return self.one(pk)

    def _chosen(self, deal: Deal, body: dict[str, Any]) -> Any:
        """The changes with rows in the place of ids, each among those that the caller may choose."""
        user, changes = self.request.user, dict(body)
        if "stage" in body:
            changes["stage"] = chosen(Stage.objects.filter(pipeline=deal.pipeline_id), body["stage"], "stage")
        if "owner" in body:
            changes["owner"] = chosen(reps_to_give_to(user), body["owner"], "owner")
        if "product" in body:
            offered = Product.objects.filter(is_active=True) | Product.objects.filter(pk=deal.product_id or 0)
            changes["product"] = chosen(offered, body["product"], "product")
        account_id = deal.account_id
        if "account" in body:
            changes["account"] = chosen(Account.objects.visible_to(user), body["account"], "account")
            account_id = body["account"]
            # The contact goes with the customer it belongs to.
            if "contact" not in body and deal.contact is not None and deal.contact.account_id != account_id:
                changes["contact"] = None
        if "contact" in body:
            people = Contact.objects.visible_to(user).filter(account=account_id)
            changes["contact"] = chosen(people, body["contact"], "contact")
        return changes


class DealClose(DealView):
    """The end of a deal."""

    gates: ClassVar = {"POST": may("deal.edit")}

    @schema.acts(CloseIn, DealOut, TAG)
    @once
    def post(self, request: Any, pk: int) -> HttpResponse:
        """Close a deal. A win writes its credit."""
        self.editable(pk)
        body = self.taken(CloseIn)
        competitor = naming_competitor(clean_line(body.pop("competitor", ""))[:80])
        close_deal(deal_id=pk, by=request.user, competitor=competitor, company=company_of(request), **body)
        return self.one(pk)


class DealReopen(DealView):
    """A deal open again."""

    gates: ClassVar = {"POST": may("deal.edit")}

    @schema.acts(ReopenIn, DealOut, TAG)
    @once
    def post(self, request: Any, pk: int) -> HttpResponse:
        """Open a closed deal again; a win loses its credit."""
        self.editable(pk)
        reopen_deal(deal_id=pk, by=request.user, company=company_of(request), **self.taken(ReopenIn))
        return self.one(pk)
