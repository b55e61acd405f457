"""Forms that change one thing of a deal; each says which changes it asks for."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from deals.changes import Changes
from deals.forms.catalogue import MoneyField
from deals.models import Account, Contact, Deal, Product
from lib import clock
from lib.money import Reading, quantize, read_money
from lib.text import clean_line
from reps.access import viewer_of
from reps.models import Company, Rep, User


class DayInput(forms.DateInput):
    """The browser's own calendar, which speaks ISO whatever the language."""

    input_type = "date"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="%Y-%m-%d", **kwargs)


def day_field(**kwargs: Any) -> forms.DateField:
    """A day, optional unless said otherwise."""
    return forms.DateField(
        **{"required": False, "widget": DayInput(), "input_formats": ["%Y-%m-%d"], **kwargs},
        error_messages={"invalid": gettext_lazy("Choose a day from the calendar.")},
    )


class LineField(forms.CharField):
    """Text in one line, without what no database can take."""

    def to_python(self, value: Any) -> str:
        """The cleaned line."""
        return clean_line(super().to_python(value) or "")


class EditForm(forms.Form):
    """What every change of a deal may carry besides its value: the version seen, another day, the reason for it."""

    version = forms.IntegerField(widget=forms.HiddenInput(), min_value=0, max_value=2**31 - 1)
    when = day_field(label=gettext_lazy("It happened on"))
    why = LineField(required=False, max_length=200, label=gettext_lazy("Why"))

    title: Promise | str = ""
    # Fields that may be emptied: one of them must be sent, since what is empty clears the value and what is absent does not.
    holds: tuple[str, ...] = ()

    def __init__(self, *args: Any, deal: Deal, user: User, company: Company, custom: str | None = None, **kwargs: Any) -> None:
        self.deal, self.user, self.company, self.custom = deal, user, company, custom
        super().__init__(*args, **kwargs)
        self.initial.setdefault("version", deal.version)
        for name in ("text", "name", "day"):
            if name in self.fields:
                self.fields[name].widget.attrs["data-focus"] = True
                break
        for name, value in self.current().items():
            self.initial.setdefault(name, value)

    def clean(self) -> dict[str, Any]:
        """A change comes with the value it asks for."""
        data = super().clean() or {}
        if self.holds and not any(name in self.data for name in self.holds):
            raise ValidationError(_("The value did not arrive, so nothing was changed. Enter it again, or empty it to clear it."))
        return data

    def current(self) -> dict[str, Any]:
        """What stands in the deal now, by field."""
        return {}

    def changes(self) -> Changes:
        """The changes asked for, once the form is valid."""
        raise NotImplementedError


class MoneyForm(EditForm):
    """An amount in either custom; where both could be meant it asks once, with the two readings as buttons."""

    title = gettext_lazy("Amount")
    holds = ("amount",)
    reading: Reading | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["amount"] = MoneyField(currency=self.deal.currency, custom=self.custom, required=False, label=_("Amount"))
        self.fields["amount"].widget.attrs.update({"autocomplete": "off", "data-focus": True})

    def current(self) -> dict[str, Any]:
        """The amount with all its digits, in groups that both customs read alike: 140 240 000."""
        amount = self.deal.amount
        shown = "" if amount is None else f"{quantize(amount, self.deal.currency):,f}".replace(",", " ")
        return {"amount": shown}

    def clean(self) -> dict[str, Any]:
        """Keeps the two readings of an unclear amount for the buttons."""
        self.reading = unclear_reading(self, "amount", self.deal.currency)
        return super().clean()

    def changes(self) -> Changes:
        """The amount, or none."""
        return {"amount": cast(Decimal | None, self.cleaned_data["amount"])}


def unclear_reading(form: forms.Form, name: str, currency: str) -> Reading | None:
    """Both readings of a typed amount that can mean two things, when that is what is wrong with it."""
    if not form.has_error(name, "unclear"):
        return None
    return read_money(str(form.data.get(name, "")), currency=currency)


class DayForm(EditForm):
    """A day of the deal; a chip (`quick`) goes before what stands in the calendar field."""

    day = day_field()
    quick = day_field()
    holds = ("day", "quick")
    column = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["day"].label = str(self.title)

    def current(self) -> dict[str, Any]:
        """The day that stands."""
        return {"day": getattr(self.deal, self.column)}

    def clean(self) -> dict[str, Any]:
        """Nothing of a deal lies before its opening, neither a plan nor what was done."""
        data = super().clean()
        day = data.get("quick") or data.get("day")
        if day and self.deal.opened_on and day < self.deal.opened_on:
            raise ValidationError({"day": _("The deal was opened later. Choose a day from then on.")})
        return data

    def changes(self) -> Changes:
        """The new day, or none."""
        return cast(Changes, {self.column: self.cleaned_data["quick"] or self.cleaned_data["day"]})


class CloseForm(DayForm):
    """The expected close."""

    title = gettext_lazy("Expected close")
    column = "expected_close_on"


class AgreementForm(DayForm):
    """When the written agreement can go out."""

    title = gettext_lazy("Agreement ready")
    column = "agreement_ready_on"


class SentForm(DayForm):
    """When the written agreement went out; no day says that it did not."""

    title = gettext_lazy("Agreement sent")
    column = "agreement_sent_on"

    def current(self) -> dict[str, Any]:
        """The day that stands; today where none does, since that is what is asked for."""
        return {"day": self.deal.agreement_sent_on or clock.today(self.company.zone)}


class NextForm(EditForm):
    """The next step and its day."""

    title = gettext_lazy("Next step")
    holds = ("text",)
    text = LineField(required=False, max_length=160, label=gettext_lazy("Next step"))
    day = day_field(label=gettext_lazy("On"))
    quick = day_field()

    def current(self) -> dict[str, Any]:
        """The step that stands."""
        return {"text": self.deal.next_action, "day": self.deal.next_action_on}

    def changes(self) -> Changes:
        """The step; both empty takes it away."""
        day = self.cleaned_data["quick"] or self.cleaned_data["day"]
        return {"next_action": self.cleaned_data["text"], "next_action_on": day}


class NameForm(EditForm):
    """The name of the deal."""

    title = gettext_lazy("Name")
    name = LineField(max_length=160, label=gettext_lazy("Name"))

    def current(self) -> dict[str, Any]:
        """The name it has."""
        return {"name": self.deal.name}

    def changes(self) -> Changes:
        """The new name."""
        return {"name": self.cleaned_data["name"]}


class AccountForm(EditForm):
    """The customer of the deal, picked by typing. Its contact goes with the customer it belonged to."""

    title = gettext_lazy("Account")
    holds = ("account",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["account"] = forms.ModelChoiceField(
            Account.objects.visible_to(self.user), required=False, widget=forms.HiddenInput(), label=_("Account"),
            error_messages={"invalid_choice": _("Choose an account from the list.")},
        )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """What is typed but not picked is no customer."""
        data = super().clean()
        if not data.get("account") and clean_line(str(self.data.get("account_text", ""))):
            raise ValidationError({"account": _("Choose an account from the list.")})
        return data

    def current(self) -> dict[str, Any]:
        """The customer it has."""
        return {"account": self.deal.account_id}

    def changes(self) -> Changes:
        """The customer, and no contact of another one."""
        account = self.cleaned_data["account"]
        contact = self.deal.contact
        keeps = contact is not None and account is not None and contact.account_id == account.pk
        return {"account": account} if keeps or contact is None else {"account": account, "contact": None}


class ContactForm(EditForm):
    """Whom one talks to, of the people at the deal's customer."""

    title = gettext_lazy("Contact")
    holds = ("contact",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = Contact.objects.visible_to(self.user).filter(account=self.deal.account_id)
        self.fields["contact"] = forms.ModelChoiceField(
            people, required=False, empty_label=_("Nobody"), label=_("Contact"),
            error_messages={"invalid_choice": _("Choose somebody of this account.")},
        )  # fmt: skip

    def current(self) -> dict[str, Any]:
        """The contact it has."""
        return {"contact": self.deal.contact_id}

    def changes(self) -> Changes:
        """The contact, or nobody."""
        return {"contact": self.cleaned_data["contact"]}


class ProductForm(EditForm):
    """What is sold, and which kind of sale it is."""

    title = gettext_lazy("Product")
    holds = ("product",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = Product.objects.filter(is_active=True) | Product.objects.filter(pk=self.deal.product_id or 0)
        self.fields["product"] = forms.ModelChoiceField(
            offered, required=False, empty_label=_("None yet"), label=_("Product"),
            error_messages={"invalid_choice": _("Choose a product that is on sale.")},
        )  # fmt: skip
        self.fields["deal_type"] = forms.ChoiceField(
            choices=Deal.Type.choices, label=_("Type"), error_messages={"invalid_choice": _("Choose one of the types shown.")}
        )

    def current(self) -> dict[str, Any]:
        """Product and type it has."""
        return {"product": self.deal.product_id, "deal_type": self.deal.deal_type}

    def changes(self) -> Changes:
        """Both."""
        return {"product": self.cleaned_data["product"], "deal_type": self.cleaned_data["deal_type"]}


class OwnerForm(EditForm):
    """Another owner, for those who may give deals away, with the reason."""

    title = gettext_lazy("Owner")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"] = forms.ModelChoiceField(
            reps_to_give_to(self.user), widget=forms.HiddenInput(), label=_("Owner"),
            error_messages={"required": _("Choose who takes it."), "invalid_choice": _("Choose a rep of your teams.")},
        )  # fmt: skip
        self.fields["why"].required = True
        self.fields["why"].error_messages["required"] = _("Say why in a few words; both reps will ask.")

    def changes(self) -> Changes:
        """The new owner."""
        return {"owner": self.cleaned_data["owner"]}


def reps_to_give_to(user: User) -> Any:
    """Reps who sell, are still here and work in a team this person leads, or are the person."""
    return Rep.objects.present().sellers().filter(pk__in=viewer_of(user).editable_rep_ids)


EDITS: dict[str, type[EditForm]] = {
    "amount": MoneyForm,
    "close": CloseForm,
    "agreement": AgreementForm,
    "sent": SentForm,
    "next": NextForm,
    "name": NameForm,
    "account": AccountForm,
    "contact": ContactForm,
    "product": ProductForm,
    "owner": OwnerForm,
}
