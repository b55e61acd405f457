"""Tokens by which programs act for a person, and how often each asked."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Case, F, Q, When
from django.utils.translation import gettext_lazy as _

from lib import clock
from reps.models.people import User


def _alive() -> Q:
    return Q(revoked_at=None, expires_at__gt=clock.now(), owner__is_active=True, epoch=F("owner__session_epoch"))


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    """Words for reading tokens. No row holds a usable one."""

    def visible_to(self, user: User) -> ApiTokenQuerySet:
        """Admins and auditors see what is known of every token, anyone else their own (TRUST, API tokens)."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        return self if user.kind in {User.Kind.ADMIN, User.Kind.AUDITOR} else self.filter(owner=user)

    def editable_by(self, user: User) -> ApiTokenQuerySet:
        """Anyone revokes their own, an admin anybody's."""
        return self.visible_to(user) if user.is_admin else self.visible_to(user).filter(owner=user)

    def standing(self) -> ApiTokenQuerySet:
        """Neither revoked nor run out nor ended with the sessions of their owner, who may still sign in."""
        return self.filter(_alive())

    def with_state(self) -> ApiTokenQuerySet:
        """Annotates `works`: whether it stands."""
        return self.annotate(works=Case(When(_alive(), then=True), default=False, output_field=models.BooleanField()))


class ApiToken(models.Model):
    """A program's key to the API, with its owner's rights of the moment, cut down to its scopes.

    The token is `st_PREFIX_SECRET`, shown once; the row keeps the prefix, by which it is found and called, and a SHA-256
    of the whole. It ends when its owner's sessions are ended (a new password, another kind of access, "sign out
    everywhere"): `epoch` is the `session_epoch` under which it was made.
    """

    class Scope(models.TextChoices):
        READ = "read", _("Read")
        WRITE = "write", _("Read and change")

    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(_("name"), max_length=80)
    prefix = models.CharField(max_length=8, unique=True)
    token_hash = models.CharField(max_length=64, unique=True)
    scopes = ArrayField(models.CharField(max_length=8, choices=Scope), default=list)
    # A network in CIDR notation from which alone it works; empty is anywhere.
    network = models.CharField(_("only from"), max_length=43, blank=True)
    epoch = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(expires_at__gt=F("created_at")), name="api_token_expires_after_it_was_made"),
            models.CheckConstraint(condition=Q(scopes__contains=["read"]), name="api_token_reads"),
        ]

    def __str__(self) -> str:
        return f"st_{self.prefix}"

    @property
    def writes(self) -> bool:
        """Its scopes allow changes."""
        return self.Scope.WRITE in self.scopes


class ApiUse(models.Model):
    """How often a token asked within a minute of the clock: one row for each token, apart from what is known of it."""

    token = models.OneToOneField(ApiToken, primary_key=True, on_delete=models.CASCADE, related_name="+")
    minute = models.DateTimeField()
    count = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.count} since {self.minute:%Y-%m-%d %H:%M}"
