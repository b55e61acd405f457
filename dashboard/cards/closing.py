"""How *Closing by week* is shown: eight columns, each deal a block as tall as its amount."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from dashboard.cards.scale import Scale, scale_for
from dashboard.panels.open_deals import Block, OpenDeals, Week
from dashboard.pictures import Stacked, stack_heights
from lib.periods import iso_week


@dataclass(frozen=True)
class BlockShown:
    """A deal as a block."""

    block: Block
    text: str
    height: int


@dataclass(frozen=True)
class WeekColumn:
    """A week: its sum, the agreements to send in it, its blocks, and the rest as one."""

    week: Week
    label: str
    number: str
    text: str
    blocks: tuple[BlockShown, ...]
    rest: int
    rest_text: str
    rest_height: int
    broken: bool
    starts_quarter: bool


@dataclass(frozen=True)
class ClosingCard:
    """What the template needs."""

    unit: str
    columns: tuple[WeekColumn, ...]


def card(found: OpenDeals, *, currency: str, height: int = 104) -> ClosingCard:
    """The card of the open deals of a scope. All columns share one scale."""
    scale = scale_for(max((week.amount for week in found.weeks), default=Decimal(0)), currency)
    sized = stack_heights([([b.amount or Decimal(0) for b in week.blocks], week.amount) for week in found.weeks], height=height)
    return ClosingCard(
        scale.unit, tuple(_column(week, stacked, scale, found.weeks) for week, stacked in zip(found.weeks, sized, strict=True))
    )


def _column(week: Week, stacked: Stacked, scale: Scale, weeks: Sequence[Week]) -> WeekColumn:
    shown = week.blocks[: len(stacked.heights)]
    rest = week.deals - len(shown)
    rest_amount = week.amount - sum((block.amount or Decimal(0) for block in shown), Decimal(0))
    return WeekColumn(
        week=week,
        label=iso_week(week.start_on),
        number=iso_week(week.start_on)[5:],
        text=scale.write(week.amount),
        blocks=tuple(
            BlockShown(block, scale.write(block.amount), height) for block, height in zip(shown, stacked.heights, strict=True)
        ),
        rest=rest,
        rest_text=scale.write(rest_amount),
        rest_height=stacked.rest if rest else 0,
        broken=stacked.broken,
        starts_quarter=week is not weeks[0] and _crosses_quarter(week.start_on),
    )


def _crosses_quarter(monday: date) -> bool:
    """The week before began in another quarter."""
    before = date.fromordinal(monday.toordinal() - 7)
    return (before.year, (before.month - 1) // 3) != (monday.year, (monday.month - 1) // 3)
