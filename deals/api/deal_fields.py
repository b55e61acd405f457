"""What a deal shows and takes through the API, and how its list may be asked."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from deals.api.base import WithExtra
from deals.models import Contact, Deal, Lead
from lib.api import lists
from lib.api.fields import Amount, Choice, Day, Key, Money, Ref, SeenRef, Strict, Text, Whole
from lib.api.lists import Listing, Order
from lib.money import CURRENCIES
from lib.pages import as_date, as_number

_OUTCOMES = [("", "open"), *Deal.Outcome.choices]


class DealOut(WithExtra):
    """A deal as it stands. `lead` is null also where the caller may not see it; `extra` is for its owner, managers and auditors."""

    guarded: ClassVar = {"lead": Lead}

    id = serializers.IntegerField()
    version = serializers.IntegerField(help_text="Send it with each change.")
    name = serializers.CharField()
    account = Ref(allow_null=True)
    contact = serializers.SerializerMethodField()
    lead = SeenRef()
    owner = Ref()
    product = Ref(allow_null=True)
    deal_type = serializers.ChoiceField(Deal.Type.choices)
    pipeline = Ref()
    stage = Ref()
    stage_since = serializers.DateField(allow_null=True)
    currency = serializers.ChoiceField([(code, code) for code in CURRENCIES])
    amount = Amount("amount", allow_null=True)
    opened_on = serializers.DateField(allow_null=True)
    expected_close_on = serializers.DateField(allow_null=True)
    push_count = serializers.IntegerField()
    agreement_ready_on = serializers.DateField(allow_null=True)
    agreement_sent_on = serializers.DateField(allow_null=True)
    next_action = serializers.CharField()
    next_action_on = serializers.DateField(allow_null=True)
    qualified_on = serializers.DateField(allow_null=True)
    is_qualified = serializers.BooleanField()
    last_contact_on = serializers.DateField(allow_null=True)
    outcome = serializers.ChoiceField(_OUTCOMES, help_text="Empty while the deal is open.")
    outcome_reason = serializers.ChoiceField([("", ""), *Deal.Reason.choices])
    competitor = Ref(allow_null=True)
    closed_on = serializers.DateField(allow_null=True)

    @extend_schema_field(Ref(allow_null=True))
    def get_contact(self, row: Deal) -> dict[str, Any] | None:
        """Whom one talks to: somebody of the deal's account, which the caller sees with the deal."""
        contact = row.contact
        if contact is None or not (contact.account_id == row.account_id or self.context["viewer"].reads_everything):
            return None
        return {"id": contact.pk, "name": contact.name}


class _Facts(Strict):
    """What may be known of a deal from its opening on."""

    contact = Key(allow_null=True, required=False)
    product = Key(allow_null=True, required=False)
    amount = Money(allow_null=True, required=False)
    agreement_ready_on = Day(allow_null=True, required=False)
    next_action = Text(max_length=160, allow_blank=True, required=False)
    next_action_on = Day(allow_null=True, required=False)
    deal_type = Choice(Deal.Type.choices, required=False)
    why = Text(max_length=200, allow_blank=True, required=False, help_text="Kept where a closed month or the owner changes.")


class DealIn(_Facts):
    """A new deal. Without `stage` it starts in the first one, without `name` it is called after its customer and product."""

    name = Text(max_length=160, required=False)
    account = Key()
    lead = Key(allow_null=True, required=False, help_text="The lead it comes from, which is converted by this.")
    stage = Key(required=False)
    owner = Key(required=False, help_text="A rep that the caller may give deals to; the caller unless given.")
    currency = Choice([(code, code) for code in CURRENCIES], required=False)
    opened_on = Day(required=False, help_text="Today unless given.")
    expected_close_on = Day()


class DealChanges(_Facts):
    """A change of a deal: `version` as it was read, and the fields that change. `owner` wants `deal.reassign` and `why`."""

    whole = True
    version = Whole(help_text="The version you read. If it is no longer the last one, the answer is 409.")
    name = Text(max_length=160, required=False)
    account = Key(allow_null=True, required=False)
    stage = Key(required=False)
    owner = Key(required=False)
    expected_close_on = Day(allow_null=True, required=False)
    agreement_sent_on = Day(allow_null=True, required=False)
    effective_on = Day(required=False, help_text="The day it happened; today unless given.")


class CloseIn(Strict):
    """How a deal ended."""

    version = Whole()
    outcome = Choice(Deal.Outcome.choices)
    reason = Choice(Deal.Reason.choices, required=False, allow_blank=True)
    competitor = Text(max_length=80, required=False, allow_blank=True, help_text="Its name; one that is new is written down.")
    on = Day(required=False, help_text="The day it ended; today unless given.")
    why = Text(max_length=200, allow_blank=True, required=False)


class ReopenIn(Strict):
    """That a deal is open again."""

    version = Whole()
    why = Text(max_length=200, allow_blank=True, required=False)


def _outcome() -> lists.Filter:
    """Open deals are those without an outcome."""
    words = lists.word("outcome", ("open", *Deal.Outcome.values), "How it ended, or `open`.")
    return lists.Filter(
        words.says, words.read, lambda rows, value, user: rows.filter(outcome="" if value == "open" else value), words.schema,
        words.words,
    )  # fmt: skip


DEALS = Listing(
    orders={
        "id": Order("id", int),
        "amount": Order("amount", as_number),
        "expected_close_on": Order("expected_close_on", as_date),
        "closed_on": Order("closed_on", as_date),
        "next_action_on": Order("next_action_on", as_date),
        "last_contact_on": Order("last_contact_on", as_date),
    },
    usual="-id",
    filters={
        "q": lists.text(lambda rows, words: rows.named_like(words), "Part of the name or of the account's."),
        "owner": lists.number("owner", "Deals of that rep."),
        "account": lists.number("account", "Deals with that account."),
        "contact": lists.seen(Contact, "contact", "Deals with that contact."),
        "product": lists.number("product", "Deals about that product."),
        "pipeline": lists.number("pipeline", "Deals of that pipeline."),
        "stage": lists.number("stage", "Deals in that stage."),
        "outcome": _outcome(),
        "deal_type": lists.word("deal_type", Deal.Type.values, "Of that type."),
        "currency": lists.word("currency", CURRENCIES, "In that currency."),
        "opened_from": lists.day("opened_on__gte", "Opened on that day or later."),
        "opened_before": lists.day("opened_on__lt", "Opened before that day."),
        "expected_close_from": lists.day("expected_close_on__gte", "Expected on that day or later."),
        "expected_close_before": lists.day("expected_close_on__lt", "Expected before that day."),
        "closed_from": lists.day("closed_on__gte", "Closed on that day or later."),
        "closed_before": lists.day("closed_on__lt", "Closed before that day."),
        "external_id": lists.text(lambda rows, number: rows.filter(external_id=number), "Its number in another system."),
    },
)
