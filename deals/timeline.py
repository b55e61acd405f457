"""One line of time for a deal: what happened to it and what was done about it, newest first, in pages.

Events come grouped by the save that wrote them. An activity is told as a bare fact to those who see it and with its note
and contact only to those who may read it (TRUST, activity content).
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby
from typing import Any

from django.db.models import Q
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from deals.models import Activity, Deal, DealEvent
from deals.models.activities import CHANNEL_ICONS, reads_content
from deals.replay import UNKNOWN_DAY, standing, text_of
from lib import clock, numbers
from reps.access import viewer_of
from reps.models import Company, User

Kind = DealEvent.Kind
PAGE = 25
ICONS = {
    Kind.STAGE: "arrow-right",
    Kind.OWNER: "person",
    Kind.AMOUNT: "cash-stack",
    Kind.CLOSE_ON: "flag",
    Kind.AGREEMENT_ON: "pencil",
    Kind.AGREEMENT_SENT: "send",
    Kind.NEXT_ACTION: "arrow-return-right",
    Kind.DETAIL: "pencil",
}
_OUTCOMES = {
    "won": ("trophy", "good"),
    "lost": ("x-circle", "bad"),
    "no_decision": ("slash-circle", ""),
    "disqualified": ("slash-circle", ""),
}
_DETAILS = {
    "name": gettext_lazy("Name"),
    "account": gettext_lazy("Account"),
    "contact": gettext_lazy("Contact"),
    "product": gettext_lazy("Product"),
    "deal_type": gettext_lazy("Type"),
}


@dataclass(frozen=True)
class Line:
    """One thing that changed: what it is now, and what it was. A push is a close date that moved later."""

    text: str
    was: str = ""
    is_push: bool = False


@dataclass(frozen=True)
class Item:
    """One entry. `day` is None when nobody knows it; `entered_at` is set when it was written down on another day."""

    order: tuple[date, datetime, str]
    at: datetime
    day: date | None
    icon: str
    title: str
    who: str
    tone: str = ""
    lines: list[Line] = field(default_factory=list)
    note: str = ""
    contact: str = ""
    is_void: bool = False
    is_booked: bool = False
    entered_at: datetime | None = None
    activity_id: str = ""
    is_mine: bool = False


@dataclass(frozen=True)
class Timeline:
    """A page of entries and the cursor of the next, "" at the end."""

    items: list[Item]
    next_cursor: str = ""

    def days(self) -> Iterator[tuple[date | None, list[Item]]]:
        """The entries by day."""
        for day, items in groupby(self.items, key=lambda item: item.day):
            yield day, list(items)


def timeline(deal: Deal, *, user: User, company: Company, cursor: str = "", size: int = PAGE) -> Timeline:
    """The page of the deal's time line that the cursor names; two queries."""
    before = _decode(cursor)
    events = DealEvent.objects.filter(deal=deal).select_related("stage", "text", "rep", "competitor", "actor").order_by("pk")
    items = [item for item in _event_items(list(events), deal, company) if before is None or item.order < before]
    items += _activity_items(deal, user, company, before, size)
    items.sort(key=lambda item: item.order, reverse=True)
    more = len(items) > size
    return Timeline(items[:size], _encode(items[size - 1].order) if more else "")


# ── Activities ──────────────────────────────────────────────────────────────────────────────────────────────────────
def _activity_items(
    deal: Deal, user: User, company: Company, before: tuple[date, datetime, str] | None, size: int
) -> Iterator[Item]:
    rows = Activity.objects.visible_to(user).standing().filter(deal=deal)
    if before is not None:
        day, at, _key = before
        rows = rows.filter(Q(occurred_on__lt=day) | Q(occurred_on=day, occurred_at__lte=at))
    viewer, now = viewer_of(user), clock.now()
    for row in rows.select_related("rep", "contact", "note").order_by("-occurred_at", "-pk")[: size + 2]:
        item = _activity_item(row, reads=reads_content(viewer, row.rep_id), now=now, company=company)
        if before is None or item.order < before:
            yield Item(**{**vars(item), "is_mine": row.rep_id == viewer.rep_id})


def _activity_item(row: Activity, *, reads: bool, now: datetime, company: Company) -> Item:
    outcome = row.get_outcome_display() if row.outcome else ""
    is_booked = not row.outcome and row.booked_at is not None
    title = str(row.get_channel_display())
    if is_booked:
        title = _("%(channel)s booked") % {"channel": title}
    note = getattr(row, "note", None)
    entered_on = clock.local_date(row.recorded_at, company.zone)
    return Item(
        order=(row.occurred_on, row.occurred_at, f"a{row.pk}"),
        at=row.occurred_at,
        day=row.occurred_on,
        icon=CHANNEL_ICONS[row.channel],
        title=f"{title}: {outcome}" if outcome else title,
        who=row.rep.name,
        tone="info" if row.outcome in Activity.CONTACT_OUTCOMES else "",
        note=note.text if reads and note is not None else "",
        contact=row.contact.name if reads and row.contact else "",
        is_booked=is_booked and row.occurred_at > now,
        entered_at=row.recorded_at if entered_on > row.occurred_on else None,
        activity_id=str(row.pk),
    )


# ── Events ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def _event_items(events: list[DealEvent], deal: Deal, company: Company) -> Iterator[Item]:
    """The saves of a deal, each one entry."""
    voided = {event.voids_id for event in events if event.voids_id}
    before = _previous(events)
    for _key, group in groupby((event for event in events if not event.voids_id), key=_save):
        saved = list(group)
        # Taken-back rows of one save are told apart from those that stand.
        for is_void in (False, True):
            told = [event for event in saved if (event.pk in voided) == is_void]
            if told:
                yield _event_item(told, before, deal, company, is_void=is_void)


def _save(event: DealEvent) -> tuple[Any, ...]:
    return (event.recorded_at, event.actor_id, event.effective_on)


def _previous(events: list[DealEvent]) -> dict[int, DealEvent]:
    """Event id → the one of its kind before it in time."""
    last: dict[str, DealEvent] = {}
    before: dict[int, DealEvent] = {}
    for event in standing(events):
        if event.kind in last:
            before[event.pk] = last[event.kind]
        last[event.kind] = event
    return before


def _event_item(events: list[DealEvent], before: dict[int, DealEvent], deal: Deal, company: Company, *, is_void: bool) -> Item:
    first = events[0]
    opening = any(event.kind == Kind.STAGE and event.pk not in before for event in events) and not is_void
    lead = next((event for event in events if event.kind == Kind.OUTCOME), first)
    icon, tone = (
        _OUTCOMES.get(lead.code, ("arrow-counterclockwise", "")) if lead.kind == Kind.OUTCOME else (ICONS[Kind(lead.kind)], "")
    )
    lines = [_line(event, None if is_void else before.get(event.pk), deal) for event in events]
    title = _("Deal opened") if opening else lines[0].text
    entered_on = clock.local_date(first.recorded_at, company.zone)
    return Item(
        order=(first.effective_on or UNKNOWN_DAY, first.occurred_at, f"e{first.pk}"),
        at=first.occurred_at,
        day=first.effective_on,
        icon="plus-lg" if opening else icon,
        title=title,
        who=first.actor.name if first.actor else (_("Import") if first.batch_id else ""),
        tone="info" if opening else tone,
        lines=lines if opening else [Line("", lines[0].was, lines[0].is_push), *lines[1:]],
        is_void=is_void,
        entered_at=first.recorded_at if first.effective_on and first.effective_on < entered_on and not first.batch_id else None,
    )


def _line(event: DealEvent, was: DealEvent | None, deal: Deal) -> Line:
    """What one event says, in words."""
    is_push = bool(event.kind == Kind.CLOSE_ON and was and was.on_date and event.on_date and event.on_date > was.on_date)
    return Line(_words(event, deal), _value(was, deal) if was else "", is_push)


def _words(event: DealEvent, deal: Deal) -> str:
    value = _value(event, deal)
    if event.kind == Kind.OUTCOME:
        return value
    if event.kind == Kind.DETAIL:
        return f"{_DETAILS.get(event.code, '')}: {value or '—'}"
    label = {
        Kind.STAGE: _("Stage"),
        Kind.OWNER: _("Owner"),
        Kind.AMOUNT: _("Amount"),
        Kind.CLOSE_ON: _("Expected close"),
        Kind.AGREEMENT_ON: _("Agreement ready"),
        Kind.AGREEMENT_SENT: _("Agreement sent"),
        Kind.NEXT_ACTION: _("Next step"),
    }[Kind(event.kind)]
    return f"{label}: {value or '—'}"


def _value(event: DealEvent, deal: Deal) -> str:
    """The value an event states."""
    if event.kind == Kind.STAGE:
        return event.stage.name if event.stage else ""
    if event.kind == Kind.OWNER:
        return event.rep.name if event.rep else ""
    if event.kind == Kind.AMOUNT:
        return numbers.money(event.amount, deal.currency, numbers.language(get_language()))
    if event.kind == Kind.OUTCOME:
        return _outcome_words(event)
    if event.kind == Kind.DETAIL:
        text = text_of(event)
        return str(Deal.Type(text).label) if event.code == "deal_type" and text in Deal.Type.values else text
    on = date_format(event.on_date, "j M Y") if event.on_date else ""
    return ", ".join(part for part in (text_of(event), on) if part) if event.kind == Kind.NEXT_ACTION else on


def _outcome_words(event: DealEvent) -> str:
    if event.code == DealEvent.REOPENED:
        return _("Reopened")
    words = str(Deal.Outcome(event.code).label)
    reason = str(Deal.Reason(event.reason).label) if event.reason else ""
    parts: Iterable[str] = (part for part in (reason, event.competitor.name if event.competitor else "") if part)
    detail = ", ".join(parts)
    return f"{words}: {detail}" if detail else words


# ── Cursor ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def _encode(order: tuple[date, datetime, str]) -> str:
    raw = json.dumps([order[0].isoformat(), order[1].isoformat(), order[2]]).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _decode(cursor: str) -> tuple[date, datetime, str] | None:
    """The place a cursor names, None for a missing or spoilt one."""
    try:
        day, at, key = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        instant = datetime.fromisoformat(at)
        return (date.fromisoformat(day), instant, str(key)) if instant.tzinfo else None
    except (ValueError, TypeError, binascii.Error, UnicodeDecodeError):
        return None
