"""The form of a new deal: customer, product and value, stage, close; and the next step."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from deals.forms.catalogue import MoneyField
from deals.forms.deals import LineField, day_field, reps_to_give_to, unclear_reading
from deals.models import Account, Contact, Deal, Lead, Pipeline, Product, Stage
from lib import clock
from lib.money import CURRENCIES, Reading
from reps.access import viewer_of
from reps.models import Company, User


class NewDealForm(forms.Form):
    """A deal to be opened. The customer is picked (`account`) or typed (`account_text`) to be created."""

    reading: Reading | None = None

    account = forms.IntegerField(required=False, widget=forms.HiddenInput(), max_value=2**31 - 1)
    account_text = LineField(required=False, max_length=160, label=gettext_lazy("Customer"))
    really = forms.BooleanField(required=False, widget=forms.HiddenInput())
    close = day_field(
        required=True, label=gettext_lazy("Expected close"),
    )  # fmt: skip
    agreement = day_field(label=gettext_lazy("Agreement ready"))
    next_text = LineField(required=False, max_length=160, label=gettext_lazy("Next step"))
    next_on = day_field(label=gettext_lazy("On"))
    deal_type = forms.ChoiceField(choices=Deal.Type.choices, required=False, label=gettext_lazy("Type"))
    lead = forms.IntegerField(required=False, widget=forms.HiddenInput(), max_value=2**31 - 1)
    contact = forms.IntegerField(required=False, widget=forms.HiddenInput(), max_value=2**31 - 1)

    def __init__(
        self, *args: Any, user: User, company: Company, pipeline: Pipeline | None, custom: str | None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.user, self.company, self.pipeline = user, company, pipeline
        asked = str(self.data.get("currency") or "")
        self.currency_code = asked if asked in CURRENCIES else company.currency
        self.fields["close"].error_messages["required"] = _("Say when it may close; a guess is fine.")
        self.fields["product"] = forms.ModelChoiceField(
            Product.objects.filter(is_active=True), required=False, empty_label=_("Not decided"), label=_("Product"),
            error_messages={"invalid_choice": _("Choose a product that is on sale.")},
        )  # fmt: skip
        self.fields["amount"] = MoneyField(currency=self.currency_code, custom=custom, required=False, label=_("Value"))
        self.fields["currency"] = forms.ChoiceField(
            choices=[(code, code) for code in CURRENCIES], required=False, initial=company.currency, label=_("Currency"),
            widget=forms.Select(attrs={"aria-label": _("Currency")}),
        )  # fmt: skip
        self.stages = list(Stage.objects.filter(pipeline=pipeline, is_active=True).order_by("order")) if pipeline else []
        self.fields["stage"] = forms.TypedChoiceField(
            choices=[(str(stage.pk), stage.name) for stage in self.stages], widget=forms.RadioSelect(), label=_("Stage"),
            initial=str(self.stages[0].pk) if self.stages else None, coerce=self._stage,
            error_messages={"required": _("Choose a stage."), "invalid_choice": _("Choose one of the stages shown.")},
        )  # fmt: skip
        self._add_owner()

    def _add_owner(self) -> None:
        viewer = viewer_of(self.user)
        if viewer.is_manager:
            self.fields["owner"] = forms.ModelChoiceField(
                reps_to_give_to(self.user), widget=forms.HiddenInput(), label=_("Owner"),
                error_messages={"required": _("Choose who works on it."), "invalid_choice": _("Choose a rep of your teams.")},
            )  # fmt: skip

    def _stage(self, value: str) -> Stage:
        return next(stage for stage in self.stages if str(stage.pk) == value)

    def clean(self) -> dict[str, Any]:
        """The customer must be one this person sees, or a name to create; what came from a lead must be theirs too."""
        data = super().clean() or {}
        self.reading = unclear_reading(self, "amount", self.currency_code)
        account = Account.objects.visible_to(self.user).filter(pk=data["account"]).first() if data.get("account") else None
        if account is None and not data.get("account_text"):
            raise ValidationError({"account_text": _("Type the customer's name.")})
        if data.get("account") and account is None:
            raise ValidationError({"account_text": _("Choose an account from the list.")})
        data["account"] = account
        data["lead"] = self._lead(data.get("lead"))
        people = Contact.objects.visible_to(self.user).filter(account=account)
        data["contact"] = people.filter(pk=data["contact"]).first() if data.get("contact") and account else None
        if data.get("amount") is None and not self.has_error("amount") and data.get("product"):
            data["amount"] = self._list_price(data["product"])
        return data

    def _lead(self, pk: int | None) -> Lead | None:
        """The lead it comes from, which must still be theirs: it is converted by this."""
        found = Lead.objects.editable_by(self.user).filter(pk=pk).first() if pk else None
        if pk and found is None:
            raise ValidationError(_("This lead is no longer yours. Ask its owner, or open a deal without it."))
        return found

    def clean_close(self) -> date:
        """A deal that opens today does not close before."""
        day: date = self.cleaned_data["close"]
        if day < clock.today(self.company.zone):
            raise ValidationError(_("The deal opens today. Choose today or later."))
        return day

    def _list_price(self, product: Product) -> Any:
        """The product's price where it is in the deal's currency: no value typed means the usual one."""
        return product.list_price if product.currency == self.currency_code else None
