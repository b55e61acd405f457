"""Forms of the first-run page."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from dashboard import first_run
from lib.money import CURRENCIES
from reps.forms.fields import LineField, PersonNameField
from reps.holiday_files import COUNTRIES
from reps.models import Company, User

# The zones most of our companies sit in; the company page takes any other.
ZONES = (
    ("Asia/Jakarta", _("Jakarta (WIB)")),
    ("Asia/Makassar", _("Makassar, Denpasar (WITA)")),
    ("Asia/Jayapura", _("Jayapura (WIT)")),
    ("Asia/Singapore", "Singapore"),
    ("Asia/Kuala_Lumpur", "Kuala Lumpur"),
    ("Asia/Bangkok", "Bangkok"),
    ("Asia/Manila", "Manila"),
    ("Asia/Ho_Chi_Minh", "Ho Chi Minh City"),
    ("Asia/Hong_Kong", "Hong Kong"),
    ("Asia/Tokyo", "Tokyo"),
    ("Asia/Kolkata", "Kolkata"),
    ("Asia/Dubai", "Dubai"),
    ("Australia/Sydney", "Sydney"),
    ("Europe/London", "London"),
    ("Europe/Berlin", "Berlin"),
    ("America/New_York", "New York"),
    ("America/Chicago", "Chicago"),
    ("America/Denver", "Denver"),
    ("America/Los_Angeles", "Los Angeles"),
    ("America/Sao_Paulo", "São Paulo"),
    ("UTC", "UTC"),
)


class FirstAdminForm(forms.Form):
    """Who sets the company up."""

    name = PersonNameField(label=_("Your name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    email = forms.EmailField(label=_("E-mail"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "username"}))
    password = forms.CharField(
        label=_("Password"), max_length=200, strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}, render_value=False),
        help_text=_("At least 12 characters. Three or four words are easy to keep in mind."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if settings.PRODUCTION:
            self.fields["token"] = forms.CharField(
                label=_("Set-up token"), max_length=60,
                help_text=_("Run “manage.py create_admin” on the server: it prints the token."),
                widget=forms.TextInput(attrs={"autocomplete": "off"}),
            )  # fmt: skip

    def clean_token(self) -> str:
        """Only the server's owner can print it."""
        typed: str = self.cleaned_data["token"]
        if not first_run.is_token(typed):
            raise ValidationError(_("This is not the token of this installation. Copy it once more from the server."))
        return typed

    def clean(self) -> dict[str, Any]:
        """A password that is long enough and says nothing of its owner."""
        data = super().clean() or {}
        if "password" in data:
            try:
                validate_password(data["password"], User(email=data.get("email", ""), name=data.get("name", "")))
            except ValidationError as error:
                self.add_error("password", error)
        return data


class CompanyForm(forms.Form):
    """Name, zone, currency, language and holidays: what every number and mail stands on."""

    name = LineField(label=_("Company name"), max_length=120)
    currency = forms.ChoiceField(label=_("Currency"), choices=[(code, code) for code in CURRENCIES])
    time_zone = forms.ChoiceField(label=_("Time zone"))
    language = forms.ChoiceField(label=_("Language"), choices=[("en", "English"), ("id", "Indonesia")])
    holidays = forms.ChoiceField(label=_("Holidays"), required=False)

    def __init__(self, data: Any = None, *, company: Company) -> None:
        names = ("name", "currency", "time_zone", "language")
        super().__init__(data, initial={name: getattr(company, name) for name in names} | {"holidays": "id"})
        zones = dict(ZONES)
        zones.setdefault(company.time_zone, company.time_zone)
        self.fields["time_zone"].choices = list(zones.items())  # type: ignore[attr-defined]
        self.fields["holidays"].choices = [*COUNTRIES.items(), ("", _("None for now"))]  # type: ignore[attr-defined]
        if company.currency_settled_at is not None:
            self.fields["currency"].disabled = True
            self.fields["currency"].help_text = _("Your deals are in it already.")
        if company.calendar_id is not None:
            del self.fields["holidays"]
