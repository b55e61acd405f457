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
from metrics.quota_sheet import REP, Row
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
    is_kept: bool


def of(grid: Grid, rows: Sequence[Row], months: Sequence[date]) -> list[Change]:
    """The changes to these rows in these months, the last first. One query."""
    sheet = grid.sheet
    by_subject = {("rep" if row.kind == REP else "team", str(row.id)): row for row in rows}
    whose = Q(pk__in=[])
    for kind in ("rep", "team"):
        whose |= Q(subject_type=kind, subject_id__in=[number for of, number in by_subject if of == kind])
    of_this = {"metric": sheet.asked.metric, "deal_type": sheet.asked.deal_type}
    days = [month.isoformat() for month in months]
    entries = AuditEntry.objects.filter(
        whose, verb="quota.set", facts__contains=of_this, facts__months__has_any_keys=days
    ).select_related("actor", "detail")
    found = [
        _change(entry, by_subject[entry.subject_type, entry.subject_id], grid, months) for entry in entries.order_by("-id")[:MOST]
    ]
    return [change for change in found if change.steps or not change.is_kept]


def _change(entry: AuditEntry, row: Row, grid: Grid, months: Sequence[date]) -> Change:
    detail: Mapping[str, Any] = (getattr(entry, "detail", None) and entry.detail.values) or {}
    amounts = detail.get("amounts", {})
    steps = [
        Step(date_format(month, "M"), _words(before, grid), _words(after, grid))
        for month, (before, after) in _pairs(amounts, row, months)
    ]
    return Change(
        entry.at, entry.actor.name if entry.actor else "", row.name, str(detail.get("reason", "")), steps, bool(amounts)
    )


def _pairs(amounts: Mapping[str, Sequence[str]], row: Row, months: Sequence[date]) -> list[tuple[date, tuple[str, str]]]:
    """What changed in those months, but for the ones in which the rep sat in another team."""
    open_months = [month for month in months if not row.part(month).is_out]
    return [(month, (pair[0], pair[1])) for month in open_months if (pair := amounts.get(f"{month:%Y-%m}"))]


def _words(amount: str, grid: Grid) -> str:
    try:
        return written(grid, Decimal(amount)) if amount else ""
    except InvalidOperation:
        return ""
