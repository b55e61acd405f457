"""`/accounts/` and `/contacts/`: customers and the people there."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Lower
from django.http import HttpResponse
from rest_framework import serializers

from deals.api.base import SalesView, WithExtra
from deals.contacts import remove_contact
from deals.forms.book import AccountForm, ContactForm
from deals.models import Account, Contact
from lib.api import lists, schema
from lib.api.answers import answer, nothing
from lib.api.fields import Instant, Key, Ref, SeenRef, Strict, Text, Whole
from lib.api.lists import Listing, Order
from reps.api.base import Shown, company_of, found_or_404, locked, may, once, sales
from reps.api.forms import checked
from reps.gates import editable_or_denied

ACCOUNTS_TAG, CONTACTS_TAG = "accounts", "contacts"


class AccountOut(WithExtra):
    """A customer, or who may become one. `parent` is null also where the caller may not see it; `extra` is for its owner, managers and auditors."""

    guarded: ClassVar = {"parent": Account}

    id = serializers.IntegerField()
    name = serializers.CharField()
    parent = SeenRef()
    owner = Ref(allow_null=True)
    sector = serializers.CharField()
    city = serializers.CharField()
    phone = serializers.CharField()
    website = serializers.CharField()
    employees = serializers.IntegerField(allow_null=True)


class AccountIn(Strict):
    """What may be written of an account. A new one is the writer's own."""

    name = Text(max_length=160)
    parent = Key(allow_null=True, required=False)
    sector = Text(max_length=80, allow_blank=True, required=False)
    city = Text(max_length=80, allow_blank=True, required=False)
    phone = Text(max_length=32, allow_blank=True, required=False)
    website = Text(max_length=200, allow_blank=True, required=False)
    employees = Whole(max_value=2_000_000_000, allow_null=True, required=False)


class ContactOut(Shown):
    """A person at an account."""

    id = serializers.IntegerField()
    account = Ref()
    name = serializers.CharField()
    title = serializers.CharField()
    email = serializers.CharField()
    phone = serializers.CharField()
    external_id = serializers.CharField()
    created_at = Instant()


class ContactIn(Strict):
    """What may be written of a contact."""

    account = Key()
    name = Text(max_length=120)
    title = Text(max_length=80, allow_blank=True, required=False)
    email = Text(max_length=254, allow_blank=True, required=False)
    phone = Text(max_length=32, allow_blank=True, required=False)


_BY_NAME = {"name": Order("sort_name", nullable=False), "id": Order("id", int)}
ACCOUNTS = Listing(
    orders=_BY_NAME,
    usual="name",
    filters={
        "q": lists.text(lambda rows, words: rows.filter(name__icontains=words), "Part of the name."),
        "owner": lists.number("owner", "Accounts of that rep."),
        "unowned": lists.flag(lambda rows, so: rows.filter(owner__isnull=so), "Whether nobody owns them."),
        "parent": lists.seen(Account, "parent", "Accounts that are part of that one."),
        "sector": lists.text(lambda rows, name: rows.filter(sector__iexact=name), "Of that sector."),
        "city": lists.text(lambda rows, name: rows.filter(city__iexact=name), "In that place."),
        "external_id": lists.text(lambda rows, number: rows.filter(external_id=number), "Its number in another system."),
    },
)
CONTACTS = Listing(
    orders=_BY_NAME,
    usual="name",
    filters={
        "q": lists.text(
            lambda rows, words: rows.filter(Q(name__icontains=words) | Q(account__name__icontains=words)),
            "Part of the name or of the account's.",
        ),
        "account": lists.number("account", "People at that account."),
        "external_id": lists.text(lambda rows, number: rows.filter(external_id=number), "Their number in another system."),
    },
)


class AccountView(SalesView):
    """What both addresses of accounts share."""

    def rows(self) -> Any:
        """The accounts the caller sees."""
        rows = Account.objects.visible_to(self.request.user).select_related("owner", "parent")
        return rows.annotate(sort_name=Lower("name"))

    def one(self, pk: int, status: int = 200) -> HttpResponse:
        """The account as it is now."""
        return answer(self.given(AccountOut, found_or_404(self.rows(), pk)), status=status)

    def form(self, body: dict[str, Any], found: Account | None = None) -> AccountForm:
        """The form that a page would fill in."""
        return AccountForm(body, instance=found, user=self.request.user, currency=company_of(self.request).currency)


class Accounts(AccountView):
    """All accounts."""

    gates: ClassVar = {"GET": sales, "POST": may("account.edit")}
    listing = ACCOUNTS

    @schema.shows_list(AccountOut, ACCOUNTS, ACCOUNTS_TAG)
    def get(self, request: Any) -> HttpResponse:
        """List accounts: one's own, the team's, those below a manager, those their deals touch, and those nobody owns."""
        return self.listed(self.rows(), AccountOut)

    @schema.creates(AccountIn, AccountOut, ACCOUNTS_TAG)
    @once
    def post(self, request: Any) -> HttpResponse:
        """Write an account down; it is the writer's own."""
        form = self.form(self.taken(AccountIn))
        checked(form)
        return self.one(form.create(request.user).pk, 201)


class AccountDetail(AccountView):
    """One account."""

    gates: ClassVar = {"GET": sales, "PATCH": may("account.edit")}

    @schema.shows(AccountOut, ACCOUNTS_TAG)
    def get(self, request: Any, pk: int) -> HttpResponse:
        """Show an account."""
        return self.one(pk)

    @schema.changes(AccountIn, AccountOut, ACCOUNTS_TAG)
    def patch(self, request: Any, pk: int) -> HttpResponse:
        """Change an account."""
        with transaction.atomic():
            found, body = locked(Account, request.user, pk), self.taken(AccountIn, partial=True)
            form = self.form(body, found)
            checked(form, only=body)
            form.save()
        return self.one(pk)


class ContactView(SalesView):
    """What both addresses of contacts share."""

    def rows(self) -> Any:
        """The contacts the caller sees."""
        return Contact.objects.visible_to(self.request.user).select_related("account").annotate(sort_name=Lower("name"))

    def one(self, pk: int, status: int = 200) -> HttpResponse:
        """The contact as it is now."""
        return answer(self.given(ContactOut, found_or_404(self.rows(), pk)), status=status)

    def form(self, body: dict[str, Any], found: Contact | None = None) -> ContactForm:
        """The form that a page would fill in."""
        return ContactForm(body, instance=found, user=self.request.user, currency=company_of(self.request).currency)


class Contacts(ContactView):
    """All contacts."""

    gates: ClassVar = {"GET": sales, "POST": may("account.edit")}
    listing = CONTACTS

    @schema.shows_list(ContactOut, CONTACTS, CONTACTS_TAG)
    def get(self, request: Any) -> HttpResponse:
        """List the people at accounts the caller sees."""
        return self.listed(self.rows(), ContactOut)

    @schema.creates(ContactIn, ContactOut, CONTACTS_TAG)
    @once
    def post(self, request: Any) -> HttpResponse:
        """Write a person at an account down."""
        form = self.form(self.taken(ContactIn))
        checked(form)
        return self.one(form.save().pk, 201)


class ContactDetail(ContactView):
    """One contact."""

    gates: ClassVar = {"GET": sales, "PATCH": may("account.edit"), "DELETE": may("account.edit")}

    @schema.shows(ContactOut, CONTACTS_TAG)
    def get(self, request: Any, pk: int) -> HttpResponse:
        """Show a contact."""
        return self.one(pk)

    @schema.changes(ContactIn, ContactOut, CONTACTS_TAG)
    def patch(self, request: Any, pk: int) -> HttpResponse:
        """Change a contact."""
        with transaction.atomic():
            found, body = locked(Contact, request.user, pk), self.taken(ContactIn, partial=True)
            form = self.form(body, found)
            checked(form, only=body)
            form.save()
        return self.one(pk)

    @schema.removes(CONTACTS_TAG)
    def delete(self, request: Any, pk: int) -> HttpResponse:
        """Remove a contact; deals keep standing without it."""
        remove_contact(contact=editable_or_denied(Contact, request.user, pk, "account"), by=request.user)
        return nothing()
