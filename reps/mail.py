"""Mails about sign-in, and those of higher floors, which enter theirs with `writes`.

`post` writes a row, in the transaction of what it is about; `send_due` sends and retries. A request never waits for a mail
server, and an address that belongs to nobody costs the same as one that does: whose it is, is looked up when the mail is
sent, and the secret of its link is made then. Links start with SITE_URL whatever the request said.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.http import int_to_base36

from lib import clock
from lib.text import clean_line
from reps import tokens
from reps.models import Company, Invitation, Mail, User

log = structlog.get_logger("mail")
LINK_LIFE = timedelta(hours=1)
# How long to wait before each further try; after the last the mail has failed and an admin sees it.
_WAITS = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2))
KEPT = timedelta(hours=48)


@dataclass(frozen=True)
class Letter:
    """A mail ready to be written: to whom, in which language, and what its template needs."""

    to: str
    language: str
    context: dict[str, Any]
    template: str = ""
    folder: str = "reps/mail"


def post(*, kind: str, address: str, user: User | None = None, facts: dict[str, Any] | None = None) -> Mail:
    """Have a mail sent soon."""
    return Mail.objects.create(kind=kind, address=address, user=user, facts=facts or {})


def posted_since(*, kind: str, address: str, since: datetime) -> int:
    """How many mails of that kind were asked for that address."""
    return Mail.objects.filter(kind=kind, address=address, created_at__gt=since).count()


def send_due(*, most: int = 200) -> int:
    """Send what is due; returns how many went out. Safe to run at once in several workers."""
    return sum(_send_next() for _ in range(most) if _is_any_due())


def forget_old_mails() -> int:
    """Delete what was sent or given up two days ago; returns how many."""
    return Mail.objects.filter(created_at__lt=clock.now() - KEPT).delete()[0]


def _is_any_due() -> bool:
    return _due().exists()


def _due() -> Any:
    return Mail.objects.filter(sent_at=None, failed_at=None, due_at__lte=clock.now())


def _send_next() -> int:
    with transaction.atomic():
        mail = _due().select_for_update(skip_locked=True, of=("self",)).select_related("user").order_by("due_at", "pk").first()
        if mail is None:
            return 0
        try:
            with transaction.atomic():
                sent = _send(mail)
        except Exception as error:  # whatever a mail server or its library raises, the row must say that it failed
            _put_off(mail, error)
            return 0
        mail.sent_at, mail.tries = clock.now(), mail.tries + 1
        mail.save(update_fields=["sent_at", "tries"])
    return int(sent)


def _put_off(mail: Mail, error: Exception) -> None:
    now = clock.now()
    if mail.tries < len(_WAITS):
        mail.due_at = now + _WAITS[mail.tries]
    else:
        mail.failed_at = now
    mail.tries += 1
    mail.save(update_fields=["due_at", "tries", "failed_at"])
    log.warning("mail not sent", mail=mail.pk, kind=mail.kind, tries=mail.tries, error=type(error).__name__)


def _send(mail: Mail) -> bool:
    """Write and hand over one mail; False when there is nobody to write to."""
    letter = _LETTERS[mail.kind](mail)
    if letter is None:
        return False
    company = Company.load()
    context = {"company": company.name or "Salesteam", "site_url": settings.SITE_URL, "minutes": 60, **letter.context}
    with translation.override(letter.language or company.language):
        name = letter.template or mail.kind
        subject = clean_line(render_to_string(f"{letter.folder}/{name}_subject.txt", context))
        body = render_to_string(f"{letter.folder}/{name}.txt", context)
    EmailMessage(subject, body.strip() + "\n", settings.DEFAULT_FROM_EMAIL, [letter.to]).send()
    return True


def _invitation(mail: Mail) -> Letter | None:
    if mail.user is None or not mail.user.is_active or mail.user.has_usable_password():
        return None
    return _invite(mail.user, User.objects.filter(pk=mail.facts.get("by")).first())


def _invite(user: User, inviter: User | None) -> Letter:
    link = invitation_link(new_invitation(user, by=inviter))
    return Letter(user.email, user.language, {"user": user, "inviter": inviter, "link": link}, Mail.Kind.INVITATION)


def new_invitation(user: User, *, by: User | None) -> str:
    """A fresh single-use secret, good for an hour."""
    secret = tokens.new_secret()
    Invitation.objects.create(user=user, token_hash=tokens.digest(secret), invited_by=by, expires_at=clock.now() + LINK_LIFE)
    return secret


def invitation_link(secret: str) -> str:
    """Where the invited person sets their password."""
    return settings.SITE_URL + reverse("reps:welcome", args=[secret])


def _reset(mail: Mail) -> Letter | None:
    user = User.objects.with_address(mail.address)
    if user is None or not user.is_active:
        return None
    if not user.has_usable_password():
        return _invite(user, None)
    key = tokens.ResetTokens().make_token(user)
    path = reverse("account_reset_password_from_key", kwargs={"uidb36": int_to_base36(user.pk), "key": key})
    return Letter(user.email, user.language, {"user": user, "link": settings.SITE_URL + path})


def _address_change(mail: Mail) -> Letter | None:
    """To the old address, since only who reads there may give it up."""
    if mail.user is None or mail.user.email != mail.address:
        return None
    secret = tokens.sign_address(mail.user, mail.facts["new"])
    link = settings.SITE_URL + reverse("reps:confirm_address", args=[secret])
    return Letter(mail.address, mail.user.language, {"user": mail.user, "new": mail.facts["new"], "link": link})


def _to_owner(mail: Mail) -> Letter | None:
    user = mail.user or User.objects.with_address(mail.address)
    if user is None or not user.is_active:
        return None
    reset_url = settings.SITE_URL + reverse("account_reset_password")
    return Letter(mail.address, user.language, {"user": user, "reset_url": reset_url, "facts": mail.facts})


Writer = Callable[[Mail], Letter | None]
_LETTERS: dict[str, Writer] = {
    Mail.Kind.INVITATION: _invitation,
    Mail.Kind.RESET: _reset,
    Mail.Kind.ADDRESS_CHANGE: _address_change,
    Mail.Kind.ADDRESS_CHANGED: _to_owner,
    Mail.Kind.PASSWORD_CHANGED: _to_owner,
    Mail.Kind.MANY_ATTEMPTS: _to_owner,
    Mail.Kind.MANY_CODES: _to_owner,
    Mail.Kind.SECOND_FACTOR_ON: _to_owner,
    Mail.Kind.SECOND_FACTOR_OFF: _to_owner,
    Mail.Kind.SECOND_FACTOR_RESET: _to_owner,
    Mail.Kind.RECOVERY_CODE_USED: _to_owner,
}


def writes(kind: str) -> Callable[[Writer], Writer]:
    """Enter the function that writes the mails of a kind which a higher floor posts."""

    def enter(writer: Writer) -> Writer:
        _LETTERS[kind] = writer
        return writer

    return enter
