"""A second count of the figures, in plain Python from the CSV files that were imported: no SQL, no code of the product."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import Any

MONTHS = {"Q1": (1, 3), "Q2": (4, 6), "Q3": (7, 9), "Q4": (10, 12)}


@dataclass(frozen=True, eq=False)
class Sold:
    """A deal of the file."""

    seller: str
    manager: str
    stage: str
    opened: date | None
    closed: date | None
    value: Decimal


def read(folder: Path) -> list[Sold]:
    """The deals of a folder with the manager of their sellers."""
    with (folder / "sales_teams.csv").open(newline="") as stream:
        managers = {row["sales_agent"]: row["manager"] for row in csv.DictReader(stream)}
    with (folder / "sales_pipeline.csv").open(newline="") as stream:
        return [
            Sold(
                row["sales_agent"], managers[row["sales_agent"]], row["deal_stage"], _day(row["engage_date"]),
                _day(row["close_date"]), Decimal(row["close_value"] or 0),
            )
            for row in csv.DictReader(stream)
        ]  # fmt: skip


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def months(period: str) -> list[tuple[int, int]]:
    """The months of 2017, 2017-Q1 or 2017-03."""
    year, _, part = period.partition("-")
    first, last = MONTHS.get(part) or (int(part or 1), int(part or 12))
    return [(int(year), month) for month in range(first, last + 1)]


def figures(deals: Iterable[Sold], period: str) -> dict[str, Any]:
    """What `manage.py kpis` must print for these deals; days at the end of a period are compared by month."""
    inside, deals = months(period), list(deals)
    closed = [deal for deal in deals if deal.closed and (deal.closed.year, deal.closed.month) in inside]
    won = [deal for deal in closed if deal.stage == "Won"]
    value = sum((deal.value for deal in won), Decimal(0))
    days = {deal: (deal.closed - deal.opened).days for deal in closed if deal.closed and deal.opened}
    return {
        "won_count": len(won),
        "lost_count": len(closed) - len(won),
        "open_count": sum(_is_open(deal, inside[-1]) for deal in deals),
        "won_value": value,
        "win_rate": round(len(won) / len(closed), 9) if closed else None,
        "median_cycle_days": median([days[deal] for deal in won]) if won else None,
        "median_cycle_days_closed": median(days.values()) if closed else None,
        "average_deal": round(value / len(won), 2) if won else None,
    }


def _is_open(deal: Sold, last: tuple[int, int]) -> bool:
    began = deal.opened is None or (deal.opened.year, deal.opened.month) <= last
    return began and (deal.closed is None or (deal.closed.year, deal.closed.month) > last)
