"""Changing the company's settings, with what was and what is in the audit trail."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from lib import clock
from reps import audit
from reps.models import Company, User


def edit_company(*, by: User | None, **fields: Any) -> Company:
    """Set these fields of the company. Raises ValidationError, also where the currency can no longer change."""
    with transaction.atomic():
        Company.load()
        company = Company.objects.select_for_update().get(pk=1)
        if company.currency_settled_at and fields.get("currency", company.currency) != company.currency:
            raise ValidationError({"currency": _("The currency is fixed since the first deal.")})
        changed = {
            name: [_code(getattr(company, name)), _code(value)]
            for name, value in fields.items()
            if getattr(company, name) != value
        }
        for name, value in fields.items():
            setattr(company, name, value)
        company.full_clean()
        company.save()
        if changed:
            audit.record(actor=by, verb="company.edit", subject=company, facts=changed)
    return company


def finish_set_up(*, by: User | None) -> None:
    """The first-run page is filled: from now on the product opens on its home page."""
    with transaction.atomic():
        if Company.objects.filter(pk=1, set_up_at=None).update(set_up_at=clock.now()):
            audit.record(actor=by, verb="company.set_up", subject=Company.load())


def _code(value: Any) -> Any:
    """A value as the trail keeps it: ids for rows."""
    return getattr(value, "pk", value)
