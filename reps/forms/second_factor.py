"""Typing codes: to set the second factor up, and to sign in with it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from reps import second_factor, signin
from reps.models import User


class CodeInput(forms.TextInput):
    """Comes back empty: what was typed is spent or wrong."""

    def format_value(self, value: Any) -> None:
        """Nothing."""
        return


def _code_field(label: Any, **attrs: Any) -> forms.CharField:
    """One line for a code, however it is pasted."""
    says = {"autocomplete": "one-time-code", "autocapitalize": "none", "spellcheck": "false", "autofocus": True, **attrs}
    return forms.CharField(label=label, max_length=40, widget=CodeInput(attrs=says))


class SecondStepForm(forms.Form):
    """The code after the password: from the phone, or with `by_paper` a recovery code. Either field takes both."""

    def __init__(self, *args: Any, request: HttpRequest, user: User, by_paper: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request, self.user = request, user
        self.fields["code"] = (
            _code_field(_("Recovery code"), autocomplete="off") if by_paper else _code_field(_("Code"), inputmode="numeric")
        )

    def clean_code(self) -> str:
        """Take the code; a right one is used up by it."""
        code: str = self.cleaned_data["code"]
        signin.check_code(self.request, self.user, code)
        return code


class SetupForm(forms.Form):
    """The seed that the picture shows, and the first code that the phone makes of it."""

    seed = forms.CharField(max_length=400, widget=forms.HiddenInput)
    code = _code_field(_("Code"), inputmode="numeric")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        # The picture comes first: on a phone a field that takes the focus would scroll past it.
        self.fields["code"].widget.attrs["autofocus"] = self.is_bound

    def read_seed(self) -> str | None:
        """The seed that was sent, where it is good."""
        return second_factor.read_seed(self.user, self.data.get("seed", "")) if self.is_bound else None
