"""The same change to several deals at once, and its undo."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.core import signing
from django.db import transaction
from django.utils.translation import gettext as _

from deals.changes import Changes, Refused, change_deal, void_events
from deals.models import Deal
from reps.models import Company, User

_SALT = "deals.bulk"
# A link to undo is good for as long as a person still remembers what they did.
UNDO_FOR_S = 24 * 3600


@dataclass
class BulkResult:
    """How many deals changed, what was refused, and the word by which all of it can be taken back."""

    changed: int = 0
    refused: list[str] = field(default_factory=list)
    undo: str = ""


def change_many(*, deals: Iterable[Deal], by: User, changes: Changes, why: str = "", company: Company) -> BulkResult:
    """Apply the changes to each deal, in the order of their keys; those a rule refuses stay and are named."""
    result, spans = BulkResult(), []
    with transaction.atomic():
        for deal in sorted(deals, key=lambda each: each.pk):
            try:
                with transaction.atomic():
                    changed = change_deal(deal_id=deal.pk, version=None, by=by, why=why, company=company, **changes)
            except Refused as refusal:
                result.refused.append(f"{deal.name}: {refusal}")
                continue
            events = getattr(changed, "last_events", [])
            if events:
                spans.append((deal.pk, events[0].pk, events[-1].pk))
    result.changed = len(spans)
    result.undo = signing.dumps([by.pk, spans], salt=_SALT, compress=True) if spans else ""
    return result


def undo_many(*, word: str, by: User, company: Company) -> int:
    """Take a bulk change back; returns the number of deals. Refused for somebody else's word, or one too old."""
    try:
        who, spans = signing.loads(word, salt=_SALT, max_age=UNDO_FOR_S)
    except signing.BadSignature:
        raise Refused(_("This can no longer be taken back. Change the deals one by one.")) from None
    if who != by.pk:
        raise Refused(_("Only the person who did it can take it back."))
    may = set(Deal.objects.editable_by(by).filter(pk__in=[pk for pk, _first, _last in spans]).values_list("pk", flat=True))
    undone: Sequence[tuple[int, int, int]] = [span for span in spans if span[0] in may]
    with transaction.atomic():
        for pk, first, last in undone:
            void_events(deal_id=pk, event_ids=range(first, last + 1), by=by, company=company)
    return len(undone)
