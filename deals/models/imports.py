"""One import: what came in, what became of each row."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from lib import clock
from reps.models import User


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
    # Currency, skip-bad, answers to questions.
    options = models.JSONField(default=dict)
    rows_total = models.PositiveIntegerField(default=0)
    rows_done = models.PositiveIntegerField(default=0)
    # What was read, stored, changed, left alone and refused, by kind; and the sentences said about it.
    report = models.JSONField(default=dict)

    class Meta:
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return f"{self.created_at:%Y-%m-%d %H:%M} {', '.join(self.file_names)}"
