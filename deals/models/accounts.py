"""Whom we sell to: accounts, their contacts, and leads that may become either."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Lower, Upper
from django.utils.translation import gettext_lazy as _

from lib import clock, phones
from reps.access import viewer_of
from reps.models import Rep, Team, User


def trigram(field: str, name: str) -> GinIndex:
    """The index behind `field__icontains`, which compares in upper case."""
    return GinIndex(OpClass(Upper(field), name="gin_trgm_ops"), name=name)


class AccountQuerySet(models.QuerySet["Account"]):
    """Words for reading accounts."""

    def visible_to(self, user: User) -> AccountQuerySet:
        """Own, same team's and subtree's accounts, those their deals touch, and accounts nobody owns."""
        viewer = viewer_of(user)
        if viewer.reads_everything:
            return self
        if viewer.rep_id is None:
            return self.none()
        readable = viewer.readable_rep_ids
        deals: Any = self.model._meta.apps.get_model("deals", "Deal")
        touched = Exists(deals.objects.filter(account=OuterRef("pk"), owner__in=readable))
        return self.filter(Q(owner=None) | Q(owner__in=readable) | Q(touched))

    def editable_by(self, user: User) -> AccountQuerySet:
        """Own and subtree's accounts, those with a deal of theirs, and accounts nobody owns."""
        viewer = viewer_of(user)
        if not viewer.may("account.edit"):
            return self.none()
        deals: Any = self.model._meta.apps.get_model("deals", "Deal")
        own = Exists(deals.objects.filter(account=OuterRef("pk"), owner__in=viewer.editable_rep_ids))
        return self.filter(Q(owner=None) | Q(owner__in=viewer.editable_rep_ids) | Q(own))


class Account(models.Model):
    """A customer, or a company that may become one."""

    name = models.CharField(_("name"), max_length=160)
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="children", verbose_name=_("part of")
    )
    owner = models.ForeignKey(
        Rep, null=True, blank=True, on_delete=models.PROTECT, related_name="accounts", verbose_name=_("owner")
    )
    sector = models.CharField(_("sector"), max_length=80, blank=True)
    city = models.CharField(_("place"), max_length=80, blank=True)
    phone = models.CharField(_("phone"), max_length=32, blank=True)
    website = models.CharField(_("website"), max_length=200, blank=True)
    employees = models.PositiveIntegerField(_("employees"), null=True, blank=True)
    # What a source system knows and this product has no column for, kept by its column name.
    extra = models.JSONField(default=dict, blank=True)
    external_id = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField(default=clock.now)

    objects = AccountQuerySet.as_manager()

    class Meta:
        ordering = [Lower("name"), "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["external_id"], condition=~Q(external_id=""), name="account_external_id_unique"),
            models.CheckConstraint(condition=~Q(parent=models.F("id")), name="account_is_not_its_own_parent"),
        ]
        indexes: ClassVar = [
            models.Index(Lower("name"), "id", name="account_by_name"),
            trigram("name", "account_name_trigram"),
        ]

    def __str__(self) -> str:
        return self.name


class ContactQuerySet(models.QuerySet["Contact"]):
    """Words for reading contacts."""

    def visible_to(self, user: User) -> ContactQuerySet:
        """Contacts of visible accounts."""
        if viewer_of(user).reads_everything:
            return self
        return self.filter(account__in=Account.objects.visible_to(user))

    def editable_by(self, user: User) -> ContactQuerySet:
        """Contacts of accounts this person may change."""
        return self.filter(account__in=Account.objects.editable_by(user))


class Contact(models.Model):
    """A person at an account. Phones are kept as +62812…, so that call and WhatsApp links work."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="contacts", verbose_name=_("account"))
    name = models.CharField(_("name"), max_length=120)
    title = models.CharField(_("position"), max_length=80, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("phone"), max_length=32, blank=True)
    external_id = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField(default=clock.now)

    objects = ContactQuerySet.as_manager()

    class Meta:
        ordering = [Lower("name"), "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["external_id"], condition=~Q(external_id=""), name="contact_external_id_unique"),
        ]
        indexes: ClassVar = [
            models.Index(Lower("name"), "id", name="contact_by_name"),
            trigram("name", "contact_name_trigram"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def whatsapp(self) -> str:
        """The digits of a wa.me link, empty when the number has no country code."""
        return phones.whatsapp(self.phone)


class LeadQuerySet(models.QuerySet["Lead"]):
    """Words for reading leads."""

    def live(self) -> LeadQuerySet:
        """Not merged into another."""
        return self.filter(merged_into=None)

    def visible_to(self, user: User) -> LeadQuerySet:
        """Own, same team's and subtree's leads, and unassigned ones of those teams."""
        viewer = viewer_of(user)
        if viewer.reads_everything:
            return self
        if viewer.rep_id is None:
            return self.none()
        teams = viewer.team_ids | viewer.subtree_team_ids
        return self.filter(Q(owner__in=viewer.readable_rep_ids) | Q(owner=None, team__in=teams))

    def editable_by(self, user: User) -> LeadQuerySet:
        """Own, subtree's, and unassigned ones of the person's teams."""
        viewer = viewer_of(user)
        if not viewer.may("lead.edit"):
            return self.none()
        teams = viewer.team_ids | viewer.subtree_team_ids
        return self.filter(Q(owner__in=viewer.editable_rep_ids) | Q(owner=None, team__in=teams))


class Lead(models.Model):
    """Someone who may buy and is not yet a deal."""

    class State(models.TextChoices):
        NEW = "new", _("New")
        WORKING = "working", _("Being worked")
        CONVERTED = "converted", _("Became a deal")
        DISQUALIFIED = "disqualified", _("Not a fit")

    class Source(models.TextChoices):
        COLD = "cold", _("Cold")
        REFERRAL = "referral", _("Referral")
        PARTNER = "partner", _("Partner")
        WEB = "web", _("Website")
        EVENT = "event", _("Event")
        INBOUND = "inbound", _("Came to us")
        OTHER = "other", _("Other")

    name = models.CharField(_("name"), max_length=120)
    company_name = models.CharField(_("company"), max_length=160, blank=True)
    account = models.ForeignKey(Account, null=True, blank=True, on_delete=models.SET_NULL, related_name="leads")
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("phone"), max_length=32, blank=True)
    source = models.CharField(_("source"), max_length=10, choices=Source, default=Source.OTHER)
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.NEW)
    owner = models.ForeignKey(
        Rep, null=True, blank=True, on_delete=models.PROTECT, related_name="leads_owned", verbose_name=_("owner")
    )
    team = models.ForeignKey(
        Team, null=True, blank=True, on_delete=models.PROTECT, related_name="leads_open", verbose_name=_("team")
    )
    created_by = models.ForeignKey(Rep, null=True, blank=True, on_delete=models.PROTECT, related_name="leads_created")
    is_import = models.BooleanField(default=False)
    merged_into = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="merged")
    extra = models.JSONField(default=dict, blank=True)
    external_id = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField(default=clock.now)

    objects = LeadQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["external_id"], condition=~Q(external_id=""), name="lead_external_id_unique"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["-created_at", "-id"], name="lead_newest"),
            models.Index(fields=["created_by", "created_at"], name="lead_by_creator"),
            trigram("name", "lead_name_trigram"),
            trigram("company_name", "lead_company_trigram"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def whatsapp(self) -> str:
        """The digits of a wa.me link, empty when the number has no country code."""
        return phones.whatsapp(self.phone)
