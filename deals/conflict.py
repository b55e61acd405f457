"""What a person is shown whose save came second: their value, the one that stands, who saved it, and a way to take either."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy

from deals.changes import StaleDeal
from deals.models import Deal, DealEvent
from lib import numbers
from reps.idempotency import FIELD

LABELS: dict[str, Promise] = {
    "stage": gettext_lazy("Stage"),
    "owner": gettext_lazy("Owner"),
    "amount": gettext_lazy("Amount"),
    "expected_close_on": gettext_lazy("Expected close"),
    "agreement_ready_on": gettext_lazy("Agreement ready"),
    "agreement_sent_on": gettext_lazy("Agreement sent"),
    "next_action": gettext_lazy("Next step"),
    "next_action_on": gettext_lazy("Next step on"),
    "name": gettext_lazy("Name"),
    "account": gettext_lazy("Account"),
    "contact": gettext_lazy("Contact"),
    "product": gettext_lazy("Product"),
    "deal_type": gettext_lazy("Type"),
    "outcome": gettext_lazy("Outcome"),
    "outcome_reason": gettext_lazy("Reason"),
    "competitor": gettext_lazy("Competitor"),
}
_CHOICES = {"deal_type": Deal.Type, "outcome": Deal.Outcome, "outcome_reason": Deal.Reason}
_NOT_SENT_AGAIN = {"version", "csrfmiddlewaretoken", FIELD}


@dataclass(frozen=True)
class Side:
    """One field, as this person wants it and as it stands."""

    label: Promise | str
    yours: str
    theirs: str

    @property
    def differs(self) -> bool:
        """The other save touched this very field."""
        return self.yours != self.theirs


@dataclass(frozen=True)
class Conflict:
    """Both sides, who saved last and when, and the fields that repeat this person's save on the newer version."""

    sides: list[Side]
    who: str
    at: datetime | None
    again: list[tuple[str, str]]
    action: str


def conflict_of(stale: StaleDeal, *, posted: Mapping[str, Any], action: str) -> Conflict:
    """The conflict as a page shows it. `posted` is what the person sent, kept to the letter."""
    last = last_change(stale.deal)
    sides = [
        Side(LABELS[key], shown(key, value, stale.deal), shown(key, getattr(stale.deal, key), stale.deal))
        for key, value in stale.wanted.items()
        if key in LABELS
    ]
    return Conflict(
        sides=[side for side in sides if side.yours or side.theirs],
        who=last.actor.name if last and last.actor else "",
        at=last.recorded_at if last else None,
        again=[(name, str(value)) for name, value in posted.items() if name not in _NOT_SENT_AGAIN],
        action=action,
    )


def last_change(deal: Deal) -> DealEvent | None:
    """The newest event of a deal, with who wrote it."""
    return DealEvent.objects.filter(deal=deal).select_related("actor").order_by("-recorded_at", "-pk").first()


def shown(key: str, value: Any, deal: Deal) -> str:
    """A field's value as people read it."""
    if value in (None, ""):
        return ""
    if isinstance(value, Decimal):
        return numbers.money(value, deal.currency, numbers.language(get_language()))
    if isinstance(value, date):
        return date_format(value, "j M Y")
    if key in _CHOICES:
        return str(_CHOICES[key](value).label)
    return str(value)
