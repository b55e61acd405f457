"""Tokens for programs: made, recognised, counted, revoked (TRUST 9). Only a hash of one is kept."""

from __future__ import annotations

import hmac
import ipaddress
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils.translation import gettext as _

from lib import clock
from lib.text import clean_line
from reps import audit
from reps.models import ApiToken, User
from reps.tokens import digest, new_secret

DEFAULT_DAYS, MOST_DAYS = 90, 365
# The last use is written at most this often, so that reading costs no more than its counting.
_SEEN_EVERY = timedelta(minutes=10)
_SHAPE = re.compile(r"st_([a-z0-9]{8})_[A-Za-z0-9_-]{43}")
_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"
# One statement counts and answers: two requests at once never both take the last place.
_COUNT = """
INSERT INTO reps_apiuse AS used (token_id, minute, count) VALUES (%(token)s, %(minute)s, 1)
ON CONFLICT (token_id) DO UPDATE SET minute = %(minute)s,
    count = CASE WHEN used.minute = %(minute)s THEN least(used.count, %(most)s) + 1 ELSE 1 END
RETURNING count
"""


class Unknown(Exception):
    """No token that works: none of that kind, revoked, run out, from elsewhere, or its owner may not sign in."""


@dataclass(frozen=True)
class Issued:
    """A fresh token. `secret` is the whole of it, shown now and never again."""

    token: ApiToken
    secret: str


def issue(
    *, owner: User, name: str = "", writes: bool = False, days: int = DEFAULT_DAYS, network: str = "", by: User | None
) -> Issued:
    """Make a token for the owner, reading alone unless `writes`, for so many days from now.

    Raises ValidationError for a time out of bounds, a network that is none, and an owner who may not sign in.
    """
    if not 1 <= days <= MOST_DAYS:
        raise ValidationError({"days": _("Choose from 1 to %(most)d days.") % {"most": MOST_DAYS}})
    if not owner.is_active:
        raise ValidationError(_("%(name)s may not sign in, so no program may for them.") % {"name": owner.name})
    now, prefix = clock.now(), "".join(secrets.choice(_LETTERS) for _place in range(8))
    secret = f"st_{prefix}_{new_secret()}"
    with transaction.atomic():
        token = ApiToken(
            owner=owner, name=clean_line(name)[:80] or _("Unnamed"), prefix=prefix, token_hash=digest(secret),
            scopes=["read", "write"] if writes else ["read"], network=_network(network), epoch=owner.session_epoch,
            created_at=now, expires_at=now + timedelta(days=days),
        )  # fmt: skip
        token.save(force_insert=True)
        facts = {"token": prefix, "scopes": token.scopes, "until": clock.now().date() + timedelta(days=days)}
        audit.record(actor=by, verb="user.token", subject=owner, facts=facts, detail={"name": token.name})
    return Issued(token, secret)


def revoke(*, token: ApiToken, by: User | None) -> None:
    """End a token at once; what it is known by stays."""
    with transaction.atomic():
        found = ApiToken.objects.select_for_update(of=("self",)).select_related("owner").get(pk=token.pk)
        if found.revoked_at is None:
            found.revoked_at = clock.now()
            found.save(update_fields=["revoked_at"])
            audit.record(actor=by, verb="user.token_revoke", subject=found.owner, facts={"token": found.prefix})


def recognise(secret: str, *, address: str) -> ApiToken:
    """The token with its owner, whose use is noted; one query, two every ten minutes. `address` is the caller's own.

    Raises Unknown, always the same, whatever is wrong with it.
    """
    match = _SHAPE.fullmatch(secret)
    if match is None:
        raise Unknown
    token = ApiToken.objects.standing().select_related("owner", "owner__rep").filter(prefix=match[1]).first()
    if token is None or not hmac.compare_digest(token.token_hash, digest(secret)) or not _is_from(token.network, address):
        raise Unknown
    _note_use(token)
    return token


def wait_s(token: ApiToken) -> int:
    """Count a request of the token: 0 when it may go on, else the seconds to the next minute of the clock."""
    now, most = clock.now(), settings.API_PER_MINUTE
    minute = now.replace(second=0, microsecond=0)
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"token": token.pk, "minute": minute, "most": most})
        asked: int = cursor.fetchone()[0]
    return 0 if asked <= most else _left(minute, now)


def _left(minute: datetime, now: datetime) -> int:
    return max(1, 60 - (now - minute).seconds)


def _note_use(token: ApiToken) -> None:
    now = clock.now()
    if token.last_used_at is None or now - token.last_used_at >= _SEEN_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)


def _network(typed: str) -> str:
    """The network as it is kept; "" for none."""
    bare = clean_line(typed)
    if not bare:
        return ""
    try:
        return str(ipaddress.ip_network(bare, strict=False))
    except ValueError:
        raise ValidationError({"network": _("Write an address or a network such as 203.0.113.0/24.")}) from None


def _is_from(network: str, address: str) -> bool:
    if not network:
        return True
    try:
        return ipaddress.ip_address(address) in ipaddress.ip_network(network)
    except ValueError:  # the server does not know where it came from
        return False
