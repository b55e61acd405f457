"""Deals and what happened to them. The events are the truth; the deal row caches their latest."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from django.contrib.postgres.indexes import BrinIndex, GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from deals.models.accounts import Account, Contact, Lead
from deals.models.catalogue import Competitor, Pipeline, Product, Stage
from deals.models.imports import ImportBatch
from lib import clock
from lib.money import CURRENCIES
from reps.access import viewer_of
from reps.models import Rep, Team, TeamMembership, User


def _between(field: str, start: date | None, end: date | None, which: Q) -> Q:
    inside = which
    if start:
        inside &= Q(**{f"{field}__gte": start})
    return inside & Q(**{f"{field}__lt": end}) if end else inside


class DealQuerySet(models.QuerySet["Deal"]):
    """Words for reading deals."""

    def open(self) -> DealQuerySet:
        """Neither won nor lost."""
        return self.filter(outcome="")

    def won(self) -> DealQuerySet:
        """Won."""
        return self.filter(outcome=Deal.Outcome.WON)

    def closed(self) -> DealQuerySet:
        """Ended one way or another."""
        return self.exclude(outcome="")

    def without_next_step(self) -> DealQuerySet:
        """Nothing is planned with the customer."""
        return self.filter(next_action="", next_action_on=None)

    def untouched_since(self, day: date) -> DealQuerySet:
        """The customer took no part on that day or later; deals younger than that are left out."""
        return self.filter(Q(last_contact_on__lt=day) | Q(last_contact_on=None), Q(opened_on__lt=day) | Q(opened_on=None))

    def pushed(self) -> DealQuerySet:
        """The expected close moved later at least once."""
        return self.filter(push_count__gt=0)

    def agreement_due(self, by: date) -> DealQuerySet:
        """A written agreement should be ready by that day and has not gone out."""
        return self.filter(agreement_ready_on__lte=by, agreement_sent_on=None)

    def closing_between(self, start: date | None, end: date | None) -> DealQuerySet:
        """Open deals expected on the days [start, end), closed ones closed on them; None on a side means ever."""
        return self.filter(
            _between("expected_close_on", start, end, Q(outcome="")) | _between("closed_on", start, end, ~Q(outcome=""))
        )

    def in_team(self, team: Team, day: date) -> DealQuerySet:
        """Owned by a rep who on that day is in the team or one below it."""
        members = TeamMembership.objects.on(day).filter(team__path__startswith=team.path)
        return self.filter(owner__in=members.values("rep"))

    def named_like(self, words: str) -> DealQuerySet:
        """The words stand in the name of the deal or of its account; both halves use a trigram index."""
        accounts = Account.objects.filter(name__icontains=words)
        by_name = Deal.objects.filter(name__icontains=words).order_by().values("pk")
        return self.filter(pk__in=by_name.union(Deal.objects.filter(account__in=accounts).order_by().values("pk")))

    def visible_to(self, user: User) -> DealQuerySet:
        """Deals read in full: own, same team's, subtree's; all of them for admins (without notes) and auditors."""
        viewer = viewer_of(user)
        if viewer.reads_everything:
            return self
        return self.filter(owner__in=viewer.readable_rep_ids)

    def outlined_to(self, user: User) -> DealQuerySet:
        """Deals of other teams, of which a rep or manager sees stage, size band and expected close, never the name.

        The caller asks `company.outline_across_teams` first.
        """
        viewer = viewer_of(user)
        if viewer.reads_everything or viewer.rep_id is None:
            return self.none()
        return self.exclude(owner__in=viewer.readable_rep_ids)

    def editable_by(self, user: User) -> DealQuerySet:
        """Own deals and, for a manager, the subtree's."""
        viewer = viewer_of(user)
        return self.filter(owner__in=viewer.editable_rep_ids) if viewer.may("deal.edit") else self.none()


class Deal(models.Model):
    """One sale in the making, or made. Changed only by deals/changes.py, which writes the event and the cache together."""

    class Type(models.TextChoices):
        NEW = "new", _("New business")
        CROSS_SELL = "cross_sell", _("Cross-sell")
        RENEWAL = "renewal", _("Renewal")
        EXPANSION = "expansion", _("Expansion")

    class Outcome(models.TextChoices):
        WON = "won", _("Won")
        LOST = "lost", _("Lost")
        NO_DECISION = "no_decision", _("No decision")
        DISQUALIFIED = "disqualified", _("Not a fit")

    class Reason(models.TextChoices):
        PRICE = "price", _("Price")
        COMPETITOR = "competitor", _("Chose a competitor")
        BUDGET = "budget", _("No budget")
        TIMING = "timing", _("Not now")
        NEED = "need", _("No need")
        FEATURE = "feature", _("Something is missing")
        SILENCE = "silence", _("Went silent")
        OTHER = "other", _("Other")

    name = models.CharField(_("name"), max_length=160)
    account = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="deals")
    contact = models.ForeignKey(Contact, null=True, blank=True, on_delete=models.SET_NULL, related_name="deals")
    lead = models.ForeignKey(Lead, null=True, blank=True, on_delete=models.SET_NULL, related_name="deals")
    product = models.ForeignKey(Product, null=True, blank=True, on_delete=models.PROTECT, related_name="deals")
    deal_type = models.CharField(_("type"), max_length=10, choices=Type, default=Type.NEW)
    currency = models.CharField(_("currency"), max_length=3, choices=[(code, code) for code in CURRENCIES])
    pipeline = models.ForeignKey(Pipeline, on_delete=models.PROTECT, related_name="deals")
    # The day it was opened; empty when a source did not know.
    opened_on = models.DateField(_("opened on"), null=True, blank=True)
    external_id = models.CharField(max_length=80, blank=True)
    extra = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=clock.now)
    # Raised by every change; a save that names an older one is refused with 409.
    version = models.PositiveIntegerField(default=1)

    # Cache of events, never written by itself (deals/replay.py says what each must be).
    stage = models.ForeignKey(Stage, on_delete=models.PROTECT, related_name="deals")
    stage_since = models.DateField(null=True, blank=True)
    owner = models.ForeignKey(Rep, on_delete=models.PROTECT, related_name="deals")
    amount = models.DecimalField(_("amount"), max_digits=19, decimal_places=4, null=True, blank=True)
    expected_close_on = models.DateField(_("expected close"), null=True, blank=True)
    push_count = models.PositiveSmallIntegerField(default=0)
    agreement_ready_on = models.DateField(_("agreement ready"), null=True, blank=True)
    agreement_sent_on = models.DateField(_("agreement sent"), null=True, blank=True)
    next_action = models.CharField(_("next action"), max_length=160, blank=True)
    next_action_on = models.DateField(_("due"), null=True, blank=True)
    qualified_on = models.DateField(null=True, blank=True)
    # Ever in a stage that counts as qualified, whether or not the day is known.
    is_qualified = models.BooleanField(default=False)
    outcome = models.CharField(max_length=12, choices=Outcome, blank=True, default="")
    outcome_reason = models.CharField(max_length=12, choices=Reason, blank=True, default="")
    competitor = models.ForeignKey(Competitor, null=True, blank=True, on_delete=models.PROTECT, related_name="deals")
    closed_on = models.DateField(null=True, blank=True)
    # Whose deal it was then: the outcome counts for this rep (DOMAIN §0.8), whoever owns the deal today.
    closing_owner = models.ForeignKey(Rep, null=True, blank=True, on_delete=models.PROTECT, related_name="deals_closed")
    # More than one OUTCOME or OWNER event: reads as of an earlier day must replay.
    has_history = models.BooleanField(default=False)

    # The last touch in which the customer took part (deals/activities.py).
    last_contact_on = models.DateField(null=True, blank=True)

    objects = DealQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["external_id"], condition=~Q(external_id=""), name="deal_external_id_unique"),
            models.CheckConstraint(condition=Q(amount=None) | Q(amount__gte=0), name="deal_amount_not_negative"),
            models.CheckConstraint(
                condition=Q(outcome="", closed_on=None) | (~Q(outcome="") & Q(closed_on__isnull=False)),
                name="deal_closed_has_a_day",
            ),
            models.CheckConstraint(
                condition=Q(outcome="", closing_owner=None) | (~Q(outcome="") & Q(closing_owner__isnull=False)),
                name="deal_closed_counts_for_somebody",
            ),
            models.CheckConstraint(
                condition=Q(closed_on=None) | Q(opened_on=None) | Q(closed_on__gte=F("opened_on")),
                name="deal_closes_after_opening",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["owner", "outcome", "expected_close_on", "id"], name="deal_by_owner"),
            models.Index(fields=["outcome", "closed_on", "owner"], name="deal_by_close"),
            models.Index(fields=["closing_owner", "closed_on"], condition=~Q(outcome=""), name="deal_by_closing_owner"),
            models.Index(fields=["stage", "id"], condition=Q(outcome=""), name="deal_open_by_stage"),
            models.Index(fields=["account", "-id"], name="deal_by_account"),
            models.Index(fields=["expected_close_on", "id"], condition=Q(outcome=""), name="deal_open_by_close"),
            models.Index(fields=["next_action_on", "id"], condition=Q(outcome=""), name="deal_open_by_next"),
            models.Index(fields=["last_contact_on", "id"], condition=Q(outcome=""), name="deal_open_by_contact"),
            models.Index(F("amount").desc(nulls_last=True), F("id").desc(), name="deal_by_amount"),
            models.Index(fields=["id"], condition=Q(has_history=True), name="deal_to_replay"),
            GinIndex(OpClass(Upper("name"), name="gin_trgm_ops"), name="deal_name_trigram"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_open(self) -> bool:
        """Neither won nor lost."""
        return self.outcome == ""


class DealEvent(models.Model):
    """Something that happened to a deal. Append-only (trigger); a correction names the row it voids.

    `effective_on` is the business day it happened, None when a source did not know (it then precedes every day);
    `recorded_at` when we learnt of it. The state on day D as known at K is, per kind, the latest row with
    effective_on ≤ D and recorded_at ≤ K that is not voided by K, by (effective_on, occurred_at, id).
    """

    class Kind(models.TextChoices):
        STAGE = "stage", _("Stage")
        OWNER = "owner", _("Owner")
        AMOUNT = "amount", _("Amount")
        CLOSE_ON = "close_on", _("Expected close")
        AGREEMENT_ON = "agreement_on", _("Agreement ready")
        AGREEMENT_SENT = "agreement_sent", _("Agreement sent")
        NEXT_ACTION = "next_action", _("Next action")
        OUTCOME = "outcome", _("Outcome")
        DETAIL = "detail", _("Detail")

    # `code` of an OUTCOME event that takes an outcome back.
    REOPENED = "open"

    deal = models.ForeignKey(Deal, on_delete=models.PROTECT, related_name="events")
    kind = models.CharField(max_length=14, choices=Kind)
    stage = models.ForeignKey(Stage, null=True, on_delete=models.PROTECT, related_name="+")
    rep = models.ForeignKey(Rep, null=True, on_delete=models.PROTECT, related_name="+")
    amount = models.DecimalField(max_digits=19, decimal_places=4, null=True)
    on_date = models.DateField(null=True)
    code = models.CharField(max_length=20, blank=True)
    reason = models.CharField(max_length=12, blank=True)
    competitor = models.ForeignKey(Competitor, null=True, on_delete=models.PROTECT, related_name="+")
    voids = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="voided_by")
    effective_on = models.DateField(null=True)
    occurred_at = models.DateTimeField(default=clock.now)
    recorded_at = models.DateTimeField(default=clock.now)
    actor = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    batch = models.ForeignKey(ImportBatch, null=True, on_delete=models.PROTECT, related_name="events")

    class Meta:
        ordering = ["id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(kind="stage") | Q(stage__isnull=False), name="stage_event_has_stage"),
            models.CheckConstraint(condition=~Q(kind="owner") | Q(rep__isnull=False), name="owner_event_has_rep"),
            models.CheckConstraint(condition=~Q(kind="outcome") | ~Q(code=""), name="outcome_event_has_code"),
            models.CheckConstraint(condition=Q(amount=None) | Q(amount__gte=0), name="event_amount_not_negative"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["deal", "kind", "effective_on", "id"], name="event_by_deal_and_kind"),
            models.Index(fields=["kind", "effective_on"], name="event_by_kind_and_day"),
            BrinIndex(fields=["recorded_at"], autosummarize=True, name="event_recorded"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.deal_id} on {self.effective_on}"


class DealEventText(models.Model):
    """Free text of an event (next action, note), apart so that it can be blanked on erasure."""

    event = models.OneToOneField(DealEvent, primary_key=True, on_delete=models.PROTECT, related_name="text")
    text = models.TextField(max_length=2000, blank=True)
    blanked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.text
