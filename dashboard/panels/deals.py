"""Deals of a scope, asked for in one query: what is open, and what changed since Monday."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from dashboard.panels import changes, open_deals
from dashboard.reading import RATES_TODAY, document

_READ = f"""
WITH {RATES_TODAY}, {open_deals.PARTS}, {changes.PARTS}
SELECT json_build_object('open', {open_deals.DOCUMENT}, 'touched', {changes.DOCUMENT})::text
"""


@dataclass(frozen=True)
class Deals:
    """What the deals of a scope look like today, and how that came about since Monday."""

    open: open_deals.OpenDeals
    changes: changes.Changes


def read(*, rep_ids: Collection[int], currency: str, today: date, due_before: date, needs: int = open_deals.NEEDS_SHOWN) -> Deals:
    """Deals owned by these reps. `due_before` is the day after the last one of the window of *What changed*,
    `needs` how many deals that need someone are listed.

    The caller has asked whose deals it may read; this asks no further.
    """
    monday = today - timedelta(days=today.weekday())
    found = document(
        _READ,
        {"reps": list(rep_ids), "currency": currency, "today": today, "monday": monday, "due_before": due_before, "needs": needs},
    )
    opened = open_deals.of(found["open"], today)
    moved = changes.of(found["touched"], monday=monday, due_before=due_before, closing=opened.due_amount)
    return Deals(opened, moved)
