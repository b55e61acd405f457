"""Open deals of a scope: *Needs you* and *Closing by week* (asked for by panels/deals.py).

Amounts are in company currency at today's rate; a deal without an amount, or in a currency without a rate, is listed
and counted but adds nothing to a sum.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from dashboard.reading import day, money

WEEKS = 8
NEEDS_SHOWN = 5
BLOCKS_SHOWN = 4
SILENT_DAYS = 14
PUSHES = 3


class Reason(models.TextChoices):
    """Why a deal needs someone, gravest first. The first that fits is the one shown."""

    UNSENT = "unsent", _("The agreement is not out")
    OVERDUE = "overdue", _("The close date has passed")
    PUSHED = "pushed", _("Pushed three times or more")
    SILENT = "silent", _("No word from the customer")
    NO_STEP = "no_step", _("No next step")


# A deal that never had contact is counted from the day it was opened; without either day it is not called silent.
PARTS = f"""
book AS (
    SELECT d.id, d.name, d.account_id, d.owner_id, d.expected_close_on AS close_on, d.agreement_ready_on AS ready_on,
           d.agreement_sent_on AS sent_on, d.push_count AS pushes, d.last_contact_on AS contact_on, d.opened_on,
           d.amount * rates.rate AS amount,
           CASE WHEN d.agreement_sent_on IS NULL AND d.agreement_ready_on < %(today)s THEN '{Reason.UNSENT}'
                WHEN d.expected_close_on < %(today)s THEN '{Reason.OVERDUE}'
                WHEN d.push_count >= {PUSHES} THEN '{Reason.PUSHED}'
                WHEN coalesce(d.last_contact_on, d.opened_on) <= %(today)s::date - {SILENT_DAYS} THEN '{Reason.SILENT}'
                WHEN d.next_action = '' AND d.next_action_on IS NULL THEN '{Reason.NO_STEP}'
           END AS reason
    FROM deals_deal d LEFT JOIN rates ON rates.currency = d.currency
    WHERE d.outcome = '' AND d.owner_id = ANY(%(reps)s)
), needs AS (
    SELECT b.*, a.name AS account, r.name AS owner
    FROM (SELECT * FROM book WHERE reason IS NOT NULL ORDER BY amount DESC NULLS LAST, id LIMIT %(needs)s) b
    LEFT JOIN deals_account a ON a.id = b.account_id JOIN reps_rep r ON r.id = b.owner_id
), ranked AS (
    SELECT *, (close_on - %(monday)s) / 7 AS week,
           row_number() OVER (PARTITION BY (close_on - %(monday)s) / 7 ORDER BY amount DESC NULLS LAST, id) AS place
    FROM book WHERE close_on >= %(monday)s AND close_on < %(monday)s::date + {WEEKS * 7}
), blocks AS (
    SELECT r.id, r.name, r.week, r.place, r.amount, r.close_on, r.ready_on, r.sent_on, r.pushes, a.name AS account
    FROM ranked r LEFT JOIN deals_account a ON a.id = r.account_id WHERE r.place <= {BLOCKS_SHOWN}
), weeks AS (
    SELECT week, count(*) AS deals, sum(amount) AS amount FROM ranked GROUP BY week
), sending AS (
    SELECT greatest((ready_on - %(monday)s) / 7, 0) AS week, count(*) AS deals, count(*) FILTER (WHERE ready_on < %(today)s) AS late
    FROM book WHERE sent_on IS NULL AND ready_on < %(monday)s::date + {WEEKS * 7} GROUP BY 1
)
"""  # noqa: S608 - built of constants
DOCUMENT = """
json_build_object(
    'open', (SELECT count(*) FROM book),
    'open_amount', (SELECT sum(amount) FROM book),
    'by_owner', (SELECT json_agg(g) FROM (SELECT owner_id, count(*) AS deals, sum(amount) AS amount FROM book GROUP BY 1) g),
    'needs', (SELECT json_agg(n ORDER BY n.amount DESC NULLS LAST, n.id) FROM needs n),
    'needs_count', (SELECT count(*) FROM book WHERE reason IS NOT NULL),
    'needs_amount', (SELECT sum(amount) FROM book WHERE reason IS NOT NULL),
    'due_amount', (SELECT coalesce(sum(amount), 0) FROM book WHERE close_on < %(due_before)s),
    'last_won_on', (SELECT max(d.closed_on) FROM deals_deal d WHERE d.outcome = 'won' AND d.owner_id = ANY(%(reps)s)),
    'blocks', (SELECT json_agg(b ORDER BY b.week, b.place) FROM blocks b),
    'weeks', (SELECT json_agg(w) FROM weeks w),
    'sending', (SELECT json_agg(s) FROM sending s),
    'late', (SELECT json_build_object('deals', count(*), 'amount', sum(amount)) FROM book WHERE close_on < %(monday)s),
    'undated', (SELECT json_build_object('deals', count(*), 'amount', sum(amount)) FROM book WHERE close_on IS NULL)
)
"""


@dataclass(frozen=True)
class Need:
    """One deal that needs someone: why, and since when."""

    deal_id: int
    name: str
    owner_id: int
    owner: str
    amount: Decimal | None
    reason: Reason
    since_on: date | None
    pushes: int
    days: int | None


@dataclass(frozen=True)
class Block:
    """One deal in the week it should close."""

    deal_id: int
    name: str
    amount: Decimal | None
    close_on: date
    state: str  # sent | late | plain
    pushes: int


@dataclass(frozen=True)
class Week:
    """A week of expected closes: its largest deals, the rest as a sum, and agreements that should go out in it."""

    start_on: date
    deals: int
    amount: Decimal
    blocks: tuple[Block, ...]
    to_send: int
    late_to_send: int

    @property
    def rest(self) -> int:
        """Deals that have no block of their own."""
        return self.deals - len(self.blocks)

    @property
    def rest_amount(self) -> Decimal:
        """What those are worth together."""
        return self.amount - sum((block.amount or Decimal(0) for block in self.blocks), Decimal(0))


@dataclass(frozen=True)
class Tally:
    """Deals and what they are worth together."""

    deals: int
    amount: Decimal


@dataclass(frozen=True)
class OpenDeals:
    """What the open deals of a scope look like today."""

    open: Tally
    by_owner: dict[int, Tally]
    needs: tuple[Need, ...]
    all_needs: Tally
    weeks: tuple[Week, ...]
    late: Tally
    undated: Tally
    due_amount: Decimal
    last_won_on: date | None


def of(found: dict[str, Any], today: date) -> OpenDeals:
    """The panels from the answer to `DOCUMENT`."""
    monday = today - timedelta(days=today.weekday())
    return OpenDeals(
        open=Tally(found["open"], money(found["open_amount"]) or Decimal(0)),
        by_owner={row["owner_id"]: _tally(row) for row in found["by_owner"] or ()},
        needs=tuple(_need(row, today) for row in found["needs"] or ()),
        all_needs=Tally(found["needs_count"], money(found["needs_amount"]) or Decimal(0)),
        weeks=_weeks(found, monday, today),
        late=_tally(found["late"]),
        undated=_tally(found["undated"]),
        due_amount=Decimal(found["due_amount"]),
        last_won_on=day(found["last_won_on"]),
    )


def _tally(row: dict[str, Any]) -> Tally:
    return Tally(row["deals"], money(row["amount"]) or Decimal(0))


def _need(row: dict[str, Any], today: date) -> Need:
    reason = Reason(row["reason"])
    since = {
        Reason.UNSENT: day(row["ready_on"]),
        Reason.OVERDUE: day(row["close_on"]),
        Reason.PUSHED: day(row["close_on"]),
        Reason.SILENT: day(row["contact_on"] or row["opened_on"]),
        Reason.NO_STEP: day(row["opened_on"]),
    }[reason]
    return Need(
        deal_id=row["id"],
        name=_full_name(row["name"], row["account"]),
        owner_id=row["owner_id"],
        owner=row["owner"],
        amount=money(row["amount"]),
        reason=reason,
        since_on=since,
        pushes=row["pushes"],
        days=(today - since).days if since else None,
    )


def _full_name(deal: str, account: str | None) -> str:
    """The deal's own name, with its account where the name does not say it."""
    return deal if not account or account.lower() in deal.lower() else f"{account} · {deal}"


def _weeks(found: dict[str, Any], monday: date, today: date) -> tuple[Week, ...]:
    sums = {row["week"]: row for row in found["weeks"] or ()}
    sending = {row["week"]: row for row in found["sending"] or ()}
    blocks: dict[int, list[Block]] = {}
    for row in found["blocks"] or ():
        blocks.setdefault(row["week"], []).append(_block(row, today))
    return tuple(
        Week(
            start_on=monday + timedelta(weeks=at),
            deals=sums.get(at, {}).get("deals", 0),
            amount=money(sums.get(at, {}).get("amount")) or Decimal(0),
            blocks=tuple(blocks.get(at, ())),
            to_send=sending.get(at, {}).get("deals", 0),
            late_to_send=sending.get(at, {}).get("late", 0),
        )
        for at in range(WEEKS)
    )


def _block(row: dict[str, Any], today: date) -> Block:
    close_on, ready_on = date.fromisoformat(row["close_on"]), day(row["ready_on"])
    if row["sent_on"]:
        state = "sent"
    elif close_on < today or (ready_on is not None and ready_on < today):
        state = "late"
    else:
        state = "plain"
    return Block(row["id"], row["account"] or row["name"], money(row["amount"]), close_on, state, row["pushes"])
