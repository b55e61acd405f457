"""Signing in: by e-mail, throttled before any password is hashed, alike for addresses that exist and that do not."""

from __future__ import annotations

from typing import Any

import structlog
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth import authenticate
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from lib.htmx import say
from reps import audit, mail, sessions, throttle
from reps.addresses import client_address, is_own_path
from reps.models import Mail, User

TOO_MANY = "too_many_attempts"
log = structlog.get_logger("signin")


class Backend(AuthenticationBackend):
    """Checks e-mail and password at the same cost for everyone; the user comes with their rep in one query."""

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> User | None:
        """The person, or None when there is none, they may not sign in, or the password is another."""
        address, password = credentials.get("email"), credentials.get("password")
        if not address or not password:
            return None
        user = User.objects.with_address(address)
        if user is None or not user.is_active or not user.has_usable_password():
            make_password(password)  # as long as checking one takes
            return None
        return user if user.check_password(password) else None

    def get_user(self, user_id: Any) -> User | None:
        """The signed-in person, or None once they may no longer sign in."""
        return User.objects.select_related("rep").filter(pk=user_id, is_active=True).first()


class AccountAdapter(DefaultAccountAdapter):
    """How allauth behaves here."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": gettext_lazy(
            "The e-mail address or the password is wrong. Check both, or ask for a new password."
        ),
        "enter_current_password": gettext_lazy("This is not your present password."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Closed: people are invited."""
        return False

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """Count the attempt, then check the password. Raises ValidationError for who has to wait."""
        account = str(credentials.get("email", "")).strip().lower()
        address = client_address(request)
        admission = throttle.admit(account=account, address=address)
        if admission.minutes:
            log.warning("sign-in", outcome="has to wait", account=throttle.name(account), minutes=admission.minutes)
            raise ValidationError(wait_words(admission.minutes), code=TOO_MANY)
        if admission.is_alarming:
            mail.post(kind=Mail.Kind.MANY_ATTEMPTS, address=account)
        if admission.is_slow:
            throttle.slow_down()
        user = authenticate(request, **credentials)
        log.info("sign-in", outcome="in" if user else "refused", account=throttle.name(account))
        if user is not None:
            throttle.forgive(account=account, address=address)
        return user

    def set_password(self, user: User, password: str) -> None:
        """A new password ends every other session and is told to the owner."""
        user.set_password(password)
        with transaction.atomic():
            user.save(update_fields=["password"])
            sessions.end_all(user, keep=None, by=user)
            audit.record(actor=user, verb="user.password", subject=user)
            mail.post(kind=Mail.Kind.PASSWORD_CHANGED, address=user.email, user=user)

    def is_safe_url(self, url: str | None) -> bool:
        """Only pages of ours are gone to after signing in or out."""
        return is_own_path(url)

    def add_message(self, request: HttpRequest, level: int, message_template: str | None = None, *_: Any, **__: Any) -> None:
        """One sentence where something was changed; signing in and out speak for themselves."""
        if message_template == "account/messages/password_changed.txt":
            say(request, _changed_words())


def _changed_words() -> str:
    return _("Your password is changed. You are signed out everywhere else.")


def wait_words(minutes: int) -> str:
    """What somebody reads who has to wait."""
    return ngettext(
        "Too many attempts. Wait %(count)d minute, or ask for a new password.",
        "Too many attempts. Wait %(count)d minutes, or ask for a new password.",
        minutes,
    ) % {"count": minutes}


class ProductWordValidator:
    """Refuses passwords made of words everyone here knows."""

    WORDS = ("salesteam", "password", "kata sandi", "katasandi")

    def validate(self, password: str, user: Any = None) -> None:
        """Raise ValidationError when a known word makes up most of the password."""
        rest = password.lower()
        for word in self.WORDS:
            rest = rest.replace(word, "")
        if len(rest) < len(password) and len(rest) < 8:
            raise ValidationError(self.get_help_text(), code="password_product_word")

    def get_help_text(self) -> str:
        """What to do instead."""
        return _("Do not build the password around the name of this product or the word “password”.")
