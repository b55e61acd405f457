"""The audit trail: append-only, chained, free of personal values."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.apps import apps
from django.conf import settings
from django.db import models

from lib import clock

if TYPE_CHECKING:
    from reps.models.people import User


class AuditEntryQuerySet(models.QuerySet["AuditEntry"]):
    """Words for reading the trail."""

    def visible_to(self, user: User) -> AuditEntryQuerySet:
        """Admins and auditors read all of it, managers what is about their subtree, anyone what is about themselves (TRUST)."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if user.kind in {"admin", "auditor"}:
            return self
        return self.about(user) | self._about_subtree(user) if user.viewer.is_manager else self.about(user)

    def _about_subtree(self, user: User) -> AuditEntryQuerySet:
        """What was done to the reps, sign-ins and teams below a manager, to deals that came or went, and to closed months."""
        reps = sorted(user.viewer.subtree_rep_ids)
        cards = apps.get_model("reps", "Rep").objects.filter(pk__in=reps)
        users = list(cards.exclude(user=None).values_list("user_id", flat=True))
        ids = {"rep": reps, "user": users, "team": sorted(user.viewer.subtree_team_ids)}
        found = models.Q(actor__in=users, verb__in=("deal.past_edit", "activity.past_edit"))
        found |= models.Q(verb="deal.reassign") & (models.Q(facts__from__in=reps) | models.Q(facts__to__in=reps))
        for kind, keys in ids.items():
            found |= models.Q(subject_type=kind, subject_id__in=[str(key) for key in keys])
        return self.filter(found)

    def about(self, user: User, rep_id: int | None = None) -> AuditEntryQuerySet:
        """What was done to a person: their sign-in and their rep."""
        subjects = models.Q(subject_type="user", subject_id=str(user.pk))
        rep_id = rep_id or user.viewer.rep_id
        if rep_id:
            subjects |= models.Q(subject_type="rep", subject_id=str(rep_id))
        return self.filter(subjects)


class AuditEntry(models.Model):
    """One privileged act. Ids and codes only; what a person typed stands in `AuditDetail`, which may be blanked.

    `row_hash` = SHA-256 over the previous row's hash and this row's canonical JSON, so a changed or missing row
    breaks the chain (reps/audit.py writes and verifies it). A trigger refuses UPDATE, DELETE and TRUNCATE.
    """

    at = models.DateTimeField(default=clock.now)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    verb = models.CharField(max_length=40)
    subject_type = models.CharField(max_length=40)
    subject_id = models.CharField(max_length=40, blank=True)
    facts = models.JSONField(default=dict)
    prev_hash = models.CharField(max_length=64)
    row_hash = models.CharField(max_length=64, unique=True)

    objects = AuditEntryQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes: ClassVar = [
            models.Index(fields=["subject_type", "subject_id", "-id"], name="audit_by_subject"),
            models.Index(fields=["actor", "-id"], name="audit_by_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.verb} {self.subject_type} {self.subject_id}"


class AuditHead(models.Model):
    """Where the chain ends (one row), so that a removed end is seen too."""

    rows = models.BigIntegerField(default=0)
    last_id = models.BigIntegerField(default=0)
    last_hash = models.CharField(max_length=64)

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(condition=models.Q(pk=1), name="audit_head_is_one")]

    def __str__(self) -> str:
        return self.last_hash


class AuditDetail(models.Model):
    """Personal values of an entry: names, addresses, what stood there before. May be blanked on erasure."""

    entry = models.OneToOneField(AuditEntry, primary_key=True, on_delete=models.PROTECT, related_name="detail")
    values = models.JSONField(default=dict)
    # With it the entry's digest of the values can be checked; without it, the digest gives nothing away.
    salt = models.CharField(max_length=32, blank=True)
    blanked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"detail of {self.entry_id}"
