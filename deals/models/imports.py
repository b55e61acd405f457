"""One import: what came in, what became of each row."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from lib import clock
from reps.access import viewer_of
from reps.models import TeamLead, User


class ImportBatchQuerySet(models.QuerySet["ImportBatch"]):
    """Words for reading imports."""

    def due(self) -> ImportBatchQuerySet:
        """Those the worker has to do something for, oldest first."""
        waiting = (ImportBatch.State.UPLOADED, ImportBatch.State.CHECKING, ImportBatch.State.WRITING)
        return self.filter(state__in=waiting).order_by("pk")

    def visible_to(self, user: User) -> ImportBatchQuerySet:
        """Own ones, and for managers those of the members and leads of their teams; admins see all."""
        if user.is_admin:
            return self
        viewer = viewer_of(user)
        leads = TeamLead.objects.on(clock.now().date()).filter(team__in=viewer.subtree_team_ids)
        below = models.Q(created_by__rep__in=viewer.subtree_rep_ids) | models.Q(created_by__rep__in=leads.values("rep"))
        return self.filter(models.Q(created_by=user) | below)

    def editable_by(self, user: User) -> ImportBatchQuerySet:
        """An import runs with the rights of whoever uploaded it, so only they answer for it; admins may any."""
        return self if user.is_admin else self.filter(created_by=user)


class ImportBatch(models.Model):
    """One run of the importer. Rows it wrote point back to it."""

    class State(models.TextChoices):
        UPLOADED = "uploaded", _("Uploaded")
        CHECKING = "checking", _("Being checked")
        ASKING = "asking", _("Has questions")
        READY = "ready", _("Checked, nothing written yet")
        WRITING = "writing", _("Being written")
        DONE = "done", _("Done")
        FAILED = "failed", _("Nothing written")

    state = models.CharField(max_length=10, choices=State, default=State.UPLOADED)
    created_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=clock.now)
    finished_at = models.DateTimeField(null=True, blank=True)
    file_names = models.JSONField(default=list)
    # Currency, customs, answers to questions, the kept files, attempts (deals/imports/batches.py).
    options = models.JSONField(default=dict)
    rows_total = models.PositiveIntegerField(default=0)
    rows_done = models.PositiveIntegerField(default=0)
    # What was read, stored, changed, left alone and refused, by kind; and the sentences said about it.
    report = models.JSONField(default=dict)

    objects = ImportBatchQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return f"{self.created_at:%Y-%m-%d %H:%M} {', '.join(self.file_names)}"
