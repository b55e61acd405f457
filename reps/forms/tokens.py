"""A token for a program."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from reps.api_tokens import DEFAULT_DAYS, MOST_DAYS
from reps.forms.fields import LineField


class TokenForm(forms.Form):
    """What it is for, what it may do, how long, and from where."""

    name = LineField(label=_("What it is for"), max_length=80)
    scope = forms.ChoiceField(
        label=_("It may"), choices=[("read", _("Read what I see")), ("write", _("Read, and change what I may change"))],
        widget=forms.RadioSelect, initial="read",
    )  # fmt: skip
    days = forms.IntegerField(
        label=_("Days it works"), min_value=1, max_value=MOST_DAYS, initial=DEFAULT_DAYS,
        help_text=_("90 is usual, 365 the most."),
    )  # fmt: skip
    network = LineField(
        label=_("Only from"), required=False, max_length=43,
        help_text=_("An address or a network such as 203.0.113.0/24. Empty: from anywhere."),
    )  # fmt: skip

    def issue(self) -> dict[str, Any]:
        """The values as reps/api_tokens.py takes them."""
        data = self.cleaned_data
        return {"name": data["name"], "writes": data["scope"] == "write", "days": data["days"], "network": data["network"]}
