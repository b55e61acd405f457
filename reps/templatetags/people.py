"""What the people pages show in their own way: phone numbers, and fields that offer several ticks or radios."""

from __future__ import annotations

from typing import Any

from django import template
from django.forms import BoundField, CheckboxSelectMultiple, RadioSelect
from django.utils.safestring import SafeString

from lib import phones

register = template.Library()


@register.filter
def phone(number: str) -> str:
    """A phone number for reading: +62 812 1197 2803."""
    return phones.spaced(number)


@register.filter
def is_many(field: BoundField) -> bool:
    """True for a field shown as a list of ticks or radios, each with a label of its own."""
    return isinstance(field.field.widget, CheckboxSelectMultiple | RadioSelect)


@register.filter
def choice_control(choice: Any) -> SafeString:
    """One tick or radio of such a field, with our class."""
    choice.data["attrs"]["class"] = "form-check-input"
    return choice.tag()
