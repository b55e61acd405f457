"""Answers of the API: JSON, dates as ISO 8601, instants in UTC with Z, money as text."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.http import HttpResponse

from lib.money import places


def answer(data: Any, *, status: int = 200) -> HttpResponse:
    """A JSON answer."""
    text = json.dumps(data, default=plain, ensure_ascii=False, separators=(",", ":"))
    return HttpResponse(text.encode("utf-8", "replace"), status=status, content_type="application/json")


def nothing() -> HttpResponse:
    """204: done, and nothing to say."""
    response = HttpResponse(status=204)
    del response["Content-Type"]
    return response


def plain(value: Any) -> str:
    """A value as JSON says it. Raises TypeError for what the API has no form for."""
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, date | UUID):
        return str(value)
    if isinstance(value, Decimal):
        return format(value, "f")
    if hasattr(value, "_proxy____cast"):  # a text still to be translated
        return str(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def instant(value: datetime) -> str:
    """2026-09-16T03:00:00Z."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def money(amount: Decimal | None, currency: str) -> str | None:
    """An amount with the places of its currency: "10000000" rupiah, "99.50" dollars; with more where it has more."""
    if amount is None:
        return None
    shown = max(places(currency), -int(amount.normalize().as_tuple().exponent))
    return format(amount.quantize(Decimal(1).scaleb(-shown)), "f")
