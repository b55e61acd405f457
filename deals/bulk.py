"""Writing many rows at once by COPY, for imports and the demo company; memory stays flat whatever the number.

Give a `Writer` chunks of a few thousand new rows. Keys are taken from the tables' own sequences, a deal row is what the
replay of its events says (deals/replay.py), a win gets its credit, and the last customer contact of the deals touched by
activities is brought up to date by `finish()`. Everything happens in the caller's transaction. While PostgreSQL takes one
chunk in, on a thread of its own, the caller prepares the next; a query in between waits until the chunk is in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from deals.closing import in_base, rate_on, settle_credit
from deals.copying import as_copy_text, copy, fresh_keys, statement
from deals.models import (
    Account,
    Activity,
    ActivityText,
    Contact,
    Credit,
    Deal,
    DealEvent,
    DealEventText,
    ImportBatch,
    Lead,
    Stage,
)
from deals.replay import CACHED, DealState, cached, owner_at, replay, standing
from lib import clock
from lib.ids import uuid7
from reps.models import Company, User

CHUNK = 5000
_MANY = 1000
# Deals changed in one statement: their trigger holds each row against every other of it (metrics/migrations/0002_rollups.py).
_FEW = 500


class Words(NamedTuple):
    """The free text of an event."""

    text: str


@dataclass(slots=True)
class NewEvent:
    """An event to be written: the fields of DealEvent, with the stage itself at hand.

    `occurred_at`, `recorded_at` and `actor_id` are the writer's unless given.
    """

    kind: str
    effective_on: date | None
    stage: Stage | None = None
    rep_id: int | None = None
    amount: Decimal | None = None
    on_date: date | None = None
    code: str = ""
    reason: str = ""
    competitor_id: int | None = None
    text: Words | None = None
    voids_id: int | None = None
    occurred_at: datetime | None = None
    recorded_at: datetime | None = None
    actor_id: int | None = None
    pk: int | None = None

    @property
    def stage_id(self) -> int | None:
        """The stage's key."""
        return self.stage.pk if self.stage else None


@dataclass(slots=True)
class NewDeal:
    """A deal to be written with all its events, in any order; the cached columns follow from them."""

    name: str
    currency: str
    pipeline_id: int
    events: list[NewEvent]
    opened_on: date | None = None
    account_id: int | None = None
    contact_id: int | None = None
    lead_id: int | None = None
    product_id: int | None = None
    deal_type: str = Deal.Type.NEW.value
    external_id: str = ""
    extra: dict[str, Any] = field(default_factory=dict)
    created_at: datetime | None = None


# The columns that a NewDeal gives itself, apart from `created_at`.
_GIVEN = (
    "name", "currency", "pipeline_id", "opened_on", "account_id", "contact_id", "lead_id", "product_id", "deal_type",
    "external_id",
)  # fmt: skip
_DEAL = ("id", *_GIVEN, "extra", "created_at", "version", *CACHED)
_REWRITTEN = ("id", "name", "account_id", "contact_id", "product_id", "deal_type", "opened_on", "version", *CACHED)
_EVENT = (
    "id", "deal_id", "kind", "effective_on", "stage_id", "rep_id", "amount", "on_date", "code", "reason", "competitor_id",
    "voids_id", "occurred_at", "recorded_at", "actor_id", "batch_id",
)  # fmt: skip
_CREDIT = (
    "id", "deal_id", "rep_id", "kind", "share", "amount", "currency", "fx", "base_amount", "won_on", "valid", "recorded_at",
    "actor_id", "reason",
)  # fmt: skip
_ACTIVITY = (
    "id", "rep_id", "deal_id", "lead_id", "account_id", "contact_id", "channel", "purpose", "is_cold", "direction",
    "outcome", "booked_at", "booked_by_id", "occurred_at", "occurred_on", "ended_at", "cancelled_at", "root_id", "is_human",
    "recorded_at", "source", "external_id",
)  # fmt: skip
_ACCOUNT = (
    "id", "name", "parent_id", "owner_id", "sector", "city", "phone", "website", "employees", "extra", "external_id",
    "created_at",
)  # fmt: skip
_CONTACT = ("id", "account_id", "name", "title", "email", "phone", "external_id", "created_at")
_LEAD = (
    "id", "name", "company_name", "account_id", "email", "phone", "source", "state", "owner_id", "team_id", "created_by_id",
    "is_import", "merged_into_id", "extra", "external_id", "created_at",
)  # fmt: skip


class Writer:
    """Writes rows of one import, or of the demo company, in the transaction that is open."""

    def __init__(
        self, *, company: Company, actor: User | None = None, batch: ImportBatch | None = None, now: datetime | None = None
    ) -> None:
        self.company = company
        self.actor = actor
        self.actor_id = actor.pk if actor else None
        self.batch_id = batch.pk if batch else None
        self.now = now or clock.now()
        self._rates: dict[tuple[str, date], Decimal | None] = {}
        self._contacts: dict[int, date] = {}
        self._pools: dict[str, list[int]] = {}
        self._sent: Counter[str] = Counter()
        self._thread = ThreadPoolExecutor(1)
        self._running: Future[None] | None = None
        self._guard = ExitStack()
        with connection.cursor() as cursor:
            # References are checked as each chunk comes in: a queue of all checks until the commit would not be flat.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            # What higher floors keep of these rows may wait until they are in (deals/migrations/0007_bulk_writes.py).
            cursor.execute("SELECT set_config('salesteam.bulk', 'on', true)")

    def __enter__(self) -> Writer:
        self._guard.enter_context(connection.execute_wrapper(self._after_the_chunk))
        return self

    def __exit__(self, failed: Any, *_: Any) -> None:
        with self._guard:
            if failed is None:
                self.finish()
            elif self._running is not None:
                self._running.exception()
        self._thread.shutdown()

    def _after_the_chunk(self, execute: Any, *query: Any) -> Any:
        """Two threads must never talk over one connection at once."""
        self.wait()
        return execute(*query)

    def wait(self) -> None:
        """Until the chunk on its way is in; raises what went wrong with it."""
        running, self._running = self._running, None
        if running is not None:
            with connection.wrap_database_errors:
                running.result()

    def finish(self) -> None:
        """Bring the last customer contact of deals with activities up to date, and the planner's statistics."""
        with connection.cursor() as cursor:
            contacts, self._contacts = list(self._contacts.items()), {}
            for first in range(0, len(contacts), _FEW):
                keys, days = zip(*contacts[first : first + _FEW], strict=True)
                cursor.execute(
                    "UPDATE deals_deal d SET last_contact_on = greatest(d.last_contact_on, t.day) "
                    "FROM unnest(%s::bigint[], %s::date[]) AS t(id, day) WHERE d.id = t.id",
                    [list(keys), list(days)],
                )
            cursor.execute("SELECT deals_bulk_written()")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
            grown = sorted(table for table, rows in self._sent.items() if rows >= _MANY)
            if grown:  # else the first readers would be planned for empty tables
                cursor.execute(f"ANALYZE {', '.join(grown)}")

    # ── Deals ───────────────────────────────────────────────────────────────────────────────────────────────────────
    def deals(self, deals: Sequence[NewDeal]) -> list[int]:
        """Write a chunk of deals with their events, event texts and credits; returns their keys."""
        keys = self.keys(Deal, len(deals))
        rows: list[Sequence[Any]] = []
        wins: list[Sequence[Any]] = []
        for pk, deal in zip(keys, deals, strict=True):
            self._complete(deal.events)
            state = replay(deal.events)  # type: ignore[arg-type]
            given = [getattr(deal, name) for name in _GIVEN]
            rows.append((pk, *given, deal.extra, deal.created_at or self.now, 1, *cached(state)))
            if state.outcome == Deal.Outcome.WON and state.closed_on:
                wins.append(self._credit(pk, deal.currency, deal.events, state))
        events, texts = self._events(zip(keys, (deal.events for deal in deals), strict=True))
        ids = self.keys(Credit, len(wins))
        shares = [(pk, *row) for pk, row in zip(ids, wins, strict=True)]
        self._send(
            (Deal, _DEAL, rows),
            (DealEvent, _EVENT, events),
            (DealEventText, ("event_id", "text"), texts),
            (Credit, _CREDIT, shares),
        )
        return keys

    def events(self, by_deal: Sequence[tuple[int, list[NewEvent]]]) -> None:
        """Write events of deals that exist; the caller brings their rows and credits up to date."""
        for _, events in by_deal:
            self._complete(events)
        rows, texts = self._events(by_deal)
        self._send((DealEvent, _EVENT, rows), (DealEventText, ("event_id", "text"), texts))

    def rewrite(self, deals: Sequence[Deal]) -> None:
        """Bring rows of deals that exist to the values they have in memory, which must be what their events say."""
        self.wait()
        table = [[getattr(deal, name) for name in _REWRITTEN] for deal in deals]
        pairs = ", ".join(f"{name} = t.{name}" for name in _REWRITTEN[1:])
        with connection.cursor() as cursor:
            columns = ", ".join(_REWRITTEN)
            cursor.execute(
                f"CREATE TEMP TABLE IF NOT EXISTS rewritten ON COMMIT DROP AS SELECT {columns} FROM deals_deal WITH NO DATA"  # noqa: S608
            )
            copy(connection.connection, [(statement("rewritten", _REWRITTEN), as_copy_text(table))])
            cursor.execute(f"UPDATE deals_deal d SET {pairs} FROM rewritten t WHERE d.id = t.id")  # noqa: S608
            cursor.execute("TRUNCATE rewritten")

    def credits(self, changed: Sequence[tuple[Deal, list[Any], bool]]) -> None:
        """Settle the credits of deals whose events changed: (deal, all its events, whether it was won before)."""
        won = [(deal, events) for deal, events, was_won in changed if not was_won]
        rows = [
            (pk, *self._credit(deal.pk, deal.currency, events, replay(events)))
            for pk, (deal, events) in zip(self.keys(Credit, len(won)), won, strict=True)
        ]
        for deal, events, was_won in changed:
            if was_won:
                settle_credit(deal=deal, events=events, company=self.company, by=self.actor)
        self._send((Credit, _CREDIT, rows))

    def _complete(self, events: Iterable[NewEvent]) -> None:
        for event in events:
            event.occurred_at = event.occurred_at or self.now
            event.recorded_at = event.recorded_at or self.now

    def _events(self, by_deal: Iterable[tuple[int, list[NewEvent]]]) -> tuple[list[Sequence[Any]], list[Sequence[Any]]]:
        pairs = [(deal_id, event) for deal_id, events in by_deal for event in events]
        rows: list[Sequence[Any]] = []
        texts: list[Sequence[Any]] = []
        for pk, (deal_id, event) in zip(self.keys(DealEvent, len(pairs)), pairs, strict=True):
            event.pk = pk
            rows.append((
                pk, deal_id, event.kind, event.effective_on, event.stage_id, event.rep_id, event.amount, event.on_date,
                event.code, event.reason, event.competitor_id, event.voids_id, event.occurred_at, event.recorded_at,
                event.actor_id or self.actor_id, self.batch_id,
            ))  # fmt: skip
            if event.text is not None:
                texts.append((pk, event.text.text))
        return rows, texts

    def _credit(self, deal_id: int, currency: str, events: list[NewEvent], state: DealState) -> Sequence[Any]:
        won_on = state.closed_on
        assert won_on is not None
        win = _win(events)
        rep_id = owner_at(events, win) if state.has_history else state.owner_id  # type: ignore[arg-type]
        amount, fx = state.amount or Decimal(0), self.rate(currency, won_on)
        base = in_base(amount, fx=fx, company=self.company)
        return (
            deal_id, rep_id or state.owner_id, Credit.Kind.REVENUE, Decimal(1), amount, currency, fx, base, won_on,
            f"[{won_on},)", win.recorded_at, win.actor_id or self.actor_id, "",
        )  # fmt: skip

    def rate(self, currency: str, day: date) -> Decimal | None:
        """Company-currency units for one of `currency` on that day, asked once."""
        if currency == self.company.currency:
            return Decimal(1)
        known = self._rates.get((currency, day), 0)
        if known == 0:
            known = self._rates[currency, day] = rate_on(day, currency=currency, company=self.company)
        return known  # type: ignore[return-value]

    # ── Everything else: rows are dictionaries of the model's columns ───────────────────────────────────────────────
    def accounts(self, rows: Sequence[dict[str, Any]]) -> list[int]:
        """Write accounts; returns their keys. A row may bring its `id`, taken by `keys` before."""
        return self._write(Account, _ACCOUNT, rows, {"created_at": self.now, "extra": {}})

    def contacts(self, rows: Sequence[dict[str, Any]]) -> list[int]:
        """Write contacts; returns their keys."""
        return self._write(Contact, _CONTACT, rows, {"created_at": self.now})

    def leads(self, rows: Sequence[dict[str, Any]]) -> list[int]:
        """Write leads; returns their keys."""
        defaults = {"created_at": self.now, "extra": {}, "is_import": self.batch_id is not None}
        return self._write(Lead, _LEAD, rows, {**defaults, "source": Lead.Source.OTHER, "state": Lead.State.NEW})

    def activities(self, rows: Sequence[dict[str, Any]]) -> list[UUID]:
        """Write activities, with `occurred_on` the day in the company's zone unless given and `note` as their text."""
        zone, made, texts = self.company.zone, [], []
        defaults = {
            "is_cold": False, "direction": Activity.Direction.OUT, "is_human": True, "recorded_at": self.now, "source": "app",
        }  # fmt: skip
        for row in rows:
            row = {**defaults, **row, "id": row.get("id") or uuid7()}
            row["occurred_on"] = row.get("occurred_on") or clock.local_date(row["occurred_at"], zone)
            made.append(row)
            if row.get("note"):
                texts.append((row["id"], row["note"]))
            self._touch(row)
        table = [(*_picked(row, _ACTIVITY), self.batch_id) for row in made]
        self._send((Activity, (*_ACTIVITY, "batch_id"), table), (ActivityText, ("activity_id", "text"), texts))
        return [row["id"] for row in made]

    def _touch(self, row: dict[str, Any]) -> None:
        """Remember the latest day on which the customer of a deal took part."""
        deal_id, day = row.get("deal_id"), row["occurred_on"]
        if (
            deal_id
            and row.get("outcome") in Activity.CONTACT_OUTCOMES
            and not row.get("cancelled_at")
            and row["occurred_at"] <= self.now
        ):
            self._contacts[deal_id] = max(day, self._contacts.get(deal_id, day))

    def _write(self, model: Any, columns: Sequence[str], rows: Sequence[dict[str, Any]], defaults: dict[str, Any]) -> list[int]:
        fresh = iter(self.keys(model, sum("id" not in row for row in rows)))
        made = [{**defaults, **row, "id": row.get("id") or next(fresh)} for row in rows]
        self._send((model, columns, [_picked(row, columns) for row in made]))
        return [row["id"] for row in made]

    # ── COPY ────────────────────────────────────────────────────────────────────────────────────────────────────────
    def keys(self, model: Any, count: int) -> list[int]:
        """So many fresh keys of a table, from its sequence."""
        table = model._meta.db_table
        pool = self._pools.get(table, [])
        if len(pool) < count:
            self.wait()
            # Whoever asks again is given some for later, so that the next chunks need not wait for theirs.
            ahead = 4 if table in self._pools else 1
            pool = pool + fresh_keys(connection.connection, table, ahead * count)
        taken, self._pools[table] = pool[:count], pool[count:]
        return taken

    def _send(self, *tables: tuple[Any, Sequence[str], Sequence[Sequence[Any]]]) -> None:
        """Hand the rows to PostgreSQL, table by table, once it has taken those before."""
        texts = [(statement(model._meta.db_table, columns), as_copy_text(rows)) for model, columns, rows in tables if rows]
        self._sent.update({model._meta.db_table: len(rows) for model, _, rows in tables})
        self.wait()
        self._running = self._thread.submit(copy, connection.connection, texts)


def _win(events: Sequence[Any]) -> Any:
    """The outcome that stands."""
    outcomes = [event for event in events if event.kind == DealEvent.Kind.OUTCOME]
    return (
        outcomes[0] if len(outcomes) == 1 else [event for event in standing(events) if event.kind == DealEvent.Kind.OUTCOME][-1]
    )


def _picked(row: dict[str, Any], columns: Sequence[str]) -> list[Any]:
    """The row's values in the order of the columns; text columns that were not given are empty, not null."""
    return [row[name] if name in row else _BLANK.get(name) for name in columns]


_TEXTS = (
    "name", "sector", "city", "phone", "website", "external_id", "title", "email", "company_name", "purpose", "outcome", "channel",
)  # fmt: skip
_BLANK = dict.fromkeys(_TEXTS, "")
