"""A person's own settings."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from reps.forms.fields import PersonNameField, PhoneField
from reps.models import User


class AccountForm(forms.Form):
    """Name, phone, language and appearance: what TRUST lets everybody change about themselves, and nothing else."""

    name = PersonNameField(label=_("Name"), max_length=120)
    language = forms.ChoiceField(
        label=_("Language"), required=False, choices=[("", _("As the company")), ("en", "English"), ("id", "Indonesia")]
    )
    theme = forms.ChoiceField(label=_("Appearance"), choices=User.Theme.choices)

    def __init__(self, *args: Any, user: User, currency: str, **kwargs: Any) -> None:
        rep = getattr(user, "rep", None)
        initial = {"name": user.name, "language": user.language, "theme": user.theme, "phone": rep.phone if rep else ""}
        super().__init__(*args, **{**kwargs, "initial": initial})
        if rep is not None:
            self.fields["phone"] = PhoneField(
                label=_("Work phone"), currency=currency, help_text=_("Colleagues see it on your card.")
            )
            self.order_fields(["name", "phone", "language", "theme"])
