"""One question to the database for one panel, answered as a document.

A panel that needs sums, a few rows and counts of the same deals would cost a query each; PostgreSQL puts them into one
JSON document instead. Numbers with a point come back as Decimal, never as float.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from metrics.sql import document

__all__ = ["RATES_TODAY", "day", "document", "money"]

# A rate older than this is no rate (DOMAIN §1).
RATE_LASTS_DAYS = 31

# Units of company money per unit of a currency today; a deal in a currency without a row here has no company value.
RATES_TODAY = f"""
rates AS (
    SELECT currency, rate FROM deals_fxrate
    WHERE superseded_at IS NULL AND valid @> %(today)s::date
      AND (lower_inf(valid) OR lower(valid) >= %(today)s::date - {RATE_LASTS_DAYS})
    UNION SELECT %(currency)s, 1
)
"""  # noqa: S608 - built of constants


def money(value: Any) -> Decimal | None:
    """An amount of a document."""
    return None if value is None else Decimal(value)


def day(value: str | None) -> date | None:
    """A date of a document."""
    return None if value is None else date.fromisoformat(value)
