"""How a deal stands today, as lists and pages show it: what is late, quiet or missing. Pure; one look at the row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from deals.models import Deal

# Days without customer contact from which a deal is shown amber, and red.
QUIET_AMBER, QUIET_RED = 7, 14
# An agreement this near that has not gone out asks for attention.
AGREEMENT_SOON = timedelta(days=7)


@dataclass(frozen=True)
class Signs:
    """States are "good", "warn", "bad" or "" for nothing to say. Days are whole days up to `today`.

    `next_late_days` is positive when the next action is overdue, 0 when it is due today, None without a day.
    `quiet_days` is None when the customer never took part.
    """

    has_next_step: bool
    next_state: str
    next_late_days: int | None
    quiet_days: int | None
    quiet_state: str
    close_state: str
    close_late_days: int | None
    agreement_state: str


def signs(deal: Deal, today: date) -> Signs:
    """What the row says on that day; a closed deal asks for nothing."""
    has_next = bool(deal.next_action or deal.next_action_on)
    late = (today - deal.next_action_on).days if deal.next_action_on else None
    quiet = (today - deal.last_contact_on).days if deal.last_contact_on else None
    overdue = (today - deal.expected_close_on).days if deal.expected_close_on else None
    if not deal.is_open:
        return Signs(has_next, "", late, quiet, "", "", overdue, "good" if deal.agreement_sent_on else "")
    return Signs(
        has_next_step=has_next,
        next_state="bad" if not has_next or (late or 0) > 0 else "",
        next_late_days=late,
        quiet_days=quiet,
        quiet_state=_quiet_state(deal, quiet, today),
        close_state="bad" if (overdue or 0) > 0 else "",
        close_late_days=overdue,
        agreement_state=_agreement_state(deal, today),
    )


def _quiet_state(deal: Deal, quiet: int | None, today: date) -> str:
    """Amber from 7 days, red from 14; a deal nobody has touched counts from the day it was opened."""
    if quiet is None and deal.opened_on is None:
        return "bad"
    days = quiet if quiet is not None else (today - (deal.opened_on or today)).days
    return "bad" if days >= QUIET_RED else "warn" if days >= QUIET_AMBER else ""


def _agreement_state(deal: Deal, today: date) -> str:
    if deal.agreement_sent_on:
        return "good"
    if deal.agreement_ready_on is None:
        return ""
    if deal.agreement_ready_on < today:
        return "bad"
    return "warn" if deal.agreement_ready_on <= today + AGREEMENT_SOON else ""


def size_band(amount: Decimal | None) -> tuple[Decimal, Decimal] | None:
    """The band [low, high) an amount lies in: 1 to 5 or 5 to 10 times a power of ten. None without an amount."""
    if not amount or amount < 0:
        return None
    low = Decimal(1).scaleb(amount.adjusted())
    return (low, low * 5) if amount < low * 5 else (low * 5, low * 10)
