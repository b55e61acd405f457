"""What is done with a lead: taken, given, dropped, turned into a deal."""

from __future__ import annotations

from django.db import transaction

from deals.models import Account, Contact, Lead
from reps.access import viewer_of
from reps.audit import record
from reps.models import Rep, User


class LeadTaken(Exception):
    """Somebody else took the lead first; `owner` is who."""

    def __init__(self, owner: Rep) -> None:
        super().__init__(owner.name)
        self.owner = owner


@transaction.atomic
def take_lead(*, lead: Lead, by: User) -> Lead:
    """Make the person the owner of an unassigned lead. Raises LeadTaken when another was faster."""
    locked = Lead.objects.select_for_update().get(pk=lead.pk)
    rep_id = viewer_of(by).rep_id
    if locked.owner_id not in (None, rep_id):
        raise LeadTaken(locked.owner)  # type: ignore[arg-type]
    locked.owner_id = rep_id
    locked.state = Lead.State.WORKING
    locked.save(update_fields=["owner", "state"])
    return locked


@transaction.atomic
def give_lead(*, lead: Lead, to: Rep, by: User) -> Lead:
    """Make another rep the owner."""
    locked = Lead.objects.select_for_update().get(pk=lead.pk)
    locked.owner = to
    locked.save(update_fields=["owner"])
    record(actor=by, verb="lead.given", subject=locked, facts={"to": to.pk})
    return locked


@transaction.atomic
def set_state(*, lead: Lead, state: str) -> str:
    """Put the lead into a state and return the state it was in, for undo."""
    locked = Lead.objects.select_for_update().get(pk=lead.pk)
    before, locked.state = locked.state, state
    locked.save(update_fields=["state"])
    return before


@transaction.atomic
def account_for(*, lead: Lead, owner: Rep | None) -> tuple[Account, Contact | None]:
    """The account and contact a lead turns into: its own, one of exactly its company's name, or new ones."""
    locked = Lead.objects.select_for_update().get(pk=lead.pk)
    name = locked.company_name or locked.name
    account = locked.account or Account.objects.filter(name__iexact=name).order_by("pk").first()
    if account is None:
        account = Account.objects.create(name=name, owner=owner, phone=locked.phone if not locked.company_name else "")
    contact = None
    if locked.company_name:
        contact, _ = Contact.objects.get_or_create(
            account=account, name=locked.name, defaults={"phone": locked.phone, "email": locked.email}
        )
    locked.account = account
    locked.save(update_fields=["account"])
    return account, contact
