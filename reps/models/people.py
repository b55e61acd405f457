"""Sellers and those who sign in."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

from django.apps import apps
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db import models
from django.db.models import Exists, F, FilteredRelation, OuterRef, Q, Subquery
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from lib import clock
from reps.access import Viewer, viewer_of


class UserQuerySet(models.QuerySet["User"]):
    """Words for reading sign-ins."""

    def visible_to(self, user: User) -> UserQuerySet:
        """Admins and auditors see every sign-in, anyone else their own (TRUST, users)."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        return self if user.kind in {User.Kind.ADMIN, User.Kind.AUDITOR} else self.filter(pk=user.pk)

    def editable_by(self, user: User) -> UserQuerySet:
        """Admins change sign-ins; nobody their own kind of access."""
        return self.visible_to(user) if user.is_admin else self.none()

    def without_rep(self) -> UserQuerySet:
        """Who signs in without selling."""
        return self.filter(rep=None)

    def sorted_by_name(self) -> UserQuerySet:
        """Annotates `sort_name` for pages in the order of names."""
        return self.annotate(sort_name=Lower("name"))

    def waiting(self) -> UserQuerySet:
        """Invited, and no password set yet."""
        return self.filter(is_active=True, password__startswith=UNUSABLE_PASSWORD_PREFIX).order_by("-created_at", "-pk")

    def with_second_factor(self) -> UserQuerySet:
        """Annotates `second_factor_on`."""
        asked = apps.get_model("mfa", "Authenticator").objects.filter(user=OuterRef("pk"), type="totp")
        return self.annotate(second_factor_on=Exists(asked))

    def visible_by_link(self, pk: int, address: str) -> User | None:
        """The person whom a signed link names, while they still have the address it was sent to."""
        return self.filter(pk=pk, email=address, is_active=True).first()

    def with_last_mail(self, kind: str) -> UserQuerySet:
        """Annotates when the last mail of that kind was asked for, sent and given up, and when its link runs out."""
        from_mail = apps.get_model("reps", "Mail").objects.filter(user=OuterRef("pk"), kind=kind).order_by("-pk")
        return self.annotate(
            mail_asked_at=Subquery(from_mail.values("created_at")[:1]),
            mail_sent_at=Subquery(from_mail.values("sent_at")[:1]),
            mail_failed_at=Subquery(from_mail.values("failed_at")[:1]),
            mail_tries=Subquery(from_mail.values("tries")[:1]),
        )


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    """Makes people who can sign in."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A user with that address; without a password they can only come in by invitation."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def with_address(self, address: str) -> User | None:
        """The person who signs in with that address, whatever its case; None if nobody does."""
        found = self.get_queryset().alias(lower=Lower("email")).filter(lower=address.strip().lower())
        return found.select_related("rep").first()


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
    # Whether signing in asks for a code, where it was read with the row; `second_factor.is_on` looks it up where not.
    second_factor_on: bool | None = None

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

    def standing_on(self, day: date) -> RepQuerySet:
        """Annotates the team and the role of that day: `team_id_now`, `team_name`, `role_id_now`, `role_name` (None if none)."""
        return self.annotate(
            membership_now=FilteredRelation(
                "memberships", condition=Q(memberships__superseded_at=None, memberships__valid__contains=day)
            ),
            role_now=FilteredRelation(
                "role_assignments", condition=Q(role_assignments__superseded_at=None, role_assignments__valid__contains=day)
            ),
        ).annotate(
            team_id_now=F("membership_now__team_id"),
            team_name=F("membership_now__team__name"),
            role_id_now=F("role_now__role_id"),
            role_name=F("role_now__role__name"),
        )

    def sorted_by_name(self) -> RepQuerySet:
        """Annotates `sort_name` for pages in the order of names."""
        return self.annotate(sort_name=Lower("name"))

    def here_on(self, day: date) -> RepQuerySet:
        """Not gone before that day."""
        return self.exclude(left_on__lt=day)

    def belonging_to(self, team_id: int) -> RepQuerySet:
        """Of those with `standing_on`, the members of that very team."""
        return self.filter(membership_now__team=team_id)

    def holding(self, role_id: int) -> RepQuerySet:
        """Of those with `standing_on`, the holders of that role."""
        return self.filter(role_now__role=role_id)

    def in_team(self, path: str) -> RepQuerySet:
        """Of those with `standing_on`, the members of a team and of every team below it."""
        return self.filter(membership_now__team__path__startswith=path)

    def matching(self, words: str) -> RepQuerySet:
        """Whose name, e-mail, phone or number contains each of the words."""
        found = self
        for word in words.split():
            found = found.filter(
                Q(name__icontains=word) | Q(work_email__icontains=word) | Q(phone__icontains=word) | Q(external_id__iexact=word)
            )
        return found

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
