"""The one source of the present: tests freeze it, the database's own now() they could not."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo


def now() -> datetime:
    """The present instant in UTC."""
    return datetime.now(UTC)


def instant(unix_seconds: float) -> datetime:
    """The instant in UTC that many seconds after the start of 1970."""
    return datetime.fromtimestamp(unix_seconds, UTC)


def today(zone: ZoneInfo) -> date:
    """The calendar day it is in that zone."""
    return now().astimezone(zone).date()


def local_date(instant: datetime, zone: ZoneInfo) -> date:
    """The calendar day of an instant in that zone (DOMAIN §0.3: the organisation's zone decides every total)."""
    return instant.astimezone(zone).date()
