"""One question to the database for one panel, answered as a document.

A panel that needs sums, a few rows and counts of the same deals would cost a query each; PostgreSQL puts them into one
JSON document instead. Numbers with a point come back as Decimal, never as float.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection

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


def document(sql: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """The single JSON value that `sql` selects."""
    with connection.cursor() as cursor:
        cursor.execute(sql, dict(params))
        (value,) = cursor.fetchone()
    found: dict[str, Any] = json.loads(value, parse_float=Decimal) if isinstance(value, str) else value
    return found


def money(value: Any) -> Decimal | None:
    """An amount of a document."""
    return None if value is None else Decimal(value)


def day(value: str | None) -> date | None:
    """A date of a document."""
    return None if value is None else date.fromisoformat(value)
