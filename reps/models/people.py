"""Sellers and those who sign in."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from lib import clock
from reps.access import Viewer, viewer_of


class UserManager(BaseUserManager["User"]):
    """Makes people who can sign in."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A user with that address; without a password they can only come in by invitation."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """Someone who signs in. What they see follows from `kind` and from the team tree (reps/access.py)."""

    class Kind(models.TextChoices):
        MEMBER = "member", _("Rep or manager")
        ADMIN = "admin", _("Admin")
        FINANCE = "finance", _("Finance")
        AUDITOR = "auditor", _("Auditor")

    class Theme(models.TextChoices):
        SYSTEM = "system", _("As the device")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    email = models.EmailField(_("e-mail"), max_length=254)
    name = models.CharField(_("name"), max_length=120)
    kind = models.CharField(_("access"), max_length=8, choices=Kind, default=Kind.MEMBER)
    is_active = models.BooleanField(_("may sign in"), default=True)
    language = models.CharField(_("language"), max_length=5, blank=True, choices=[("en", "English"), ("id", "Indonesia")])
    theme = models.CharField(_("appearance"), max_length=6, choices=Theme, default=Theme.SYSTEM)
    # Raised to end every session at once: it is part of what a session proves.
    session_epoch = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=clock.now)

    objects = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        ordering = [Lower("name"), "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                Lower("email"), name="user_email_unique", violation_error_message=_("This address is already in use.")
            ),
            models.CheckConstraint(condition=~Q(email=""), name="user_has_email"),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def is_admin(self) -> bool:
        """Configures the company; sees no pay, coaching or motivators."""
        return self.kind == self.Kind.ADMIN

    @property
    def is_finance(self) -> bool:
        """Pays, and sees what paying needs."""
        return self.kind == self.Kind.FINANCE

    @property
    def is_auditor(self) -> bool:
        """Reads, and changes nothing."""
        return self.kind == self.Kind.AUDITOR

    # Django's own admin is off; these keep third-party code that asks from being told more.
    is_staff = False
    is_superuser = False

    @property
    def viewer(self) -> Viewer:
        """What this person may see, read once per request."""
        return viewer_of(self)

    def get_session_auth_hash(self) -> str:
        """The hash a session must match; changing the password or `session_epoch` ends every session."""
        return f"{super().get_session_auth_hash()}.{self.session_epoch}"


class RepQuerySet(models.QuerySet["Rep"]):
    """Words for reading sellers."""

    def present(self) -> RepQuerySet:
        """Still with the company."""
        return self.filter(left_on=None)

    def sellers(self) -> RepQuerySet:
        """Those on whom deals and numbers hang, not those who only lead."""
        return self.filter(sells=True)

    def visible_to(self, user: User) -> RepQuerySet:
        """Cards (name, role, team, work contact) are open to every signed-in colleague (TRUST, rep profile card)."""
        return self if user.is_authenticated and user.is_active else self.none()

    def editable_by(self, user: User) -> RepQuerySet:
        """Whose card this person may change: an admin everyone's, a manager their subtree's, anyone their own contact."""
        return self if user.is_admin else self.filter(pk__in=user.viewer.editable_rep_ids)


class Rep(models.Model):
    """The seller; every number hangs on this row, never on a User. Numbers outlive the person's sign-in."""

    user = models.OneToOneField(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="rep")
    name = models.CharField(_("name"), max_length=120)
    external_id = models.CharField(_("number in other systems"), max_length=80, blank=True)
    work_email = models.EmailField(_("work e-mail"), blank=True)
    phone = models.CharField(_("phone"), max_length=32, blank=True)
    # False for a person who leads a team without selling: no row of their own on boards.
    sells = models.BooleanField(_("sells"), default=True)
    joined_on = models.DateField(_("joined on"), null=True, blank=True)
    left_on = models.DateField(_("left on"), null=True, blank=True)
    erased_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=clock.now)

    objects = RepQuerySet.as_manager()

    class Meta:
        ordering = [Lower("name"), "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["external_id"], condition=~Q(external_id=""), name="rep_external_id_unique"),
            models.CheckConstraint(
                condition=Q(left_on=None) | Q(joined_on=None) | Q(left_on__gte=models.F("joined_on")),
                name="rep_leaves_after_joining",
            ),
        ]
        indexes: ClassVar = [models.Index(Lower("name"), "id", name="rep_by_name")]

    def __str__(self) -> str:
        return self.name


class Invitation(models.Model):
    """A single-use link by which a person sets a password. Only the hash of its secret is kept."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="invitations")
    token_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.user} {self.created_at:%Y-%m-%d}"


class SignInAttempt(models.Model):
    """A failed sign-in, counted before any password is hashed. Holds keyed hashes, no address."""

    account_hash = models.CharField(max_length=64)
    address_hash = models.CharField(max_length=64)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["account_hash", "at"], name="attempt_by_account"),
            models.Index(fields=["address_hash", "at"], name="attempt_by_address"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}"
