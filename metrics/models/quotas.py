"""What each rep and team is to reach (DOMAIN §3, §17): months are stored, quarters and years are their sums."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from deals.models import Deal
from lib import clock
from reps.access import viewer_of
from reps.models import Rep, Team, User


class QuotaQuerySet(models.QuerySet["Quota"]):
    """Words for reading quotas."""

    def current(self) -> QuotaQuerySet:
        """Not replaced by a later version."""
        return self.filter(superseded_at=None)

    def as_known(self, instant: datetime) -> QuotaQuerySet:
        """As they stood at that instant."""
        return self.filter(Q(superseded_at=None) | Q(superseded_at__gt=instant), recorded_at__lte=instant)

    def visible_to(self, user: User) -> QuotaQuerySet:
        """The amounts of one's own quota, of the teams one leads with everyone in them, all for admins and auditors."""
        viewer = viewer_of(user)
        if viewer.reads_everything:
            return self
        return self.filter(Q(rep__in=viewer.own_ids | viewer.subtree_rep_ids) | Q(team__in=viewer.subtree_team_ids))

    def editable_by(self, user: User) -> QuotaQuerySet:
        """Admins all; a manager those below, never their own nor that of a team they lead themselves (TRUST, quota)."""
        viewer = viewer_of(user)
        if user.is_admin:
            return self
        if not viewer.may("quota.edit"):
            return self.none()
        return self.filter(
            Q(rep__in=viewer.subtree_rep_ids - viewer.own_ids) | Q(team__in=viewer.subtree_team_ids - viewer.led_team_ids)
        )


class Quota(models.Model):
    """One month's quota of a rep or a team, one version of it. A change supersedes the row and writes the next.

    A rep's own number and the number their team answers for are kept apart: both are set, and may differ.
    """

    class Metric(models.TextChoices):
        WON_VALUE = "won_value", _("Won value")
        WON_COUNT = "won_count", _("Deals won")
        MEETINGS_HELD = "meetings_held", _("Meetings held")
        MEETINGS_SCHEDULED = "meetings_scheduled", _("Meetings booked")
        LEADS_CREATED = "leads_created", _("Leads created")
        VISITS = "visits", _("Visits")
        CALLS_MADE = "calls_made", _("Calls made")

    # Metrics that a deal type divides.
    BY_TYPE = (Metric.WON_VALUE, Metric.WON_COUNT)

    rep = models.ForeignKey(Rep, null=True, on_delete=models.PROTECT, related_name="quotas")
    team = models.ForeignKey(Team, null=True, on_delete=models.PROTECT, related_name="quotas")
    metric = models.CharField(_("target of"), max_length=20, choices=Metric)
    # Empty: deals of every type. A quota of all types is never the sum of typed ones.
    deal_type = models.CharField(_("deal type"), max_length=10, choices=Deal.Type, blank=True, default="")
    month_on = models.DateField()
    amount = models.DecimalField(_("amount"), max_digits=19, decimal_places=4)
    # The company's currency for money, empty for counts.
    currency = models.CharField(max_length=3, blank=True, default="")
    recorded_at = models.DateTimeField(default=clock.now)
    superseded_at = models.DateTimeField(null=True, blank=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=200, blank=True)

    objects = QuotaQuerySet.as_manager()

    class Meta:
        ordering = ["month_on", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(rep__isnull=False, team=None) | Q(rep=None, team__isnull=False), name="quota_of_a_rep_or_a_team"
            ),
            models.CheckConstraint(condition=Q(amount__gte=0), name="quota_not_negative"),
            models.CheckConstraint(condition=Q(month_on__day=1), name="quota_is_of_a_month"),
            models.CheckConstraint(
                condition=Q(metric="won_value") & ~Q(currency="") | ~Q(metric="won_value") & Q(currency=""),
                name="quota_of_money_has_currency",
            ),
            models.CheckConstraint(
                condition=Q(deal_type="") | Q(metric__in=["won_value", "won_count"]), name="quota_type_divides_wins_only"
            ),
            models.CheckConstraint(
                condition=Q(superseded_at=None) | Q(superseded_at__gte=F("recorded_at")), name="quota_superseded_after_recorded"
            ),
            models.UniqueConstraint(
                fields=["rep", "metric", "deal_type", "month_on"], condition=Q(superseded_at=None, rep__isnull=False),
                name="one_quota_per_rep_and_month",
            ),
            models.UniqueConstraint(
                fields=["team", "metric", "deal_type", "month_on"], condition=Q(superseded_at=None, team__isnull=False),
                name="one_quota_per_team_and_month",
            ),
        ]  # fmt: skip
        indexes: ClassVar = [
            models.Index(fields=["month_on", "metric"], condition=Q(superseded_at=None), name="quota_now_by_month")
        ]

    def __str__(self) -> str:
        return f"{self.metric} {self.month_on:%Y-%m}: {self.amount}"


class EffectiveQuota(models.Model):
    """A rep's quota of a month after leave, joining and leaving, shared among the teams they sat in by working days.

    Kept by the database in the transaction of every change to quotas, leave, memberships, holidays and the company's week
    (metrics/migrations/0003_effective_quota.py); `metrics/targets.py` says the rule, the night proves it.
    """

    # Of money the minor units of the currency, of counts ten-thousandths.
    COUNT_PLACES = 4

    rep = models.ForeignKey(Rep, on_delete=models.PROTECT, related_name="+")
    team = models.ForeignKey(Team, null=True, on_delete=models.PROTECT, related_name="+")
    metric = models.CharField(max_length=20)
    deal_type = models.CharField(max_length=10, blank=True, default="")
    month_on = models.DateField()
    minor = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["rep", "metric", "deal_type", "month_on", "team"], name="one_effective_quota", nulls_distinct=False
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["month_on", "metric", "deal_type", "team"], name="effective_quota_by_month")]

    def __str__(self) -> str:
        return f"{self.metric} {self.month_on:%Y-%m} of {self.rep_id}: {self.minor}"
