"""Sign-in attempts, counted in PostgreSQL before any password is hashed (TRUST 6).

Three counts. For one account from one address: five failures in 15 minutes, then wait. From one address for whatever
accounts: fifty in an hour, then wait. For one account from all addresses: after twenty in an hour every answer comes
slowly and the owner gets a mail, but nobody is shut out, so no stranger can keep the owner from signing in. An account
that does not exist is counted like one that does. Only keyed hashes are stored.

Codes of a second factor count the same way under a name of their own, with one difference (`is_strict`): whoever guesses
them knows the password already, so after twenty in an hour from anywhere codes have to wait. A recovery code has a name
of its own again, too long to guess, and still brings the owner in.
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import BoundedSemaphore

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count, Min, Q

from lib import clock
from reps.models import SignInAttempt

PAIR_MOST, PAIR_WINDOW = 5, timedelta(minutes=15)
ADDRESS_MOST, ACCOUNT_MOST, HOUR = 50, 20, timedelta(hours=1)
SLOW_S = 2.0
# At most this many threads of a process wait for slow answers at once: a flood must not hold all of them.
_slow_places = BoundedSemaphore(2)


@dataclass(frozen=True)
class Admission:
    """Whether an attempt may go on. `wait` is how long to stay away, zero if it may."""

    wait: timedelta = timedelta()
    is_slow: bool = False
    # The one attempt by which the account passed its twenty: the owner gets a mail.
    is_alarming: bool = False

    @property
    def minutes(self) -> int:
        """The wait in whole minutes, rounded up."""
        return -(-int(self.wait.total_seconds()) // 60)


def admit(*, account: str, address: str, is_strict: bool = False) -> Admission:
    """Count an attempt as failed, before it is tried, unless it has to wait. `forgive` takes it back on success.

    `is_strict`: the account's own limit makes it wait too, instead of slowing it down.
    """
    account_hash, address_hash = _hash("account", account), _hash("address", address)
    now = clock.now()
    with transaction.atomic(), alone(account_hash, address_hash):
        wait, of_account = _counts(account_hash, address_hash, now, is_strict=is_strict)
        if wait > timedelta():
            return Admission(wait=wait)
        SignInAttempt.objects.create(account_hash=account_hash, address_hash=address_hash, at=now)
    last = ACCOUNT_MOST - 1 if is_strict else ACCOUNT_MOST
    return Admission(is_slow=of_account >= ACCOUNT_MOST, is_alarming=of_account == last)


def forgive(*, account: str, address: str) -> None:
    """A sign-in succeeded: what failed before it from the same place was the owner mistyping."""
    SignInAttempt.objects.filter(account_hash=_hash("account", account), address_hash=_hash("address", address)).delete()


def allow(*, what: str, address: str, most: int) -> bool:
    """Whether an address may do `what` once more within the hour; counts it if so."""
    what_hash, address_hash = _hash("what", what), _hash(f"{what} from", address)
    now = clock.now()
    with transaction.atomic(), alone(address_hash):
        done = SignInAttempt.objects.filter(account_hash=what_hash, address_hash=address_hash, at__gt=now - HOUR).count()
        if done < most:
            SignInAttempt.objects.create(account_hash=what_hash, address_hash=address_hash, at=now)
    return done < most


def slow_down() -> None:
    """Wait for the slow answer, unless enough threads do already."""
    if _slow_places.acquire(blocking=False):
        try:
            time.sleep(SLOW_S)
        finally:
            _slow_places.release()


def name(account: str) -> str:
    """What a log line calls an account: enough to find its attempts again, too little to know whose it is."""
    return _hash("account", account)[:12]


def forget_old_attempts() -> int:
    """Delete attempts that no rule counts any more; returns how many."""
    return SignInAttempt.objects.filter(at__lt=clock.now() - HOUR).delete()[0]


@contextmanager
def alone(*names: str) -> Iterator[None]:
    """Nobody else counts the same account or address meanwhile. Locks in a fixed order, until the transaction ends."""
    with connection.cursor() as cursor:
        for name in sorted(names):
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])
    yield


def _counts(account_hash: str, address_hash: str, now: datetime, *, is_strict: bool) -> tuple[timedelta, int]:
    """How long the attempt has to wait, and the failures of the account in the last hour."""
    pair = Q(account_hash=account_hash, address_hash=address_hash, at__gt=now - PAIR_WINDOW)
    from_address = Q(address_hash=address_hash)
    found = SignInAttempt.objects.filter(Q(account_hash=account_hash) | from_address, at__gt=now - HOUR).aggregate(
        pair=Count("pk", filter=pair),
        first_of_pair=Min("at", filter=pair),
        address=Count("pk", filter=from_address),
        first_from_address=Min("at", filter=from_address),
        account=Count("pk", filter=Q(account_hash=account_hash)),
        first_of_account=Min("at", filter=Q(account_hash=account_hash)),
    )
    wait = timedelta()
    if found["pair"] >= PAIR_MOST:
        wait = found["first_of_pair"] + PAIR_WINDOW - now
    if found["address"] >= ADDRESS_MOST:
        wait = max(wait, found["first_from_address"] + HOUR - now)
    if is_strict and found["account"] >= ACCOUNT_MOST:
        wait = max(wait, found["first_of_account"] + HOUR - now)
    return wait, found["account"]


def _hash(kind: str, value: str) -> str:
    """A name that nobody without the key can turn back into the address."""
    return hmac.new(settings.SECRET_KEY.encode(), f"{kind}:{value}".encode("utf-8", "replace"), "sha256").hexdigest()
