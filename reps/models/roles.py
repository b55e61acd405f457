"""Roles and the closed list of things a role may let a person do."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from lib.versioned import Versioned, no_overlap
from reps.models.people import Rep, User


class Capability(models.TextChoices):
    """Verbs. Which rows they reach follows from relations alone; a capability never widens rows (TRUST)."""

    DEAL_CREATE = "deal.create", _("Open deals")
    DEAL_EDIT = "deal.edit", _("Change deals")
    DEAL_REASSIGN = "deal.reassign", _("Give a deal to another rep")
    DEAL_EXPORT = "deal.export", _("Export deals, leads and activities")
    ACCOUNT_EDIT = "account.edit", _("Add and change accounts and contacts")
    LEAD_EDIT = "lead.edit", _("Add and work leads")
    ACTIVITY_LOG = "activity.log", _("Log activities")
    IMPORT_RUN = "import.run", _("Import data")
    TEAM_EDIT = "team.edit", _("Move people within the own teams")
    QUOTA_EDIT = "quota.edit", _("Set quotas within the own teams")
    PAST_EDIT = "past.edit", _("Change what happened in a closed period, with a reason")


class RoleQuerySet(models.QuerySet["Role"]):
    """Words for reading roles."""

    def visible_to(self, user: User) -> RoleQuerySet:
        """Open to every signed-in colleague but finance (TRUST, role)."""
        return self.none() if not user.is_authenticated or user.is_finance else self

    def editable_by(self, user: User) -> RoleQuerySet:
        """Admins write roles."""
        return self if user.is_authenticated and user.is_admin else self.none()


class Role(models.Model):
    """A job in the sales team, with what its holder may do."""

    name = models.CharField(_("name"), max_length=80)
    purpose = models.CharField(_("purpose"), max_length=200, blank=True)
    capabilities = ArrayField(
        models.CharField(max_length=24, choices=Capability), default=list, blank=True, verbose_name=pgettext_lazy("a role", "may")
    )

    objects = RoleQuerySet.as_manager()

    class Meta:
        ordering = [Lower("name"), "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                Lower("name"), name="role_name_unique", violation_error_message=_("There is a role of this name already.")
            ),
        ]

    def __str__(self) -> str:
        return self.name


class RoleAssignment(Versioned):
    """Which role a rep holds on which days."""

    SUBJECT = ("rep",)
    rep = models.ForeignKey(Rep, on_delete=models.PROTECT, related_name="role_assignments")
    role = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="assignments")

    class Meta:
        constraints: ClassVar = [no_overlap("one_role_at_a_time", "rep")]

    def __str__(self) -> str:
        return f"{self.rep} as {self.role}"
