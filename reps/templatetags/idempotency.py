"""`{% idempotency %}`: the hidden key of a form that creates something."""

from __future__ import annotations

import secrets

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from reps.idempotency import FIELD

register = template.Library()


@register.simple_tag
def idempotency() -> SafeString:
    """A fresh key: each time a form is shown it may create once."""
    return format_html('<input type="hidden" name="{}" value="{}">', FIELD, secrets.token_urlsafe(18))
