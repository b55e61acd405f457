"""The rules of the pages' forms, asked of a body: the API refuses what a page would."""

from __future__ import annotations

from collections.abc import Container
from typing import Any

from django import forms

from lib.api.errors import invalid


def checked(form: forms.BaseForm, *, only: Container[str] | None = None) -> dict[str, Any]:
    """The form's cleaned values, or 400 with what is wrong at which field. With `only`, its other fields are left as they are."""
    if only is not None:
        for name in [name for name in form.fields if name not in only]:
            del form.fields[name]
    if form.is_valid():
        return form.cleaned_data
    faults = {name: [str(fault) for fault in said] for name, said in form.errors.items()}
    general = " ".join(faults.pop("__all__", []))
    raise invalid(faults, general)
