"""Forms for products, stages, competitors and rates."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BaseFormSet, formset_factory
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from deals.draft import MOST_AMOUNT
from deals.forms.book import CleanText
from deals.models import Competitor, FxRate, Product, Stage
from lib.money import places, quantize, read_money
from lib.text import clean_line


class MoneyField(forms.Field):
    """Money typed in either custom; the form says what it read when both could be meant."""

    def __init__(self, *, currency: str = "IDR", custom: str | None = None, **kwargs: Any) -> None:
        super().__init__(widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}), **kwargs)
        self.currency, self.custom = currency, custom

    def to_python(self, value: Any) -> Any:
        """The amount as Decimal, None when empty."""
        typed = clean_line(str(value or ""))[:40]
        if not typed:
            return None
        reading = read_money(typed, currency=self.currency, custom=self.custom)
        if reading.unclear:
            raise ValidationError(
                _("“%(typed)s” can mean %(english)s or %(indonesian)s. Write all the digits.")
                % {"typed": typed, "english": f"{reading.english:,f}", "indonesian": f"{reading.indonesian:,f}"},
                code="unclear",
            )
        if reading.amount is None:
            raise ValidationError(_("Write an amount, such as 60.000.000, 60,000,000 or 60 jt."), code="unreadable")
        if reading.amount < 0 or reading.amount >= MOST_AMOUNT:
            raise ValidationError(_("Give an amount from 0 up to 99 trillion."), code="range")
        amount = quantize(reading.amount, self.currency)
        if amount != reading.amount and not places(self.currency):
            raise ValidationError(
                _("%(currency)s has no cents here. Write a whole amount, such as 60.000.000 or 1,5 jt.")
                % {"currency": self.currency},
                code="fraction",
            )
        return amount


class ProductForm(CleanText):
    """Something we sell."""

    class Meta:
        model = Product
        fields: ClassVar = ["name", "family", "currency", "list_price", "is_active"]

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance.pk:
            self.initial.setdefault("currency", currency)
        chosen = str(self.data.get("currency") or self.initial.get("currency") or currency)[:3]
        self.fields["list_price"] = MoneyField(currency=chosen, required=False, label=gettext_lazy("list price"))
        if self.instance.pk and self.instance.list_price is not None:
            self.initial["list_price"] = format(quantize(self.instance.list_price, chosen), "f")


class CompetitorForm(CleanText):
    """Somebody deals are lost to."""

    class Meta:
        model = Competitor
        fields: ClassVar = ["name"]


class RateForm(forms.ModelForm):
    """A rate from a day on."""

    from_on = forms.DateField(label=gettext_lazy("From"), widget=forms.DateInput(attrs={"type": "date"}))

    class Meta:
        model = FxRate
        fields: ClassVar = ["currency", "rate"]

    def __init__(self, *args: Any, base: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.base = base
        self.fields["rate"].widget.attrs["inputmode"] = "decimal"

    def clean_rate(self) -> Decimal:
        """A rate above nothing."""
        rate: Decimal = self.cleaned_data["rate"]
        if rate <= 0:
            raise ValidationError(_("Write a rate above 0."))
        return rate

    def clean_currency(self) -> str:
        """Another currency than the company's."""
        currency: str = self.cleaned_data["currency"]
        if currency == self.base:
            raise ValidationError(_("This is the company's own currency: its rate is always 1."))
        return currency


class StageForm(forms.Form):
    """One line of the stages of a pipeline."""

    pk = forms.IntegerField(required=False, widget=forms.HiddenInput(), max_value=2**31 - 1)
    name = forms.CharField(max_length=60, label=gettext_lazy("Name"))
    # With its first choice as what stands there, a line nobody filled in counts as empty.
    kind = forms.ChoiceField(choices=Stage.Kind.choices, initial=Stage.Kind.OPEN, label=gettext_lazy("Kind"))
    chance = forms.DecimalField(
        min_value=0, max_value=100, decimal_places=2, max_digits=5, label=gettext_lazy("Chance to win, %")
    )
    expected_days = forms.IntegerField(required=False, min_value=0, max_value=999, label=gettext_lazy("Usual days"))
    is_qualified = forms.BooleanField(required=False, label=gettext_lazy("Qualified"))


def staying_in_order(lines: BaseFormSet[Any]) -> list[forms.Form]:
    """The filled lines that stay, in the order the person gave."""
    filled = [form for form in lines.forms if form.has_changed() or form.initial]
    staying = [form for form in filled if not getattr(form, "cleaned_data", {}).get("DELETE")]
    return sorted(staying, key=lambda form: (getattr(form, "cleaned_data", {}).get("ORDER") or 999, lines.forms.index(form)))


class _Stages(BaseFormSet):
    def clean(self) -> None:
        """At least one stage, no name twice."""
        names = [form.cleaned_data.get("name", "").casefold() for form in staying_in_order(self) if form.is_valid()]
        if not names:
            raise ValidationError(_("A pipeline needs at least one stage."))
        if len(set(names)) < len(names):
            raise ValidationError(_("Two stages have the same name. Give each its own."))


StageForms = formset_factory(StageForm, formset=_Stages, extra=2, can_order=True, can_delete=True, max_num=20, absolute_max=30)
