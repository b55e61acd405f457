"""Sessions with their owner, so that a person sees where they are signed in and can end it there."""

from __future__ import annotations

import hashlib
from typing import Any, ClassVar, Self

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models

from lib import clock

STARTED = "signed_in_at"
SEEN = "seen_at"
DEVICE = "device"


class SessionQuerySet(models.QuerySet["Session"]):
    """Words for reading sessions."""

    def of(self, user: models.Model) -> Self:
        """A person's sessions that have not run out, the last used first."""
        return self.filter(user=user, expire_date__gt=clock.now()).order_by("-seen_at", "session_key")

    def run_out(self) -> Self:
        """Sessions that have run out."""
        return self.filter(expire_date__lte=clock.now())


class Session(AbstractBaseSession):
    """Django's session row, with what a person needs to recognise it. Holds no network address."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    started_at = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True)
    device = models.CharField(max_length=60, blank=True)

    objects: ClassVar[Any] = SessionQuerySet.as_manager()  # type: ignore[assignment]

    @property
    def public_id(self) -> str:
        """What a page may call the session by; the key itself would open it."""
        return hashlib.sha256(self.session_key.encode()).hexdigest()[:24]

    @classmethod
    def get_session_store_class(cls) -> type[SessionStore]:
        """The store that reads and writes these rows."""
        return SessionStore


class SessionStore(DatabaseStore):
    """Django's database store on our table. `signed_in_at` and `seen_at` are Unix seconds within the session."""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        """Our table."""
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        """The row of this session; one that has just been signed in starts counting now."""
        now = int(clock.now().timestamp())
        if SESSION_KEY in data:
            data.setdefault(STARTED, now)
            data.setdefault(SEEN, now)
        row: Session = super().create_model_instance(data)  # type: ignore[assignment]
        row.user_id = int(data[SESSION_KEY]) if SESSION_KEY in data else None
        row.started_at = clock.instant(data[STARTED]) if STARTED in data else None
        row.seen_at = clock.instant(data[SEEN]) if SEEN in data else None
        row.device = str(data.get(DEVICE, ""))[:60]
        return row
