"""What people do: calls, WhatsApp, visits, meetings, mails."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from deals.models.accounts import Account, Contact, Lead
from deals.models.imports import ImportBatch
from deals.models.pipeline import Deal
from lib import clock
from lib.ids import uuid7
from reps.access import Viewer, viewer_of
from reps.models import Rep, User


def reads_content(viewer: Viewer, rep_id: int) -> bool:
    """Whether this person reads what that rep's activities hold, besides that they took place; `readable_by` for one rep."""
    return viewer.kind == "auditor" or rep_id in viewer.editable_rep_ids


class ActivityQuerySet(models.QuerySet["Activity"]):
    """Words for reading activities. Counts are open to colleagues; content is not."""

    def standing(self) -> ActivityQuerySet:
        """Not cancelled."""
        return self.filter(cancelled_at=None)

    def readable_by(self, user: User) -> ActivityQuerySet:
        """Whose content this person may read: own, subtree's, an auditor all (TRUST, activity content)."""
        viewer = viewer_of(user)
        if viewer.kind == "auditor":
            return self
        return self.filter(rep__in=viewer.editable_rep_ids)

    def visible_to(self, user: User) -> ActivityQuerySet:
        """Activities whose bare facts (who, when, channel) this person sees on a timeline: those of readable reps."""
        viewer = viewer_of(user)
        if viewer.reads_everything:
            return self
        return self.filter(rep__in=viewer.readable_rep_ids)

    def editable_by(self, user: User) -> ActivityQuerySet:
        """Own activities only."""
        viewer = viewer_of(user)
        return self.filter(rep__in=viewer.own_ids) if viewer.may("activity.log") else self.none()


class Activity(models.Model):
    """One act of a rep, or one booked for later (DOMAIN §17). The key is given by the phone or the server."""

    class Channel(models.TextChoices):
        CALL = "call", _("Call")
        WHATSAPP = "whatsapp", _("WhatsApp")
        VISIT = "visit", _("Visit")
        MEETING = "meeting", _("Meeting")
        EMAIL = "email", _("E-mail")
        MESSAGE = "message", _("Message")
        NOTE = "note", _("Note")

    class Purpose(models.TextChoices):
        PROSPECTING = "prospecting", _("Prospecting")
        DISCOVERY = "discovery", _("Discovery")
        DEMO = "demo", _("Demo")
        PROPOSAL = "proposal", _("Proposal")
        NEGOTIATION = "negotiation", _("Negotiation")
        RELATIONSHIP = "relationship", _("Relationship")
        REFERRAL = "referral", _("Referral")
        PARTNERSHIP = "partnership", _("Partnership")
        PREP = "prep", _("Preparation")
        ADMIN = "admin", _("Admin work")
        INTERNAL = "internal", _("Internal")
        TRAINING = "training", _("Training")
        TRAVEL = "travel", _("Travel")

    class Direction(models.TextChoices):
        OUT = "out", _("From us")
        IN = "in", _("From the customer")

    class Outcome(models.TextChoices):
        REACHED = "reached", _("Reached")
        NO_ANSWER = "no_answer", _("No answer")
        LEFT_MESSAGE = "left_message", _("Left a message")
        WRONG_NUMBER = "wrong_number", _("Wrong number")
        SENT = "sent", _("Sent")
        REPLIED = "replied", _("Replied")
        HELD = "held", _("Held")
        NO_SHOW = "no_show", _("Did not come")
        RESCHEDULED = "rescheduled", _("Moved")

    # Channels and outcomes in which the customer took part: these alone reset "days since customer contact".
    CONTACT_OUTCOMES = (Outcome.REACHED, Outcome.REPLIED, Outcome.HELD)

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    rep = models.ForeignKey(Rep, on_delete=models.PROTECT, related_name="activities")
    deal = models.ForeignKey(Deal, null=True, blank=True, on_delete=models.PROTECT, related_name="activities")
    lead = models.ForeignKey(Lead, null=True, blank=True, on_delete=models.PROTECT, related_name="activities")
    account = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="activities")
    contact = models.ForeignKey(Contact, null=True, blank=True, on_delete=models.SET_NULL, related_name="activities")
    channel = models.CharField(max_length=10, choices=Channel)
    purpose = models.CharField(max_length=14, choices=Purpose, blank=True)
    is_cold = models.BooleanField(default=False)
    direction = models.CharField(max_length=3, choices=Direction, default=Direction.OUT)
    outcome = models.CharField(max_length=14, choices=Outcome, blank=True)
    booked_at = models.DateTimeField(null=True, blank=True)
    booked_by = models.ForeignKey(Rep, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    # When it starts or started; `occurred_on` is that instant's day in the company's zone.
    occurred_at = models.DateTimeField()
    occurred_on = models.DateField()
    ended_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    # The first booking of a meeting that was moved: a moved meeting counts as one scheduled.
    root = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    is_human = models.BooleanField(default=True)
    recorded_at = models.DateTimeField(default=clock.now)
    source = models.CharField(max_length=20, default="app")
    external_id = models.CharField(max_length=80, blank=True)
    batch = models.ForeignKey(ImportBatch, null=True, blank=True, on_delete=models.PROTECT, related_name="activities")

    objects = ActivityQuerySet.as_manager()

    class Meta:
        ordering = ["-occurred_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["source", "external_id"], condition=~Q(external_id=""), name="activity_external_id_unique"
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gte=F("occurred_at")), name="activity_ends_after_it_starts"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["rep", "occurred_on", "channel"], name="activity_by_rep_day"),
            models.Index(fields=["deal", "-occurred_at"], name="activity_by_deal"),
            models.Index(fields=["account", "-occurred_at"], name="activity_by_account"),
            models.Index(fields=["lead", "-occurred_at"], name="activity_by_lead"),
            models.Index(fields=["booked_by", "booked_at"], condition=Q(booked_at__isnull=False), name="activity_by_booker"),
            models.Index(fields=["-occurred_at", "-id"], name="activity_newest"),
            models.Index(fields=["occurred_on"], name="activity_by_day"),
            models.Index(fields=["booked_at"], condition=Q(booked_at__isnull=False), name="activity_by_booking"),
            BrinIndex(fields=["recorded_at"], autosummarize=True, name="activity_recorded"),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.occurred_on}"

    @property
    def icon(self) -> str:
        """The icon of its channel."""
        return CHANNEL_ICONS[self.channel]


CHANNEL_ICONS: dict[str, str] = {
    Activity.Channel.CALL: "telephone",
    Activity.Channel.WHATSAPP: "whatsapp",
    Activity.Channel.VISIT: "geo-alt",
    Activity.Channel.MEETING: "people",
    Activity.Channel.EMAIL: "envelope",
    Activity.Channel.MESSAGE: "chat-dots",
    Activity.Channel.NOTE: "sticky",
}


class ActivityText(models.Model):
    """The note of an activity, apart so that it can be blanked on erasure."""

    activity = models.OneToOneField(Activity, primary_key=True, on_delete=models.CASCADE, related_name="note")
    text = models.TextField(max_length=4000, blank=True)
    blanked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.text
