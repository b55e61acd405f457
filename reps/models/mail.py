"""Mails that are due: rows first, sent by the worker, so that a dead mail server or worker loses none."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from lib import clock


class Mail(models.Model):
    """One mail about somebody's sign-in. Links and secrets are made when it is sent and stand in no row."""

    class Kind(models.TextChoices):
        INVITATION = "invitation", _("Invitation")
        RESET = "reset", _("New password")
        PASSWORD_CHANGED = "password_changed", _("Password changed")
        ADDRESS_CHANGE = "address_change", _("Confirm a new address")
        ADDRESS_CHANGED = "address_changed", _("Address changed")
        MANY_ATTEMPTS = "many_attempts", _("Many failed sign-ins")
        MANY_CODES = "many_codes", _("Many wrong codes")
        SECOND_FACTOR_ON = "second_factor_on", _("Second factor switched on")
        SECOND_FACTOR_OFF = "second_factor_off", _("Second factor switched off")
        SECOND_FACTOR_RESET = "second_factor_reset", _("Second factor reset")
        RECOVERY_CODE_USED = "recovery_code_used", _("Recovery code used")

    kind = models.CharField(max_length=20, choices=Kind)
    # For a reset, whatever was typed: whether it is anybody's is only looked up when the mail is sent.
    address = models.EmailField(max_length=254)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    facts = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=clock.now)
    due_at = models.DateTimeField(default=clock.now)
    tries = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["due_at"], condition=models.Q(sent_at=None, failed_at=None), name="mail_due"),
            models.Index(fields=["kind", "address", "created_at"], name="mail_by_address"),
            models.Index(fields=["user", "-id"], name="mail_by_user"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
