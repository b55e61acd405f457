"""Signing in: by e-mail, throttled before any password is hashed."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _

from reps.models import User


class Backend(AuthenticationBackend):
    """allauth's check of e-mail and password; the user comes with their rep in one query."""

    def get_user(self, user_id: Any) -> User | None:
        """The signed-in person, or None once they may no longer sign in."""
        return User.objects.select_related("rep").filter(pk=user_id, is_active=True).first()


class AccountAdapter(DefaultAccountAdapter):
    """Nobody signs up by themselves: people are invited."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Closed."""
        return False


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
