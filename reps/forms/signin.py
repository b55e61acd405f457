"""Signing in and asking for a new password."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import LoginForm
from django import forms
from django.contrib.auth.password_validation import validate_password
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from lib import clock
from lib.text import clean_line, has_letter
from reps import mail, sessions, signin, throttle
from reps.addresses import client_address
from reps.models import Mail, User
from reps.preferences import remember_theme

RESETS_PER_ACCOUNT, RESETS_PER_ADDRESS = 3, 20


class SignInForm(LoginForm):
    """allauth's form, in our words; signing in starts the clock of the session."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        login, password, remember = (self.fields[name] for name in ("login", "password", "remember"))
        login.label, password.label, password.help_text = _("E-mail"), _("Password"), ""
        remember.label, remember.initial = _("Stay signed in on this computer"), True
        for field in (login, password):
            field.widget.attrs.pop("placeholder", None)
        login.widget.attrs["autofocus"] = True

    def login(self, request: HttpRequest, redirect_url: str | None = None) -> HttpResponse:
        """Sign in, or go on to the second step; the answer brings the appearance this person chose elsewhere."""
        response = super().login(request, redirect_url=redirect_url)
        if request.user.is_authenticated:
            sessions.begin(request, remembered=self.cleaned_data["remember"])
            remember_theme(response, request.user.theme)
        else:
            signin.begin_second_step(request, self._login.user, remembered=self.cleaned_data["remember"])
        return response


class ResetForm(forms.Form):
    """Whose address it is, if anybody's, is not looked up here, so nothing gives it away."""

    email = forms.EmailField(label=_("E-mail"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "username"}))

    def save(self, request: HttpRequest, **_kwargs: Any) -> str:
        """Have a mail sent, at most three an hour to one address."""
        address = self.cleaned_data["email"].lower()
        if throttle.allow(what="reset", address=client_address(request), most=RESETS_PER_ADDRESS):
            with transaction.atomic(), throttle.alone(f"reset {address}"):
                asked = mail.posted_since(kind=Mail.Kind.RESET, address=address, since=clock.now() - throttle.HOUR)
                if asked < RESETS_PER_ACCOUNT:
                    mail.post(kind=Mail.Kind.RESET, address=address)
        return address


class WelcomeForm(forms.Form):
    """An invited person says their name and chooses a password."""

    name = forms.CharField(label=_("Your name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    password = forms.CharField(
        label=_("Password"), max_length=200, strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}, render_value=False),
        help_text=_("At least 12 characters. Three or four words are easy to keep in mind."),
    )  # fmt: skip
    remember = forms.BooleanField(label=_("Stay signed in on this computer"), required=False, initial=True)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_name(self) -> str:
        """One line without characters nobody sees."""
        name = clean_line(self.cleaned_data["name"])
        if not has_letter(name):
            raise forms.ValidationError(_("Write your name."))
        return name

    def clean_password(self) -> str:
        """As strong as any other password here."""
        password: str = self.cleaned_data["password"]
        validate_password(password, self.user)
        return password
