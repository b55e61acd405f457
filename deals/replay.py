"""What a deal was on a day, as known at an instant: a pure reading of its events.

The deal row is a cache of `replay(all events)`; deals/changes.py writes the two together and a test replays them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from operator import attrgetter

from deals.models import Deal, DealEvent

Kind = DealEvent.Kind
UNKNOWN_DAY = date.min


@dataclass(frozen=True)
class DealState:
    """The fields a deal row caches, named as its columns. `stage_id` is None before the deal existed."""

    stage_id: int | None = None
    stage_since: date | None = None
    owner_id: int | None = None
    amount: Decimal | None = None
    expected_close_on: date | None = None
    push_count: int = 0
    agreement_ready_on: date | None = None
    agreement_sent_on: date | None = None
    next_action: str = ""
    next_action_on: date | None = None
    qualified_on: date | None = None
    is_qualified: bool = False
    outcome: str = ""
    outcome_reason: str = ""
    competitor_id: int | None = None
    closed_on: date | None = None
    # Whose deal it was at that outcome: it counts for this rep, whoever owns the deal today.
    closing_owner_id: int | None = None
    has_history: bool = False

    @property
    def exists(self) -> bool:
        """The deal had been opened by then."""
        return self.stage_id is not None

    @property
    def is_open(self) -> bool:
        """Opened and neither won nor lost by then."""
        return self.exists and self.outcome == ""


def order(event: DealEvent) -> tuple[date, datetime, int]:
    """The key by which the latest event of a kind is found; a day that is unknown comes before every day."""
    return (event.effective_on or UNKNOWN_DAY, event.occurred_at, event.pk or 0)


def standing(events: Iterable[DealEvent], *, day: date | None = None, known_at: datetime | None = None) -> list[DealEvent]:
    """The events that count on `day` as known at `known_at`, in order: not later, not voided by then."""
    known = [event for event in events if known_at is None or event.recorded_at <= known_at]
    voided = {event.voids_id for event in known if event.voids_id is not None}
    counted = (event for event in known if event.pk not in voided or event.pk is None)
    return sorted((event for event in counted if day is None or (event.effective_on or UNKNOWN_DAY) <= day), key=order)


def replay(events: Iterable[DealEvent], *, day: date | None = None, known_at: datetime | None = None) -> DealState:
    """The state of one deal on `day` (None: after everything) as known at `known_at` (None: now).

    Takes all events of the deal, with `stage` and `text` at hand. No database is asked.
    """
    events = list(events)
    by_kind: dict[str, list[DealEvent]] = {}
    for event in standing(events, day=day, known_at=known_at):
        by_kind.setdefault(event.kind, []).append(event)
    latest = {kind: rows[-1] for kind, rows in by_kind.items()}
    stages = by_kind.get(Kind.STAGE, [])
    outcome = latest.get(Kind.OUTCOME)
    ended = outcome if outcome and outcome.code != DealEvent.REOPENED else None
    next_step = latest.get(Kind.NEXT_ACTION)
    qualified_on, is_qualified = _qualified(stages, ended)
    return DealState(
        stage_id=stages[-1].stage_id if stages else None,
        stage_since=_run_start(stages),
        owner_id=latest[Kind.OWNER].rep_id if Kind.OWNER in latest else None,
        amount=latest[Kind.AMOUNT].amount if Kind.AMOUNT in latest else None,
        expected_close_on=_date(latest.get(Kind.CLOSE_ON)),
        push_count=pushes(by_kind.get(Kind.CLOSE_ON, [])),
        agreement_ready_on=_date(latest.get(Kind.AGREEMENT_ON)),
        agreement_sent_on=_date(latest.get(Kind.AGREEMENT_SENT)),
        next_action=text_of(next_step) if next_step else "",
        next_action_on=_date(next_step),
        qualified_on=qualified_on,
        is_qualified=is_qualified,
        outcome=ended.code if ended else "",
        outcome_reason=ended.reason if ended else "",
        competitor_id=ended.competitor_id if ended else None,
        closed_on=ended.effective_on if ended else None,
        closing_owner_id=_owner_at(by_kind.get(Kind.OWNER, []), ended) if ended else None,
        has_history=_has_history(events, known_at),
    )


def text_of(event: DealEvent) -> str:
    """The free text of an event, empty when it has none or was erased."""
    note = getattr(event, "text", None)
    return note.text if note is not None else ""


def pushes(closes: Iterable[DealEvent]) -> int:
    """How often the expected close moved later, at most once a day: the date at the day's end against the one before.

    A date that was taken away in between is remembered, so that clearing it first hides no push (DOMAIN §7, slippage).
    """
    by_day: dict[date, date | None] = {}
    for event in closes:
        by_day[event.effective_on or UNKNOWN_DAY] = event.on_date
    count, promised = 0, None
    for on in by_day.values():
        if on is not None:
            count += promised is not None and on > promised
            promised = on
    return count


def owner_at(events: Iterable[DealEvent], moment: DealEvent) -> int | None:
    """Whose deal it was when `moment` happened: outcomes count for this rep (DOMAIN §0.8)."""
    return _owner_at([event for event in standing(events) if event.kind == Kind.OWNER], moment)


def _owner_at(owners: list[DealEvent], moment: DealEvent) -> int | None:
    before = [event for event in owners if order(event) <= order(moment)]
    return (before or owners)[-1 if before else 0].rep_id if owners else None


def _date(event: DealEvent | None) -> date | None:
    return event.on_date if event else None


def _run_start(stages: list[DealEvent]) -> date | None:
    """The day the current, unbroken visit to the stage began."""
    start = None
    for event in reversed(stages):
        if event.stage_id != stages[-1].stage_id:
            break
        start = event
    return start.effective_on if start else None


def _qualified(stages: list[DealEvent], ended: DealEvent | None) -> tuple[date | None, bool]:
    """The first day in a qualified stage, and whether there was one. A win passes every stage (DOMAIN §14.15)."""
    for event in stages:
        if event.stage and event.stage.is_qualified:
            return event.effective_on, True
    if ended and ended.code == Deal.Outcome.WON:
        return ended.effective_on, True
    return None, False


def _has_history(events: list[DealEvent], known_at: datetime | None) -> bool:
    """More than one outcome or owner was ever recorded, voided ones included: reads of earlier days must replay."""
    kinds = [event.kind for event in events if known_at is None or event.recorded_at <= known_at]
    return kinds.count(Kind.OUTCOME) > 1 or kinds.count(Kind.OWNER) > 1


# The columns of Deal that are written from a replay and by nothing else.
CACHED = tuple(DealState.__dataclass_fields__)
cached = attrgetter(*CACHED)
