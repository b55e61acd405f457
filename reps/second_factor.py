"""The second factor: after the password a code from the phone, or one of ten recovery codes when the phone is gone.

allauth keeps the rows and puts the step into the sign-in. What is ours: the seed of the codes is sealed (reps/sealing.py),
recovery codes are stored as digests and shown once, and no code works twice, whichever process it reaches, since the row
remembers the last one taken.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any
from urllib.parse import quote, urlencode

import structlog
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest

from lib import clock
from reps import audit, mail, sealing, sessions
from reps.models import Mail, User
from reps.tokens import digest

CODES = 10
_DIGITS = 6
_SETUP_S = 60 * 60
# Without letters that are read as a number or as each other; what is typed instead of them is understood.
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_LIKE = str.maketrans("ilo", "110")
_PHONE, _PAPER = Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES
log = structlog.get_logger("signin")


class Adapter(DefaultMFAAdapter):
    """How allauth keeps secrets here."""

    def encrypt(self, text: str) -> str:
        """Sealed, as everything that must be read again."""
        return sealing.seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        """The text again, or "" where the key is gone."""
        return sealing.unseal(encrypted_text) or ""


class Proof(Enum):
    """What a typed code was."""

    WRONG = "wrong"
    USED = "used before"
    PHONE = "code"
    PAPER = "recovery code"


@dataclass(frozen=True)
class State:
    """A second factor that is on. Instants are in UTC."""

    since: datetime
    used_at: datetime | None
    codes_left: int


# ── Whether it is on, and for whom it has to be ─────────────────────────────────────────────────────────────────────
def is_on(user: User) -> bool:
    """Whether signing in asks this person for a code."""
    if user.second_factor_on is None:
        user.second_factor_on = Authenticator.objects.filter(user_id=user.pk, type=_PHONE).exists()
    return user.second_factor_on


def is_demanded(user: User) -> bool:
    """Whether this person may not work without one: those who administer or pay, where the installation says so."""
    return settings.SECOND_FACTOR == "required" and user.kind in (User.Kind.ADMIN, User.Kind.FINANCE)


def is_missing(user: User) -> bool:
    """Whether it is demanded and not on."""
    return is_demanded(user) and not is_on(user)


def state(user: User) -> State | None:
    """Since when it is on and what is left of it; None when it is off. One query."""
    rows = {row.type: row for row in Authenticator.objects.filter(user_id=user.pk)}
    phone, paper = rows.get(_PHONE), rows.get(_PAPER)
    if phone is None:
        return None
    return State(phone.created_at, phone.last_used_at, len(paper.data["digests"]) if paper else 0)


# ── Setting it up ───────────────────────────────────────────────────────────────────────────────────────────────────
def new_seed() -> str:
    """What phone and server will make the codes of."""
    seed: str = generate_totp_secret()
    return seed


def seal_seed(user: User, seed: str) -> str:
    """The seed for a form that comes back within the hour: sealed, and for this person alone."""
    return sealing.seal(f"{user.pk}:{seed}")


def read_seed(user: User, sealed: str) -> str | None:
    """The seed of a form; None when it is not of this person or too old."""
    owner, _colon, seed = (sealing.unseal(sealed, within_s=_SETUP_S) or "").partition(":")
    return seed if owner == str(user.pk) else None


def setup_link(user: User, seed: str, *, issuer: str) -> str:
    """The address that the QR picture holds: an authenticator app on the same phone opens it as well."""
    label = f"{quote(issuer, safe='')}:{quote(user.email, safe='@')}"
    return f"otpauth://totp/{label}?{urlencode({'secret': seed, 'issuer': issuer}, quote_via=quote)}"


def switch_on(*, user: User, seed: str, code: str, here: HttpRequest) -> list[str] | None:
    """Ask for codes from now on, once the phone has shown the right one. Returns the recovery codes, to be shown once.

    None when the code is wrong. Ends every other session, since those came in without. Where it is on already, nothing
    happens and there is nothing to show.
    """
    counter = _counter(seed, _plain(code))
    if counter is None:
        return None
    with transaction.atomic():
        _alone(user)
        data = {"secret": sealing.seal(seed), "last": counter}
        _row, is_new = Authenticator.objects.get_or_create(
            user=user, type=_PHONE, defaults={"data": data, "created_at": clock.now()}
        )
        if not is_new:
            return []
        codes = _write_codes(user)
        user.second_factor_on = True
        sessions.end_all(user, keep=here, by=user)
        mail.post(kind=Mail.Kind.SECOND_FACTOR_ON, address=user.email, user=user)
        audit.record(actor=user, verb="user.second_factor_on", subject=user)
    return codes


def renew_codes(*, user: User) -> list[str]:
    """New recovery codes instead of the old; empty where no second factor is on."""
    with transaction.atomic():
        _alone(user)
        if not Authenticator.objects.filter(user=user, type=_PHONE).exists():
            return []
        codes = _write_codes(user)
        audit.record(actor=user, verb="user.recovery_codes", subject=user)
    return codes


def switch_off(*, user: User) -> bool:
    """The password alone opens the sign-in again; False where it did before."""
    with transaction.atomic():
        if not _forget(user):
            return False
        mail.post(kind=Mail.Kind.SECOND_FACTOR_OFF, address=user.email, user=user)
        audit.record(actor=user, verb="user.second_factor_off", subject=user)
    return True


def reset(*, user: User, by: User | None) -> bool:
    """Take a lost phone's codes away and sign the person out everywhere; False where none were asked for."""
    with transaction.atomic():
        if not _forget(user):
            return False
        sessions.end_all(user, by=by)
        mail.post(kind=Mail.Kind.SECOND_FACTOR_RESET, address=user.email, user=user)
        audit.record(actor=by, verb="user.second_factor_reset", subject=user)
    return True


def _alone(user: User) -> None:
    """One change of somebody's second factor at a time. A mail about the person may be written meanwhile (`prove` does)."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)


def _forget(user: User) -> bool:
    _alone(user)
    user.second_factor_on = False
    return bool(Authenticator.objects.filter(user=user).delete()[0])


def _write_codes(user: User) -> list[str]:
    codes = ["".join(secrets.choice(_ALPHABET) for _ in range(16)) for _ in range(CODES)]
    data = {"digests": [digest(code) for code in codes]}
    Authenticator.objects.update_or_create(user=user, type=_PAPER, defaults={"data": data, "created_at": clock.now()})
    return ["-".join(code[at : at + 4] for at in range(0, 16, 4)) for code in codes]


# ── Proving it ──────────────────────────────────────────────────────────────────────────────────────────────────────
def is_recovery_code(typed: str) -> bool:
    """Whether somebody means a recovery code, by its looks."""
    plain = _plain(typed)
    return not (plain.isascii() and plain.isdigit() and len(plain) <= 2 * _DIGITS)


def prove(*, user: User, typed: str) -> Proof:
    """Take a code: right ones work once. The row is locked meanwhile, so two at once cannot both pass."""
    with transaction.atomic():
        if is_recovery_code(typed):
            return _prove_by_paper(user, _plain(typed).translate(_LIKE))
        return _prove_by_phone(user, _plain(typed))


def _prove_by_phone(user: User, code: str) -> Proof:
    row = _locked(user, _PHONE)
    seed = sealing.unseal(row.data["secret"]) if row else None
    if row is not None and seed is None:
        log.error("second factor cannot be read: SECRET_KEY was changed without SECRET_KEY_FALLBACKS", user=user.pk)
    counter = _counter(seed, code) if seed else None
    if row is None or counter is None:
        return Proof.WRONG
    if counter <= row.data["last"]:
        return Proof.USED
    row.data["last"], row.last_used_at = counter, clock.now()
    row.save(update_fields=["data", "last_used_at"])
    return Proof.PHONE


def _prove_by_paper(user: User, code: str) -> Proof:
    row = _locked(user, _PAPER)
    if row is None or digest(code) not in row.data["digests"]:
        return Proof.WRONG
    row.data["digests"].remove(digest(code))
    row.last_used_at = clock.now()
    row.save(update_fields=["data", "last_used_at"])
    left = len(row.data["digests"])
    mail.post(kind=Mail.Kind.RECOVERY_CODE_USED, address=user.email, user=user, facts={"left": left})
    audit.record(actor=user, verb="user.recovery_code_used", subject=user, facts={"left": left})
    return Proof.PAPER


def _locked(user: User, kind: str) -> Any:
    return Authenticator.objects.select_for_update().filter(user_id=user.pk, type=kind).first()


def _counter(seed: str, code: str) -> int | None:
    """The half minute whose code this is, of the present one and its neighbours; None when it is of none."""
    for counter in yield_hotp_counters_from_time():
        if hmac.compare_digest(format_hotp_value(hotp_value(seed, counter)).encode(), code.encode("utf-8", "replace")):
            return int(counter)
    return None


def _plain(typed: str) -> str:
    """What was typed or pasted, without blanks, dashes and capitals."""
    return "".join(typed.split()).replace("-", "").lower()


# ── Another key ─────────────────────────────────────────────────────────────────────────────────────────────────────
def reseal() -> int:
    """Seal with the present key what an earlier one sealed; returns how many. Every hour while SECRET_KEY_FALLBACKS is set."""
    if not settings.SECRET_KEY_FALLBACKS:
        return 0
    done = 0
    for pk in Authenticator.objects.filter(type=_PHONE).order_by("pk").values_list("pk", flat=True):
        with transaction.atomic():
            row = Authenticator.objects.select_for_update().filter(pk=pk).first()
            seed = sealing.unseal(row.data["secret"]) if row and not sealing.is_current(row.data["secret"]) else None
            if row is not None and seed is not None:
                row.data["secret"] = sealing.seal(seed)
                row.save(update_fields=["data"])
                done += 1
    return done
