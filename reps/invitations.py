"""Inviting people: a link by mail, by which they set a name and a password.

A link is good for one hour and once (TRUST 8). Mail is often read a day later, so whoever opens a link that has run out
may have a fresh one sent to the same address with one click, for two weeks; the old link can do nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from lib import clock
from lib.text import clean, clean_line, has_letter
from reps import audit, mail, org, throttle
from reps.models import Invitation, Mail, Rep, Role, Team, User
from reps.tokens import digest

RENEWABLE = timedelta(days=14)
MAILS_PER_HOUR = 3
MOST_AT_ONCE = 200


@dataclass(frozen=True)
class Typed:
    """One person of a pasted list: the address, and the name if one stood there."""

    address: str
    name: str


@dataclass(frozen=True)
class TypedList:
    """A pasted list: who was read, and the pieces that are no address."""

    people: tuple[Typed, ...]
    unread: tuple[str, ...]


def read_list(text: str) -> TypedList:
    """Addresses pasted with commas, semicolons, blanks or on lines of their own, "Ana Wijaya <ana@example.com>" included."""
    people: dict[str, Typed] = {}
    unread: list[str] = []
    for piece in _pieces(clean(text)):
        name, _bracket, rest = piece.partition("<")
        address = (rest.rstrip("> ") if _bracket else piece).strip().removeprefix("mailto:").lower()
        try:
            validate_email(address)
        except ValidationError:
            unread.append(piece[:100])
            continue
        said = clean_line(name.strip(" \"'")) if _bracket else ""
        people.setdefault(address, Typed(address, said if has_letter(said) else ""))
    return TypedList(tuple(people.values()), tuple(unread))


def _pieces(text: str) -> list[str]:
    """Split at commas, semicolons and line ends; a piece with several addresses and no brackets splits at blanks too."""
    found: list[str] = []
    for line in text.replace(";", "\n").replace(",", "\n").splitlines():
        piece = clean_line(line)
        if piece.count("@") > 1 and "<" not in piece:
            found += piece.split()
        elif piece:
            found.append(piece)
    return found


def name_from(address: str) -> str:
    """A first guess at a name: ana.wijaya@example.com is Ana Wijaya."""
    words = address.partition("@")[0].partition("+")[0].replace(".", " ").replace("_", " ").replace("-", " ").split()
    return " ".join(word.capitalize() for word in words if not word.isdigit())[:120] or address[:120]


def invite(
    *, address: str, name: str = "", kind: str = User.Kind.MEMBER, team: Team | None = None, role: Role | None = None,
    rep: Rep | None = None, start: date | None = None, by: User | None, language: str = "",
) -> User:  # fmt: skip
    """A person who may set a password by the mail they get. A member sells: the rep given, or a new one in the team.

    Raises ValidationError when the address is in use.
    """
    with transaction.atomic():
        user = User(
            email=address.strip().lower(), name=name or (rep.name if rep else name_from(address)), kind=kind, language=language
        )
        user.set_unusable_password()
        user.full_clean(exclude=["password"])
        user.save()
        if kind == User.Kind.MEMBER:
            seller = _seller(rep, user)
            if team is not None:
                org.place(rep=seller, team=team, start=start, by=by)
            if role is not None:
                org.assign_role(rep=seller, role=role, start=start, by=by)
        post_mail(user, by=by)
        audit.record(actor=by, verb="user.invite", subject=user, facts={"kind": kind}, detail={"address": user.email})
    return user


def _seller(rep: Rep | None, user: User) -> Rep:
    if rep is None:
        return Rep.objects.create(user=user, name=user.name, work_email=user.email)
    found = Rep.objects.select_for_update().get(pk=rep.pk)
    if found.user_id is not None:
        raise ValidationError(_("%(name)s has a sign-in already.") % {"name": found.name})
    found.user, found.work_email = user, found.work_email or user.email
    found.save(update_fields=["user", "work_email"])
    return found


def post_mail(user: User, *, by: User | None) -> bool:
    """Have an invitation mailed; False when three went out within the hour."""
    with transaction.atomic(), throttle.alone(f"invitation {user.pk}"):
        hour_ago = clock.now() - throttle.HOUR
        if mail.posted_since(kind=Mail.Kind.INVITATION, address=user.email, since=hour_ago) >= MAILS_PER_HOUR:
            return False
        mail.post(kind=Mail.Kind.INVITATION, address=user.email, user=user, facts={"by": by.pk if by else None})
    return True


def resend(*, user: User, by: User) -> bool:
    """A fresh mail to somebody who has not set a password yet; False when three went out within the hour."""
    with transaction.atomic():
        sent = not user.has_usable_password() and post_mail(user, by=by)
        if sent:
            audit.record(actor=by, verb="user.invite_again", subject=user)
    return sent


def revoke(*, user: User, by: User) -> None:
    """Take an invitation back: its links and the sign-in are gone, the rep stays. Does nothing once it was accepted."""
    with transaction.atomic():
        found = User.objects.select_for_update().get(pk=user.pk)
        if found.has_usable_password():
            return
        audit.record(actor=by, verb="user.revoke", subject=found, detail={"address": found.email})
        found.delete()


def find(secret: str) -> Invitation | None:
    """The invitation behind a link that may still be used or renewed."""
    found = Invitation.objects.select_related("user", "invited_by").filter(token_hash=digest(secret), used_at=None).first()
    if found is None or not found.user.is_active or found.user.has_usable_password():
        return None
    return found if found.created_at > clock.now() - RENEWABLE else None


def is_open(invitation: Invitation) -> bool:
    """Whether its link may still set a password."""
    return invitation.expires_at > clock.now()


def accept(*, invitation: Invitation, name: str, password: str) -> User | None:
    """Set name and password, once; None when the link was used or ran out meanwhile."""
    with transaction.atomic():
        taken = Invitation.objects.select_for_update().filter(pk=invitation.pk, used_at=None, expires_at__gt=clock.now())
        if not taken.exists():
            return None
        user = User.objects.select_for_update().get(pk=invitation.user_id)
        user.name = name
        user.set_password(password)
        user.save(update_fields=["name", "password"])
        Rep.objects.filter(user=user).update(name=name)
        Invitation.objects.filter(user=user, used_at=None).update(used_at=clock.now())
        audit.record(actor=user, verb="user.accept", subject=user)
    return user
