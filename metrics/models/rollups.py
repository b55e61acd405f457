"""What each rep did and closed, by day and by period: kept by the database itself, proved by the night.

Statement triggers (metrics/migrations/0002_rollups.py) change `RepDay` in the transaction of every write to deals, credits,
activities, leads and memberships, and `RepPeriod` with every change of `RepDay`; nothing else writes them but the night
(metrics/night.py), which recounts the rows behind them and reports a difference as a defect.
"""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q

from reps.models import Rep, Team


class Wide(models.Model):
    """Counts, and money in whole minor units of the company's currency. Rates and medians are computed when read."""

    # Deals by the day they closed, for the rep whose they were then (Deal.closing_owner).
    won_count = models.IntegerField(default=0)
    won_new_count = models.IntegerField(default=0)
    won_cross_sell_count = models.IntegerField(default=0)
    won_renewal_count = models.IntegerField(default=0)
    won_expansion_count = models.IntegerField(default=0)
    lost_count = models.IntegerField(default=0)
    lost_qualified_count = models.IntegerField(default=0)
    no_decision_count = models.IntegerField(default=0)
    no_decision_qualified_count = models.IntegerField(default=0)
    disqualified_count = models.IntegerField(default=0)
    disqualified_qualified_count = models.IntegerField(default=0)
    # Revenue credits by the day of the win; those without a rate count and add nothing.
    credit_count = models.IntegerField(default=0)
    unrated_count = models.IntegerField(default=0)
    won_minor = models.BigIntegerField(default=0)
    won_new_minor = models.BigIntegerField(default=0)
    won_cross_sell_minor = models.BigIntegerField(default=0)
    won_renewal_minor = models.BigIntegerField(default=0)
    won_expansion_minor = models.BigIntegerField(default=0)
    # Activities by their day, whatever the hour: who reads the running day takes off what is still to come.
    calls_made = models.IntegerField(default=0)
    connects = models.IntegerField(default=0)
    whatsapp_sent = models.IntegerField(default=0)
    visits = models.IntegerField(default=0)
    emails_sent = models.IntegerField(default=0)
    meetings_held = models.IntegerField(default=0)
    no_shows = models.IntegerField(default=0)
    late_cancels = models.IntegerField(default=0)
    meetings_scheduled = models.IntegerField(default=0)
    leads_created = models.IntegerField(default=0)
    # The transaction that wrote the row last: the night looks at what it has not seen, whatever any clock says.
    changed_in = models.BigIntegerField(default=0)

    class Meta:
        abstract = True


CLOSINGS = (
    "won_count", "won_new_count", "won_cross_sell_count", "won_renewal_count", "won_expansion_count", "lost_count",
    "lost_qualified_count", "no_decision_count", "no_decision_qualified_count", "disqualified_count",
    "disqualified_qualified_count",
)  # fmt: skip
CREDITED = (
    "credit_count", "unrated_count", "won_minor", "won_new_minor", "won_cross_sell_minor", "won_renewal_minor",
    "won_expansion_minor",
)  # fmt: skip
ACTIVE = (
    "calls_made", "connects", "whatsapp_sent", "visits", "emails_sent", "meetings_held", "no_shows", "late_cancels",
    "meetings_scheduled", "leads_created",
)  # fmt: skip
OUTCOME_COLUMNS = (*CLOSINGS, *CREDITED)
COLUMNS = (*OUTCOME_COLUMNS, *ACTIVE)


class RepDay(Wide):
    """One rep's day. `team` is where they sat on that day; it follows a membership that is corrected later."""

    rep = models.ForeignKey(Rep, on_delete=models.PROTECT, related_name="+")
    team = models.ForeignKey(Team, null=True, on_delete=models.PROTECT, related_name="+")
    day = models.DateField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["rep", "day"], name="one_row_per_rep_and_day")]
        indexes: ClassVar = [
            models.Index(fields=["day", "team"], name="rep_day_by_day"),
            # Summaries do not keep an update from staying on its page, so a day that is written often costs no index.
            BrinIndex(fields=["changed_in"], autosummarize=True, pages_per_range=16, name="rep_day_by_change"),
        ]

    def __str__(self) -> str:
        return f"{self.rep_id} on {self.day}"


class RepPeriod(Wide):
    """The sum of a rep's days in a month or fiscal quarter, one row for each team they sat in."""

    class Grain(models.TextChoices):
        MONTH = "month"
        QUARTER = "quarter"

    rep = models.ForeignKey(Rep, on_delete=models.PROTECT, related_name="+")
    team = models.ForeignKey(Team, null=True, on_delete=models.PROTECT, related_name="+")
    grain = models.CharField(max_length=7, choices=Grain)
    start_on = models.DateField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["rep", "grain", "start_on", "team"], name="one_row_per_rep_team_and_period", nulls_distinct=False
            ),
            models.CheckConstraint(condition=Q(start_on__day=1), name="period_starts_with_a_month"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["grain", "start_on", "team"], name="rep_period_by_period"),
            BrinIndex(fields=["changed_in"], autosummarize=True, pages_per_range=16, name="rep_period_by_change"),
        ]

    def __str__(self) -> str:
        return f"{self.rep_id} in {self.grain} {self.start_on}"
