"""The night's ledger and what changed in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from lib import clock

if TYPE_CHECKING:
    from reps.models import User


class NightRunQuerySet(models.QuerySet["NightRun"]):
    """Words for reading the ledger."""

    def visible_to(self, user: User) -> NightRunQuerySet:
        """Admins and auditors (TRUST, system)."""
        return self if user.is_authenticated and user.viewer.reads_everything else self.none()

    def done(self) -> NightRunQuerySet:
        """Finished."""
        return self.filter(state=NightRun.State.DONE)


class NightRun(models.Model):
    """One job of one business day: the row is the work, a task only wakes it (TRUST 26).

    `seen_at` is when the run that finished began, and `horizon` the oldest transaction that it may not have seen: the next
    one looks at everything written since.
    """

    class Job(models.TextChoices):
        ACTIVITY = "activity", _("Activity report")
        QUOTA = "quota", _("Quota report")

    class State(models.TextChoices):
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    job = models.CharField(max_length=10, choices=Job)
    business_day = models.DateField()
    state = models.CharField(max_length=8, choices=State, default=State.RUNNING)
    attempts = models.PositiveSmallIntegerField(default=0)
    started_at = models.DateTimeField(default=clock.now)
    seen_at = models.DateTimeField(null=True, blank=True)
    horizon = models.BigIntegerField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    # Values that changed in roll-ups and revisions.
    rows_written = models.PositiveIntegerField(default=0)
    # Roll-ups that did not equal the rows behind them, and were mended: each one is a fault of the product.
    defects = models.PositiveIntegerField(default=0)
    # The first of them, and the error of a failed attempt: ids and numbers, no names.
    detail = models.JSONField(default=dict, blank=True)

    objects = NightRunQuerySet.as_manager()

    class Meta:
        ordering = ["-business_day", "job"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["job", "business_day"], name="one_run_per_job_and_day"),
            models.CheckConstraint(
                condition=~Q(state="done") | Q(finished_at__isnull=False, seen_at__isnull=False), name="done_run_has_finished"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["state", "business_day"], name="night_by_state")]

    def __str__(self) -> str:
        return f"{self.job} of {self.business_day}: {self.state}"


class MetricRevision(models.Model):
    """A value that a night found different from the one before. Append-only; the latest row of a key is the value."""

    metric = models.CharField(max_length=30)
    def_version = models.PositiveSmallIntegerField(default=1)
    scope_kind = models.CharField(max_length=7, choices=[("company", "company"), ("team", "team"), ("rep", "rep")])
    # 0 for the company.
    scope_id = models.BigIntegerField(default=0)
    grain = models.CharField(max_length=7)
    start_on = models.DateField()
    # Money in company currency, counts, days, or a fraction; null with its reason.
    value = models.DecimalField(max_digits=24, decimal_places=6, null=True)
    reason = models.CharField(max_length=24, blank=True)
    known_at = models.DateTimeField()
    input_hash = models.CharField(max_length=32)
    run = models.ForeignKey(NightRun, on_delete=models.PROTECT, related_name="revisions")
    # first: nothing was known before; running: the period goes on; late: something was entered after it closed.
    cause = models.CharField(max_length=8, choices=[("first", "first"), ("running", "running"), ("late", "late")])

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["metric", "scope_kind", "scope_id", "grain", "start_on", "-id"], name="revision_latest"),
            models.Index(fields=["grain", "start_on"], name="revision_by_period"),
        ]

    def __str__(self) -> str:
        return f"{self.metric} of {self.scope_kind} {self.scope_id}, {self.grain} {self.start_on}: {self.value}"
