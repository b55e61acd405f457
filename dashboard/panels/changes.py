"""*What changed since Monday*: how the value of open deals due in a window moved, deal by deal, from events.

Opening, moves and closing always add up: every deal touched since Monday is compared as it stood before Monday with
what it is now, at today's exchange rate on both sides, so that only deals move the sum and no rate does.
(asked for by panels/deals.py)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from dashboard.reading import day, money
from deals.models import Deal, DealEvent

ZERO = Decimal(0)


class Cause(models.TextChoices):
    """Why the value moved, in the order of the picture."""

    NEW = "new", _("New")
    UP = "up", _("Up")
    DOWN = "down", _("Down")
    PULLED = "pulled", _("Pulled in")
    PUSHED = "pushed", _("Pushed out")
    WON = "won", _("Won")
    LOST = "lost", _("Lost")
    MOVED = "moved", _("Changed hands")


PARTS = """
touched AS (
    SELECT deal_id, bool_or(kind = 'owner') AS handed FROM deals_dealevent
    WHERE kind IN ('amount', 'close_on', 'outcome', 'owner') AND effective_on >= %(monday)s AND effective_on <= %(today)s
    GROUP BY deal_id
), mine AS (
    -- By key, one by one: the planner takes a week's deals for many and would read them all.
    SELECT d.* FROM touched t CROSS JOIN LATERAL (SELECT * FROM deals_deal x WHERE x.id = t.deal_id OFFSET 0) d
    WHERE d.owner_id = ANY(%(reps)s) OR t.handed AND EXISTS (
        SELECT FROM deals_dealevent o WHERE o.deal_id = d.id AND o.kind = 'owner' AND o.rep_id = ANY(%(reps)s))
), earlier AS (
    SELECT DISTINCT ON (e.deal_id, e.kind) e.deal_id, e.kind, e.amount, e.on_date, e.code, e.rep_id
    FROM deals_dealevent e JOIN mine ON mine.id = e.deal_id
    WHERE e.kind IN ('amount', 'close_on', 'outcome', 'owner') AND (e.effective_on IS NULL OR e.effective_on < %(monday)s)
      AND NOT EXISTS (SELECT FROM deals_dealevent v WHERE v.voids_id = e.id)
    ORDER BY e.deal_id, e.kind, e.effective_on DESC NULLS LAST, e.occurred_at DESC, e.id DESC
), before AS (
    SELECT deal_id, max(rep_id) AS owner_id, max(amount) AS amount, max(on_date) AS close_on, max(code) AS outcome
    FROM earlier GROUP BY deal_id
)
"""
DOCUMENT = """
(SELECT json_agg(json_build_object(
    'id', d.id, 'name', coalesce(a.name, d.name),
    'was_ours', b.owner_id = ANY(%(reps)s), 'was_amount', b.amount * r.rate, 'was_due', b.close_on, 'was', b.outcome,
    'is_ours', d.owner_id = ANY(%(reps)s), 'amount', d.amount * r.rate, 'due', d.expected_close_on, 'is', d.outcome
) ORDER BY d.id)
FROM mine d LEFT JOIN before b ON b.deal_id = d.id LEFT JOIN deals_account a ON a.id = d.account_id
LEFT JOIN rates r ON r.currency = d.currency)
"""


@dataclass(frozen=True)
class Side:
    """A deal as it stood before Monday, or as it stands now. `ours` is None when it did not exist yet."""

    ours: bool | None
    amount: Decimal | None
    close_on: date | None
    outcome: str

    @property
    def is_open(self) -> bool:
        """Ours, and neither won nor lost."""
        return bool(self.ours) and self.outcome in ("", DealEvent.REOPENED)

    def counts(self, due_before: date) -> Decimal | None:
        """What it adds to the open deals of the window; None when it is not among them."""
        if self.is_open and self.close_on is not None and self.close_on < due_before:
            return self.amount or ZERO
        return None


@dataclass(frozen=True)
class Touched:
    """A deal that something happened to since Monday."""

    deal_id: int
    name: str
    before: Side
    now: Side


@dataclass(frozen=True)
class Mover:
    """What one deal added to one cause."""

    deal_id: int
    name: str
    amount: Decimal
    close_on: date | None


@dataclass(frozen=True)
class Step:
    """All moves of one cause: their signed sum and the deals behind it, largest first."""

    cause: Cause
    amount: Decimal
    movers: tuple[Mover, ...]


@dataclass(frozen=True)
class Changes:
    """Opening, steps and closing, which add up."""

    monday: date
    due_before: date
    opening: Decimal
    steps: tuple[Step, ...]
    closing: Decimal
    undated: int = 0

    @property
    def moves(self) -> int:
        """How many moves there were."""
        return sum(len(step.movers) for step in self.steps)

    @property
    def loudest(self) -> tuple[Step, ...]:
        """The three steps that moved most, for the sentences below the picture."""
        moved = sorted((step for step in self.steps if step.amount), key=lambda step: -abs(step.amount))
        return tuple(moved[:3])


@dataclass
class _Book:
    moves: dict[Cause, list[Mover]] = field(default_factory=dict)

    def enter(self, deal: Touched, cause: Cause, amount: Decimal) -> None:
        if amount:
            self.moves.setdefault(cause, []).append(Mover(deal.deal_id, deal.name, amount, deal.now.close_on))


def of(rows: list[dict[str, Any]] | None, *, monday: date, due_before: date, closing: Decimal) -> Changes:
    """The panel from the answer to `DOCUMENT`. `closing` is what open deals due before that day are worth now."""
    return since(monday, [_touched(row) for row in rows or ()], due_before=due_before, closing=closing)


def _touched(row: dict[str, Any]) -> Touched:
    return Touched(
        row["id"],
        row["name"],
        before=Side(row["was_ours"], money(row["was_amount"]), day(row["was_due"]), row["was"] or ""),
        now=Side(row["is_ours"], money(row["amount"]), day(row["due"]), row["is"]),
    )


def since(monday: date, touched: Iterable[Touched], *, due_before: date, closing: Decimal) -> Changes:
    """The moves of these deals, and the opening that follows from the closing."""
    book, undated = _Book(), 0
    for deal in touched:
        _sort(deal, due_before, book)
        undated += deal.before.ours is None and deal.now.is_open and deal.now.close_on is None
    steps = tuple(
        Step(cause, sum((mover.amount for mover in moved), ZERO), tuple(sorted(moved, key=lambda mover: -abs(mover.amount))))
        for cause in Cause
        if (moved := book.moves.get(cause))
    )
    opening = closing - sum((step.amount for step in steps), ZERO)
    return Changes(monday, due_before, opening, steps, closing, undated)


def _sort(deal: Touched, due_before: date, book: _Book) -> None:
    """Enter the moves of one deal. Their sum is what it counts now less what it counted before."""
    before, now = deal.before.counts(due_before), deal.now.counts(due_before)
    worth = deal.now.amount or ZERO
    if before is None:
        _arrived(deal, due_before, worth, now, book)
        return
    if deal.now.ours is False:
        book.enter(deal, Cause.MOVED, -before)
        return
    book.enter(deal, Cause.UP if worth > before else Cause.DOWN, worth - before)
    if now is None:
        book.enter(deal, _leaving(deal.now), -worth)


def _leaving(now: Side) -> Cause:
    if now.outcome == Deal.Outcome.WON:
        return Cause.WON
    return Cause.PUSHED if now.is_open else Cause.LOST


def _arrived(deal: Touched, due_before: date, worth: Decimal, now: Decimal | None, book: _Book) -> None:
    """A deal that was not in the window before: new, handed to us or pulled in. One won at once came in and went out."""
    won = bool(deal.now.ours) and deal.now.outcome == Deal.Outcome.WON and deal.before.outcome != Deal.Outcome.WON
    if now is None and not won:
        return
    if deal.before.ours is None:
        cause = Cause.NEW
    elif deal.before.ours is False:
        cause = Cause.MOVED
    else:
        cause = Cause.PULLED if deal.before.is_open else Cause.NEW
    book.enter(deal, cause, worth)
    if won:
        book.enter(deal, Cause.WON, -worth)
