"""Signing in: by e-mail, throttled before any password is hashed, alike for addresses that exist and that do not.

Then, for whom it is on, the second step: the password alone leaves a session that opens nothing but the page for the code.
"""

from __future__ import annotations

from typing import Any

import structlog
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.account.stages import LoginStage
from django.contrib.auth import authenticate
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from lib.htmx import say
from reps import audit, mail, second_factor, sessions, throttle
from reps.addresses import client_address, is_own_path
from reps.models import Mail, User
from reps.second_factor import Proof

TOO_MANY = "too_many_attempts"
# In the session between the two steps: what was asked for at the first, and what the person was then.
_BETWEEN = "between_the_steps"
_BETWEEN_S = 15 * 60
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
        people = User.objects.select_related("rep").with_second_factor()
        return people.filter(pk=user_id, is_active=True).first()


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

    def get_login_stages(self) -> list[str]:
        """What comes between the right password and the sign-in."""
        return ["reps.signin.SecondStep"]

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


def wait_for_code_words(minutes: int) -> str:
    """What somebody reads who gave too many wrong codes."""
    return ngettext(
        "Too many wrong codes. Wait %(count)d minute, or use a recovery code.",
        "Too many wrong codes. Wait %(count)d minutes, or use a recovery code.",
        minutes,
    ) % {"count": minutes}


# ── The second step ─────────────────────────────────────────────────────────────────────────────────────────────────
class SecondStep(LoginStage):
    """Stops a sign-in until the code is given. allauth's own stage would load what passkeys need, with every start."""

    key = "second_step"
    urlname = "mfa_authenticate"

    def handle(self) -> tuple[HttpResponse | None, bool]:
        """On to the page for the code, where one is asked for."""
        if self.login.user is not None and second_factor.is_on(self.login.user):
            return redirect(self.urlname), True
        return None, True


def begin_second_step(request: HttpRequest, user: User, *, remembered: bool) -> None:
    """The password was right: keep for a quarter of an hour what the second step needs."""
    request.session[_BETWEEN] = {"remembered": remembered, "was": user.get_session_auth_hash()}
    request.session.set_expiry(_BETWEEN_S)


def may_go_on(request: HttpRequest, user: User) -> bool:
    """Whether the first step still counts: not after the password was changed or the sign-in ended meanwhile."""
    between = request.session.get(_BETWEEN)
    if between is None or not user.is_active or not second_factor.is_on(user):
        return False
    return constant_time_compare(between["was"], user.get_session_auth_hash())


def end_second_step(request: HttpRequest) -> bool:
    """Forget what stood between the steps; whether the browser is to be remembered."""
    return bool(request.session.pop(_BETWEEN, {}).get("remembered"))


def check_code(request: HttpRequest, user: User, typed: str) -> None:
    """Take the code of the second step. Raises ValidationError, whose code is TOO_MANY for who has to wait."""
    by_paper = second_factor.is_recovery_code(typed)
    account, address = f"{'recovery' if by_paper else 'code'} {user.pk}", client_address(request)
    admission = throttle.admit(account=account, address=address, is_strict=not by_paper)
    name = throttle.name(user.email)
    if admission.minutes:
        log.warning("second step", outcome="has to wait", account=name, minutes=admission.minutes)
        words = wait_words(admission.minutes) if by_paper else wait_for_code_words(admission.minutes)
        raise ValidationError(words, code=TOO_MANY)
    if admission.is_alarming:
        mail.post(kind=Mail.Kind.MANY_CODES, address=user.email, user=user)
    proof = second_factor.prove(user=user, typed=typed)
    log.info("second step", outcome=proof.value, account=name)
    if proof is Proof.USED:
        raise ValidationError(_("This code was used already. Wait for the next one, at most half a minute."))
    if proof is Proof.WRONG:
        raise ValidationError(not_this_code(by_paper=by_paper))
    throttle.forgive(account=account, address=address)


def not_this_code(*, by_paper: bool) -> str:
    """What somebody reads whose code is wrong."""
    if by_paper:
        return _("This is none of your recovery codes, or it was used before.")
    return _("This is not the code. Type the one that the app shows now, and check that the phone's clock is right.")


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
