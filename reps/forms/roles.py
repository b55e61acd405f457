"""A role: its name, and what its holder may do."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from reps.forms.fields import LineField
from reps.models import Capability, Role


class RoleForm(forms.Form):
    """A role in plain sentences."""

    name = LineField(label=_("Name"), max_length=80)
    purpose = LineField(label=_("What it is for"), required=False, max_length=200)
    capabilities = forms.MultipleChoiceField(
        label=_("Whoever holds it may"), required=False, choices=Capability.choices, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, role: Role | None = None, **kwargs: Any) -> None:
        initial = {"name": role.name, "purpose": role.purpose, "capabilities": role.capabilities} if role else None
        super().__init__(*args, **{**kwargs, "initial": initial})
