"""Every export of sales data leaves a row in the audit trail."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction
from django.http import HttpRequest

from reps.audit import record


def note_export(request: HttpRequest, name: str, filters: Mapping[str, object]) -> None:
    """Write down who takes which list out of the product, and by which filters it was cut (their names only)."""
    with transaction.atomic():
        used = sorted(key for key, value in filters.items() if value)
        record(actor=request.user, verb="export", subject=name, facts={"filters": used})  # type: ignore[arg-type]
