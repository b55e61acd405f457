"""What is done with a contact besides writing it down."""

from __future__ import annotations

from django.db import transaction

from deals.models import Contact
from reps.audit import record
from reps.models import User


@transaction.atomic
def remove_contact(*, contact: Contact, by: User) -> None:
    """Delete a contact; deals and activities keep standing without it."""
    record(actor=by, verb="contact.removed", subject=contact.account, facts={"contact": contact.pk})
    contact.delete()
