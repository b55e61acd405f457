"""How *Closing by week* is shown: eight columns, each deal a block whose bar is as tall as its amount."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from dashboard.cards.scale import Scale, scale_for
from dashboard.panels.open_deals import Block, OpenDeals, Week
from dashboard.pictures import LINE_PX, Stacked, stack_heights
from lib.periods import iso_week


@dataclass(frozen=True)
class BlockShown:
    """A deal as a block."""

    block: Block
    text: str
    bar: int
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
    rest_bar: int
    rest_height: int
    starts_quarter: bool


@dataclass(frozen=True)
class ClosingCard:
    """What the template needs."""

    unit: str
    columns: tuple[WeekColumn, ...]

    @property
    def is_empty(self) -> bool:
        """No deal has its close date, and no agreement its day, in these weeks."""
        return not any(column.week.deals or column.week.to_send for column in self.columns)


def card(found: OpenDeals, *, currency: str, height: int = 124) -> ClosingCard:
    """The card of the open deals of a scope. All columns share one scale."""
    scale = scale_for(max((week.amount for week in found.weeks), default=Decimal(0)), currency)
    sized = stack_heights(
        [([b.amount or Decimal(0) for b in week.blocks], week.rest_amount) for week in found.weeks], height=height
    )
    columns = (_column(week, stacked, scale, found.weeks) for week, stacked in zip(found.weeks, sized, strict=True))
    return ClosingCard(scale.unit, tuple(columns))


def _column(week: Week, stacked: Stacked, scale: Scale, weeks: Sequence[Week]) -> WeekColumn:
    return WeekColumn(
        week=week,
        label=iso_week(week.start_on),
        number=iso_week(week.start_on)[5:],
        text=scale.write(week.amount),
        blocks=tuple(
            BlockShown(block, scale.write(block.amount), bar, max(bar, LINE_PX))
            for block, bar in zip(week.blocks, stacked.heights, strict=True)
        ),
        rest=week.rest,
        rest_text=scale.write(week.rest_amount),
        rest_bar=stacked.rest,
        rest_height=max(stacked.rest, LINE_PX),
        starts_quarter=week is not weeks[0] and _crosses_quarter(week.start_on),
    )


def _crosses_quarter(monday: date) -> bool:
    """The week before began in another quarter."""
    before = date.fromordinal(monday.toordinal() - 7)
    return (before.year, (before.month - 1) // 3) != (monday.year, (monday.month - 1) // 3)
