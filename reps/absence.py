"""Leave: written by the managers above or an admin, dated, and taken back without a trace lost."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from lib.versioned import revise, since
from reps import audit
from reps.models import Leave, Rep, User

# Longer is no leave: the person has left, or somebody mistyped the year.
LONGEST_DAYS = 732


def give_leave(
    *, rep: Rep, start: date, end: date, works_share: Decimal = Decimal(0), by: User | None, reason: str = ""
) -> Leave:
    """The rep is away on [start, end), or works that share of each day (0 ≤ share < 1), replacing leave that held there.

    Raises ValidationError for a span that ends before it starts or lasts over two years.
    """
    if end <= start:
        raise ValidationError(_("The last day must not lie before the first."))
    if (end - start).days > LONGEST_DAYS:
        raise ValidationError(_("Leave lasts two years at most. Check the year of the last day."))
    with transaction.atomic():
        Rep.objects.select_for_update().get(pk=rep.pk)
        row = revise(
            Leave, subject={"rep": rep}, start=start, end=end, values={"works_share": works_share}, actor=by, reason=reason
        )
        audit.record(actor=by, verb="rep.away", subject=rep, facts={"from": start, "to": end, "works": str(works_share)})
    assert isinstance(row, Leave)
    return row


def leave_within(*, rep: Rep, start: date, end: date) -> Leave | None:
    """Leave of the rep that is written down for some day of [start, end)."""
    found: Leave | None = Leave.objects.current().filter(rep=rep, valid__overlap=since(start, end)).order_by("valid").first()
    return found


def cancel_leave(*, leave: Leave, by: User | None) -> bool:
    """The leave does not take place; what was known of it stays on record. False when it was cancelled already."""
    with transaction.atomic():
        Rep.objects.select_for_update().get(pk=leave.rep_id)
        found = Leave.objects.current().filter(pk=leave.pk).first()
        if found is None:
            return False
        start, end = found.valid.lower, found.valid.upper
        revise(Leave, subject={"rep": found.rep}, start=start, end=end, values=None, actor=by)
        audit.record(actor=by, verb="rep.back", subject=found.rep, facts={"from": start, "to": end})
    return True
