"""What the addresses of the sales data share: how their rules refuse, and what is shown to whom."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils.translation import gettext as _
from rest_framework import serializers

from deals.changes import StaleDeal
from deals.days import Refused
from deals.leads import LeadTaken
from deals.models import Deal
from lib.api.answers import money, plain
from lib.api.errors import Refusal
from lib.api.fields import Instant
from reps.access import Viewer
from reps.api.base import ApiView, Shown, found_or_404


class SalesView(ApiView):
    """An address of the sales data. What a rule refuses is a 400, what somebody else did first a 409."""

    # What a rule calls the day it is about, and what the body calls it.
    day_field = "effective_on"

    def handle_exception(self, exc: Exception) -> Any:
        """Turn the refusals of the verbs into answers."""
        if isinstance(exc, StaleDeal):
            # Who may no longer see the deal is told no more than anybody.
            found_or_404(Deal.objects.visible_to(self.request.user), exc.deal.pk)
            exc = stale(exc)
        elif isinstance(exc, Refused):
            name = self.day_field if exc.field == "when" else exc.field
            exc = Refusal(str(exc), fields={name: [str(exc)]} if name else None)
        elif isinstance(exc, LeadTaken):
            exc = Refusal(_("%(owner)s took this lead a moment ago.") % {"owner": exc.owner}, status=409, code="taken")
        return super().handle_exception(exc)


def stale(error: StaleDeal) -> Refusal:
    """409 with both values of each field that was sent."""
    deal = error.deal
    sides = {
        name: {"yours": _said(wanted, deal), "current": _said(getattr(deal, name), deal)} for name, wanted in error.wanted.items()
    }
    message = _("Somebody saved this deal since you read it. Look at both values, then send yours with the new version.")
    return Refusal(message, status=409, code="stale", version=deal.version, conflict=sides)


def _said(value: Any, deal: Deal) -> str | None:
    """A value as the deal itself is shown: an id for what has one."""
    if value is None:
        return None
    if hasattr(value, "pk"):
        return str(value.pk)
    return money(value, deal.currency) if hasattr(value, "quantize") else value if isinstance(value, str) else plain(value)


class WithExtra(Shown):
    """A row with what its source knew and this product has no column for. It may hold notes, so few see it."""

    hideable: ClassVar = ("extra",)

    external_id = serializers.CharField()
    extra = serializers.DictField(child=serializers.JSONField())
    created_at = Instant()

    def get_fields(self) -> dict[str, Any]:
        """What makes the row comes first."""
        found = super().get_fields()
        last = {name: found.pop(name) for name in ("external_id", "extra", "created_at")}
        return {**found, **last}

    def hidden(self, row: Any, viewer: Viewer) -> tuple[str, ...]:
        """Notes are the owner's, their managers' and an auditor's (TRUST 8); of what nobody owns, every rep's."""
        owned = row.owner_id in viewer.editable_rep_ids if row.owner_id else viewer.rep_id is not None
        return () if owned or viewer.kind == "auditor" else ("extra",)
