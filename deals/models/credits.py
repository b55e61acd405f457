"""Who a win counts for."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from deals.models.pipeline import Deal
from lib.versioned import Versioned
from reps.models import Rep


class Credit(Versioned):
    """A share of a won deal. REVENUE shares of a deal sum to exactly 1 (deferred trigger); OVERLAY never enters totals.

    The team is not stored: it follows from the rep's membership on `won_on`, so that a membership corrected later
    needs no second correction here.
    """

    class Kind(models.TextChoices):
        REVENUE = "revenue", _("Revenue")
        OVERLAY = "overlay", _("Overlay")
        STAGE = "stage", _("Stage")

    SUBJECT = ("deal", "rep", "kind")
    deal = models.ForeignKey(Deal, on_delete=models.PROTECT, related_name="credits")
    rep = models.ForeignKey(Rep, on_delete=models.PROTECT, related_name="credits")
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.REVENUE)
    share = models.DecimalField(max_digits=7, decimal_places=6, default=1)
    amount = models.DecimalField(max_digits=19, decimal_places=4)
    currency = models.CharField(max_length=3)
    # Company-currency units per unit of `currency` on `won_on`; empty, with base_amount, while no rate is known.
    fx = models.DecimalField(max_digits=20, decimal_places=10, null=True, blank=True)
    base_amount = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    won_on = models.DateField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["deal", "rep", "kind"], condition=Q(superseded_at=None), name="one_credit_per_deal_rep_kind"
            ),
            models.CheckConstraint(condition=Q(share__gte=0) & Q(share__lte=1), name="credit_share_is_a_share"),
            models.CheckConstraint(
                condition=Q(fx=None, base_amount=None) | Q(fx__isnull=False, base_amount__isnull=False),
                name="credit_base_needs_rate",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["rep", "won_on"], condition=Q(superseded_at=None), name="credit_now_by_rep"),
            models.Index(fields=["won_on"], condition=Q(superseded_at=None), name="credit_now_by_day"),
        ]

    def __str__(self) -> str:
        return f"{self.share} of {self.deal_id} to {self.rep_id}"
