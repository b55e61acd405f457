"""The rows behind a number: deals, credits, activities or leads, as far as a person may read them; they add up to it."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db import connection

from deals.models import Activity, Deal, Lead
from lib.periods import Period
from metrics import activity_facts, facts
from metrics.definitions import Metric, Source
from metrics.scopes import Scope
from metrics.sql import ids_of, read
from metrics.windows import AsOf, Days
from reps.models import Company, User

PAGE_ROWS = 25
# Wins without a rate stand first, above any amount the column could hold.
_NO_RATE = Decimal("1e15")


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _amount(text: str) -> Decimal:
    number = Decimal(text)
    if not number.is_finite() or abs(number) > _NO_RATE:
        raise ValueError
    return number


# What rows may be sorted by: the SQL, and how a cursor is read back.
_SORTS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "day": ("coalesce(r.day, '-infinity'::date)", _day),
    "amount": (f"coalesce(r.amount, {_NO_RATE:f})", _amount),
    "days": ("r.days", int),
}


@dataclass(frozen=True)
class Listing:
    """How the rows of a metric are found: a part of the facts, which of its rows, and their order."""

    part: str
    where: str = "TRUE"
    by: str = "day"
    descending: bool = True

    @property
    def sort(self) -> str:
        """The SQL they are sorted by."""
        return _SORTS[self.by][0]

    @property
    def order(self) -> str:
        """The direction."""
        return "DESC" if self.descending else "ASC"


LISTINGS: dict[str, Listing] = {
    "won_value": Listing("credits", by="amount"),
    "average_deal": Listing("credits", by="amount"),
    "won_count": Listing("closed", "ending = 'won'"),
    "lost_count": Listing("closed", "ending = 'lost'"),
    "win_rate": Listing("closed", "ending <> 'out' AND qualified"),
    "median_cycle_days": Listing("closed", "ending = 'won' AND opened_on IS NOT NULL", by="days", descending=False),
    "median_cycle_days_closed": Listing("closed", "ending <> 'out' AND opened_on IS NOT NULL", by="days", descending=False),
    "open_count": Listing("opened", descending=False),
    "leads_created": Listing("leads"),
    "meetings_scheduled": Listing("booked"),
    "connect_rate": Listing("happened", "calls_made"),
    "show_rate": Listing("happened", "meetings_held OR no_shows OR late_cancels"),
    **{
        key: Listing("happened", key)
        for key in ("calls_made", "connects", "whatsapp_sent", "visits", "emails_sent", "meetings_held")
    },
}

# Rows of one shape, whatever they are rows of. `hit` says whether the row is in the numerator of a rate.
_SHAPES = {
    "closed": """SELECT deal_id AS id, deal_id, rep_id, closed_on AS day, opened_on, closed_on - opened_on AS days,
        NULL::numeric AS amount, outcome, ending = 'won' AS hit FROM closed""",
    "opened": """SELECT deal_id AS id, deal_id, rep_id, opened_on AS day, opened_on, NULL::int AS days,
        NULL::numeric AS amount, '' AS outcome, TRUE AS hit FROM opened""",
    "credits": """SELECT credit_id AS id, deal_id, rep_id, won_on AS day, NULL::date AS opened_on, NULL::int AS days,
        base_amount AS amount, 'won' AS outcome, TRUE AS hit FROM credits""",
    "happened": "SELECT id, rep_id, day, NULL::numeric AS amount, {hit} AS hit FROM happened",
    "booked": "SELECT id, rep_id, day, NULL::numeric AS amount, TRUE AS hit FROM booked",
    "leads": "SELECT id, rep_id, day, NULL::numeric AS amount, TRUE AS hit FROM leads",
}
_DEAL_NAMES = """
SELECT r.*, d.name, a.name AS account, d.amount AS own_amount, d.currency, p.name AS rep
FROM r JOIN deals_deal d ON d.id = r.deal_id LEFT JOIN deals_account a ON a.id = d.account_id
LEFT JOIN reps_rep p ON p.id = r.rep_id
"""
_ACTIVITY_NAMES = """
SELECT r.*, x.channel, x.outcome, p.name AS rep
FROM r JOIN deals_activity x ON x.id = r.id LEFT JOIN reps_rep p ON p.id = r.rep_id
"""
_LEAD_NAMES = """
SELECT r.*, x.name, x.company_name AS account, p.name AS rep
FROM r JOIN deals_lead x ON x.id = r.id LEFT JOIN reps_rep p ON p.id = r.rep_id
"""
_NAMES = {"happened": _ACTIVITY_NAMES, "booked": _ACTIVITY_NAMES, "leads": _LEAD_NAMES}


@dataclass(frozen=True)
class Question:
    """A number, and who asks for its rows."""

    metric: Metric
    scope: Scope
    period: Days
    at: AsOf
    company: Company
    user: User
    # Wins of one type of deal only; every type unless given.
    deal_type: str = ""

    @property
    def span(self) -> Period:
        """The days, where they are a named period."""
        assert isinstance(self.period, Period)
        return self.period

    @property
    def listing(self) -> Listing:
        """How its rows are found."""
        return LISTINGS[self.metric.key]


@dataclass(frozen=True)
class Rows:
    """One page of rows; `after` continues it and is empty at the end."""

    rows: list[dict[str, Any]]
    after: str


@dataclass(frozen=True)
class Unseen:
    """Rows that count and that this person may not read one by one."""

    n: int
    amount: Decimal


def page(question: Question, *, after: str = "", size: int = PAGE_ROWS) -> Rows:
    """Rows in the metric's order from the one after the cursor, in one query; the first for a missing or spoilt cursor."""
    sql, params = _selected(question)
    clause, bounds = _beyond(question.listing, after)
    found = read(f"{sql} AND {clause} {_order(question)} LIMIT %(size)s", {**params, **bounds, "size": size + 1})
    shown = found[:size]
    return Rows(shown, _cursor(question.listing, shown[-1]) if len(found) > size else "")


def every(question: Question) -> Iterator[dict[str, Any]]:
    """All rows this person may read, in order, a few thousand in memory at a time."""
    sql, params = _selected(question)
    with connection.chunked_cursor() as cursor:
        cursor.execute(f"{sql} {_order(question)}", params)
        while chunk := cursor.fetchmany(2000):
            names = [column.name for column in cursor.description]
            yield from (dict(zip(names, row, strict=True)) for row in chunk)


def unseen(question: Question) -> Unseen:
    """How many rows there are besides those this person reads, and their sum; none for those who read everything."""
    if question.user.viewer.reads_everything:
        return Unseen(0, Decimal(0))
    base, params, visible = _base(question)
    rows = read(f"{base} SELECT count(*) AS n, coalesce(sum(r.amount), 0) AS amount FROM r WHERE NOT {visible}", params)
    return Unseen(rows[0]["n"], rows[0]["amount"])


def _selected(question: Question) -> tuple[str, dict[str, Any]]:
    base, params, visible = _base(question)
    return f"{base} {_NAMES.get(question.listing.part, _DEAL_NAMES)} WHERE {visible}", params


def _base(question: Question) -> tuple[str, dict[str, Any], str]:
    """The facts with `r`, all rows of the number; their parameters; and the condition that the person reads a row."""
    part, where = question.listing.part, question.listing.where
    relations = activity_facts.relations if question.metric.source in (Source.ACTIVITIES, Source.LEADS) else facts.relations
    text, params = relations(question.scope, [question.period], question.at, question.company, parts=(part,))
    hits = {"show_rate": "meetings_held", "connect_rate": "connects"}
    shape = _SHAPES[part].format(hit=hits.get(question.metric.key, "TRUE"))
    visible, more = _visible(question)
    if question.deal_type:
        where = f"({where}) AND deal_id IN (SELECT id FROM deals_deal WHERE deal_type = %(deal_type)s)"
        more = {**more, "deal_type": question.deal_type}
    return f"WITH {text}, r AS ({shape} WHERE {where})", {**params, **more}, visible


def _visible(question: Question) -> tuple[str, dict[str, Any]]:
    if question.user.viewer.reads_everything:
        return "TRUE", {}
    model: Any = {"happened": Activity, "booked": Activity, "leads": Lead}.get(question.listing.part, Deal)
    ids, params = ids_of(model.objects.visible_to(question.user), "seen")
    return f"r.{'deal_id' if model is Deal else 'id'} IN ({ids})", params


def _order(question: Question) -> str:
    listing = question.listing
    return f"ORDER BY {listing.sort} {listing.order}, r.id {listing.order}"


def _cursor(listing: Listing, row: dict[str, Any]) -> str:
    value = row[listing.by]
    if value is None:
        value = f"{_NO_RATE:f}" if listing.by == "amount" else ""
    return f"{value}~{row['id']}"


def _beyond(listing: Listing, after: str) -> tuple[str, dict[str, Any]]:
    """The condition that a row comes after the cursor."""
    text, _tilde, number = after.partition("~")
    try:
        value = _SORTS[listing.by][1](text)
        pk: int | str = str(uuid.UUID(number)) if listing.part in ("happened", "booked") else int(number)
        if (isinstance(pk, int) and not 0 <= pk < 2**63) or (isinstance(value, int) and abs(value) > 2**31 - 1):
            raise ValueError
    except (ValueError, InvalidOperation):
        return "TRUE", {}
    sign, kind = "<" if listing.descending else ">", "uuid" if isinstance(pk, str) else "bigint"
    params = {"after": value if value is not None else "-infinity", "after_id": pk}
    return f"({listing.sort}, r.id) {sign} (%(after)s, %(after_id)s::{kind})", params
