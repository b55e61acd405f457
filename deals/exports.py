"""Every export of sales data leaves a row in the audit trail."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction

from reps.audit import record
from reps.requests import Request


def note_export(request: Request, name: str, filters: Mapping[str, object]) -> None:
    """Write down who takes which list out of the product, and by which filters it was cut (their names only)."""
    with transaction.atomic():
        used = sorted(key for key, value in filters.items() if value)
        record(actor=request.user, verb="export", subject=name, facts={"filters": used})
