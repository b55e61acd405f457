"""How long a sign-in lasts (TRUST 7), and ending it. Django finds the `SessionStore` here by SESSION_ENGINE."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import update_session_auth_hash
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest

from lib import clock
from reps import audit
from reps.access import Viewer
from reps.models import Session, User
from reps.models.sessions import DEVICE, SEEN, STARTED, SessionStore

__all__ = ["SessionStore", "begin", "end_all", "end_one", "has_run_out", "is_proven", "lasts", "prove", "touch"]

REMEMBERED = "remembered"
PROVEN = "proven_at"
# How long a password that was given covers what asks for it again (reps/sudo.py).
_PROVEN_FOR = timedelta(minutes=10)
# Last use is written at most this often, so that reading pages costs no writes.
_SEEN_EVERY = timedelta(minutes=10)
_BROWSERS = (("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser", "Samsung Internet"), ("Firefox", "Firefox"),
             ("Chrome", "Chrome"), ("Safari", "Safari"))  # fmt: skip
_SYSTEMS = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS", "Mac"),
            ("CrOS", "Chromebook"), ("Linux", "Linux"))  # fmt: skip


@dataclass(frozen=True)
class Limit:
    """A session ends after so long without use, and after so long in any case."""

    idle: timedelta
    absolute: timedelta


OFFICE = Limit(timedelta(hours=3), timedelta(hours=12))
MANAGER = Limit(timedelta(hours=24), timedelta(days=7))
REP = Limit(timedelta(days=14), timedelta(days=30))
# A browser that nobody asked to remember: a day's work.
PASSING = Limit(timedelta(hours=12), timedelta(hours=24))


def lasts(viewer: Viewer, *, remembered: bool) -> Limit:
    """How long this person stays signed in: the more they can see, the shorter."""
    if viewer.kind != User.Kind.MEMBER:
        return OFFICE
    if not remembered:
        return PASSING
    return MANAGER if viewer.is_manager else REP


def begin(request: HttpRequest, *, remembered: bool) -> None:
    """Start the clock of a session that was just signed in. Its key is fresh by then."""
    now = int(clock.now().timestamp())
    session = request.session
    session[STARTED], session[SEEN], session[PROVEN], session[REMEMBERED] = now, now, now, remembered
    session[DEVICE] = device(request.headers.get("User-Agent", ""))
    session.set_expiry(settings.SESSION_COOKIE_AGE if remembered else 0)


def has_run_out(session: Any, viewer: Viewer) -> bool:
    """Whether the session was unused too long or is too old for this person."""
    limit = lasts(viewer, remembered=bool(session.get(REMEMBERED)))
    now = clock.now().timestamp()
    started, seen = session.get(STARTED, now), session.get(SEEN, now)
    return now - seen > limit.idle.total_seconds() or now - started > limit.absolute.total_seconds()


def touch(session: Any) -> None:
    """Note that the session is used."""
    now = int(clock.now().timestamp())
    if now - session.get(SEEN, 0) >= _SEEN_EVERY.total_seconds():
        session[SEEN] = now


def prove(session: Any) -> None:
    """Note that the person at the keyboard just gave the password."""
    session[PROVEN] = int(clock.now().timestamp())


def is_proven(session: Any) -> bool:
    """Whether the password was given within ten minutes, at sign-in or since."""
    at = session.get(PROVEN, session.get(STARTED, 0))
    return clock.now().timestamp() - at <= _PROVEN_FOR.total_seconds()


def end_all(user: User, *, keep: HttpRequest | None = None, by: User | None) -> int:
    """Sign the person out everywhere, except in the request to keep; returns how many sessions ended."""
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(session_epoch=F("session_epoch") + 1)
        user.refresh_from_db(fields=["session_epoch"])
        others = Session.objects.of(user)
        if keep is not None:
            others = others.exclude(session_key=keep.session.session_key)
        ended = others.delete()[0]
        if keep is not None:
            update_session_auth_hash(keep, user)
        audit.record(actor=by, verb="user.sign_out", subject=user, facts={"sessions": ended})
    return ended


def end_one(user: User, public_id: str) -> bool:
    """Sign the person out in one place; False when there is no such session of theirs."""
    found = next((row for row in Session.objects.of(user) if row.public_id == public_id), None)
    if found is not None:
        found.delete()
    return found is not None


def device(user_agent: str) -> str:
    """What to call the place of a session: "Chrome on Android"."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    return " · ".join(part for part in (browser, system) if part)
