"""`/leads/`: who may buy, whose they are, what became of them."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import transaction
from django.http import HttpResponse
from django.utils.translation import gettext as _
from rest_framework import serializers

from deals.api.base import SalesView, WithExtra
from deals.forms.book import LeadForm
from deals.leads import account_for, give_lead, set_state, take_lead
from deals.models import Account, Lead
from lib.api import lists, schema
from lib.api.answers import answer
from lib.api.errors import invalid
from lib.api.fields import Choice, Key, Ref, SeenRef, Strict, Text
from lib.api.lists import Listing, Order
from lib.pages import as_instant
from reps.api.base import chosen, company_of, found_or_404, locked, may, once, sales
from reps.api.forms import checked
from reps.gates import editable_or_denied
from reps.models import Rep

TAG = "leads"
_DONE = (Lead.State.WORKING, Lead.State.DISQUALIFIED)


class LeadOut(WithExtra):
    """Someone who may buy and is not yet a deal. `account` is null also where the caller may not see it."""

    guarded: ClassVar = {"account": Account}

    id = serializers.IntegerField()
    name = serializers.CharField()
    company_name = serializers.CharField()
    account = SeenRef()
    email = serializers.CharField()
    phone = serializers.CharField()
    source = serializers.ChoiceField(Lead.Source.choices)
    state = serializers.ChoiceField(Lead.State.choices)
    owner = Ref(allow_null=True)
    team = Ref(allow_null=True)
    created_by = Ref(allow_null=True)


class LeadIn(Strict):
    """A new lead; it is the writer's own."""

    name = Text(max_length=120)
    company_name = Text(max_length=160, allow_blank=True, required=False)
    phone = Text(max_length=32, allow_blank=True, required=False)
    email = Text(max_length=254, allow_blank=True, required=False)
    source = Choice(Lead.Source.choices, required=False)


class LeadChanges(LeadIn):
    """What may be changed of a lead. Naming oneself as `owner` takes a lead that nobody owns; managers give leads to their reps."""

    state = Choice([(state.value, state.label) for state in _DONE], required=False)
    owner = Key(required=False)


class Converted(serializers.Serializer[Any]):
    """What a lead turned into; a deal can be opened with both. Null where it became an account that the caller may not see."""

    account = Ref(allow_null=True)
    contact = Ref(allow_null=True)


class Empty(Strict):
    """Nothing is to be said."""


LEADS = Listing(
    orders={"created_at": Order("created_at", as_instant), "id": Order("id", int)},
    usual="-created_at",
    filters={
        "q": lists.text(
            lambda rows, words: rows.filter(name__icontains=words) | rows.filter(company_name__icontains=words),
            "Part of the name or of the company's.",
        ),
        "owner": lists.number("owner", "Leads of that rep."),
        "unowned": lists.flag(lambda rows, so: rows.filter(owner__isnull=so), "Whether nobody owns them."),
        "team": lists.number("team", "Leads of that team."),
        "state": lists.word("state", Lead.State.values, "In that state."),
        "source": lists.word("source", Lead.Source.values, "From that source."),
        "created_from": lists.instant("created_at__gte", "Written down at that instant or later."),
        "created_before": lists.instant("created_at__lt", "Written down before that instant."),
        "external_id": lists.text(lambda rows, number: rows.filter(external_id=number), "Their number in another system."),
    },
)


class LeadView(SalesView):
    """What all addresses of leads share."""

    def rows(self) -> Any:
        """The leads the caller sees."""
        return Lead.objects.visible_to(self.request.user).select_related("owner", "team", "created_by", "account")

    def one(self, pk: int, status: int = 200) -> HttpResponse:
        """The lead as it is now."""
        return answer(self.given(LeadOut, found_or_404(self.rows(), pk)), status=status)

    def form(self, body: dict[str, Any], found: Lead | None = None) -> LeadForm:
        """The form that a page would fill in."""
        return LeadForm(body, instance=found, currency=company_of(self.request).currency)


class Leads(LeadView):
    """All leads."""

    gates: ClassVar = {"GET": sales, "POST": may("lead.edit")}
    listing = LEADS

    @schema.shows_list(LeadOut, LEADS, TAG)
    def get(self, request: Any) -> HttpResponse:
        """List leads: one's own, the team's, those below a manager, and those of these teams that nobody owns."""
        return self.listed(self.rows().live(), LeadOut)

    @schema.creates(LeadIn, LeadOut, TAG)
    @once
    def post(self, request: Any) -> HttpResponse:
        """Write a lead down; it is the writer's own."""
        form = self.form({"source": Lead.Source.OTHER, **self.taken(LeadIn)})
        checked(form)
        return self.one(form.create(request.user).pk, 201)


class LeadDetail(LeadView):
    """One lead."""

    gates: ClassVar = {"GET": sales, "PATCH": may("lead.edit")}

    @schema.shows(LeadOut, TAG)
    def get(self, request: Any, pk: int) -> HttpResponse:
        """Show a lead."""
        return self.one(pk)

    @schema.changes(LeadChanges, LeadOut, TAG)
    def patch(self, request: Any, pk: int) -> HttpResponse:
        """Change a lead, take it, give it away, or say that it is no fit."""
        with transaction.atomic():
            found, body = locked(Lead, request.user, pk), self.taken(LeadChanges, partial=True)
            owner, state = body.pop("owner", None), body.pop("state", None)
            if owner is not None:
                self._hand(found, owner)
            if state is not None:
                set_state(lead=found, state=state)
            if body:
                found.refresh_from_db()
                form = self.form(body, found)
                checked(form, only=body)
                form.save()
        return self.one(pk)

    def _hand(self, lead: Lead, owner: int) -> None:
        """Take the lead, or give it to one of the manager's reps."""
        user, viewer = self.request.user, self.request.user.viewer
        if owner == lead.owner_id:
            return
        if owner == viewer.rep_id and lead.owner_id is None:
            take_lead(lead=lead, by=user)
            return
        if not viewer.may("deal.reassign"):
            raise invalid({"owner": [_("You may only take a lead yourself.")]})
        to = chosen(Rep.objects.visible_to(user).present().filter(pk__in=viewer.subtree_rep_ids), owner, "owner")
        give_lead(lead=lead, to=to, by=user)


class LeadConvert(LeadView):
    """What a lead turns into."""

    gates: ClassVar = {"POST": may("deal.create")}

    @schema.acts(Empty, Converted, TAG)
    @once
    def post(self, request: Any, pk: int) -> HttpResponse:
        """Make the lead's account and contact, or find them. A deal opened with `lead` then converts it."""
        found = editable_or_denied(Lead, request.user, pk, "owner")
        self.taken(Empty)
        account, contact = account_for(lead=found, owner=found.owner or request.user.rep)
        seen = Account.objects.visible_to(request.user).filter(pk=account.pk).exists()
        return answer(Converted({"account": account if seen else None, "contact": contact if seen else None}).data)
