"""Who changed which quotas when: from the audit trail, which keeps what stood there before, and what was taken away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db.models import Q
from django.utils.formats import date_format

from metrics.quota_grid import Grid, written
from metrics.quota_sheet import REP, Row, Sheet
from reps.models import AuditEntry

MOST = 100


@dataclass(frozen=True)
class Step:
    """One month's number before and after; empty for none."""

    month: str
    before: str
    after: str


@dataclass(frozen=True)
class Change:
    """What one person did to one row at one moment."""

    at: datetime
    who: str
    row: str
    reason: str
    steps: list[Step]


def of(grid: Grid, rows: Sequence[Row]) -> list[Change]:
    """The changes to these rows in the sheet's year, the last first. One query."""
    sheet = grid.sheet
    by_subject = {("rep" if row.kind == REP else "team", str(row.id)): row for row in rows}
    whose = Q(pk__in=[])
    for kind in ("rep", "team"):
        whose |= Q(subject_type=kind, subject_id__in=[number for of, number in by_subject if of == kind])
    of_this = {"metric": sheet.asked.metric, "deal_type": sheet.asked.deal_type}
    months = [month.isoformat() for month in sheet.asked.months]
    entries = AuditEntry.objects.filter(
        whose, verb="quota.set", facts__contains=of_this, facts__months__has_any_keys=months
    ).select_related("actor", "detail")
    return [_change(entry, by_subject[entry.subject_type, entry.subject_id], grid) for entry in entries.order_by("-id")[:MOST]]


def _change(entry: AuditEntry, row: Row, grid: Grid) -> Change:
    detail: Mapping[str, Any] = (getattr(entry, "detail", None) and entry.detail.values) or {}
    amounts = detail.get("amounts", {})
    steps = [
        Step(date_format(month, "M"), _words(before, grid), _words(after, grid))
        for month, (before, after) in _pairs(amounts, grid.sheet)
    ]
    return Change(entry.at, entry.actor.name if entry.actor else "", row.name, str(detail.get("reason", "")), steps)


def _pairs(amounts: Mapping[str, Sequence[str]], sheet: Sheet) -> list[tuple[date, tuple[str, str]]]:
    return [(month, (pair[0], pair[1])) for month in sheet.asked.months if (pair := amounts.get(f"{month:%Y-%m}"))]


def _words(amount: str, grid: Grid) -> str:
    try:
        return written(grid, Decimal(amount)) if amount else ""
    except InvalidOperation:
        return ""
