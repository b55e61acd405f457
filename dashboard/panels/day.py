"""A rep's own day: next steps, meetings, agreements and closes that are near, and what they logged this week. One query."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from dashboard.reading import RATES_TODAY, day, document, money

STEPS_SHOWN = 6
SENDING_SHOWN, CLOSING_SHOWN = 4, 3
# Steps of the coming days fill the list when little is due.
STEPS_AHEAD_DAYS = 7
CLOSING_DAYS = 14
AGREEMENT_DAYS = 7
SILENT_DAYS = 14

_LINE = """
SELECT m.id, m.name, m.amount, m.next_action, m.next_action_on, m.close_on, m.ready_on, m.pushes, a.name AS account,
       c.name AS contact, coalesce(nullif(c.phone, ''), a.phone, '') AS phone
FROM mine m LEFT JOIN deals_account a ON a.id = m.account_id LEFT JOIN deals_contact c ON c.id = m.contact_id
"""

_READ = f"""
WITH {RATES_TODAY}, mine AS (
    SELECT d.id, d.name, d.account_id, d.contact_id, d.next_action, d.next_action_on, d.expected_close_on AS close_on,
           d.agreement_ready_on AS ready_on, d.agreement_sent_on AS sent_on, d.push_count AS pushes, d.opened_on,
           d.last_contact_on AS contact_on, d.amount * rates.rate AS amount
    FROM deals_deal d LEFT JOIN rates ON rates.currency = d.currency
    WHERE d.outcome = '' AND d.owner_id = %(rep)s
), steps AS (
    {_LINE} WHERE m.next_action_on <= %(today)s::date + {STEPS_AHEAD_DAYS}
    ORDER BY m.next_action_on, m.amount DESC NULLS LAST, m.id LIMIT {STEPS_SHOWN}
), sending AS (
    {_LINE} WHERE m.sent_on IS NULL AND m.ready_on <= %(today)s::date + {AGREEMENT_DAYS}
    ORDER BY m.ready_on, m.amount DESC NULLS LAST, m.id LIMIT {SENDING_SHOWN}
), closing AS (
    {_LINE} WHERE m.close_on <= %(today)s::date + {CLOSING_DAYS}
    ORDER BY m.close_on, m.amount DESC NULLS LAST, m.id LIMIT {CLOSING_SHOWN}
), logged AS (
    SELECT * FROM deals_activity
    WHERE rep_id = %(rep)s AND occurred_on >= %(monday)s::date - 7 AND occurred_on <= %(today)s AND cancelled_at IS NULL
      AND is_human AND (booked_at IS NULL OR outcome <> '')
), booked AS (
    SELECT v.id, v.channel, v.occurred_at, v.occurred_on, v.deal_id, coalesce(d.name, a.name, l.name) AS about, c.name AS contact
    FROM deals_activity v LEFT JOIN deals_deal d ON d.id = v.deal_id LEFT JOIN deals_account a ON a.id = v.account_id
    LEFT JOIN deals_lead l ON l.id = v.lead_id LEFT JOIN deals_contact c ON c.id = v.contact_id
    WHERE v.rep_id = %(rep)s AND v.booked_at IS NOT NULL AND v.outcome = '' AND v.cancelled_at IS NULL
      AND v.occurred_on <= %(today)s
    ORDER BY v.occurred_on = %(today)s DESC, v.occurred_at, v.id LIMIT {STEPS_SHOWN}
)
SELECT json_build_object(
    'open', (SELECT count(*) FROM mine),
    'open_amount', (SELECT sum(amount) FROM mine),
    'due', (SELECT count(*) FROM mine WHERE next_action_on <= %(today)s),
    'no_step', (SELECT count(*) FROM mine WHERE next_action = '' AND next_action_on IS NULL),
    'silent', (SELECT count(*) FROM mine WHERE coalesce(contact_on, opened_on) <= %(today)s::date - {SILENT_DAYS}),
    'steps', (SELECT json_agg(s ORDER BY s.next_action_on, s.amount DESC NULLS LAST, s.id) FROM steps s),
    'sending', (SELECT json_agg(s ORDER BY s.ready_on, s.amount DESC NULLS LAST, s.id) FROM sending s),
    'sending_count', (SELECT count(*) FROM mine WHERE sent_on IS NULL AND ready_on <= %(today)s::date + {AGREEMENT_DAYS}),
    'closing', (SELECT json_agg(s ORDER BY s.close_on, s.amount DESC NULLS LAST, s.id) FROM closing s),
    'closing_count', (SELECT count(*) FROM mine WHERE close_on <= %(today)s::date + {CLOSING_DAYS}),
    'closing_amount', (SELECT sum(amount) FROM mine WHERE close_on <= %(today)s::date + {CLOSING_DAYS}),
    'last_won_on', (SELECT max(closed_on) FROM deals_deal WHERE outcome = 'won' AND owner_id = %(rep)s),
    'booked', (SELECT json_agg(b ORDER BY b.occurred_at, b.id) FROM booked b),
    'channels', (SELECT json_object_agg(channel, n) FROM (
        SELECT channel, count(*) AS n FROM logged WHERE occurred_on >= %(monday)s GROUP BY channel) c),
    'days', (SELECT json_object_agg(occurred_on, n) FROM (SELECT occurred_on, count(*) AS n FROM logged GROUP BY occurred_on) d)
)::text
"""  # noqa: S608 - built of constants


@dataclass(frozen=True)
class Line:
    """A deal of one's own on a list: what to do, when, and whom to call."""

    deal_id: int
    name: str
    amount: Decimal | None
    step: str
    step_on: date | None
    close_on: date | None
    ready_on: date | None
    pushes: int
    contact: str
    phone: str


@dataclass(frozen=True)
class Booking:
    """A meeting, visit or call that is booked and has no outcome yet."""

    activity_id: str
    channel: str
    at: datetime
    on: date
    deal_id: int | None
    about: str
    contact: str


@dataclass(frozen=True)
class Listed:
    """The first lines of a list, and how many there are in all."""

    lines: tuple[Line, ...]
    count: int
    amount: Decimal | None = None


@dataclass(frozen=True)
class Day:
    """All that a rep's home needs besides their number."""

    open: int
    open_amount: Decimal
    steps: Listed
    sending: Listed
    closing: Listed
    bookings: tuple[Booking, ...]
    no_step: int
    silent: int
    by_channel: dict[str, int]
    by_day: dict[date, int]
    last_won_on: date | None

    @property
    def logged(self) -> int:
        """How much was logged since Monday."""
        return sum(self.by_channel.values())


def read(*, rep_id: int, currency: str, today: date) -> Day:
    """The day of one rep."""
    monday = today - timedelta(days=today.weekday())
    found = document(_READ, {"rep": rep_id, "currency": currency, "today": today, "monday": monday})
    return Day(
        open=found["open"],
        open_amount=money(found["open_amount"]) or Decimal(0),
        steps=_listed(found["steps"], found["due"]),
        sending=_listed(found["sending"], found["sending_count"]),
        closing=_listed(found["closing"], found["closing_count"], money(found["closing_amount"])),
        bookings=tuple(_booking(row) for row in found["booked"] or ()),
        no_step=found["no_step"],
        silent=found["silent"],
        by_channel=found["channels"] or {},
        by_day={date.fromisoformat(on): n for on, n in (found["days"] or {}).items()},
        last_won_on=day(found["last_won_on"]),
    )


def _listed(rows: list[dict[str, Any]] | None, count: int, amount: Decimal | None = None) -> Listed:
    return Listed(tuple(_line(row) for row in rows or ()), count, amount)


def _line(row: dict[str, Any]) -> Line:
    return Line(
        deal_id=row["id"],
        name=row["name"],
        amount=money(row["amount"]),
        step=row["next_action"],
        step_on=day(row["next_action_on"]),
        close_on=day(row["close_on"]),
        ready_on=day(row["ready_on"]),
        pushes=row["pushes"],
        contact=row["contact"] or row["account"] or "",
        phone=row["phone"],
    )


def _booking(row: dict[str, Any]) -> Booking:
    return Booking(
        activity_id=row["id"],
        channel=row["channel"],
        at=datetime.fromisoformat(row["occurred_at"]),
        on=date.fromisoformat(row["occurred_on"]),
        deal_id=row["deal_id"],
        about=row["about"] or "",
        contact=row["contact"] or "",
    )
